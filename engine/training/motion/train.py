"""Trains MotionGen by a plan: makes the data, rolls out, saves, goes on from where it was interrupted."""

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from engine.errors import OutputError, SettingsError, WeightsError
from engine.motion.clip import Clip
from engine.motion.library import read_clips
from engine.nets.motiongen.weights_file import MotionGenHeader, save_motiongen
from engine.training import checkpoint
from engine.training.motion.codebook import codebook_of
from engine.training.motion.corpus import Take, chosen_clips, foot_locked, take_of, variants
from engine.training.motion.data import network_for, tensors_of
from engine.training.motion.matching.stitched import stitched_takes
from engine.training.motion.plan import MotionPlan
from engine.training.motion.step import Stepper

VERSION = "1"
WARM_UP_STEPS = 200
FINAL_LEARNING_RATE = 0.02
RAMP = (0.05, 0.6)
"""Share of the first rollout length's run over which the network's own frames come to replace the true ones."""

ALARM_AFTER_SHARE, ALARM_WEIGHT_FACTOR = 0.05, 0.8
"""The alarm against posterior collapse: from this share of the run on, each time it goes off, the weight falls."""

LICENCES = (
    "CMU Graphics Lab Motion Capture Database terms (free for all uses)",
    "MIT (ReActIdle, Copyright (c) 2025 RSAIT)",
    "CC0-1.0",
)

Progress = Callable[[str, int, int], None]
"""Called as progress(what, done, in all)."""


def train(plan: MotionPlan, progress: Progress, *, resume: bool = True) -> Path:
    """Train and return the path of the weights file, which is there from the first save on.

    With `resume` an interrupted run goes on from its checkpoint. Raises DataError for unusable clips, OutputError where
    the run folder cannot be written, SettingsError for a device that is not there, WeightsError for a checkpoint of
    another plan.
    """
    device = device_of(plan)
    try:
        plan.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{plan.output}: is no folder that can be written to: {error.strerror}") from error
    takes = takes_of(plan, progress)
    run = TrainingRun(plan, takes, device)
    path = plan.output / "checkpoint.safetensors"
    if resume and path.exists():
        run.restore(path)
    run.train(path, progress)
    return run.weights_path


def device_of(plan: MotionPlan) -> torch.device:
    """The device that a plan asks for. Raises SettingsError if it is not there."""
    if plan.device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device: 'cuda' is not available here; allowed: auto, cpu")
    return torch.device("cuda" if plan.device != "cpu" and torch.cuda.is_available() else "cpu")


def takes_of(plan: MotionPlan, progress: Progress) -> list[Take]:
    """The clips of a plan with their variants, and what motion matching stitches from them."""
    clips: list[Clip] = []
    for path in plan.clips:
        clips += read_clips(path)
    told = foot_locked(variants(chosen_clips(clips)))
    takes = [take_of(clip) for clip in told]
    return takes + stitched_takes(
        takes, plan.stitched_minutes, plan.seed, lambda done, total: progress("stitched", done, total)
    )


