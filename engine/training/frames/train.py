"""Trains FrameGen by a plan within a wall-clock budget: characters are modelled, then drawn and learned on the fly."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.characters.character import build_character
from engine.characters.identity import make_identity
from engine.characters.rendering.cast import cast_of
from engine.errors import OutputError, WeightsError
from engine.nets.framegen.part_maps import PartMaps, part_maps
from engine.nets.framegen.weights_file import FrameGenHeader, save_framegen
from engine.training import checkpoint
from engine.training.frames.painter import Lesson, Painter, halved
from engine.training.frames.plan import FramePlan
from engine.training.frames.poses import PoseSet, made_up_poses, pack_poses, read_poses
from engine.training.frames.studio import Shots, Studio, model_cast

VERSION = "1"
FRAME_PX = 256
MODELLING_SHARE = 0.1
WARM_UP_STEPS = 100
FINAL_LEARNING_RATE = 0.02
LOG_EVERY = 25
MADE_UP_POSES, PACKED_POSES = 4096, 6700
PROBE_IDENTITIES = 24

OWN_LICENCE = "characters and frames: made by the project's own modeller and renderer"
POSE_LICENCE = "poses: CMU Graphics Lab Motion Capture Database; ReActIdle (MIT); KayKit and Quaternius clips (CC0 1.0)"

Progress = Callable[[str, float], None]
"""Called as progress(what, share of the run that is done)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How much of the run is over, by wall clock or by steps, whichever is further."""

    started: float
    seconds: float
    steps: int

    def share(self, step: int) -> float:
        """0 to 1."""
        return min(1.0, max((time.monotonic() - self.started) / self.seconds, step / self.steps))


def device_of(name: str) -> torch.device:
    """The device of a plan: "auto" is the GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def train(plan: FramePlan, progress: Progress, *, resume: bool = True, started: float | None = None) -> list[Path]:
    """Train all tiers of the plan; the paths of their weights files.

    started  when the budget began, on the monotonic clock; None: now

    With `resume` an interrupted run goes on from its checkpoint, within a budget of its own. Raises DataError for
    unusable poses, OutputError where the output folder cannot be written, WeightsError for another plan's checkpoint.
    """
    started = time.monotonic() if started is None else started
    try:
        plan.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{plan.output}: is no folder that can be written to: {error.strerror}") from error
    run = TrainingRun(plan, started, progress)
    path = plan.output / "checkpoint.safetensors"
    step = run.restore(path) if resume and path.exists() else 0
    saved = time.monotonic()
    while run.clock.share(step) < 1.0:
        run.step(step)
        step += 1
        if time.monotonic() - saved > plan.save_every_s:
            run.save(step)
            saved = time.monotonic()
    return run.save(step, last=True)


