"""A contact sheet of TerraGen: generated land beside real land of the same style, in hill shading."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.terrain.heights import Decoders
from engine.training.terrain.data import LAND_SHARE_MIN, SPACING_M, Tile
from engine.training.terrain.samples import LandSampler
from engine.training.terrain.statistics import Crop

Pixels = NDArray[np.uint8]

EDGE_PX = 256
PAIRS_PER_ROW = 3
RUGGEDNESS = (1.6, 1.0, 0.4, -0.4)
"""One row of the sheet each, mountains first."""

CANDIDATES = 400
LIGHT = (-0.52, -0.52, 0.68)
"""Towards the sun, which stands in the north-west: east, south, up."""

SLOPE_SHOWN = 0.25
"""Mean slope to which every picture's heights are stretched, so that plains show as much as mountains."""

GAP_PX = 4


def terrain_sheet(decoders: Decoders, tiles: Sequence[Tile], seed: int) -> Pixels:
    """Grey pixels [height, width]: per row PAIRS_PER_ROW real crops and as many generated ones of the same styles."""
    sampler = LandSampler(decoders, EDGE_PX)
    rows = []
    for row, ruggedness in enumerate(RUGGEDNESS):
        reals = real_crops(tiles, ruggedness, seed)
        made = sampler.crops([style for _, style in reals], seed + row)
        rows.append([crop for crop, _ in reals] + made)
    return _laid_out([[shaded(crop) for crop in row] for row in rows])


def real_crops(tiles: Sequence[Tile], ruggedness: float, seed: int) -> list[tuple[Crop, tuple[float, float]]]:
    """PAIRS_PER_ROW crops of land closest to `ruggedness`, of different tiles where possible, and their styles."""
    random = np.random.default_rng(seed)
    found: dict[str, tuple[float, Crop, tuple[float, float]]] = {}
    for _ in range(CANDIDATES):
        tile = tiles[int(random.integers(len(tiles)))]
        rows, columns = tile.height_m.shape
        if min(rows, columns) < EDGE_PX:
            continue
        y, x = int(random.integers(rows - EDGE_PX + 1)), int(random.integers(columns - EDGE_PX + 1))
        window = slice(y, y + EDGE_PX), slice(x, x + EDGE_PX)
        if tile.land[window].mean() < LAND_SHARE_MIN:
            continue
        style = tile.style[:, *window].mean((1, 2))
        distance = abs(float(style[0]) - ruggedness)
        if tile.name not in found or distance < found[tile.name][0]:
            found[tile.name] = distance, tile.height_m[window] / SPACING_M, (float(style[0]), float(style[1]))
    nearest = sorted(found.values(), key=lambda entry: entry[0])[:PAIRS_PER_ROW]
    return [(crop, style) for _, crop, style in nearest]


def shaded(crop: Crop) -> Pixels:
    """A hill shading [rows, columns] of heights over the spacing."""
    south, east = np.gradient(crop)
    stretch = SLOPE_SHOWN / (float(np.hypot(south, east).mean()) + 1e-6)
    east, south = np.clip(stretch * east, -4, 4), np.clip(stretch * south, -4, 4)
    lit = (-LIGHT[0] * east - LIGHT[1] * south + LIGHT[2]) / np.sqrt(1.0 + east**2 + south**2)
    return np.asarray(30.0 + 225.0 * np.clip(lit, 0.0, 1.0), np.uint8)


def _laid_out(rows: Sequence[Sequence[Pixels]]) -> Pixels:
    """Pictures in rows, a gap between them, a wider one between the real and the generated half."""
    lines = []
    for row in rows:
        half = len(row) // 2
        cells = [np.pad(picture, GAP_PX, constant_values=255) for picture in row]
        middle = np.full((cells[0].shape[0], 4 * GAP_PX), 255, np.uint8)
        lines.append(np.concatenate([*cells[:half], middle, *cells[half:]], axis=1))
    width = max(line.shape[1] for line in lines)
    padded = [np.pad(line, ((0, 0), (0, width - line.shape[1])), constant_values=255) for line in lines]
    return np.asarray(np.concatenate(padded), np.uint8)
