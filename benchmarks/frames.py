"""How fast FrameGen paints on this machine, beside the rate of a plain 3x3 convolution measured in the same run.

    python -m benchmarks.frames engine/weights/framegen-m.safetensors [--threads 2] [--json]

A frame is all of it: maps of the body's parts, the network, pixels. Its rate counts the network's arithmetic only.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from engine.characters.attitudes import attitudes
from engine.characters.identity import make_identity
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.errors import MorphogenError
from engine.nets.framegen.artist import FrameArtist
from engine.nets.framegen.weights_file import load_framegen

REPETITIONS = 20
CHANNELS, EDGE_PX = 64, 64


@dataclass(frozen=True, slots=True)
class FrameRate:
    """Best and median times of one number format.

    convolution_gflops  rate of a 3x3 convolution of 64 channels at 64 x 64, the best of many
    frame_ms            best time of a whole frame, and its median
    share               rate of the frame's arithmetic over that of the convolution, from the best times
    """

    number_format: str
    threads: int
    gflop: float
    convolution_gflops: float
    frame_ms: float
    frame_median_ms: float
    share: float


def measure(weights: Path, dtype: torch.dtype) -> FrameRate:
    """Time frames and convolutions in turn. Raises WeightsError."""
    artist = FrameArtist(load_framegen(weights), dtype)
    actor, poses = artist.actor(make_identity(2)), attitudes()[:1]
    camera, light = FrameCamera(), FrameLight()
    image = torch.randn(1, CHANNELS, EDGE_PX, EDGE_PX).to(dtype).contiguous(memory_format=torch.channels_last)
    kernel = torch.randn(CHANNELS, CHANNELS, 3, 3).to(dtype).contiguous(memory_format=torch.channels_last)
    with FlopCounterMode(display=False) as counter:
        artist.paint(actor, poses, camera, light)
    gflop = counter.get_total_flops() / 1e9
    frames, convolutions = [], []
    with torch.inference_mode():
        for _ in range(REPETITIONS):
            frames.append(seconds(lambda: artist.paint(actor, poses, camera, light)))
            convolutions += [seconds(lambda: functional.conv2d(image, kernel, padding=1)) for _ in range(5)]
    rate = 2 * 9 * CHANNELS**2 * EDGE_PX**2 / min(convolutions) / 1e9
    best = min(frames)
    return FrameRate(
        str(dtype).removeprefix("torch."), torch.get_num_threads(), round(gflop, 3), round(rate, 1),
        round(best * 1e3, 2), round(sorted(frames)[len(frames) // 2] * 1e3, 2), round(gflop / best / rate, 3),
    )  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frames", description="Time FrameGen.")
    parser.add_argument("weights", type=Path, metavar="FILE")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.threads < 1:
        parser.error(f"--threads: {options.threads} is not allowed; allowed: 1 or more")
    torch.set_num_threads(options.threads)
    try:
        rates = [measure(options.weights, dtype) for dtype in (torch.float32, torch.bfloat16)]
    except MorphogenError as error:
        print(f"frames: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([asdict(rate) for rate in rates], indent=2))
    else:
        for rate in rates:
            print(
                f"{rate.number_format:9} {rate.threads} threads  {rate.gflop:.2f} GFLOP  frame {rate.frame_ms:.1f} ms "
                f"(median {rate.frame_median_ms:.1f})  convolution {rate.convolution_gflops:.0f} GFLOP/s  "
                f"share {rate.share:.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
