"""Land as users get it, cut into crops that can be laid beside real ones."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.generators.terrain.climate import Climate, roughness_control
from engine.generators.terrain.fields import Window
from engine.generators.terrain.heights import Decoders, World, heights
from engine.noise import derive_seed
from engine.terrain.erosion import eroded
from engine.terrain.fractal import fractal
from engine.training.terrain.statistics import Crop

PLACES_CELLS = 2**24
"""Crops lie anywhere within so many cells of the origin."""

TIMED_VERTICES, TIMED_BLOCK_VERTICES, TIMED_RUNS = 257, 513, 5
"""Edges of one chunk and of the block of four chunks that worlds make at once."""


@dataclass(frozen=True, slots=True)
class LandSampler:
    """Makes crops of `size_px` vertices by the very path of the chunks, climate, carving and all."""

    decoders: Decoders
    size_px: int

    def crops(self, styles: Sequence[tuple[float, float]], seed: int) -> list[Crop]:
        """Heights over the spacing, one crop per (ruggedness, roughness), each of a world of its own."""
        return [self._crop(style, derive_seed(seed, index)) for index, style in enumerate(styles)]

    def _crop(self, style: tuple[float, float], seed: int) -> Crop:
        ruggedness, roughness = style
        climate = Climate(ruggedness, 0.0, roughness_control(ruggedness, roughness), 0.0, 0.0, 0.0, 0.0)
        y, x = np.random.default_rng(seed).integers(-PLACES_CELLS, PLACES_CELLS, 2).tolist()
        window = Window(y, x, self.size_px, self.size_px, 1)
        return np.asarray(heights(self.decoders, World(seed, climate), window)[0].height.numpy(), np.float32)


def speeds(decoders: Decoders, erosion_steps: int) -> dict[str, float]:
    """Milliseconds, the best of TIMED_RUNS: of a chunk, a chunk made in a block, erosion of a chunk."""
    world = World(1, Climate(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    noise = 20.0 * fractal(TIMED_VERTICES, 1)

    def chunk(edge: int) -> Callable[[], object]:
        return lambda: heights(decoders, world, Window(0, 0, edge, edge, 1))

    return {
        "chunk_ms": _best_ms(chunk(TIMED_VERTICES)),
        "chunk_of_block_ms": round(_best_ms(chunk(TIMED_BLOCK_VERTICES)) / 4, 1),
        "erosion_ms": _best_ms(lambda: eroded(noise, erosion_steps)),
    }


def _best_ms(work: Callable[[], object]) -> float:
    best_ms = float("inf")
    for _ in range(TIMED_RUNS):
        started = time.perf_counter()
        work()
        best_ms = min(best_ms, 1e3 * (time.perf_counter() - started))
    return round(best_ms, 1)
