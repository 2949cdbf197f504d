"""`morphogen train texture`: reads exemplars, runs the stages, keeps checkpoints and sheets, writes the weights."""

import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter

from engine.errors import DataError
from engine.nets.texgen import TexGenConfig
from engine.nets.weights_file import ClassEntry, TexGenHeader, save_weights
from engine.training import checkpoint
from engine.training.bank import build_bank
from engine.training.exemplars import (
    Exemplar,
    RawMaterial,
    measure,
    read_materials,
    surface_height,
)
from engine.training.plan import TexturePlan
from engine.training.sampler import Sampler, draw_structures
from engine.training.sheet import write_sheet
from engine.training.stages import AdversarialStage, ReconstructionStage, Scalars, TextureModel

VERSION = "1"
WARM_UP_STEPS = 100
DRAWN_PER_CLASS = 12
FINAL_LEARNING_RATE = 0.05
"""Share of the learning rate that is left at the end of a stage."""

Progress = Callable[[str, int, int], None]
"""Called as progress(stage, steps done, steps in all)."""


def train_texture(plan: TexturePlan, progress: Progress, *, resume: bool = True) -> Path:
    """Train TexGen by `plan` and return the path of the weights file.

    The run folder keeps `checkpoint.safetensors`; with `resume` an interrupted run goes on from it, step for step as
    if it had not stopped. Raises DataError for unusable data and SettingsError for contradictory classes.
    """
    plan.output.mkdir(parents=True, exist_ok=True)
    class_names = list(plan.classes)
    materials, licences = prepare_materials(plan, progress)
    patterns = {name: entry.pattern for name, entry in plan.classes.items()}
    drawn = draw_structures(patterns, plan.seed, DRAWN_PER_CLASS, (2 * plan.crop_px, plan.crop_px, 4 * plan.crop_px))
    sampler = Sampler(materials, class_names, plan.crop_px, drawn, plan.drawn_share)
    network = plan.network
    config = TexGenConfig(
        len(class_names), style_width=network.style_width, code_width=network.code_width, widths=network.widths
    )
    model = TextureModel(config, plan)
    run = _Run(plan, model, sampler, progress)
    run.advance(resume)
    weights = plan.output / f"{plan.name}.safetensors"
    classes = tuple(ClassEntry(name, entry.pattern) for name, entry in plan.classes.items())
    header = TexGenHeader(VERSION, "M", config, classes, licences)
    save_weights(weights, header, model.average, build_bank(materials, class_names, model.encoder))
    return weights


def prepare_materials(plan: TexturePlan, progress: Progress) -> tuple[list[list[Exemplar]], tuple[str, ...]]:
    """Every material at its training densities, and the licences of the data."""
    classes = plan.class_of()
    raw = [material for data in plan.data for material in read_materials(data.folder, classes, data.frame_px)]
    missing = set(plan.classes) - {material.texture_class for material in raw}
    if missing:
        raise DataError(f"no material was found for the classes {', '.join(sorted(missing))}")
    materials = []
    for index, material in enumerate(raw):
        height = surface_height(material)
        levels = _densities(material, plan.crop_px)
        materials.append([exemplar for halvings in levels for exemplar in measure(material, halvings, height)])
        progress("read", index + 1, len(raw))
    return materials, tuple(sorted({material.licence for material in raw}))


def _densities(material: RawMaterial, crop_px: int) -> list[int]:
    """Halvings at which a material is used: down to the crop's size; a small one also enlarged once."""
    halvings = [count for count in range(3) if material.albedo.shape[0] >> count >= crop_px]
    if material.albedo.shape[0] <= crop_px:
        halvings = [0, -1] if material.albedo.shape[0] == crop_px else [-1]
    return halvings


