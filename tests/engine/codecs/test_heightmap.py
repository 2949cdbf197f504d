import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from engine.codecs.heightmap import (
    UNITY_SIZES_PX,
    UNREAL_SIZES_PX,
    Heightmap,
    png_heightmap,
    resampled,
    unity_raw,
    unreal_r16,
)
from engine.codecs.image import read_provenance
from engine.geometry.axes import UNITY, UNREAL


def hills(size_px: int) -> NDArray[np.float32]:
    z, x = np.mgrid[0:size_px, 0:size_px] / (size_px - 1)
    height_m: NDArray[np.float32] = (120 * np.sin(3 * x + 1) * np.cos(5 * z) + 40 * x).astype(np.float32)
    return height_m


def number(heightmap: Heightmap, name: str) -> float:
    value = heightmap.settings[name]
    assert isinstance(value, int | float)
    return value


def samples(heightmap: Heightmap) -> NDArray[np.uint16]:
    size_px = heightmap.size_px
    return np.frombuffer(heightmap.data, "<u2").reshape(size_px, size_px)


def test_a_second_reader_finds_the_heights_in_the_png(provenance: dict[str, str]) -> None:
    height_m = hills(65)
    heightmap = png_heightmap(height_m, 500.0, provenance)
    with Image.open(io.BytesIO(heightmap.data)) as image:
        assert image.mode == "I;16"
        steps = np.asarray(image).astype(np.float64)
    low_m, high_m = number(heightmap, "lowest_m"), number(heightmap, "highest_m")
    np.testing.assert_allclose(low_m + steps / 65535 * (high_m - low_m), height_m, atol=0.51 * (high_m - low_m) / 65535)
    assert read_provenance(heightmap.data) == provenance


def test_unity_places_every_sample_where_the_converted_point_lies() -> None:
    height_m, extent_m = hills(129), 640.0
    heightmap = unity_raw(height_m, extent_m)
    size_px = heightmap.size_px
    assert (size_px, len(heightmap.data)) == (129, 2 * 129 * 129)
    # Unity: heights[row, column] / 65536 of the terrain's height, column along its +X, row along its +Z.
    row, column = np.mgrid[0:size_px, 0:size_px]
    there = np.stack(
        [
            number(heightmap, "Position X") + column / (size_px - 1) * number(heightmap, "Terrain Width"),
            number(heightmap, "Position Y") + samples(heightmap) / 65536 * number(heightmap, "Terrain Height"),
            number(heightmap, "Position Z") + row / (size_px - 1) * number(heightmap, "Terrain Length"),
        ],
        axis=-1,
    )
    np.testing.assert_allclose(by_place(there, 1), by_place(UNITY.points(points(height_m, extent_m)), 1), atol=0.01)


def test_unreal_places_every_sample_where_the_converted_point_lies() -> None:
    height_m, extent_m = hills(127), 640.0
    heightmap = unreal_r16(height_m, extent_m)
    # Unreal: (sample - 32768) / 128 units of the Z scale above the location, column along +X, row along +Y.
    row, column = np.mgrid[0:127, 0:127]
    there = np.stack(
        [
            number(heightmap, "Location X") + column * number(heightmap, "Scale X"),
            number(heightmap, "Location Y") + row * number(heightmap, "Scale Y"),
            number(heightmap, "Location Z")
            + (samples(heightmap).astype(np.float64) - 32768) / 128 * number(heightmap, "Scale Z"),
        ],
        axis=-1,
    )
    np.testing.assert_allclose(by_place(there, 2), by_place(UNREAL.points(points(height_m, extent_m)), 2), atol=1)


def points(height_m: NDArray[np.float32], extent_m: float) -> NDArray[np.float32]:
    """The samples as points around the origin [size, size, 3], rows along +Z."""
    along = np.linspace(-extent_m / 2, extent_m / 2, len(height_m))
    z, x = np.meshgrid(along, along, indexing="ij")
    return np.stack([x, height_m, z], axis=-1).astype(np.float32)


