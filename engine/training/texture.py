"""`morphogen train texture`: reads exemplars, runs the stages, keeps checkpoints and sheets, writes the weights."""

import math
from collections.abc import Callable
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from engine.errors import DataError, OutputError, SettingsError, WeightsError
from engine.nets.weights_file import ClassEntry, TexGenHeader, save_weights
from engine.training import checkpoint
from engine.training.bank import build_bank
from engine.training.data.exemplars import Exemplar, measure, surface_height
from engine.training.data.materials import RawMaterial, read_materials
from engine.training.data.sampler import Sampler, draw_structures
from engine.training.plan import TexturePlan
from engine.training.sheet import write_sheet
from engine.training.stages import AdversarialStage, ReconstructionStage, Scalars, TextureModel

VERSION = "1"
WARM_UP_STEPS = 100
DRAWN_PER_CLASS = 12
ROLLBACKS_MAX = 5
FINAL_LEARNING_RATE = 0.05
"""Share of the learning rate that is left at the end of a stage."""

Progress = Callable[[str, int, int], None]
"""Called as progress(stage, steps done, steps in all)."""


def train_texture(plan: TexturePlan, progress: Progress, *, resume: bool = True) -> Path:
    """Train TexGen by `plan` and return the path of the weights file.

    The run folder keeps `checkpoint.safetensors`; with `resume` an interrupted run goes on from it, step for step as
    if it had not stopped. Raises DataError for unusable data, OutputError where the run folder cannot be written,
    WeightsError for a checkpoint of another plan, and SettingsError for a learning rate with which training diverges.
    """
    try:
        plan.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{plan.output}: is no folder that can be written to: {error.strerror}") from error
    class_names = list(plan.classes)
    materials, licences = prepare_materials(plan, progress)
    patterns = {name: entry.pattern for name, entry in plan.classes.items()}
    drawn = draw_structures(patterns, plan.seed, DRAWN_PER_CLASS, (2 * plan.crop_px, plan.crop_px, 4 * plan.crop_px))
    sampler = Sampler(materials, class_names, plan.crop_px, drawn, plan.drawn_share)
    config = plan.network_config()
    model = TextureModel(config, plan)
    TrainingRun(plan, model, sampler, progress).advance(resume)
    model.to_cpu()
    weights = plan.output / f"{plan.name}.safetensors"
    classes = tuple(ClassEntry(name, entry.pattern) for name, entry in plan.classes.items())
    header = TexGenHeader(VERSION, "M", config, classes, licences)
    save_weights(weights, header, model.average, build_bank(materials, plan.classes, model.encoder))
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


class TrainingRun:
    """Drives both stages over their steps with checkpoints, scalars and sheets.

    A step with a loss that is not finite takes the run back to its last checkpoint, with half the learning rate.
    """

    def __init__(self, plan: TexturePlan, model: TextureModel, sampler: Sampler, progress: Progress) -> None:
        self.plan, self.model, self.sampler, self.progress = plan, model, sampler, progress
        self.reconstruction = ReconstructionStage(model)
        self.adversarial = AdversarialStage(model)
        self.path = plan.output / "checkpoint.safetensors"
        self.total = plan.stages.reconstruction_steps + plan.stages.adversarial_steps
        self.rollbacks = 0

    def advance(self, resume: bool) -> None:
        """Run from the checkpoint (or the start) to the end of the plan."""
        step = 0
        if resume and self.path.exists():
            step = self._restore()
        else:
            self._save(0)
        with SummaryWriter(str(self.plan.output / "scalars"), purge_step=step) as writer:
            while step < self.total:
                try:
                    scalars = self._step(step)
                except FloatingPointError as error:
                    step = self._roll_back(error)
                    continue
                step += 1
                self._record(writer, scalars, step)

    def _roll_back(self, error: FloatingPointError) -> int:
        rollbacks = self.rollbacks + 1
        if rollbacks > ROLLBACKS_MAX:
            raise SettingsError(
                f"learning_rate: training diverges ({error}) even after {ROLLBACKS_MAX} halvings; give a lower one"
            ) from error
        step = self._restore()
        self.rollbacks = rollbacks
        return step

    def _step(self, step: int) -> Scalars:
        slowdown = 0.5**self.rollbacks
        batch = self.sampler.batch(self.plan.seed, step, self.plan.batch_size).to(self.model.device)
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
        guard = self.adversarial
        numbers = {name: getattr(guard, name) for name in AdversarialStage.GUARD}
        checkpoint.save_checkpoint(self.path, tensors, {"step": step, "rollbacks": self.rollbacks, **numbers})

    def _restore(self) -> int:
        tensors, numbers = checkpoint.load_checkpoint(self.path)
        model = self.model
        modules = {
            "generator": model.generator,
            "average": model.average,
            "encoder": model.encoder,
            "discriminator": model.discriminator,
        }
        try:
            for name, module in modules.items():
                checkpoint.restore_module(name, module, tensors)
        except WeightsError as error:
            raise WeightsError(f"{self.path}: {error}; start anew or give another output folder") from error
        checkpoint.restore_optimizer("reconstruction", self.reconstruction.optimizer, tensors)
        checkpoint.restore_optimizer("adversarial", self.adversarial.optimizer, tensors)
        checkpoint.restore_optimizer("critic", self.adversarial.critic_optimizer, tensors)
        for name in AdversarialStage.GUARD:
            setattr(self.adversarial, name, numbers[name])
        self.rollbacks = int(numbers["rollbacks"])
        return int(numbers["step"])


def schedule(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine from 1 to FINAL_LEARNING_RATE."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    cosine = 0.5 + 0.5 * math.cos(math.pi * step / max(steps, 1))
    return warm * (FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * cosine)
