"""Heights as files that engines import as terrain, and the numbers that their dialogs ask for.

A grid has rows along +Z and columns along +X, both edges included, and is square. All files hold 16-bit steps between
a lowest and a highest height; give tiles of one world the same range, so that their edges stay equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import encode_png
from engine.geometry.axes import GLTF, UNITY, UNREAL, Axes

UNITY_SIZES_PX = (33, 65, 129, 257, 513, 1025, 2049, 4097)
"""Heightmap resolutions of a Unity terrain: 2^n + 1."""

UNREAL_SIZES_PX = (127, 253, 505, 1009, 2017, 4033, 8129)
"""Overall resolutions that Unreal recommends for landscapes, one for each arrangement of components."""

HEIGHT_SPAN_MIN_M = 1.0
"""Span of a terrain that is flat: engines do not accept zero."""

_STEPS = 65535
_UNREAL_ZERO = 32768
_UNREAL_STEPS_PER_UNIT = 128  # of height at a Z scale of 1 (100 = one unit is a meter)


@dataclass(frozen=True, slots=True)
class Heightmap:
    """A file and what the engine must be told about it.

    data      the file
    size_px   its width and height in samples
    settings  name in the engine's dialog -> value to type there
    """

    data: bytes
    size_px: int
    settings: Mapping[str, float | str]


def png_heightmap(
    height_m: NDArray[np.float32],
    extent_m: float,
    provenance: Mapping[str, str],
    range_m: tuple[float, float] | None = None,
) -> Heightmap:
    """A 16-bit grey PNG for Blender, Godot and image editors: black is the lowest height, rows run along +Z.

    height_m    float32 [size, size]
    extent_m    distance from the first to the last sample
    provenance  goes into the file's text chunks
    range_m     lowest and highest height; None: those of this grid

    Raises ValueError for a grid that is not square or not finite, a range that does not hold all of it, or an extent
    that is not above 0.
    """
    low_m, span_m = _checked_range(height_m, extent_m, range_m)
    settings = {"lowest_m": low_m, "highest_m": low_m + span_m, "extent_m": extent_m}
    return Heightmap(encode_png(_steps(height_m, low_m, span_m, GLTF), provenance), len(height_m), settings)


def unity_raw(
    height_m: NDArray[np.float32],
    extent_m: float,
    range_m: tuple[float, float] | None = None,
    size_px: int | None = None,
) -> Heightmap:
    """A RAW file for Unity's terrain: 16 bits, little-endian ("Windows"), first row at the terrain's own origin.

    Columns run along -X, because Unity's axes are mirrored against glTF's: so the terrain coincides with a GLB of the
    same scene imported by glTFast. "Flip Vertically" stays off.

    size_px  one of UNITY_SIZES_PX, resampled if the grid has another; None: the nearest one

    Other arguments and ValueError as for `png_heightmap`. The settings place the terrain's middle at the origin.
    """
    low_m, span_m = _checked_range(height_m, extent_m, range_m)
    size_px = _checked_size(size_px, len(height_m), UNITY_SIZES_PX)
    settings: dict[str, float | str] = {
        "Depth": "Bit 16",
        "Resolution": size_px,
        "Byte Order": "Windows",
        "Flip Vertically": "off",
        "Terrain Width": extent_m,
        "Terrain Length": extent_m,
        # Unity divides by 65536, so that the highest step stays below the terrain's height.
        "Terrain Height": span_m * (_STEPS + 1) / _STEPS,
        "Position X": -extent_m / 2,
        "Position Y": low_m,
        "Position Z": -extent_m / 2,
    }
    steps = _steps(resampled(height_m, size_px), low_m, span_m, UNITY)
    return Heightmap(steps.astype("<u2").tobytes(), size_px, settings)


def unreal_r16(
    height_m: NDArray[np.float32],
    extent_m: float,
    range_m: tuple[float, float] | None = None,
    size_px: int | None = None,
) -> Heightmap:
    """A .r16 file for Unreal's landscape: 16 bits, little-endian, rows along Unreal's +Y, which is +Z here.

    size_px  one of UNREAL_SIZES_PX, resampled if the grid has another; None: the nearest one

    Other arguments and ValueError as for `png_heightmap`. The settings place the landscape's middle at the origin.
    """
    low_m, span_m = _checked_range(height_m, extent_m, range_m)
    size_px = _checked_size(size_px, len(height_m), UNREAL_SIZES_PX)
    units = UNREAL.units_per_meter
    scale_z = span_m * units * _UNREAL_STEPS_PER_UNIT / _STEPS
    settings: dict[str, float | str] = {
        "Overall Resolution": f"{size_px} x {size_px}",
        "Scale X": extent_m * units / (size_px - 1),
        "Scale Y": extent_m * units / (size_px - 1),
        "Scale Z": scale_z,
        "Location X": -extent_m * units / 2,
        "Location Y": -extent_m * units / 2,
        # The step in the middle lies at the landscape's own height.
        "Location Z": low_m * units + _UNREAL_ZERO * scale_z / _UNREAL_STEPS_PER_UNIT,
    }
    steps = _steps(resampled(height_m, size_px), low_m, span_m, UNREAL)
    return Heightmap(steps.astype("<u2").tobytes(), size_px, settings)


def resampled(height_m: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """The grid [size, size] with `size_px` samples along each edge, corners on corners.

    Catmull-Rom splines without overshoot: a new sample stays between its neighbours along the edge. Each border depends
    on the old border alone, so that tiles that met still meet. Much smaller grids are sampled, not averaged.
    """
    if len(height_m) == size_px:
        return height_m
    along = _resampled_rows(height_m.astype(np.float64), size_px)
    return np.ascontiguousarray(_resampled_rows(along.T, size_px).T).astype(np.float32)


def _resampled_rows(grid: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """`size` rows of splines through the grid's columns."""
    last = len(grid) - 1
    place = np.arange(size) * last / max(size - 1, 1)
    row = np.minimum(place.astype(np.int64), max(last - 1, 0))
    t = (place - row)[:, None]
    before, here, there, after = (grid[np.clip(row + step, 0, last)] for step in (-1, 0, 1, 2))
    curve = here + 0.5 * t * (
        there - before + t * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before))
    )
    clipped: NDArray[np.float64] = np.clip(curve, np.minimum(here, there), np.maximum(here, there))
    return clipped


