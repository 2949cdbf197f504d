"""Land as users get it, cut into crops that can be laid beside real ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.generators.terrain.climate import Climate, roughness_control
from engine.generators.terrain.fields import Window
from engine.generators.terrain.heights import Decoders, World, heights
from engine.noise import derive_seed
from engine.training.terrain.statistics import Crop

PLACES_CELLS = 2**24
"""Crops lie anywhere within so many cells of the origin."""


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
        return np.asarray(heights(self.decoders, World(seed, climate), window)[0][1].numpy(), np.float32)
