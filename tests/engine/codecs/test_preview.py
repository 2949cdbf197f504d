import numpy as np
import pytest
from numpy.typing import NDArray

from engine.codecs.image import Pixels
from engine.codecs.preview import render_preview, render_tile
from engine.requests.texture import MapKind


def grey(value: int, size_px: int = 64) -> NDArray[np.uint8]:
    return np.full((size_px, size_px), value, np.uint8)


def plain(*color: int, size_px: int = 64) -> NDArray[np.uint8]:
    return np.full((size_px, size_px, 3), color, np.uint8)


def sphere(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[:, : picture.shape[0]]


def flat(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[:, picture.shape[0] :]


@pytest.mark.parametrize("map_px", [64, 96, 128, 257])
def test_the_picture_is_two_squares_whatever_the_maps_size(map_px: int) -> None:
    picture = render_preview({MapKind.ALBEDO: plain(180, 90, 60, size_px=map_px)}, size_px=128)
    assert picture.shape == (128, 256, 3)
    assert picture.dtype == np.uint8


def test_equal_maps_give_equal_pixels(maps: dict[MapKind, Pixels]) -> None:
    first, second = render_preview(maps, 128), render_preview(dict(reversed(maps.items())), 128)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("kind", list(MapKind))
def test_any_single_map_is_enough(maps: dict[MapKind, Pixels], kind: MapKind) -> None:
    assert render_preview({kind: maps[kind]}, 64).std() > 5


def test_the_color_of_a_matte_surface_is_kept() -> None:
    picture = flat(render_preview({MapKind.ALBEDO: plain(180, 90, 60), MapKind.ROUGHNESS: grey(255)}, 128))
    red, green, blue = picture.reshape(-1, 3).mean(axis=0)
    assert 1.6 < red / green < 2.4
    assert 1.2 < green / blue < 1.8


def test_the_sphere_is_lit_from_the_upper_left() -> None:
    picture = sphere(render_preview({MapKind.ALBEDO: plain(180, 180, 180)}, 128)).mean(axis=2)
    assert picture[44, 44] > 2 * picture[90, 90]


@pytest.mark.parametrize(("toward", "away"), [((128, 200, 220), (128, 56, 220)), ((56, 128, 220), (200, 128, 220))])
def test_slopes_toward_the_light_are_brighter(toward: tuple[int, ...], away: tuple[int, ...]) -> None:
    lit, unlit = (flat(render_preview({MapKind.NORMAL: plain(*normal)}, 64)).mean() for normal in (toward, away))
    assert lit > 1.3 * unlit


def test_a_smooth_metal_mirrors_bright_lights_and_dark_ground() -> None:
    metal = {MapKind.ALBEDO: plain(220, 200, 140), MapKind.METALLIC: grey(255), MapKind.ROUGHNESS: grey(40)}
    picture = sphere(render_preview(metal, 128))[34:94, 34:94].mean(axis=2)
    assert picture.max() > 240
    assert picture.min() < 90


def test_occluded_surfaces_are_darker() -> None:
    open_surface, occluded = (
        render_preview({MapKind.AMBIENT_OCCLUSION: grey(value)}, 64)[:, 64:].mean() for value in (255, 60)
    )
    assert occluded < 0.9 * open_surface


def test_relief_casts_shadows_on_the_flat_surface(maps: dict[MapKind, Pixels]) -> None:
    lit = flat(render_preview({kind: maps[kind] for kind in (MapKind.ALBEDO, MapKind.NORMAL)}, 128))
    shadowed = flat(
        render_preview({kind: maps[kind] for kind in (MapKind.ALBEDO, MapKind.NORMAL, MapKind.HEIGHT)}, 128)
    )
    assert np.all(shadowed <= lit)
    assert (lit.astype(int) - shadowed).max() > 15


def test_the_flat_surface_repeats_the_tile_without_a_seam(maps: dict[MapKind, Pixels]) -> None:
    picture = flat(render_preview(maps, 128)).astype(int)
    step = np.abs(np.diff(picture, axis=1)).mean(axis=(0, 2))
    assert step[63] <= step.max() * 1.01
    assert np.abs(picture[:64] - picture[64:]).mean() < 12


def test_a_tile_alone_looks_like_those_of_the_preview(maps: dict[MapKind, Pixels]) -> None:
    tile = render_tile(maps, 64).astype(int)
    beside = flat(render_preview(maps, 128))[:64, :64].astype(int)
    assert tile.shape == (64, 64, 3)
    assert np.abs(tile - beside).mean() < 12
    assert np.corrcoef(tile.ravel(), beside.ravel())[0, 1] > 0.9


def test_no_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="allowed: at least one map"):
        render_preview({})


def test_maps_of_unequal_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(64, 64\), \(128, 128\)"):
        render_preview({MapKind.METALLIC: grey(0), MapKind.ROUGHNESS: grey(0, 128)})


@pytest.mark.parametrize("size_px", [0, 62, 129])
def test_sizes_that_cannot_be_halved_are_refused(size_px: int) -> None:
    for render in (render_preview, render_tile):
        with pytest.raises(ValueError, match=f"size_px: {size_px} is not allowed"):
            render({MapKind.METALLIC: grey(0)}, size_px)