def _steps(height_m: NDArray[np.float32], low_m: float, span_m: float, axes: Axes) -> NDArray[np.uint16]:
    """Heights as steps of 1/65535 of the span, in the grid of other axes."""
    share = (axes.heights(height_m).astype(np.float64) - low_m) / span_m
    return np.rint(share * _STEPS).astype(np.uint16)


def _checked_range(
    height_m: NDArray[np.float32], extent_m: float, range_m: tuple[float, float] | None
) -> tuple[float, float]:
    """The lowest height and the span above it. Raises ValueError as `png_heightmap` says."""
    if height_m.ndim != 2 or height_m.shape[0] != height_m.shape[1] or len(height_m) < 2:
        raise ValueError(f"height_m: shape {list(height_m.shape)} is not allowed; allowed: square, 2 or more")
    if not np.isfinite(height_m).all():
        raise ValueError("height_m: NaN or infinite is not allowed; allowed: finite numbers")
    if not 0 < extent_m < np.inf:
        raise ValueError(f"extent_m: {extent_m} is not allowed; allowed: above 0")
    lowest, highest = float(height_m.min()), float(height_m.max())
    low_m, high_m = (lowest, highest) if range_m is None else range_m
    if not (np.isfinite((low_m, high_m)).all() and low_m <= lowest and highest <= high_m):
        raise ValueError(f"range_m: {range_m} is not allowed; allowed: what holds {lowest} to {highest}")
    return low_m, max(high_m - low_m, HEIGHT_SPAN_MIN_M)


def _checked_size(size_px: int | None, given_px: int, allowed_px: tuple[int, ...]) -> int:
    """A size that the engine takes. Raises ValueError for others."""
    if size_px is None:
        return min(allowed_px, key=lambda allowed: abs(np.log(allowed / given_px)))
    if size_px not in allowed_px:
        raise ValueError(f"size_px: {size_px} is not allowed; allowed: {', '.join(map(str, allowed_px))}")
    return size_px
