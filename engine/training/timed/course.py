"""One TexGen's way through the time it is given: reconstruction, trials or their outcome, adversarial finishing."""

import copy
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.training.data.sampler import Sampler
from engine.training.model import Parts, TextureModel
from engine.training.plan import TexturePlan
from engine.training.stages import AdversarialStage, ReconstructionStage, Scalars, batch_of, mean_scalars
from engine.training.timed.clock import Clock, cosine
from engine.training.timed.gallery import Gallery, write_gallery
from engine.training.timed.provisions import Provisions
from engine.training.timed.record import Record
from engine.training.timed.trials import Trial
from engine.training.weights import write_weights

CHECK_STEPS = 10
"""Steps between looks at the losses, which wait for the device."""

REPORT_S, SAVE_S = 5.0, 45.0
FLOOR = 0.03
"""Share of the learning rate at the end."""

WARM_UP_STEPS = 60
SNAPSHOT_CHECKS = 30

Stage = ReconstructionStage | AdversarialStage
State = dict[str, Any]


class Course:
    """Drives the stages by the clock; keeps a snapshot in memory to fall back to and writes weights regularly."""

    def __init__(self, plan: TexturePlan, provisions: Provisions, record: Record, output: Path, clock: Clock) -> None:
        self.plan, self.provisions, self.record, self.output, self.clock = plan, provisions, record, output, clock
        self.model = TextureModel(plan.network_config(), plan)
        self.sampler = Sampler(provisions.stock.to(self.model.device), plan.crop_px, plan.drawn_share)
        self.gallery: Gallery | None = None
        self.step, self.images, self.rollbacks = 0, 0, 0
        self.saved_s = self.reported_s = time.monotonic()

    def run(self, phase: str, stage: Stage, learning_rate: float, clock: Clock, floor: float = FLOOR) -> None:
        """Steps of one stage until the clock is over; falls back to the last snapshot where a run is being lost."""
        kept, kept_step, checks, first = self.state(stage), self.step, 0, self.step
        gathered: list[Parts] = []
        reported_step, self.reported_s = self.step, time.monotonic()
        while not clock.over:
            warm = min(1.0, (self.step - first + 1) / WARM_UP_STEPS)
            rate = learning_rate * warm * cosine(clock.share, floor) * 0.5**self.rollbacks
            batch = batch_of(self.sampler, self.plan, self.step)
            gathered.append(stage.step(batch, self.step, rate))
            self.step, self.images = self.step + 1, self.images + len(batch.present)
            if self.step % CHECK_STEPS:
                continue
            scalars, gathered = mean_scalars(gathered), []
            try:
                stage.settle(scalars)
            except FloatingPointError as error:
                self.record.line(phase, {"steps": self.step, "note": f"back to step {kept_step}: {error}"})
                self.restore(stage, kept)
                self.rollbacks += 1
                continue
            checks += 1
            if checks % SNAPSHOT_CHECKS == 0:
                kept, kept_step = self.state(stage), self.step
            reported_step = self._report(phase, scalars, reported_step)
            self._save_in_time()

    def _report(self, phase: str, scalars: Scalars, reported_step: int) -> int:
        passed_s = time.monotonic() - self.reported_s
        if passed_s < REPORT_S:
            return reported_step
        speed = (self.step - reported_step) / passed_s
        progress = {"steps": self.step, "kimg": self.images / 1000, "steps_per_s": speed}
        self.record.line(phase, progress | scalars)
        self.reported_s = time.monotonic()
        return self.step

    def _save_in_time(self) -> None:
        if time.monotonic() - self.saved_s > SAVE_S:
            self.save(self.output / f"{self.plan.name}.safetensors")
            self.saved_s = time.monotonic()

    def save(self, path: Path) -> None:
        """Write the averaged weights with their bank."""
        directions = self.provisions.stock.directions.tolist()
        write_weights(path, self.plan, self.model, self.provisions.materials, self.provisions.licences, directions)

    def judge(self, phase: str, sheet: Path | None, note: str = "") -> float:
        """Score what the averaged weights paint, write it down and draw it; lower is better."""
        if self.gallery is None:
            self.gallery = Gallery(self.plan, self.provisions)
            ceiling = self.gallery.scores(self.gallery.others)
            self.record.line("reals", ceiling | {"total": self.gallery.total(ceiling, ceiling)})
            self.ceiling = ceiling
        exhibits = self.gallery.exhibits(self.model)
        scores = self.gallery.scores(exhibits.pictures())
        total = self.gallery.total(scores, self.ceiling)
        progress: dict[str, float | str] = {"steps": self.step, "kimg": self.images / 1000, "total": total}
        self.record.line(phase, progress | {"note": note} | scores)
        if sheet is not None:
            write_gallery(sheet, exhibits, self.gallery.seeds)
        return total

    def state(self, stage: Stage) -> State:
        """A copy of everything that training changes."""
        model = self.model
        modules = (model.generator, model.encoder, model.discriminator, model.average, model.average_encoder)
        kept: State = {"modules": [copy.deepcopy(module.state_dict()) for module in modules]}
        kept["optimizer"] = copy.deepcopy(stage.optimizer.state_dict())
        if isinstance(stage, AdversarialStage):
            kept["critic"] = copy.deepcopy(stage.critic_optimizer.state_dict())
            kept["guard"] = {name: getattr(stage, name) for name in AdversarialStage.GUARD}
        return kept

    def restore(self, stage: Stage, kept: State) -> None:
        """Back to a copy."""
        self.restore_networks(kept)
        stage.optimizer.load_state_dict(copy.deepcopy(kept["optimizer"]))
        if isinstance(stage, AdversarialStage):
            stage.critic_optimizer.load_state_dict(copy.deepcopy(kept["critic"]))
            for name, value in kept["guard"].items():
                setattr(stage, name, value)

    def restore_networks(self, kept: State) -> None:
        """The networks of a copy."""
        model = self.model
        modules = (model.generator, model.encoder, model.discriminator, model.average, model.average_encoder)
        for module, values in zip(modules, kept["modules"], strict=True):
            module.load_state_dict(values)

    def adversarial(self, trial: Trial) -> AdversarialStage:
        """The finishing stage with a trial's settings; the plan is changed to them."""
        settings = replace(
            self.plan.adversarial, gamma=trial.gamma, weight=trial.weight, learning_rate=trial.learning_rate
        )
        self.plan = replace(self.plan, adversarial=settings, patch_weight=trial.patch_weight)
        self.model.plan = self.plan
        return AdversarialStage(self.model)


def chosen(path: Path, default: Trial) -> Trial:
    """What the trials of the other run have found, if they have."""
    try:
        values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default
    return Trial(**values)
