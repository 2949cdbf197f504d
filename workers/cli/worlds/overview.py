"""The land that was flown over, from above: heights of all chunks as one shaded picture, with the way."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import encode_png
from morphogen_client import Chunk

CELLS = 32
"""Of a chunk in the picture, along each edge: what every level of detail has."""

CELLS_PER_CHUNK = (32, 16, 8, 4, 2, 1)
"""As many of them are drawn as there is room for."""

EDGE_MAX_PX = 2048
WATER, LOW, HIGH, SNOW = (58, 96, 128), (98, 122, 74), (150, 130, 104), (238, 238, 236)


class Overview:
    """Heights by chunk, in little."""

    def __init__(self) -> None:
        self._heights: dict[tuple[int, int], NDArray[np.float32]] = {}
        self._vertices: dict[tuple[int, int], int] = {}
        self._sea_level_m = 0.0

    def take(self, chunk: Chunk) -> bool:
        """Note a chunk; whether it is better than what was there before."""
        if self._vertices.get(chunk.key, 0) >= chunk.vertices:
            return False
        self._vertices[chunk.key] = chunk.vertices
        self._sea_level_m = float(chunk.description.get("sea_level_m", 0.0))
        if "height" in chunk.parts:
            step = (chunk.vertices - 1) // CELLS
            self._heights[chunk.key] = np.ascontiguousarray(chunk.height_m[:-1:step, :-1:step])
        return True

    def picture(self, way: Sequence[tuple[float, float]], chunk_m: float) -> bytes:
        """A PNG, north up; grey where nothing was seen."""
        if not self._heights:
            return encode_png(np.full((CELLS, CELLS, 3), 60, np.uint8), {}, srgb=True)
        rows, columns = ([key[axis] for key in self._heights] for axis in (0, 1))
        top, left = min(rows), min(columns)
        chunks = max(rows) - top + 1, max(columns) - left + 1
        # A long way is drawn smaller: `cells` of a chunk, of `stride` chunks only one.
        cells = next((each for each in CELLS_PER_CHUNK if max(chunks) * each <= EDGE_MAX_PX), 1)
        stride = -(-max(chunks) * cells // EDGE_MAX_PX)
        shape = tuple(max(2, -(-count // stride) * cells) for count in chunks)  # slopes need two
        height_m = np.full(shape, np.nan, np.float32)
        for (row, column), heights in self._heights.items():
            y, x = (row - top) // stride * cells, (column - left) // stride * cells
            height_m[y : y + cells, x : x + cells] = heights[:: CELLS // cells, :: CELLS // cells]
        scale = max(1, min(4, EDGE_MAX_PX // max(shape)))
        image = _shaded(height_m, chunk_m * stride / cells, self._sea_level_m)
        size = shape[1] * scale, shape[0] * scale
        large = cv2.resize(image, size, interpolation=cv2.INTER_NEAREST)
        per_m = cells * scale / (chunk_m * stride)
        points = [((x_m - left * chunk_m) * per_m, (z_m - top * chunk_m) * per_m) for x_m, z_m in way]
        line = np.rint(np.array(points)).astype(np.int32)
        cv2.polylines(large, [line], isClosed=False, color=(255, 240, 120), thickness=2, lineType=cv2.LINE_AA)
        return encode_png(np.asarray(large, np.uint8), {}, srgb=True)


def _shaded(height_m: NDArray[np.float32], spacing_m: float, sea_level_m: float) -> NDArray[np.uint8]:
    """Colors by height, shaded from the north-west."""
    seen = np.isfinite(height_m)
    filled = np.where(seen, height_m, float(np.nanmean(height_m)))
    south, east = np.gradient(filled, spacing_m)
    light = (1.0 + 0.8 * (east + south)) / np.sqrt(1.0 + east**2 + south**2)
    span = max(float(np.nanmax(height_m)) - sea_level_m, 1.0)
    share = np.clip((filled - sea_level_m) / span, 0.0, 1.0)[..., None]
    low, high, snow = (np.array(color, np.float64) for color in (LOW, HIGH, SNOW))
    land = np.where(share < 0.6, low + (high - low) * share / 0.6, high + (snow - high) * (share - 0.6) / 0.4)
    color = np.where((filled < sea_level_m)[..., None], np.array(WATER), land * np.clip(light, 0.3, 1.3)[..., None])
    pixels: NDArray[np.uint8] = np.where(seen[..., None], np.clip(color, 0.0, 255.0), 60).astype(np.uint8)
    return pixels
