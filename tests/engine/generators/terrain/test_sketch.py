"""A sketch steers: measured on the land of the shipped weights, with and without it."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.codecs.image import encode_png
from engine.errors import InvalidRequestError
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import HEIGHT_STEPS_PER_M, Ground, Land
from engine.generators.terrain.sketch import SKETCH_MAX_CELLS, STROKES, Strokes, read_strokes
from engine.requests.landscape import Landscape, Sketch

PX, EXTENT_M = 256, 1024.0
WORLD = Landscape(11, {"forest": 1.0}, sea_level_m=-40.0)
"""Dry around its origin, so that water comes from strokes only."""

Picture = NDArray[np.uint8]


def drawn(kind: str, *, filled: bool) -> Picture:
    """A stroke across the middle, or an area around it; a pixel is two cells wide."""
    picture = np.zeros((PX, PX, 3), np.uint8)
    color = tuple(int(value) for value in STROKES[kind])
    if filled:
        cv2.rectangle(picture, (100, 100), (156, 156), color, -1)
    else:
        cv2.line(picture, (70, 128), (186, 128), color, 4)
    return picture


def png_of(picture: Picture) -> bytes:
    """As a painting program saves it."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def land_with(decoders: Decoders, picture: Picture | None) -> Ground:
    sketch = None if picture is None else Sketch(png_of(picture), EXTENT_M)
    landscape = Landscape(WORLD.seed, WORLD.biomes, sea_level_m=WORLD.sea_level_m, sketch=sketch)
    return Land(decoders, landscape).ground(-128, -128, 257, 257)


@pytest.fixture(scope="module")
def without(shipped_decoders: Decoders) -> Ground:
    return land_with(shipped_decoders, None)


ALONG = np.s_[122:135, 40:217]
"""The vertices of the stroke across the middle."""

AREA = np.s_[88:169, 88:169]
"""The vertices inside of the filled area."""


def test_a_ridge_is_higher_than_the_land_was_and_than_what_is_beside_it(
    shipped_decoders: Decoders, without: Ground
) -> None:
    ridge = land_with(shipped_decoders, drawn("ridge", filled=False))
    assert (ridge.height_m - without.height_m)[ALONG].mean() > 30.0
    beside = np.concatenate([ridge.height_m[60:70, 40:217], ridge.height_m[190:200, 40:217]])
    assert ridge.height_m[ALONG].mean() > beside.mean() + 25.0


def test_a_river_is_lower_and_carries_water(shipped_decoders: Decoders, without: Ground) -> None:
    river = land_with(shipped_decoders, drawn("river", filled=False))
    assert (river.height_m - without.height_m)[ALONG].mean() < -6.0
    middle = river.masks.water[126:131, 50:207]
    assert (middle > 0.5).mean() > 0.95
    assert river.masks.water[20:60].max() == 0.0
    assert float(without.masks.water.max()) == 0.0


def test_a_flat_is_flatter(shipped_decoders: Decoders, without: Ground) -> None:
    flat = land_with(shipped_decoders, drawn("flat", filled=True))
    assert flat.height_m[AREA].std() < 0.35 * without.height_m[AREA].std()
    assert abs(float(flat.height_m[AREA].mean() - without.height_m[AREA].mean())) < 6.0


def test_a_sea_floods(shipped_decoders: Decoders) -> None:
    sea = land_with(shipped_decoders, drawn("sea", filled=True))
    assert (sea.masks.water[AREA] > 0.0).mean() > 0.98
    assert (sea.masks.water[:40] > 0.0).mean() == 0.0


def test_a_sea_on_high_land_has_banks_that_can_be_climbed_and_nothing_stands_in_it(shipped_decoders: Decoders) -> None:
    picture = drawn("sea", filled=True)
    cv2.line(picture, (150, 128), (250, 128), STROKES["river"], 4)  # out of it, beginning inside
    low = Landscape(WORLD.seed, WORLD.biomes, sea_level_m=WORLD.sea_level_m)
    high = replace(low, sea_level_m=WORLD.sea_level_m - 60.0, sketch=Sketch(png_of(picture), EXTENT_M))
    land = Land(shipped_decoders, high).ground(-256, -256, 513, 513)
    inside = np.s_[128 + 88 : 128 + 169, 128 + 88 : 128 + 169]
    assert land.height_m[inside].max() < high.sea_level_m
    above = land.height_m[:256] - high.sea_level_m  # where no river runs
    banks = np.hypot(*np.gradient(above))[(above > 5.0) & (above < 40.0)]
    assert np.median(banks) < 1.0  # meters per meter


