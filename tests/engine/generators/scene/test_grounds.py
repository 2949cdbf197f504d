"""The ground's look: where each material shows, that places differ, and that normals fit what is seen."""

from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.generators.scene.grounds import Cover, bake, ground_requests, mean_colors
from engine.generators.scene.relief import enlarged, normal_picture, relief_of
from engine.generators.terrain.biomes import BIOMES, GROUNDS, main_biome
from engine.generators.terrain.land import Ground
from engine.geometry.scene import Image
from engine.requests.landscape import Landscape
from engine.requests.texture import MapKind
from engine.terrain.masks import FLOW_RIM, FLOW_STRIDE, masks_of

Grid = NDArray[np.float32]
COLORS = {
    "vegetation": (0.3, 0.4, 0.15),
    "soil": (0.4, 0.3, 0.2),
    "rock": (0.45, 0.45, 0.45),
    "snow": (0.9, 0.92, 0.95),
}
WORLD = Landscape(3)
PX = 256


@pytest.fixture(scope="module")
def tiles() -> Mapping[str, Mapping[MapKind, Grid]]:
    """One plain color each, with a bumpy height."""
    bumps = np.random.default_rng(1).random((64, 64)).astype(np.float32)
    return {
        name: {MapKind.ALBEDO: np.tile(np.array(color, np.float32), (64, 64, 1)), MapKind.HEIGHT: bumps}
        for name, color in COLORS.items()
    }


def ground(shape: Grid, shares: Mapping[str, float]) -> Ground:
    """A square of land of this height with the same grounds everywhere."""
    wide, coarse = (
        np.pad(part, rim, mode="edge") for part, rim in ((shape, 1), (shape[::FLOW_STRIDE, ::FLOW_STRIDE], FLOW_RIM))
    )
    splat = np.zeros((*shape.shape, 4), np.float32)
    for name, share in shares.items():
        splat[..., GROUNDS.index(name)] = share
    return Ground(
        0,
        0,
        shape.astype(np.float32),
        masks_of(wide.astype(np.float32), coarse.astype(np.float32), 2.0, -100.0),
        splat,
        {},
    )


def picture(image: Image) -> NDArray[np.uint8]:
    decoded = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], np.uint8)


LEVEL = np.zeros((65, 65), np.float32)


@pytest.mark.parametrize("name", GROUNDS)
def test_a_ground_of_one_kind_has_its_color(tiles: Mapping[str, Mapping[MapKind, Grid]], name: str) -> None:
    cover = bake(ground(LEVEL, {name: 1.0}), WORLD, PX, tiles)
    shown = picture(cover.albedo).reshape(-1, 3).mean(axis=0) / 255.0
    np.testing.assert_allclose(shown, COLORS[name], rtol=0.25)
    assert picture(cover.normal).shape == (PX, PX, 3)


def test_meadows_are_not_the_same_everywhere(tiles: Mapping[str, Mapping[MapKind, Grid]]) -> None:
    shown = picture(bake(ground(LEVEL, {"vegetation": 1.0}), WORLD, PX, tiles).albedo).astype(float)
    warmth = cv2.blur(shown[..., 0] / shown[..., 1], (31, 31))
    assert warmth.max() > 1.15 * warmth.min()


def test_hollows_are_darker_than_crests(tiles: Mapping[str, Mapping[MapKind, Grid]]) -> None:
    x = np.arange(65)
    waves = np.tile(3.0 * np.sin(x * 2 * np.pi / 16.0), (65, 1)).astype(np.float32)
    shown = picture(bake(ground(waves, {"soil": 1.0}), WORLD, PX, tiles).albedo).mean(axis=(0, 2))
    at = (np.arange(PX) + 0.5) * 64 / PX
    wave = np.sin(at * 2 * np.pi / 16.0)
    assert shown[wave < -0.9].mean() < 0.9 * shown[wave > 0.9].mean()


def test_rock_has_layers_by_height(tiles: Mapping[str, Mapping[MapKind, Grid]]) -> None:
    slope = np.tile(2.0 * np.arange(65, dtype=np.float32)[:, None], (1, 65))
    normals = picture(bake(ground(slope, {"rock": 1.0}), WORLD, PX, tiles).normal).astype(float)
    up, across = np.abs(normals[..., 1] - 127.5).mean(), np.abs(normals[..., 0] - 127.5).mean()
    assert up > 1.15 * across  # ledges run along the slope


def test_equal_lands_look_equal_and_neighbours_share_their_noise() -> None:
    land = ground(LEVEL, {"rock": 1.0})
    one, again = (relief_of(land, WORLD, PX) for _ in range(2))
    np.testing.assert_array_equal(one.patches, again.patches)
    east = Ground(0, 64, land.height_m, land.masks, land.splat, {})
    beside = relief_of(east, WORLD, PX)
    np.testing.assert_allclose(one.patches[:, -1], beside.patches[:, 0], atol=0.02)
    assert np.abs(one.patches - relief_of(land, Landscape(4), PX).patches).mean() > 0.1


def test_pictures_of_grids_begin_and_end_with_their_outer_vertices() -> None:
    ramp = np.tile(np.arange(33, dtype=np.float32), (33, 1))
    np.testing.assert_allclose(enlarged(ramp, 64)[5], (np.arange(64) + 0.5) * 32 / 64, atol=0.02)


def test_normals_lean_away_from_what_rises() -> None:
    x = np.arange(64, dtype=np.float32)
    east, south = np.tile(0.5 * x, (64, 1)), np.tile(0.5 * x[:, None], (1, 64))
    rising_east, rising_south = (normal_picture(each, 1.0)[32, 32] / 127.5 - 1.0 for each in (east, south))
    np.testing.assert_allclose(rising_east, np.array([-0.5, 0.0, 1.0]) / np.hypot(0.5, 1.0), atol=0.02)
    np.testing.assert_allclose(rising_south, np.array([0.0, 0.5, 1.0]) / np.hypot(0.5, 1.0), atol=0.02)


def test_every_ground_of_every_biome_can_be_asked_for() -> None:
    for name in BIOMES:
        landscape = Landscape(9, {name: 1.0})
        requests = ground_requests(landscape)
        assert tuple(each.texture_class for each in requests) == main_biome(landscape.biomes).ground
        assert len({each.seed for each in requests}) == len(GROUNDS)


def test_mean_colors_are_linear(tiles: Mapping[str, Mapping[MapKind, Grid]]) -> None:
    red, _, _ = mean_colors(tiles)["snow"]
    assert red == pytest.approx(((0.9 + 0.055) / 1.055) ** 2.4, abs=0.01)
    assert isinstance(bake(ground(LEVEL, {"soil": 1.0}), WORLD, PX, tiles), Cover)
