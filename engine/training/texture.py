"""`morphogen train texture`: reads exemplars, runs the stages, keeps checkpoints and sheets, writes the weights."""

import math
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from engine.errors import OutputError, SettingsError, WeightsError
from engine.training import checkpoint
from engine.training.data.preparation import Progress, longest_edge_px, prepare_materials
from engine.training.data.sampler import Sampler
from engine.training.data.stock import draw_structures, stock_up
from engine.training.model import Parts, TextureModel
from engine.training.plan import TexturePlan
from engine.training.sheet import write_sheet
from engine.training.stages import AdversarialStage, ReconstructionStage, Scalars, batch_of, mean_scalars
from engine.training.weights import write_weights

WARM_UP_STEPS = 100
DRAWN_PER_CLASS = 12
ROLLBACKS_MAX = 5
FINAL_LEARNING_RATE = 0.05
"""Share of the learning rate that is left at the end of a stage."""


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
    materials, licences = prepare_materials(plan, progress)
    patterns = [entry.pattern for entry in plan.classes.values()]
    drawn = draw_structures(patterns, plan.seed, DRAWN_PER_CLASS, longest_edge_px(materials))
    stock = stock_up(materials, list(plan.classes), drawn)
    model = TextureModel(plan.network_config(), plan)
    sampler = Sampler(stock.to(model.device), plan.crop_px, plan.drawn_share)
    TrainingRun(plan, model, sampler, progress).advance(resume)
    model.to_cpu()
    path = plan.output / f"{plan.name}.safetensors"
    write_weights(path, plan, model, materials, licences, stock.directions.tolist())
    return path


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
        batch = batch_of(self.sampler, self.plan, step)
        first = self.plan.stages.reconstruction_steps
        if step < first:
            rate = self.plan.learning_rate * schedule(step, first) * slowdown
            return self._settled(self.reconstruction, self.reconstruction.step(batch, step, rate))
        rate = self.plan.adversarial.learning_rate * schedule(step - first, self.total - first) * slowdown
        return self._settled(self.adversarial, self.adversarial.step(batch, step, rate))

    @staticmethod
    def _settled(stage: ReconstructionStage | AdversarialStage, parts: Parts) -> Scalars:
        scalars = mean_scalars([parts])
        stage.settle(scalars)
        return scalars

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
            | checkpoint.module_tensors("average_encoder", model.average_encoder)
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
            "average_encoder": model.average_encoder,
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