class TrainingRun:
    """The network, its running mean, the optimiser, the clock."""

    def __init__(self, plan: MotionPlan, takes: list[Take], device: torch.device) -> None:
        self.plan, self.device = plan, device
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            self.network = network_for(takes).to(device)
            self.average = network_for(takes).to(device)
        self.average.load_state_dict(self.network.state_dict())
        self.codebook = codebook_of(captured_of(takes), network_for(takes), plan.seed)
        frames = tensors_of(takes, self.network.cpu(), max(plan.rollouts), device)
        self.network.to(device)
        self.stepper = Stepper(plan, self.network, self.average, frames)
        self.done, self.spent_s = 0, 0.0
        self.weights_path = plan.output / f"{plan.name}.safetensors"
        if device.type == "cuda":
            torch.set_float32_matmul_precision("high")

    def train(self, path: Path, progress: Progress) -> None:
        """Take steps until the plan's steps or seconds are used up; save now and then and at the end."""
        plan = self.plan
        started = saved = time.monotonic()
        before_s = self.spent_s
        while self.done < plan.steps and not (plan.seconds and self.spent_s >= plan.seconds):
            self._step()
            self.done += 1
            now = time.monotonic()
            self.spent_s = before_s + now - started
            if self.done % plan.log_every == 0:
                losses = self._log()
                if not math.isfinite(losses["total"]):
                    raise WeightsError(
                        f"{self.weights_path}: training diverged at step {self.done}; lower learning_rate"
                    )
                progress(f"loss {losses['total']:.4f}", self.done, plan.steps)
            if now - saved > plan.save_every_s:
                self.save(path)
                saved = now
        self.save(path)

    def _step(self) -> None:
        plan = self.plan
        share = self.progress()
        length, within = stage_of(plan, share)
        own = 1.0 if length != plan.rollouts[0] else min(1.0, max(0.0, (within - RAMP[0]) / (RAMP[1] - RAMP[0])))
        random = np.random.Generator(np.random.Philox(key=[plan.seed, self.done]))
        starts = self.stepper.frames.drawn(random, plan.batch)
        rate = plan.learning_rate * rate_at(self.done, share)
        average = max(plan.average_share, 1.0 / (1.0 + self.done))
        with torch.random.fork_rng(enabled=self.device.type == "cpu"):
            if self.device.type == "cpu":
                torch.manual_seed((plan.seed << 32) + self.done)
            self.stepper.step(starts, length, rate, own, average)

    def progress(self) -> float:
        """How much of the run is done, in [0, 1]: by steps, or by the clock where that is faster."""
        clock = self.spent_s / self.plan.seconds if self.plan.seconds else 0.0
        return min(1.0, max(self.done / self.plan.steps, clock))

    def _log(self) -> dict[str, float]:
        losses = self.stepper.losses()
        alarm = losses["divergence"] < self.plan.divergence_min and self.progress() > ALARM_AFTER_SHARE
        if alarm:
            self.stepper.divergence_weight.mul_(ALARM_WEIGHT_FACTOR)
        entry = {
            "step": self.done,
            "seconds": round(self.spent_s, 1),
            "share": round(self.progress(), 4),
            "rollout": stage_of(self.plan, self.progress())[0],
            "divergence_weight": round(float(self.stepper.divergence_weight), 6),
            "alarm": alarm,
            **{name: round(value, 5) for name, value in losses.items()},
        }
        with (self.plan.output / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        return losses

    def save(self, path: Path) -> None:
        """Write the checkpoint and the weights as they are now."""
        tensors = checkpoint.module_tensors("network", self.network)
        tensors |= checkpoint.module_tensors("average", self.average)
        tensors |= checkpoint.optimizer_tensors("optimizer", self.stepper.optimizer)
        tensors["divergence_weight"] = self.stepper.divergence_weight.reshape(1)
        numbers = {"step": self.done, "steps": self.plan.steps, "seed": self.plan.seed, "seconds": self.spent_s}
        checkpoint.save_checkpoint(path, {name: value.cpu() for name, value in tensors.items()}, numbers)
        header = MotionGenHeader(VERSION, "S", self.average.config, LICENCES)
        save_motiongen(self.weights_path, header, self.average, self.codebook)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint. Raises WeightsError for one of another plan."""
        tensors, numbers = checkpoint.load_checkpoint(path)
        if (numbers.get("steps"), numbers.get("seed")) != (self.plan.steps, self.plan.seed):
            raise WeightsError(f"{path}: belongs to a plan of {numbers.get('steps')} steps, seed {numbers.get('seed')}")
        checkpoint.restore_module("network", self.network, tensors)
        checkpoint.restore_module("average", self.average, tensors)
        checkpoint.restore_optimizer("optimizer", self.stepper.optimizer, tensors)
        self.stepper.divergence_weight.copy_(tensors["divergence_weight"][0])
        self.done, self.spent_s = int(numbers["step"]), float(numbers["seconds"])


def captured_of(takes: Sequence[Take]) -> list[Take]:
    """Takes as they were captured, and mirrored: without bends, warps and what was stitched."""
    return [take for take in takes if not any(word in take.name for word in (" bent ", " x0.", " x1.", "stitched "))]


def stage_of(plan: MotionPlan, share: float) -> tuple[int, float]:
    """Rollout length at `share` of the run, and how far that length's own part of the run is, in [0, 1]."""
    total = sum(plan.rollout_shares)
    begin = 0.0
    for length, part in zip(plan.rollouts, plan.rollout_shares, strict=True):
        end = begin + part / total
        if share < end or length == plan.rollouts[-1]:
            return length, min(1.0, (share - begin) / max(1e-9, end - begin))
        begin = end
    return plan.rollouts[-1], 1.0


def rate_at(step: int, share: float) -> float:
    """Share of the peak learning rate: a linear rise, then a cosine down to FINAL_LEARNING_RATE."""
    rise = min(1.0, (step + 1) / WARM_UP_STEPS)
    return rise * (FINAL_LEARNING_RATE + (1 - FINAL_LEARNING_RATE) * (0.5 + 0.5 * math.cos(math.pi * share)))
