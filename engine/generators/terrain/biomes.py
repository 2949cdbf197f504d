"""Biomes: what a name means for climate, relief and ground; and which biome a place has.

A world's climate is the mean of the biomes that are asked for. Where land is high, moist or near water, other biomes
come in by themselves: alpine above the trees, forest on moist meadows, beach along water.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.generators.terrain.climate import Climate
from engine.terrain.masks import Masks, smoothstep

Grid = NDArray[np.float32]

LAPSE_PER_M = 0.0035
"""Loss of temperature per meter above the sea: the scale runs from -1 to 1, and hills of games are low."""

SNOW_TEMPERATURE = -0.55
TREE_TEMPERATURE = -0.25
GROUNDS = ("vegetation", "soil", "rock", "snow")
"""Layers of the ground, in the order of the splat map's channels."""


@dataclass(frozen=True, slots=True)
class Biome:
    """What a biome is like.

    climate  its landscape, see `Climate`
    ground   texture class of each of GROUNDS
    tints    sRGB mid tones of the grounds, for textures that have none of their own
    shore_m  height above the water up to which land is a bare shore
    """

    description: str
    climate: Climate
    ground: tuple[str, str, str, str] = ("grass", "ground", "stone", "snow")
    tints: tuple[tuple[int, int, int], ...] = ((92, 112, 58), (118, 98, 72), (122, 118, 110), (232, 236, 240))
    shore_m: float = 2.5


BIOMES: Mapping[str, Biome] = {
    "grassland": Biome("open meadows over gentle hills", Climate(0.0, 0.5, -0.2, 0.12, 0.06, 0.15, 0.1)),
    "forest": Biome("wooded hills", Climate(0.5, 0.5, -0.1, 0.14, 0.06, 0.1, 0.6)),
    "taiga": Biome("cold hills under conifers", Climate(0.7, 0.5, 0.0, 0.14, 0.06, -0.35, 0.35)),
    "savanna": Biome(
        "dry plains with scattered trees",
        Climate(-0.4, 0.4, -0.1, 0.12, 0.05, 0.6, -0.35),
        tints=((146, 128, 70), (150, 116, 78), (140, 122, 100), (232, 236, 240)),
    ),
    "desert": Biome(
        "bare sand and rock",
        Climate(0.6, 0.8, -0.4, 0.14, 0.06, 0.7, -0.9),
        ("ground", "ground", "stone", "snow"),
        ((196, 164, 112), (206, 174, 124), (158, 120, 88), (232, 236, 240)),
    ),
    "swamp": Biome(
        "flat and full of pools",
        Climate(-1.2, 0.2, 0.0, 0.005, 0.001, 0.3, 0.9),
        tints=((74, 88, 48), (84, 72, 52), (96, 94, 84), (232, 236, 240)),
        shore_m=0.15,
    ),
    "beach": Biome(
        "islands and shores",
        Climate(-0.1, 0.7, -0.3, 0.002, 0.002, 0.5, -0.55),
        tints=((104, 120, 62), (212, 192, 150), (132, 124, 112), (232, 236, 240)),
    ),
    "tundra": Biome(
        "cold open land with patches of snow",
        Climate(0.3, 0.5, 0.1, 0.14, 0.06, -0.6, -0.1),
        tints=((112, 106, 74), (104, 92, 74), (116, 112, 108), (232, 236, 240)),
    ),
    "alpine": Biome(
        "high mountains, rock and snow",
        Climate(1.7, 0.2, 0.2, 0.3, 0.1, -0.4, 0.2),
    ),
}


GROUND_CLASSES = frozenset(name for biome in BIOMES.values() for name in biome.ground)
"""Every class of texture that the ground of some biome is made of."""


