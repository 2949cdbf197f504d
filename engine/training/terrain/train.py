"""Trains TerraGen by a plan: evidence, score, descent; checkpoints, exact resume, alarms."""

import copy
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from engine.codecs.image import encode_png
from engine.errors import OutputError, SettingsError, WeightsError
from engine.generators.terrain.heights import Decoders
from engine.nets.terragen.weights_file import TerraGenHeader, save_terragen
from engine.training import checkpoint
from engine.training.model import choose_device
from engine.training.terrain.data import TerrainSampler, Tile, load_tiles
from engine.training.terrain.plan import TerrainPlan
from engine.training.terrain.sheet import terrain_sheet
from engine.training.terrain.stages import TRAINED_LEVELS, Scalars, Stages

VERSION = "1"
LICENCES = ("public domain (NASA / USGS SRTM)",)
WARM_UP_STEPS = 100
FINAL_LEARNING_RATE = 0.05
ROLLBACKS_MAX = 5
NOTE_INTERVAL = 10
"""Steps between looks at the losses: the host waits for the device then."""

STYLE_STRIDE = 64
COLLAPSED_NATS = 0.01
"""A level of which no latent carries more than this has lost its latents."""

Progress = Callable[[str, int, int], None]
"""Called as progress(stage, steps done, steps in all)."""


def train_terrain(plan: TerrainPlan, progress: Progress, *, resume: bool = True) -> Path:
    """Train TerraGen by `plan` and return the path of the weights file.

    The run folder keeps `checkpoint.safetensors`; with `resume` an interrupted run goes on from it, step for step as if
    it had not stopped. `log.jsonl` has the losses and the alarms. Raises DataError for unusable data, OutputError where
    the run folder cannot be written, WeightsError for a checkpoint of another plan, and SettingsError for a learning
    rate with which training diverges.
    """
    try:
        plan.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{plan.output}: is no folder that can be written to: {error.strerror}") from error
    device = choose_device(plan.device)
    tiles = load_tiles(plan.data)
    known = [tile for tile in tiles if tile.name not in plan.held_out]
    sampler = TerrainSampler(known, TRAINED_LEVELS[-1] + 1)
    run = TerrainRun(plan, Stages(plan, sampler, device), known, progress)
    run.advance(resume)
    return run.write_weights()


