import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.generators.terrain.biomes import (
    BIOMES,
    GROUNDS,
    Weather,
    biome_weights,
    climate_of,
    main_biome,
    shore_of,
    splat,
)
from engine.geometry.props.table import BIOMES as PROP_BIOMES
from engine.terrain.masks import Masks, rockiness

Grid = NDArray[np.float32]
VEGETATION, SOIL, ROCK, SNOW = range(4)


def full(value: float) -> Grid:
    return np.full((3, 3), value, np.float32)


def masks(slope: float = 0.0, flow: float = 0.0, water: float = 0.0) -> Masks:
    return Masks(np.zeros((3, 3, 3), np.float32), full(slope), rockiness(full(slope)), full(flow), full(water))


def weather(height_m: float, temperature: float, moisture: float, biomes: dict[str, float] | None = None) -> Weather:
    return Weather.at(full(height_m), full(temperature), full(moisture), 0.0, shore_of(biomes or {"grassland": 1.0}))


def shares(
    *, slope: float = 0.0, flow: float = 0.0, height_m: float = 40.0, temperature: float = 0.2, moisture: float = 0.3
) -> Grid:
    """Shares of GROUNDS at one kind of place."""
    found = splat(masks(slope, flow), weather(height_m, temperature, moisture))
    assert found.shape == (3, 3, len(GROUNDS))
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, atol=1e-5)
    assert found.min() >= 0.0
    place: Grid = found[1, 1]
    return place


def test_every_ground_is_where_one_expects_it() -> None:
    assert shares()[VEGETATION] > 0.95
    assert shares(slope=1.2)[ROCK] > 0.95
    assert shares(moisture=-0.9)[SOIL] > 0.95
    assert shares(height_m=0.5)[SOIL] > 0.95
    assert shares(temperature=-0.9)[SNOW] > 0.95
    assert shares(height_m=400.0)[SNOW] > 0.95
    assert shares(flow=1.0)[SOIL] > 0.4


def test_snow_lies_on_flat_ground_and_not_on_cliffs() -> None:
    assert shares(temperature=-0.9, slope=0.2)[SNOW] > 0.95
    assert shares(temperature=-0.9, slope=1.2)[SNOW] < 0.25


def weights(
    asked: dict[str, float], height_m: float = 20.0, temperature: float = 0.2, moisture: float = -0.5
) -> dict[str, float]:
    found = biome_weights(asked, weather(height_m, temperature, moisture, asked))
    assert all(0.0 <= float(grid.min()) <= float(grid.max()) <= 1.0 for grid in found.values())
    assert sum(float(grid[0, 0]) for grid in found.values()) == pytest.approx(1.0, abs=1e-5)
    return {name: float(grid[1, 1]) for name, grid in found.items()}


def test_the_biomes_asked_for_share_the_land() -> None:
    found = weights({"savanna": 1.0, "desert": 0.5})
    assert found["savanna"] == pytest.approx(2 * found["desert"])


def test_others_come_in_by_themselves() -> None:
    assert weights({"grassland": 1.0}, height_m=1.0)["beach"] > 0.95
    assert weights({"grassland": 1.0}, height_m=300.0)["alpine"] > 0.95
    assert weights({"grassland": 1.0}, moisture=0.9)["forest"] > 0.5
    assert weights({"grassland": 1.0}, moisture=-0.5)["forest"] == 0.0
    assert "forest" not in weights({"savanna": 1.0}, moisture=0.9)


def test_a_swamp_has_no_beaches() -> None:
    assert weights({"swamp": 1.0}, height_m=0.5)["swamp"] > 0.95
    assert 0.2 < shore_of({"swamp": 1.0, "beach": 1.0}) < shore_of({"beach": 1.0})


def test_a_mixed_climate_lies_between_its_biomes() -> None:
    desert, taiga, both = (
        climate_of(each) for each in ({"desert": 1.0}, {"taiga": 1.0}, {"desert": 0.5, "taiga": 0.5})
    )
    assert both.temperature == pytest.approx(0.5 * (desert.temperature + taiga.temperature))
    assert climate_of({"desert": 0.2}).moisture == pytest.approx(desert.moisture)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("biomes", {"lava": 1.0}),
        ("biomes", {"forest": 0.0}),
        ("biomes.forest", {"forest": 1.5}),
        ("biomes.forest", {"forest": -0.5}),
        ("biomes.forest", {"forest": float("nan")}),
    ],
)
def test_unknown_biomes_and_impossible_weights_are_refused(field: str, asked: dict[str, float]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        climate_of(asked)
    assert refusal.value.field == field


def test_the_first_of_the_heaviest_biomes_sets_the_look() -> None:
    assert main_biome({"forest": 0.5, "desert": 1.0}) is BIOMES["desert"]
    assert main_biome({"forest": 1.0, "desert": 1.0}) is BIOMES["forest"]


def test_props_know_every_biome() -> None:
    assert set(BIOMES) == set(PROP_BIOMES)