def climate_of(weights: Mapping[str, float]) -> Climate:
    """The weighted mean of the climates of biomes. Raises InvalidRequestError for an unknown one or weights that add
    up to nothing.
    """
    for name, weight in weights.items():
        if name not in BIOMES:
            raise InvalidRequestError("biomes", name, ", ".join(BIOMES))
        if not 0.0 <= weight <= 1.0:
            raise InvalidRequestError(f"biomes.{name}", weight, "0 to 1")
    total = sum(weights.values())
    if total <= 0.0:
        raise InvalidRequestError("biomes", dict(weights), "at least one weight above 0")
    mean = {
        entry.name: sum(weight * getattr(BIOMES[name].climate, entry.name) for name, weight in weights.items()) / total
        for entry in fields(Climate)
    }
    return Climate(**mean)


def shore_of(weights: Mapping[str, float]) -> float:
    """The weighted mean of `Biome.shore_m`; of weights that `climate_of` takes."""
    return sum(weight * BIOMES[name].shore_m for name, weight in weights.items()) / sum(weights.values())


def main_biome(weights: Mapping[str, float]) -> Biome:
    """The one with the largest weight, the first of equal ones."""
    return BIOMES[max(weights, key=lambda name: weights[name])]


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """What grows depends on it, beside the lie of the land. Grids are float32 [rows, columns].

    above_m   height above the sea
    shore_m   up to which it is a shore
    cold      0 minus the temperature at that height
    moisture  -1 (arid) to 1 (wet)
    """

    above_m: Grid
    shore_m: float
    cold: Grid
    moisture: Grid

    @classmethod
    def at(cls, height_m: Grid, temperature: Grid, moisture: Grid, sea_level_m: float, shore_m: float) -> "Weather":
        """The weather of land `height_m` high, where `temperature` is that of the sea's level."""
        above_m = height_m - np.float32(sea_level_m)
        cold = np.maximum(above_m, np.float32(0.0))
        cold *= np.float32(LAPSE_PER_M)
        cold -= temperature
        return cls(above_m, shore_m, cold, moisture)


def splat(masks: Masks, weather: Weather) -> Grid:
    """How much of each of GROUNDS shows, float32 [rows, columns, 4], summing to 1."""
    snow = smoothstep(weather.cold, -SNOW_TEMPERATURE, -SNOW_TEMPERATURE + 0.2) * (1.0 - 0.8 * masks.rock)
    shore = 1.0 - smoothstep(weather.above_m, 0.4 * weather.shore_m, weather.shore_m)
    dry = smoothstep(-weather.moisture, 0.15, 0.6)
    bare = np.maximum(np.maximum(shore, dry), 0.6 * smoothstep(masks.flow, 0.35, 0.8))
    rock = masks.rock * (1.0 - snow)
    soil = bare * (1.0 - rock) * (1.0 - snow)
    plants = np.maximum(1.0 - rock - snow - soil, 0.0)
    return np.asarray(cv2.merge([plants, soil, rock, snow]))


def biome_weights(asked: Mapping[str, float], weather: Weather) -> dict[str, Grid]:
    """How much each biome is at home at every vertex, each float32 [rows, columns] of 0 to 1.

    The biomes asked for share the land; cold land above the trees is alpine, land beside water is beach.
    """
    alpine = smoothstep(weather.cold, -TREE_TEMPERATURE, -TREE_TEMPERATURE + 0.25)
    shore = 1.0 - smoothstep(weather.above_m, 0.5 * weather.shore_m, 2.0 * weather.shore_m)
    rest = (1.0 - alpine) * (1.0 - shore)
    alpine *= 1.0 - shore
    total = sum(asked.values())
    found = {name: rest * np.float32(weight / total) for name, weight in asked.items() if weight}
    if "forest" not in found and "grassland" in found:
        found["forest"] = 0.6 * smoothstep(weather.moisture, -0.1, 0.8) * found["grassland"]
        found["grassland"] -= found["forest"]
    for name, weight in (("alpine", alpine), ("beach", shore)):
        found[name] = np.maximum(found[name], weight) if name in found else weight
    return found
