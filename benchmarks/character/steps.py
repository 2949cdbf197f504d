"""What a step of motion and a frame cost: as ratios of what was measured in the same run, and in processor time.

python -m benchmarks character.steps
"""

import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.character.servers import absent_weights
from benchmarks.records import Claim, Record, machine, median, with_conditions
from engine.catalog import SHIPPED_FRAME_WEIGHTS, SHIPPED_MOTION_WEIGHTS
from engine.generators.character.figures import Figure, ParametricFigures
from engine.generators.character.motion import DirectedMotion
from engine.generators.character.painters import MeshPainter, NetworkPainter
from engine.generators.motion.director import MotionDirector
from engine.nets.framegen.artist import FrameArtist
from engine.nets.framegen.weights_file import load_framegen
from engine.nets.motiongen.weights_file import load_motiongen
from engine.nets.precision import KernelClass, choose_kernel_class
from engine.requests.character.control import Steering
from engine.requests.character.identity import IdentityRequest, Who

REPETITIONS = 200
FRAME_REPETITIONS = 40
SESSIONS = 64
RATE_HZ = 60
FRAME_RATE_HZ, FRAME_PX = 30, 256
SPARE = 0.8
BATCH_GOAL = 12.0
RATE_GOAL = 0.45

BATCH = Claim("one step of 64 sessions / one of one session", at_most=BATCH_GOAL)
SHARE = Claim("share of 60 Hz for 64 sessions", at_most=1.0 - SPARE)
MOTION = Claim("step of one session at 30 Hz, processor ms")
DRAWN = Claim("frame of the mesh of 256 px, processor ms")
PAINTED = Claim("frame / convolution rate", at_least=RATE_GOAL)


def measure() -> list[Record]:
    """Records of motion and frames."""
    if reason := absent_weights(painted=False):
        return [claim.not_measured(reason) for claim in (BATCH, SHARE, MOTION, DRAWN, PAINTED)]
    kernel = choose_kernel_class()
    thread_count = torch.get_num_threads()
    motion = DirectedMotion(MotionDirector(load_motiongen(SHIPPED_MOTION_WEIGHTS)))
    torch.set_num_threads(1)  # its matrices are small: threads would only wait for each other
    moving = [*_motion(motion), *_alone(motion)]
    torch.set_num_threads(thread_count)
    reason = absent_weights(painted=True)
    painted = PAINTED.not_measured(reason) if reason else _frames(motion, kernel)
    return with_conditions([*moving, painted], {**machine(), "kernel_class": kernel.name})


def _motion(motion: DirectedMotion) -> list[Record]:
    steering = Steering(speed_mps=1.4, heading_deg=30.0)

    def stepping(count: int) -> Callable[[], object]:
        moving = [motion.begin(seed, RATE_HZ) for seed in range(count)]
        return lambda: motion.step(moving, [steering] * count)

    one_ms, many_ms = _means_ms([stepping(1), stepping(SESSIONS)], REPETITIONS)
    conditions = {"one_ms": round(one_ms, 3), "many_ms": round(many_ms, 3), "rate_hz": RATE_HZ, "steps": REPETITIONS}
    share = many_ms / (1e3 / RATE_HZ)
    return [
        BATCH.measured(round(many_ms / one_ms, 3), conditions),
        SHARE.measured(round(share, 3), conditions),
    ]


def _alone(motion: DirectedMotion) -> list[Record]:
    """What one stream takes of a core: processor time, whatever else this machine does."""
    figure: Figure = ParametricFigures().figure(Who(IdentityRequest(3)))
    painter, moving, steering = MeshPainter(), [motion.begin(3, FRAME_RATE_HZ)], Steering(speed_mps=1.4)
    painter.prepare(figure, FRAME_PX)
    pose = motion.step(moving, [steering])[0]

    def step() -> object:
        return motion.step(moving, [steering])

    def draw() -> object:
        return painter.paint(figure, pose, steering, FRAME_PX)

    records = []
    for claim, call, repetitions in ((MOTION, step, REPETITIONS), (DRAWN, draw, FRAME_REPETITIONS)):
        (times_ms,) = _times_ms([call], repetitions, time.process_time)
        spread = {"least_ms": round(min(times_ms), 2), "most_ms": round(max(times_ms), 2)}
        records.append(claim.measured(median(times_ms, 2), {"threads": 1, "runs": repetitions, **spread}))
    return records


def _frames(motion: DirectedMotion, kernel: KernelClass) -> Record:
    """Floating-point operations per second of a whole frame, over those of a 3x3 convolution."""
    painter = NetworkPainter({FRAME_PX: FrameArtist(load_framegen(SHIPPED_FRAME_WEIGHTS[FRAME_PX]), kernel.dtype)})
    figure: Figure = ParametricFigures().figure(Who(IdentityRequest(3)))
    pose = motion.step([motion.begin(3, FRAME_RATE_HZ)], [Steering(speed_mps=1.4)])[0]

    def frame() -> object:
        return painter.paint(figure, pose, Steering(), FRAME_PX)

    with FlopCounterMode(display=False) as counter:
        frame()
    x = torch.randn(1, 80, 64, 64).to(kernel.dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(80, 80, 3, 3).to(kernel.dtype).contiguous(memory_format=torch.channels_last)
    convolution_flops = 2 * 80 * 80 * 9 * 64 * 64

    def convolution() -> object:
        with torch.inference_mode():
            return functional.conv2d(x, weight, padding=1)

    frame_ms, convolution_ms = _medians_ms([frame, convolution], FRAME_REPETITIONS)
    flops = counter.get_total_flops()
    ratio = (flops / frame_ms) / (convolution_flops / convolution_ms)
    conditions = {
        "frame_ms": round(frame_ms, 2),
        "frame_gflop": round(flops / 1e9, 2),
        "convolution_gflop_per_s": round(convolution_flops / convolution_ms / 1e6, 1),
    }
    return PAINTED.measured(round(ratio, 3), conditions)


def _medians_ms(calls: Sequence[Callable[[], object]], repetitions: int) -> list[float]:
    return [statistics.median(times) for times in _times_ms(calls, repetitions)]


def _means_ms(calls: Sequence[Callable[[], object]], repetitions: int) -> list[float]:
    """Means, for steps that are not all alike: of two frames at 60 Hz one needs the network."""
    return [statistics.mean(sorted(times)[: len(times) * 9 // 10]) for times in _times_ms(calls, repetitions)]


def _times_ms(
    calls: Sequence[Callable[[], object]], repetitions: int, clock: Callable[[], float] = time.perf_counter
) -> list[list[float]]:
    """Times of the calls in turns, after three of each that do not count."""
    times: list[list[float]] = [[] for _ in calls]
    for repetition in range(-3, repetitions):
        for call, own in zip(calls, times, strict=True):
            started_s = clock()
            call()
            if repetition >= 0:
                own.append(1e3 * (clock() - started_s))
    return times
