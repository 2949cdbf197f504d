"""TexGen's contracts and speed: exact wrap, the rate of its convolutions, and how soon the first part is there.

Wall-clock figures are medians of repetitions in turns within one process, compared as ratios.

    python -m benchmarks texture
"""

import copy
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.records import Record, machine, record, with_conditions
from engine.catalog import SHIPPED_TEXTURE_WEIGHTS, load_catalog, recorded_sha256
from engine.generators.whole import steps_of
from engine.nets.blocks import TORUS, ModulatedPair, join_extended
from engine.nets.precision import KernelClass, choose_kernel_class
from engine.nets.texgen import STRIDES_PX, TILE_CELLS, LevelStyles, TexGen, join_spatial, structure_pyramid
from engine.nets.weights_file import load_weights
from engine.requests.texture import TextureRequest

Inputs = list[torch.Tensor]

REPETITIONS = 15
RATE_GOAL = 0.6
FIRST_PART_GOAL = 0.25
SEED = 11


def measure() -> list[Record]:
    """The records of this benchmark."""
    kernel = choose_kernel_class()
    network = load_weights(SHIPPED_TEXTURE_WEIGHTS).network
    rates = [rate_record(network, own) for own in (kernel, choose_kernel_class("fp32"))]
    records = [*wrap_records(network, kernel), *rates, first_part_record()]
    return with_conditions(records, {"weights_sha256": recorded_sha256(SHIPPED_TEXTURE_WEIGHTS), **machine()})


def wrap_records(network: TexGen, kernel: KernelClass) -> list[Record]:
    """Rolling and tiling the latent against rolling and tiling the output."""
    styles = neutral_styles(network)
    inputs = random_inputs(network, 256, kernel.dtype)
    with torch.inference_mode():
        straight = paint(network, kernel, inputs, styles)
        rolled_inputs = [
            torch.roll(level, (3 * 32 // stride, 5 * 32 // stride), (2, 3))
            for level, stride in zip(inputs, STRIDES_PX, strict=True)
        ]
        rolled = paint(network, kernel, rolled_inputs, styles)
        tiled = paint(network, kernel, [level.repeat(1, 1, 2, 2) for level in inputs], styles)
    roll_error = float((rolled - torch.roll(straight, (96, 160), (2, 3))).abs().max())
    tile_error = float((tiled - straight.repeat(1, 1, 2, 2)).abs().max())
    conditions = {
        "size_px": 256,
        "unit": "largest difference, of an output of unit variance",
        "kernel_class": kernel.name,
    }
    return [
        record("wrap: rolled latent - rolled output", roll_error, conditions, at_most=0),
        record("wrap: tiled latent - tiled output", tile_error, conditions, at_most=0),
    ]


def rate_record(network: TexGen, kernel: KernelClass) -> Record:
    """GFLOP/s of the whole network at 256 px relative to one 3x3 convolution of its widest level."""
    styles = neutral_styles(network)
    inputs = random_inputs(network, 256, kernel.dtype)
    # Counted without tiles: their doubly computed borders are no useful work.
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network([level.float() for level in inputs], styles)
    network = copy.deepcopy(network)
    network.freeze(kernel.dtype)
    width = network.config.widths[-1]
    x = torch.randn(1, width, 130, 130).to(kernel.dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(width, width, 3, 3).to(kernel.dtype).contiguous(memory_format=torch.channels_last)
    conv_flop = 2 * 9 * width * width * 128 * 128
    with torch.inference_mode():
        network_s, conv_s = in_turns(
            lambda: paint(network, kernel, inputs, styles), lambda: functional.conv2d(x, weight)
        )
    flop = counter.get_total_flops()
    network_rate, conv_rate = flop / network_s / 1e9, conv_flop / conv_s / 1e9
    ratio = network_rate / conv_rate
    name = "bf16" if kernel.dtype == torch.bfloat16 else "fp32"
    conditions = {
        "size_px": 256,
        "gflop": round(flop / 1e9, 1),
        "network_ms": round(network_s * 1e3, 1),
        "network_gflop_per_s": round(network_rate),
        "convolution": f"{width} channels at 128 x 128",
        "convolution_gflop_per_s": round(conv_rate),
        "runs": REPETITIONS,
        "kernel_class": kernel.name,
    }
    return record(f"rate: TexGen / 3x3 convolution, {name}", round(ratio, 3), conditions, at_least=RATE_GOAL)


def first_part_record() -> Record:
    """Time until the first level of detail (64 px, all maps encoded) of a 512 px request, as a share of all of it."""
    request = TextureRequest("stone", SEED, 512)
    generator = load_catalog().generator_for(request)
    first_s, full_s = [], []
    for _ in range(REPETITIONS + 1):
        started = time.perf_counter()
        steps = steps_of(generator, request)
        next(steps)
        first_s.append(time.perf_counter() - started)
        for _ in steps:
            pass
        full_s.append(time.perf_counter() - started)
    first, full = statistics.median(first_s[1:]), statistics.median(full_s[1:])
    conditions = {
        "texture": "stone, 512 px, all maps, PNG encoding included",
        "first_ms": round(first * 1e3),
        "whole_ms": round(full * 1e3),
        "runs": REPETITIONS,
    }
    return record("first part / whole texture", round(first / full, 3), conditions, at_most=FIRST_PART_GOAL)


def neutral_styles(network: TexGen) -> LevelStyles:
    """Styles of class 0 with everything else at 0."""
    config = network.config
    zeros = torch.zeros(1, config.attribute_count), torch.zeros(1, config.style_width)
    return network.styles(network.code(torch.tensor([0]), *zeros))


def random_inputs(network: TexGen, size_px: int, dtype: torch.dtype) -> Inputs:
    """White noise in every input."""
    generator = torch.Generator().manual_seed(SEED)
    joined = []
    for level, hints in enumerate(structure_pyramid(torch.rand(1, 3, size_px, size_px, generator=generator) * 2 - 1)):
        channels, stride = network.config.noise_shape(level)
        cells = size_px // stride
        noise = torch.randn(1, channels, cells, cells, generator=generator)
        joined.append(join_spatial(level, hints, noise).to(dtype).contiguous(memory_format=torch.channels_last))
    return joined


def paint(network: TexGen, kernel: KernelClass, inputs: Sequence[torch.Tensor], styles: LevelStyles) -> torch.Tensor:
    """The whole pyramid the way requests run it: styles folded into the convolutions."""
    features: torch.Tensor | None = None
    image: torch.Tensor | None = None
    for level, (block, spatial, own) in enumerate(zip(network.blocks, inputs, styles, strict=True)):
        if not isinstance(block, ModulatedPair):
            raise TypeError("blocks are modulated pairs")
        features = block.folded(own, kernel.dtype)(join_extended(features, spatial, TORUS), TILE_CELLS[level])
        image = network.image(level, features, image)
    if features is None or image is None:
        raise ValueError("a network has at least one level")
    return network.finest_image(features, image)


def in_turns(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of two functions, called in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPETITIONS + 2):
        for function, seconds in zip((first, second), times, strict=True):
            started = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - started)
    return statistics.median(times[0][2:]), statistics.median(times[1][2:])