def strokes_on_a_plain(picture: Picture, above_sea_cells: float) -> tuple[Strokes, Picture]:
    """What strokes ask of flat land, and where the sea was drawn, on the same vertices."""
    sketch = Sketch(png_of(picture), EXTENT_M)
    plain = read_strokes(
        sketch, 1.0, 0.0, lambda _y, _x, rows, columns: np.full((rows, columns), above_sea_cells, np.float32)
    )
    sea = (picture == STROKES["sea"]).all(-1).astype(np.uint8)
    return plain, cv2.resize(sea, plain.weight.shape, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("above_sea_cells", [5.0, 40.0, 100.0])
def test_a_ridge_around_a_lake_leaves_it_its_water(above_sea_cells: float) -> None:
    picture = np.zeros((PX, PX, 3), np.uint8)
    cv2.circle(picture, (128, 128), 52, STROKES["ridge"], 4)
    cv2.circle(picture, (128, 128), 36, STROKES["sea"], -1)
    strokes, sea = strokes_on_a_plain(picture, above_sea_cells)
    height = above_sea_cells + strokes.weight * (strokes.target - above_sea_cells)
    assert height[sea > 0].max() < 0.0
    assert height.max() > min(above_sea_cells, 10.0) + 5.0


@pytest.mark.parametrize("above_sea_cells", [20.0, 100.0, 250.0])
def test_banks_end_at_the_border_of_the_sketch(above_sea_cells: float) -> None:
    picture = np.zeros((PX, PX, 3), np.uint8)
    cv2.circle(picture, (100, 128), 20, STROKES["sea"], -1)
    strokes, _ = strokes_on_a_plain(picture, above_sea_cells)
    height = above_sea_cells + strokes.weight * (strokes.target - above_sea_cells)
    border = np.concatenate([height[0], height[-1], height[:, 0], height[:, -1]])
    assert np.abs(border - above_sea_cells).max() < 1e-3


def test_nothing_drawn_changes_nothing(shipped_decoders: Decoders, without: Ground) -> None:
    empty = land_with(shipped_decoders, np.zeros((PX, PX, 3), np.uint8))
    np.testing.assert_array_equal(empty.height_m, without.height_m)
    transparent = np.zeros((PX, PX, 4), np.uint8)
    transparent[..., 0] = 255  # red, but not there
    np.testing.assert_array_equal(land_with(shipped_decoders, transparent).height_m, without.height_m)


def test_far_from_the_sketch_the_world_is_as_it_was(decoders: Decoders) -> None:
    sketch = Sketch(encode_png(drawn("ridge", filled=False), {}), EXTENT_M)
    plain, steered = (Land(decoders, Landscape(3, sketch=each)).ground(4096, 0, 17, 17) for each in (None, sketch))
    np.testing.assert_array_equal(plain.height_m, steered.height_m)


def test_pieces_of_sketched_land_agree(decoders: Decoders) -> None:
    sketch = Sketch(encode_png(drawn("river", filled=False), {}), EXTENT_M)
    land = Land(decoders, Landscape(3, sketch=sketch))
    whole, part = land.ground(-32, -32, 65, 65), land.ground(0, -32, 33, 65)
    # Convolutions of windows of another size may add in another order: by chance a height rounds to the next step.
    apart = np.abs(whole.height_m[32:] - part.height_m)
    assert apart.max() <= 1 / HEIGHT_STEPS_PER_M
    assert (apart > 0.0).mean() < 1e-2
    assert np.abs(whole.masks.water[32:] - part.masks.water).max() <= 1 / HEIGHT_STEPS_PER_M
    assert float(whole.masks.water.max()) > 0.0


BLACK = np.zeros((64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("png", "reason"),
    [
        (b"this is no picture", "PNG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "PNG"),
        (encode_png(BLACK, {})[:-40], "PNG"),
        (encode_png(np.zeros((64, 64), np.uint8), {}), "RGB"),
        (encode_png(np.zeros((64, 64), np.uint16), {}), "RGB"),
        (encode_png(np.zeros((64, 32, 3), np.uint8), {}), "square"),
        (encode_png(np.zeros((8, 8, 3), np.uint8), {}), "16 to 4096"),
        (encode_png(np.zeros((4104, 4104, 3), np.uint8), {}), "16 to 4096"),
    ],
)
def test_what_is_no_sketch_is_refused_with_what_would_be_one(decoders: Decoders, png: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Land(decoders, Landscape(sketch=Sketch(png, 512.0)))
    assert refusal.value.field == "sketch.png"
    assert reason in refusal.value.allowed


@pytest.mark.parametrize(("cell_m", "extent_m"), [(2.0, 128.0), (0.5, SKETCH_MAX_CELLS * 0.5 + 1.0)])
def test_extents_beyond_what_the_cells_allow_are_refused(decoders: Decoders, cell_m: float, extent_m: float) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Land(decoders, Landscape(cell_m=cell_m, sketch=Sketch(encode_png(BLACK, {}), extent_m)))
    assert refusal.value.field == "sketch.extent_m"
    assert "meters" in refusal.value.allowed