class _Run:
    """Drives both stages over their steps with checkpoints, scalars and sheets."""

    def __init__(self, plan: TexturePlan, model: TextureModel, sampler: Sampler, progress: Progress) -> None:
        self.plan, self.model, self.sampler, self.progress = plan, model, sampler, progress
        self.reconstruction = ReconstructionStage(model)
        self.adversarial = AdversarialStage(model)
        self.path = plan.output / "checkpoint.safetensors"
        self.total = plan.stages.reconstruction_steps + plan.stages.adversarial_steps

    def advance(self, resume: bool) -> None:
        """Run from the checkpoint (or the start) to the end of the plan."""
        start = self._restore() if resume and self.path.exists() else 0
        with SummaryWriter(str(self.plan.output / "scalars"), purge_step=start) as writer:
            step, rollbacks = start, 0
            while step < self.total:
                try:
                    scalars = self._step(step, 0.5**rollbacks)
                except FloatingPointError:
                    # Roll back to the last checkpoint with half the learning rate; give up when that keeps failing.
                    rollbacks += 1
                    if rollbacks > 5 or not self.path.exists():
                        raise
                    step = self._restore()
                    continue
                step += 1
                self._record(writer, scalars, step)

    def _step(self, step: int, slowdown: float) -> Scalars:
        batch = self.sampler.batch(self.plan.seed, step, self.plan.batch_size)
        first = self.plan.stages.reconstruction_steps
        if step < first:
            rate = self.plan.learning_rate * schedule(step, first) * slowdown
            return self.reconstruction.step(batch, step, rate)
        rate = self.plan.adversarial.learning_rate * schedule(step - first, self.total - first) * slowdown
        return self.adversarial.step(batch, step, rate)

    def _record(self, writer: SummaryWriter, scalars: Scalars, step: int) -> None:
        for name, value in scalars.items():
            writer.add_scalar(name, value, step)
        stage = "reconstruction" if step <= self.plan.stages.reconstruction_steps else "adversarial"
        self.progress(stage, step, self.total)
        last = step == self.total
        if step % self.plan.sheet_interval == 0 or last:
            write_sheet(self.plan.output / f"sheet_{step:06d}.png", self.model, self.sampler)
        if step % self.plan.checkpoint_interval == 0 or last:
            self._save(step)

    def _save(self, step: int) -> None:
        model = self.model
        tensors = (
            checkpoint.module_tensors("generator", model.generator)
            | checkpoint.module_tensors("average", model.average)
            | checkpoint.module_tensors("encoder", model.encoder)
            | checkpoint.module_tensors("discriminator", model.discriminator)
            | checkpoint.optimizer_tensors("reconstruction", self.reconstruction.optimizer)
            | checkpoint.optimizer_tensors("adversarial", self.adversarial.optimizer)
            | checkpoint.optimizer_tensors("critic", self.adversarial.critic_optimizer)
        )
        guard = {"gamma": self.adversarial.gamma, "gap": self.adversarial.gap}
        outside = self.adversarial.steps_outside
        checkpoint.save_checkpoint(self.path, tensors, {"step": step, "steps_outside": outside, **guard})

    def _restore(self) -> int:
        tensors, numbers = checkpoint.load_checkpoint(self.path)
        model = self.model
        for name, module in (
            ("generator", model.generator),
            ("average", model.average),
            ("encoder", model.encoder),
            ("discriminator", model.discriminator),
        ):
            checkpoint.restore_module(name, module, tensors)
        checkpoint.restore_optimizer("reconstruction", self.reconstruction.optimizer, tensors)
        checkpoint.restore_optimizer("adversarial", self.adversarial.optimizer, tensors)
        checkpoint.restore_optimizer("critic", self.adversarial.critic_optimizer, tensors)
        self.adversarial.gamma, self.adversarial.gap = float(numbers["gamma"]), float(numbers["gap"])
        self.adversarial.steps_outside = int(numbers["steps_outside"])
        return int(numbers["step"])


def schedule(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine from 1 to FINAL_LEARNING_RATE."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    cosine = 0.5 + 0.5 * math.cos(math.pi * step / max(steps, 1))
    return warm * (FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * cosine)


def set_threads(count: int | None) -> None:
    """Fix torch's thread count; None keeps its own."""
    if count is not None:
        torch.set_num_threads(count)