class TerrainRun:
    """Drives the stages over their steps with checkpoints, log and sheet.

    A loss that is not finite takes the run back to its last checkpoint, with half the learning rate.
    """

    def __init__(self, plan: TerrainPlan, stages: Stages, tiles: list[Tile], progress: Progress) -> None:
        self.plan, self.stages, self.tiles, self.progress = plan, stages, tiles, progress
        self.path = plan.output / "checkpoint.safetensors"
        self.rollbacks = 0
        self.seconds_before = 0.0
        self.started_s = time.monotonic()
        self.recent: dict[str, float] = {}

    def advance(self, resume: bool) -> None:
        """Run from the checkpoint (or the start) to the end of the plan."""
        step = self.restore() if resume and self.path.exists() else 0
        if step == 0:
            self.save(0)
        recorded = None
        while (place := self.place(step)) < self.plan.stages.total:
            step = self.stepped(step, place)
            if step % self.plan.checkpoint_interval == 0:
                self.record(step)
                recorded = step
        if recorded != step:
            self.record(step)

    def stepped(self, step: int, place: int) -> int:
        """Do one step; the number of the next one, an earlier one where the run has diverged."""
        scalars = self.step(step, place)
        last = place + 1 >= self.plan.stages.total
        due = (step + 1) % NOTE_INTERVAL == 0 or (step + 1) % self.plan.checkpoint_interval == 0
        if (due or last) and not self._note(scalars):
            return self._roll_back()
        return step + 1

    def place(self, step: int) -> int:
        """Where in the plan a step lies: its number, or with a budget the plan's share of the time that is spent."""
        if self.plan.budget_s is None:
            return step
        return int(self.plan.stages.total * self.seconds() / self.plan.budget_s)

    def seconds(self) -> float:
        """Time spent on this run, over all its resumptions."""
        return self.seconds_before + time.monotonic() - self.started_s

    def step(self, step: int, place: int) -> Scalars:
        """The training step that belongs to a place in the plan, numbered `step`."""
        plan, stages = self.plan, self.plan.stages
        slowdown = 0.5**self.rollbacks
        name, first, count = _stage_at(plan, place)
        share = (place - first) / count
        warm = min(1.0, (step + 1) / WARM_UP_STEPS, (place - first + 1) / WARM_UP_STEPS)
        early = plan.learning_rate * warm * slowdown
        if name == "evidence":
            weight = min(1.0, share / plan.kl_warm_up) if plan.kl_warm_up else 1.0
            scalars = self.stages.evidence(step, early, weight)
        elif name == "score":
            fall = (place - stages.evidence) / max(1, stages.score)
            scalars = self.stages.score(step, early * _falling(fall))
        else:
            scalars = self.stages.descent(step, plan.critic.learning_rate * warm * slowdown * _falling(share))
        self.stages.model.update_average(step, plan.ema_half_life)
        return scalars

    def write_weights(self) -> Path:
        """The weights file of the running average, in the run folder."""
        plan, decoders = self.plan, self.average()
        header = TerraGenHeader(VERSION, "S", plan.landforms.config(), plan.details.config(), LICENCES)
        weights = plan.output / f"{plan.name}.safetensors"
        save_terragen(weights, header, decoders.landforms, decoders.details, styles_of(self.tiles))
        return weights

    def average(self) -> Decoders:
        """The averaged decoders, brought back from the device."""
        model = self.stages.model
        return Decoders(copy.deepcopy(model.average_landforms).cpu(), copy.deepcopy(model.average_details).cpu())

    def save(self, step: int) -> None:
        """Write the checkpoint."""
        stages = self.stages
        tensors = checkpoint.module_tensors("model", stages.model)
        for name, optimizer in self._optimizers().items():
            tensors |= checkpoint.optimizer_tensors(name, optimizer)
        numbers = {"step": step, "rollbacks": self.rollbacks, "seconds": self.seconds(), "seed": self.plan.seed}
        tensors |= {"guard": torch.stack([stages.gamma, stages.gap])}
        checkpoint.save_checkpoint(self.path, tensors, numbers)

    def restore(self) -> int:
        """Load the checkpoint; the number of steps done. Raises WeightsError for one of another plan."""
        tensors, numbers = checkpoint.load_checkpoint(self.path)
        if numbers.get("seed") != self.plan.seed:
            raise WeightsError(f"{self.path}: belongs to a plan of seed {numbers.get('seed')}")
        try:
            checkpoint.restore_module("model", self.stages.model, tensors)
        except WeightsError as error:
            raise WeightsError(f"{self.path}: {error}; start anew or give another output folder") from error
        for name, optimizer in self._optimizers().items():
            checkpoint.restore_optimizer(name, optimizer, tensors)
        self.stages.gamma, self.stages.gap = tensors["guard"].to(self.stages.device)
        self.rollbacks = int(numbers["rollbacks"])
        self.seconds_before, self.started_s = numbers["seconds"], time.monotonic()
        return int(numbers["step"])

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        stages = self.stages
        return {
            "optimizer": stages.optimizer,
            "generator": stages.generator_optimizer,
            "critic": stages.critic_optimizer,
        }

    def _roll_back(self) -> int:
        rollbacks = self.rollbacks + 1
        if rollbacks > ROLLBACKS_MAX:
            raise SettingsError(
                f"learning_rate: training diverges even after {ROLLBACKS_MAX} halvings; give a lower one"
            )
        seconds = self.seconds()
        step = self.restore()
        self.rollbacks, self.seconds_before, self.recent = rollbacks, seconds, {}
        self._log(step, {}, [f"a loss is not finite; back at step {step} with half the learning rate"])
        return step

    def _note(self, scalars: Scalars) -> bool:
        """Add to the running means of the log; whether all numbers are finite."""
        values = torch.stack(list(scalars.values())).tolist()
        if not all(map(math.isfinite, values)):
            return False
        for name, value in zip(scalars, values, strict=True):
            self.recent[name] = self.recent.get(name, value) + 0.2 * (value - self.recent.get(name, value))
        return True

    def record(self, step: int) -> None:
        """Write checkpoint, log line, weights and sheet, and tell the progress."""
        self.save(step)
        self._log(step, self.recent, collapsed(self.recent))
        self.write_weights()
        pixels = terrain_sheet(self.average(), self.tiles, self.plan.seed)
        (self.plan.output / "sheet.png").write_bytes(encode_png(pixels, {}))
        place = min(self.place(step), self.plan.stages.total)
        self.progress(_stage_at(self.plan, place - 1)[0], place, self.plan.stages.total)
        self.recent = {}

    def _log(self, step: int, scalars: dict[str, float], alarms: list[str]) -> None:
        line = {"step": step, "seconds": round(self.seconds(), 1), "alarms": alarms}
        line |= {name: round(value, 5) for name, value in scalars.items()}
        with (self.plan.output / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def collapsed(scalars: dict[str, float]) -> list[str]:
    """Alarms for levels whose latents no longer carry anything (posterior collapse), from `kl/LEVEL/LATENT`."""
    best: dict[str, float] = {}
    for name, value in scalars.items():
        if name.startswith("kl/"):
            level = name.split("/")[1]
            best[level] = max(best.get(level, 0.0), value)
    lost = [level for level, value in best.items() if value < COLLAPSED_NATS]
    return [f"posterior collapse: no latent of level {level} carries {COLLAPSED_NATS} nats" for level in lost]


def styles_of(tiles: Sequence[Tile]) -> torch.Tensor:
    """Ruggedness and roughness of land of the tiles, evenly chosen, [count, 2]."""
    chosen = [tile.style[:, ::STYLE_STRIDE, ::STYLE_STRIDE].transpose(1, 2, 0) for tile in tiles]
    land = [tile.land[::STYLE_STRIDE, ::STYLE_STRIDE] for tile in tiles]
    return torch.from_numpy(np.concatenate([style[on] for style, on in zip(chosen, land, strict=True)]))


def _falling(share: float) -> float:
    """A cosine from 1 to FINAL_LEARNING_RATE over the share of a stage that is done."""
    return FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * (0.5 + 0.5 * math.cos(math.pi * min(share, 1.0)))


def _stage_at(plan: TerrainPlan, place: int) -> tuple[str, int, int]:
    """Name, first place and number of places of the stage that a place of the plan belongs to."""
    stages, first = plan.stages, 0
    for name, count in (("evidence", stages.evidence), ("score", stages.score), ("descent", stages.descent)):
        if count and place < first + count:
            return name, first, count
        first += count
    raise ValueError(f"place: {place} is outside [0, {first})")
