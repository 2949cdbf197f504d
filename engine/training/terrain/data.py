"""Elevation tiles as isotropic grids, and random windows of them at every octave."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import DataError

SPACING_M = 92.61
"""Spacing of octave 0: three seconds of arc. Finer tiles are averaged down to it."""

DENOISE_PX = 0.6
"""Standard deviation of the blur that takes the meter of measurement noise out."""

STYLE_RADIUS_PX = 48.0
"""Style describes a neighbourhood of about this size."""

RUGGEDNESS_UNIT = 1.1
"""Change of the logarithm of the slope that counts as 1."""

LAND_SHARE_MIN = 0.98
ZOOMS, ZOOMED_LEVEL_MIN = (1.26, 1.59), 2
"""Coarse grids are also drawn from enlarged tiles: of these levels there is little land, and every scale is like every
other. Fine grids would show the enlargement."""

TRIES = 1000
"""Places that are looked at for each that is land."""

SEA_LEVEL_M = 0.5


_NAME = re.compile(r"[NS]\d\d[EW]\d\d\d")
"""How a tile's name begins: with its south-west corner."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One elevation model.

    height_m  float32 [rows, columns], north up, spacing SPACING_M
    land      bool, same shape: neither sea nor filled
    style     float32 [2, rows, columns]: ruggedness and roughness, see `style_of`
    """

    name: str
    height_m: NDArray[np.float32]
    land: NDArray[np.bool_]
    style: NDArray[np.float32]


def load_tiles(folder: Path, names: Sequence[str] | None = None) -> tuple[Tile, ...]:
    """The tiles of a data folder (manifest.json and 16-bit PNG, meters = value - 500), all or those named.

    Raises DataError that names the file if something is missing or broken.
    """
    manifest = folder / "manifest.json"
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))["tiles"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{manifest}: no manifest of terrain tiles: {error}") from error
    if not isinstance(entries, list):
        raise DataError(f"{manifest}: its tiles are no list")
    described = [_described(manifest, entry) for entry in entries]
    chosen = [each for each in described if names is None or each.name in names]
    if not chosen:
        raise DataError(f"{manifest}: none of the tiles {', '.join(names or ())} is in it")
    return tuple(_load_tile(folder, each) for each in chosen)


@dataclass(frozen=True, slots=True)
class _Described:
    """What the manifest says of one tile; `latitude` of its middle, in radians."""

    file: str
    name: str
    latitude: float
    spacing_m: float


def _described(manifest: Path, entry: Any) -> _Described:
    """An entry of the manifest. Raises DataError naming what is missing or odd."""
    try:
        file, name, spacing_m = str(entry["file"]), str(entry["name"]), float(entry["metres_per_pixel_ns"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{manifest}: a tile needs file, name and metres_per_pixel_ns, not {str(entry)[:120]}"
        ) from error
    if not _NAME.match(name):
        raise DataError(f"{manifest}: the tile {name[:40]!r} is not named as N47E011: where it lies")
    if not 0.0 < spacing_m < math.inf:
        raise DataError(f"{manifest}: {name}: {spacing_m:g} m per pixel is not more than 0")
    return _Described(file, name, math.radians(int(name[1:3]) + (0.5 if name[0] == "N" else -0.5)), spacing_m)


def _load_tile(folder: Path, described: _Described) -> Tile:
    path = folder / described.file
    raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if raw is None or raw.dtype != np.uint16 or raw.ndim != 2:
        raise DataError(f"{path}: expected a 16-bit grey PNG")
    height_m = raw.astype(np.float32) - 500.0
    shrink = described.spacing_m / SPACING_M
    size = (
        max(1, round(height_m.shape[1] * math.cos(described.latitude) * shrink)),
        max(1, round(height_m.shape[0] * shrink)),
    )
    land = (height_m > SEA_LEVEL_M).astype(np.float32)
    blurred = cv2.GaussianBlur(height_m, (0, 0), DENOISE_PX)
    height_m = np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_AREA), np.float32)
    land_share = cv2.resize(land, size, interpolation=cv2.INTER_AREA)
    return Tile(described.name, height_m, land_share > 0.99, style_of(height_m))


def style_of(height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ruggedness and roughness [2, rows, columns] around every vertex of a grid of spacing SPACING_M, about -2 to 2.

    Ruggedness is the logarithm of the mean slope; roughness that of the bend of neighbouring vertices compared with the
    bend of vertices that lie eight apart.
    """
    height = height_m / SPACING_M
    slope = np.hypot(*np.gradient(height)).astype(np.float32)
    fine, coarse = _bend(height, 1), _bend(height, 8)
    blurred = [cv2.GaussianBlur(part, (0, 0), STYLE_RADIUS_PX) for part in (slope, fine, coarse)]
    ruggedness = (np.log(blurred[0] + 0.002) + 2.5) / RUGGEDNESS_UNIT
    roughness = (0.5 * np.log((blurred[1] + 1e-6) / (blurred[2] + 1e-6)) + 0.75) / 0.35
    return np.asarray(np.clip(np.stack([ruggedness, roughness]), -2.5, 2.5), np.float32)