def by_place(grid: NDArray[np.floating], up: int) -> NDArray[np.float64]:
    """Points [size, size, 3] ordered by their place on the ground; `up` is the vertical axis."""
    flat = grid.reshape(-1, 3).astype(np.float64)
    ground = [np.round(flat[:, axis], 1) for axis in range(3) if axis != up]
    return flat[np.lexsort(ground)]


@pytest.mark.parametrize(
    ("size_px", "unity_px", "unreal_px"), [(33, 33, 127), (129, 129, 127), (257, 257, 253), (600, 513, 505)]
)
def test_the_nearest_size_that_the_engine_takes_is_chosen(size_px: int, unity_px: int, unreal_px: int) -> None:
    assert unity_raw(hills(size_px), 100.0).size_px == unity_px
    assert unreal_r16(hills(size_px), 100.0).size_px == unreal_px


@pytest.mark.parametrize("size_px", [*UNITY_SIZES_PX[:5], *UNREAL_SIZES_PX[:3]])
def test_resampling_follows_the_surface(size_px: int) -> None:
    np.testing.assert_allclose(resampled(hills(257), size_px), hills(size_px), atol=0.2)


@given(seed=st.integers(0, 2**32 - 1), size_px=st.integers(2, 40), new_px=st.integers(2, 90))
def test_resampled_tiles_still_meet_and_never_overshoot(seed: int, size_px: int, new_px: int) -> None:
    random = np.random.Generator(np.random.Philox(key=seed))
    both = random.normal(size=(size_px, 2 * size_px - 1)).astype(np.float32) * 100
    left, right = resampled(both[:, :size_px], new_px), resampled(both[:, size_px - 1 :], new_px)
    np.testing.assert_array_equal(left[:, -1], right[:, 0])
    assert both.min() <= min(left.min(), right.min())
    assert max(left.max(), right.max()) <= both.max()
    corners = left[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_array_equal(corners, both[[0, 0, -1, -1], [0, size_px - 1, 0, size_px - 1]])


def test_tiles_of_one_range_have_equal_edges() -> None:
    height_m = np.concatenate([hills(65), hills(65)[:, ::-1][:, 1:]], axis=1)
    low_m, high_m = float(height_m.min()), float(height_m.max())
    tiles = [unity_raw(part, 64.0, (low_m, high_m)) for part in (height_m[:, :65], height_m[:, 64:])]
    np.testing.assert_array_equal(samples(tiles[0])[:, 0], samples(tiles[1])[:, -1])


def test_a_flat_terrain_has_a_span_of_a_meter() -> None:
    flat = np.full((33, 33), 7, np.float32)
    assert (number(unity_raw(flat, 10.0), "Position Y"), set(unity_raw(flat, 10.0).data)) == (7, {0})
    assert number(png_heightmap(flat, 10.0, {}), "highest_m") == 8


@pytest.mark.parametrize(
    ("height_m", "extent_m", "range_m", "message"),
    [
        (hills(33)[:20], 1.0, None, r"height_m: shape \[20, 33\] is not allowed; allowed: square"),
        (np.full((33, 33), np.nan, np.float32), 1.0, None, "height_m: NaN or infinite is not allowed"),
        (hills(33), 0.0, None, r"extent_m: 0\.0 is not allowed; allowed: above 0"),
        (hills(33), np.nan, None, "extent_m: nan is not allowed"),
        (hills(33), 1.0, (0.0, 1.0), r"range_m: \(0\.0, 1\.0\) is not allowed; allowed: what holds -"),
        (hills(33), 1.0, (-np.inf, np.inf), r"range_m: \(-inf, inf\) is not allowed"),
    ],
)
def test_unusable_grids_are_refused(
    height_m: NDArray[np.float32], extent_m: float, range_m: tuple[float, float] | None, message: str
) -> None:
    for write in (unity_raw, unreal_r16):
        with pytest.raises(ValueError, match=message):
            write(height_m, extent_m, range_m)


def test_sizes_that_the_engine_does_not_take_are_refused() -> None:
    with pytest.raises(ValueError, match="size_px: 512 is not allowed; allowed: 33, 65, 129"):
        unity_raw(hills(33), 1.0, size_px=512)
    with pytest.raises(ValueError, match="size_px: 513 is not allowed; allowed: 127, 253"):
        unreal_r16(hills(33), 1.0, size_px=513)
