"""What a step of motion and a frame of the network cost, as ratios of what was measured in the same run.

python -m benchmarks character.steps
"""

import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.character.servers import absent_weights
from benchmarks.records import Record, machine, missing, record, with_conditions
from engine.catalog import SHIPPED_FRAME_WEIGHTS, SHIPPED_MOTION_WEIGHTS
from engine.generators.character.figures import Figure, ParametricFigures
from engine.generators.character.motion import DirectedMotion
from engine.generators.character.painters import NetworkPainter
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
SPARE = 0.8
BATCH_GOAL = 12.0
RATE_GOAL = 0.45

_NAMES = ("one step of 64 sessions / one of one session", "share of 60 Hz for 64 sessions", "frame / convolution rate")


def measure() -> list[Record]:
    """Records of motion and frames."""
    if reason := absent_weights(painted=False):
        return [missing(name, reason) for name in _NAMES]
    kernel = choose_kernel_class()
    thread_count = torch.get_num_threads()
    motion = DirectedMotion(MotionDirector(load_motiongen(SHIPPED_MOTION_WEIGHTS)))
    torch.set_num_threads(1)  # its matrices are small: threads would only wait for each other
    moving = _motion(motion)
    torch.set_num_threads(thread_count)
    reason = absent_weights(painted=True)
    painted = missing(_NAMES[2], reason) if reason else _frames(motion, kernel)
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
        record(_NAMES[0], round(many_ms / one_ms, 3), conditions, at_most=BATCH_GOAL),
        record(_NAMES[1], round(share, 3), conditions, at_most=1.0 - SPARE),
    ]


def _frames(motion: DirectedMotion, kernel: KernelClass) -> Record:
    """Floating-point operations per second of a whole 256 px frame, over those of a 3x3 convolution."""
    painter = NetworkPainter({256: FrameArtist(load_framegen(SHIPPED_FRAME_WEIGHTS[256]), kernel.dtype)})
    figure: Figure = ParametricFigures().figure(Who(IdentityRequest(3)))
    pose = motion.step([motion.begin(3, 30)], [Steering(speed_mps=1.4)])[0]

    def frame() -> object:
        return painter.paint(figure, pose, Steering(), 256)

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
    return record(_NAMES[2], round(ratio, 3), conditions, at_least=RATE_GOAL)


def _medians_ms(calls: Sequence[Callable[[], object]], repetitions: int) -> list[float]:
    return [statistics.median(times) for times in _times_ms(calls, repetitions)]


def _means_ms(calls: Sequence[Callable[[], object]], repetitions: int) -> list[float]:
    """Means, for steps that are not all alike: of two frames at 60 Hz one needs the network."""
    return [statistics.mean(sorted(times)[: len(times) * 9 // 10]) for times in _times_ms(calls, repetitions)]


def _times_ms(calls: Sequence[Callable[[], object]], repetitions: int) -> list[list[float]]:
    """Times of the calls in turns, after three of each that do not count."""
    times: list[list[float]] = [[] for _ in calls]
    for repetition in range(-3, repetitions):
        for call, own in zip(calls, times, strict=True):
            started_s = time.perf_counter()
            call()
            if repetition >= 0:
                own.append(1e3 * (time.perf_counter() - started_s))
    return times