class TrainingRun:
    """Studio, painters and clock of one run."""

    def __init__(self, plan: FramePlan, started: float, progress: Progress) -> None:
        self.plan, self.progress = plan, progress
        self.device = device_of(plan.device)
        if self.device.type == "cuda":
            # Geometry stays in float32: rounded to TF32 it would shake by a pixel.
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.benchmark = True
        self.clock = Clock(started, plan.seconds, plan.steps)
        poses = poses_of(plan)
        characters = model_cast(plan.identities, plan.processes, started + MODELLING_SHARE * plan.seconds)
        progress(f"{len(characters)} characters", self.clock.share(0))
        self.studio = Studio(characters, poses.part(held_out=False), self.device)
        with torch.no_grad():
            self.references = self.studio.references(torch.Generator().manual_seed(plan.seed))
        self.held_out_poses = poses.part(held_out=True)
        self.probe = self._probe(self.held_out_poses)
        self.painters = [
            Painter(tier, plan.seed + index, plan.learning_rate, self.device) for index, tier in enumerate(plan.tiers)
        ]
        self.best: dict[str, tuple[float, dict[str, torch.Tensor]]] = {}
        progress("first step", self.clock.share(0))

    def _probe(self, poses: PoseSet) -> Shots:
        """Frames that nothing is trained with: characters, poses and cameras held out."""
        count = min(PROBE_IDENTITIES, max(2, self.plan.identities))
        held_out = Studio(cast_of([build_character(make_identity(seed)) for seed in range(count)]), poses, self.device)
        return held_out.shots(torch.Generator().manual_seed(4711), self.plan.batch)

    def adversarial(self, step: int) -> bool:
        """Whether judges take part by now."""
        return self.clock.share(step) > 1.0 - self.plan.adversarial_share

    def step(self, number: int) -> None:
        """One step of all painters on one batch of fresh frames."""
        judged = self.adversarial(number)
        if judged and not self.best:
            self._keep_best()
        lesson = self.lesson(number, threes=judged)
        rate = self.plan.learning_rate * rate_at(number, self.clock.share(number))
        for painter in self.painters:
            own = Lesson(
                lesson.seen, lesson.features, lesson.palette, lesson.references,
                halved(lesson.truth, FRAME_PX // painter.config.size_px),
            )  # fmt: skip
            values = painter.step(own, number, rate, adversarial=judged)
            if number % LOG_EVERY == 0:
                self._log(painter.tier, number, values)

    def lesson(self, number: int, *, threes: bool) -> Lesson:
        """The batch of a step, a function of the plan's seed and the step's number."""
        generator = torch.Generator().manual_seed(self.plan.seed * 1_000_003 + number)
        with torch.no_grad():
            shots = self.studio.shots(generator, self.plan.batch, threes=threes)
            truth = shots.draw(FRAME_PX)
            seen = maps_of(shots)
        return Lesson(seen, shots.cast.features, shots.cast.palette, self.references[shots.who].float(), truth)

    def probe_psnr(self, painter: Painter) -> float:
        """PSNR in decibels of held-out frames over their covered rectangle's mean square, premultiplied RGBA."""
        with torch.no_grad():
            truth = halved(self.probe.draw(FRAME_PX), FRAME_PX // painter.config.size_px)
            network = painter.painter()
            rgba = network(maps_of(self.probe), network.code(self.probe.cast.features)).rgba(self.probe.cast.palette)
            error = (rgba - truth.rgba).square().mean((1, 2, 3)).clamp_min(1e-9)
        return float((-10.0 * error.log10()).mean())

    def _keep_best(self) -> None:
        """Remember the weights before judges take part: if they do harm, these are what is saved."""
        for painter in self.painters:
            state = {name: value.detach().clone() for name, value in painter.average.state_dict().items()}
            self.best[painter.tier] = (self.probe_psnr(painter), state)

    def save(self, step: int, *, last: bool = False) -> list[Path]:
        """Write weights files and, unless this is the end, the checkpoint."""
        paths = self.save_weights(step, last=last)
        if not last:
            tensors: checkpoint.Tensors = {}
            for painter in self.painters:
                tensors |= painter.tensors()
            numbers = {"step": step, "seed": self.plan.seed, "batch": self.plan.batch}
            checkpoint.save_checkpoint(self.plan.output / "checkpoint.safetensors", tensors, numbers)
        return paths

    def save_weights(self, step: int, *, last: bool = False) -> list[Path]:
        """Write weights files, and log how good held-out frames are by now."""
        paths = []
        for painter in self.painters:
            psnr = self.probe_psnr(painter)
            values: dict[str, float | torch.Tensor] = {"held_out_psnr": psnr}
            if last and painter.tier in self.best:
                before, state = self.best[painter.tier]
                values["before_judges_psnr"] = before
                if not psnr > before - 0.3:
                    painter.average.load_state_dict(state)
                    values["went_back"] = 1.0
            self._log(painter.tier, step, values)
            path = self.plan.output / f"{self.plan.name}-{painter.tier}.safetensors"
            licences = (OWN_LICENCE,) if self.plan.poses is None else (OWN_LICENCE, POSE_LICENCE)
            header = FrameGenHeader(VERSION, painter.tier.upper(), painter.config, licences)
            save_framegen(path, header, painter.painter(), painter.encoder())
            paths.append(path)
        return paths

    def restore(self, path: Path) -> int:
        """Load a checkpoint; the number of steps done. Raises WeightsError for one of another plan."""
        tensors, numbers = checkpoint.load_checkpoint(path)
        if (numbers.get("seed"), numbers.get("batch")) != (self.plan.seed, self.plan.batch):
            raise WeightsError(f"{path}: belongs to a plan of seed {numbers.get('seed')}, batch {numbers.get('batch')}")
        for painter in self.painters:
            painter.restore(tensors)
        return int(numbers["step"])

    def _log(self, tier: str, step: int, values: dict[str, float | torch.Tensor]) -> None:
        row = {"tier": tier, "step": step, "second": round(time.monotonic() - self.clock.started, 1)}
        row |= {name: round(float(value), 5) for name, value in values.items()}
        with (self.plan.output / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.progress(json.dumps(row), self.clock.share(step))


def poses_of(plan: FramePlan) -> PoseSet:
    """The poses of a plan: packed now if there are none yet and there is a motion file, made up if none are wished for.

    Raises DataError for unusable files.
    """
    if plan.poses is None:
        return made_up_poses(MADE_UP_POSES, plan.seed)
    if plan.motion is not None and not plan.poses.exists():
        pack_poses(plan.motion, plan.poses, PACKED_POSES, plan.seed)
    return read_poses(plan.poses)


def maps_of(shots: Shots) -> PartMaps:
    """What the network sees of shots."""
    return part_maps(shots.cast, shots.joints, shots.views)


def rate_at(step: int, share: float) -> float:
    """Share of the peak learning rate: a linear rise, then a cosine down to FINAL_LEARNING_RATE."""
    rise = min(1.0, (step + 1) / WARM_UP_STEPS)
    return rise * (FINAL_LEARNING_RATE + (1.0 - FINAL_LEARNING_RATE) * (0.5 + 0.5 * math.cos(math.pi * share)))
