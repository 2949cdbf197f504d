"""Which triangle is seen in each pixel: a depth-buffered rasterizer in numpy.

Triangles are sorted by the size of their bounding box and tested against blocks of pixels, many triangles at once
(edge functions after Pineda, "A Parallel Algorithm for Polygon Rasterization", SIGGRAPH 1988). Depth and triangle
share one 64-bit key, so that the nearest one is a maximum and ties always go the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

_SAMPLES_AT_ONCE = 1 << 20
_BLOCKS_PX = (1, 2, 4, 8, 16)
_NOTHING = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True, eq=False)
class Visible:
    """What is seen in a picture.

    triangle   int64 [height, width], index of the triangle, -1 for none
    nearness   float32 [height, width], as given with the corners, 0 for none
    """

    triangle: Indices
    nearness: Floats


def rasterize(corner: Floats, size_px: tuple[int, int]) -> Visible:
    """The nearest triangle in every pixel.

    corner   float32 [triangles, 3, 3]: x and y in pixels from the upper left edge, and nearness: a positive number
             that is linear over the picture and grows towards the viewer (of a perspective: near / depth)
    size_px  width and height of the picture
    """
    width, height = size_px
    keys = np.zeros(width * height, np.uint64)
    # Spelled out per corner and axis: reductions over axes of two or three numbers are slow.
    one, two, three = corner[:, 0, :2], corner[:, 1, :2], corner[:, 2, :2]
    lowest, highest = np.minimum(np.minimum(one, two), three), np.maximum(np.maximum(one, two), three)
    low = np.maximum(np.ceil(lowest - np.float32(0.5)), 0.0).astype(np.int64)
    high = np.ceil(highest - np.float32(0.5)).astype(np.int64) - 1
    high = np.minimum(high, [width - 1, height - 1])
    span = high - low + 1
    touched = np.flatnonzero((span[:, 0] > 0) & (span[:, 1] > 0))
    largest = np.maximum(span[:, 0], span[:, 1])
    smaller = 0
    for block in _BLOCKS_PX:
        limit = block if block < _BLOCKS_PX[-1] else max(width, height)
        chosen = touched[(largest[touched] > smaller) & (largest[touched] <= limit)]
        smaller = limit
        for part in _batches(chosen, span, block):
            _draw(keys, corner, part, low, span, block, width)
    triangle = (~(keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)).astype(np.int64)
    triangle[keys == 0] = -1
    nearness = (keys >> np.uint64(32)).astype(np.uint32).view(np.float32)
    return Visible(triangle.reshape(height, width), nearness.reshape(height, width))


def _batches(chosen: Indices, span: Indices, block: int) -> Iterator[Indices]:
    """Triangles in portions whose blocks have a bounded number of pixels."""
    if not len(chosen):
        return
    blocks = -(-span[chosen] // block)
    total = np.cumsum(blocks[:, 0] * blocks[:, 1]) * (block * block)
    cuts = np.searchsorted(total, np.arange(_SAMPLES_AT_ONCE, int(total[-1]), _SAMPLES_AT_ONCE))
    for part in np.split(chosen, np.unique(cuts)):
        if len(part):
            yield part


def _draw(
    keys: NDArray[np.uint64], corner: Floats, part: Indices, low: Indices, span: Indices, block: int, width: int
) -> None:
    """Enter the pixels of some triangles into `keys`."""
    planes, upright = _planes(corner[part], low[part])
    part, planes = part[upright], planes[upright]
    across, down = (-(-span[part] // block)).T
    count = across * down
    owner = np.repeat(np.arange(len(part)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    x, y = (number % across[owner]) * block, (number // across[owner]) * block
    if block > 1:
        met = _meets(planes[owner], x, y, block)
        owner, x, y = owner[met], x[met], y[met]
    grid = np.arange(block, dtype=np.float32)
    plane = planes[owner]
    left, top = x.astype(np.float32)[:, None], y.astype(np.float32)[:, None]
    base = plane[..., 0] * left + plane[..., 1] * top + plane[..., 2]
    along_x = plane[..., 0, None] * grid
    along_y = plane[..., 1, None] * grid
    value = base[:, :, None, None] + along_y[..., None] + along_x[:, :, None, :]
    inside = (value[:, 0] >= 0) & (value[:, 1] >= 0) & (value[:, 2] >= 0)
    if block > 1:
        inside &= (x[:, None] + grid < span[part[owner], 0][:, None])[:, None, :]
        inside &= (y[:, None] + grid < span[part[owner], 1][:, None])[:, :, None]
    which, row, column = np.nonzero(inside)
    near = value[:, 3][inside]
    place = low[part[owner]]
    pixel = (place[which, 1] + y[which] + row) * width + place[which, 0] + x[which] + column
    # Complemented, the smaller index wins a tie.
    bits = np.maximum(near, np.float32(1e-30)).view(np.uint32).astype(np.uint64) << np.uint64(32)
    key = bits | (_NOTHING - part[owner][which].astype(np.uint32)).astype(np.uint64)
    hopeful = key > keys[pixel]
    np.maximum.at(keys, pixel[hopeful], key[hopeful])


def _planes(corner: Floats, low: Indices) -> tuple[Floats, NDArray[np.bool_]]:
    """Three edge functions (positive inside) and the nearness as planes [n, 4, 3] over x, y, 1; whether the triangle
    has an area.

    The planes start at the centre of the first pixel of the bounding box, where float32 is exact enough.
    """
    x = corner[..., 0].astype(np.float64) - (low[:, :1] + 0.5)
    y = corner[..., 1].astype(np.float64) - (low[:, 1:] + 0.5)
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    upright = np.abs(area) > 1e-9
    scale = 1.0 / np.where(upright, area, 1.0)
    planes = np.empty((len(corner), 4, 3))
    for edge in range(3):
        one, two = (edge + 1) % 3, (edge + 2) % 3
        planes[:, edge, 0] = (y[:, one] - y[:, two]) * scale
        planes[:, edge, 1] = (x[:, two] - x[:, one]) * scale
        planes[:, edge, 2] = (x[:, one] * y[:, two] - x[:, two] * y[:, one]) * scale
    planes[:, 3] = np.einsum("nk,nkp->np", corner[..., 2].astype(np.float64), planes[:, :3])
    return planes.astype(np.float32), upright


def _meets(plane: Floats, x: Indices, y: Indices, block: int) -> NDArray[np.bool_]:
    """Whether a block of pixels can contain a point inside of all three edges."""
    reach = np.float32(block - 1)
    x, y = x.astype(np.float32), y.astype(np.float32)
    met = np.ones(len(plane), np.bool_)
    for edge in range(3):
        along_x, along_y = plane[:, edge, 0], plane[:, edge, 1]
        best = along_x * x + along_y * y + plane[:, edge, 2]
        best += np.maximum(along_x, 0) * reach + np.maximum(along_y, 0) * reach
        met &= best >= 0
    return met
