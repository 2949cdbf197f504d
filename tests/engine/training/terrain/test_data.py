"""Tiles and windows of them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from engine.errors import DataError
from engine.training.terrain.data import SPACING_M, TerrainSampler, Tile, load_tiles, style_of


def random(key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


@pytest.fixture(scope="module")
def sampler(tiles: tuple[Tile, ...]) -> TerrainSampler:
    return TerrainSampler(tiles, 4)


def test_tiles_are_made_square_in_meters(terrain_folder: Path) -> None:
    equator, northern = load_tiles(terrain_folder, ("N00E001", "N49E011"))
    assert equator.height_m.shape == (448, 448)
    assert northern.height_m.shape == (448, round(448 * np.cos(np.radians(49.5))))
    assert 1000.0 < equator.height_m.mean() < 3000.0
    assert equator.land.all()


def test_sea_is_not_land(terrain_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    raw = cv2.imread(str(terrain_folder / "tiles" / "N00E001.png"), cv2.IMREAD_UNCHANGED)
    assert raw is not None
    raw[:100] = 500
    cv2.imwrite(str(tmp_path / "tiles" / "N00E001.png"), raw)
    (tmp_path / "manifest.json").write_text((terrain_folder / "manifest.json").read_text())
    (tile,) = load_tiles(tmp_path, ("N00E001",))
    assert not tile.land[:99].any()
    assert tile.land[101:].all()


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, "no manifest of terrain tiles"),
        ({"tiles": []}, "none of the tiles"),
        ({"tiles": [{"name": "N00E001", "file": "a.png", "metres_per_pixel_ns": 92.61}]}, "expected a 16-bit grey PNG"),
        ({"tiles": {"name": "N00E001"}}, "its tiles are no list"),
        ({"tiles": ["N00E001"]}, "a tile needs file, name and metres_per_pixel_ns"),
        ({"tiles": [{"name": "N00E001", "metres_per_pixel_ns": 92.61}]}, "a tile needs file, name and"),
        ({"tiles": [{"name": "N00E001", "file": "a.png"}]}, "a tile needs file, name and"),
        ({"tiles": [{"file": "a.png", "metres_per_pixel_ns": 92.61}]}, "a tile needs file, name and"),
        ({"tiles": [{"name": "N00E001", "file": "a.png", "metres_per_pixel_ns": "many"}]}, "a tile needs file"),
        ({"tiles": [{"name": "N00E001", "file": "a.png", "metres_per_pixel_ns": 0}]}, "0 m per pixel"),
        ({"tiles": [{"name": "alps", "file": "a.png", "metres_per_pixel_ns": 92.61}]}, "'alps' is not named as"),
    ],
)
def test_broken_folder_is_refused(tmp_path: Path, manifest: object, message: str) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8), np.uint8))
    with pytest.raises(DataError, match=message):
        load_tiles(tmp_path)


def test_style_tells_steep_from_flat_and_rough_from_smooth() -> None:
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    hills = (300.0 * np.sin(x / 20) * np.sin(y / 20)).astype(np.float32)
    noise = random(1).normal(0, 20, hills.shape).astype(np.float32)
    smooth, flat, rough = style_of(hills), style_of(0.1 * hills), style_of(hills + noise)
    assert smooth[0].mean() > flat[0].mean() + 1.0
    assert rough[1].mean() > smooth[1].mean() + 1.0


def test_fine_window_is_the_middle_of_the_coarse_one(sampler: TerrainSampler) -> None:
    windows = sampler.windows(random(1), 6, 0, 1, 24, 16)
    assert windows.coarse.shape == (6, 1, 24, 24)
    assert windows.fine.shape == (6, 1, 16, 16)
    assert windows.style.shape == (6, 2, 24, 24)
    for coarse, fine in zip(windows.coarse[:, 0].numpy(), windows.fine[:, 0].numpy(), strict=True):
        # Turned or mirrored windows of even edge lie half a vertex off; the lie of the land stays the same.
        small = cv2.resize(fine, (8, 8), interpolation=cv2.INTER_AREA) / 2
        middle = coarse[8:16, 8:16]
        assert np.corrcoef((small - small.mean()).ravel(), (middle - middle.mean()).ravel())[0, 1] > 0.85


def test_windows_are_a_function_of_the_random_numbers(sampler: TerrainSampler) -> None:
    first, second, other = (sampler.windows(random(key), 3, 2, 1, 20, 16) for key in (5, 5, 6))
    assert torch.equal(first.fine, second.fine)
    assert torch.equal(first.style, second.style)
    assert not torch.equal(first.fine, other.fine)


def test_windows_keep_slopes_in_units_of_the_spacing(sampler: TerrainSampler, tiles: tuple[Tile, ...]) -> None:
    drawn = sampler.windows(random(2), 40, 0, 0, 64, 64)
    slope = np.mean([np.hypot(*np.gradient(window)).mean() for window in drawn.fine[:, 0].numpy()])
    real = np.mean([np.hypot(*np.gradient(tile.height_m / SPACING_M)).mean() for tile in tiles])
    assert 0.5 * real < slope < 2.0 * real


def test_no_window_without_land_that_is_large_enough(sampler: TerrainSampler, tiles: tuple[Tile, ...]) -> None:
    with pytest.raises(DataError, match="none is 64 vertices wide at level 4"):
        sampler.windows(random(1), 1, 3, 1, 64, 16)
    water = [Tile("sea", tile.height_m, np.zeros_like(tile.land), tile.style) for tile in tiles[:1]]
    with pytest.raises(DataError, match="no land 16 vertices wide"):
        TerrainSampler(water, 1).windows(random(1), 1, 0, 0, 16, 16)