def _bend(height: NDArray[np.float32], distance: int) -> NDArray[np.float32]:
    """Squared second differences of vertices that lie `distance` apart, as height over that distance."""
    padded = np.pad(height, distance, mode="reflect")
    inner = slice(distance, -distance)
    across = padded[inner, 2 * distance :] + padded[inner, : -2 * distance] - 2.0 * height
    along = padded[2 * distance :, inner] + padded[: -2 * distance, inner] - 2.0 * height
    return np.asarray((across**2 + along**2) / distance**2, np.float32)


@dataclass(frozen=True, slots=True)
class Windows:
    """One place of several tiles at two levels of the pyramid, `octave_count` octaves apart.

    coarse  [batch, 1, n, n]: heights over the coarse spacing
    fine    [batch, 1, m, m]: heights over the fine spacing, around the same middle
    style   [batch, style, n, n] at the coarse vertices, and `fine_style` at the fine ones
    """

    coarse: Tensor
    fine: Tensor
    style: Tensor
    fine_style: Tensor


class TerrainSampler:
    """Draws windows from the Laplacian pyramids of tiles, turned, mirrored and stretched at random."""

    def __init__(self, tiles: Sequence[Tile], level_count: int) -> None:
        self._pyramids = [_pyramid(tile, level_count) for tile in tiles]
        self._enlarged = [_pyramid(_enlarged(tile, zoom), level_count) for tile in tiles for zoom in ZOOMS]

    def windows(
        self, random: np.random.Generator, count: int, level: int, octave_count: int, coarse_px: int, fine_px: int
    ) -> Windows:
        """`count` windows whose fine grid lies on `level`, both of even edge; each a function of `random` alone.

        The fine window is the middle of the coarse one. Raises DataError if no tile is large enough.
        """
        drawn = [self._window(random, level, octave_count, coarse_px, fine_px) for _ in range(count)]
        stacked = [torch.from_numpy(np.stack(parts)) for parts in zip(*drawn, strict=True)]
        return Windows(stacked[0][:, None], stacked[1][:, None], stacked[2], stacked[3])

    def _window(
        self, random: np.random.Generator, level: int, octave_count: int, coarse_px: int, fine_px: int
    ) -> tuple[NDArray[np.float32], ...]:
        top = level + octave_count
        pyramids = self._pyramids if level < ZOOMED_LEVEL_MIN else self._pyramids + self._enlarged
        fitting = [pyramid for pyramid in pyramids if min(pyramid[top].height.shape) >= coarse_px]
        if not fitting:
            raise DataError(f"tiles: none is {coarse_px} vertices wide at level {top}")
        for _ in range(TRIES):
            pyramid = fitting[int(random.integers(len(fitting)))]
            rows, columns = pyramid[top].height.shape
            y, x = int(random.integers(rows - coarse_px + 1)), int(random.integers(columns - coarse_px + 1))
            window = slice(y, y + coarse_px), slice(x, x + coarse_px)
            if pyramid[top].land[window].mean() >= LAND_SHARE_MIN:
                break
        else:
            raise DataError(f"tiles: no land {coarse_px} vertices wide at level {top} in {TRIES} tries")
        rim = (coarse_px - fine_px // 2**octave_count) // 2
        first = (y + rim) * 2**octave_count, (x + rim) * 2**octave_count
        inner = slice(first[0], first[0] + fine_px), slice(first[1], first[1] + fine_px)
        coarse, fine = pyramid[top].height[window], pyramid[level].height[inner]
        middle = float(coarse.mean())
        stretch = float(np.exp(random.normal(0.0, 0.15)))  # steeper or flatter than it is; ruggedness says so too
        more = np.array([[[np.log(stretch) / RUGGEDNESS_UNIT]], [[0.0]]], np.float32)
        parts = [
            (coarse - middle)[None] * (stretch / 2**top),
            (fine - middle)[None] * (stretch / 2**level),
            pyramid[top].style[:, *window] + more,
            pyramid[level].style[:, *inner] + more,
        ]
        turns, mirrored = int(random.integers(4)), bool(random.integers(2))
        parts = [np.rot90(part, turns, axes=(1, 2))[:, :, :: -1 if mirrored else 1] for part in parts]
        coarse, fine, style, fine_style = (np.ascontiguousarray(part, np.float32) for part in parts)
        return coarse[0], fine[0], style, fine_style


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    height: NDArray[np.float32]  # over SPACING_M
    land: NDArray[np.bool_]
    style: NDArray[np.float32]


def _enlarged(tile: Tile, zoom: float) -> Tile:
    """The same land with `zoom` times as many vertices along an edge, and as steep."""
    rows, columns = tile.height_m.shape
    size = round(columns * zoom), round(rows * zoom)
    height = np.asarray(cv2.resize(tile.height_m * np.float32(zoom), size, interpolation=cv2.INTER_CUBIC), np.float32)
    land = cv2.resize(tile.land.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    style = np.stack([cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) for part in tile.style])
    return Tile(tile.name, height, land, style)


def _pyramid(tile: Tile, level_count: int) -> list[_Level]:
    """Levels 0 to level_count; each keeps every other vertex of the smoothed one before."""
    levels = [_Level(tile.height_m / SPACING_M, tile.land, tile.style)]
    for _ in range(level_count):
        last = levels[-1]
        smaller = np.asarray(cv2.pyrDown(last.height), np.float32)
        levels.append(_Level(smaller, last.land[::2, ::2], last.style[:, ::2, ::2]))
    return levels
