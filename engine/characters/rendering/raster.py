"""Which triangle is seen at which sample, for many pictures at once, in torch: the same code on CPU and GPU.

Triangles are cut into blocks of BLOCK x BLOCK samples; every sample of a block that lies inside enters a key of
nearness and triangle with a maximum, which no order of execution can change.
"""

from dataclasses import dataclass

import torch

BLOCK = 4
_LOW_BITS = 0xFFFFFFFF
_AT_ONCE = 6_000_000
"""Samples tested in one go, so that memory stays bounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """All covered samples of all pictures, in the order of pictures, rows and columns.

    picture, row, column  int64 [samples]
    triangle              int64 [samples], index into the flat list of triangles
    share                 float32 [samples, 3], how near each corner of the triangle is, perspective corrected
    """

    picture: torch.Tensor
    row: torch.Tensor
    column: torch.Tensor
    triangle: torch.Tensor
    share: torch.Tensor


def rasterize(corner: torch.Tensor, picture: torch.Tensor, pictures: int, size: int) -> Samples:
    """Find the nearest front face at every sample.

    corner   float32 [triangles, 3, 3]: column and row in samples (down), and one over the distance
    picture  int64 [triangles], in which of the `pictures`, of `size` x `size` samples, each is
    """
    x, y = corner[..., 0], corner[..., 1]
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    # Rows grow downwards, so front faces, counter-clockwise to the eye, have a negative area.
    front = torch.nonzero((area < -1e-6) & (corner[..., 2].min(1).values > 0))[:, 0]
    low = torch.ceil(corner[front, :, :2].min(1).values - 0.5).clamp(0, size)
    high = (torch.ceil(corner[front, :, :2].max(1).values - 0.5) - 1).clamp(-1, size - 1)
    span = high - low + 1
    seen = (span > 0).all(1)
    front, low, span = front[seen], low[seen].long(), span[seen].long()
    keys = torch.zeros(pictures * size * size, dtype=torch.int64, device=corner.device)
    across, down = (-(-span // BLOCK)).unbind(1)
    count = across * down
    ends = torch.cumsum(count, 0)
    total = int(ends[-1]) if len(ends) else 0
    portion = max(1, _AT_ONCE // BLOCK**2)
    for first in range(0, total, portion):
        block = torch.arange(first, min(first + portion, total), device=corner.device)
        owner = torch.searchsorted(ends, block, right=True)
        number = block - (ends[owner] - count[owner])
        column = low[owner, 0] + (number % across[owner]) * BLOCK
        row = low[owner, 1] + (number // across[owner]) * BLOCK
        _enter(keys, corner, picture, front[owner], column, row, size)
    return _covered(keys, corner, size)


def _edges(corner: torch.Tensor, column: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
    """How near a sample is to each corner, [..., 3], summing to 1, not perspective corrected."""
    x, y = corner[..., 0] - column[..., None], corner[..., 1] - row[..., None]
    parts = torch.stack(
        [x[..., 1] * y[..., 2] - x[..., 2] * y[..., 1], x[..., 2] * y[..., 0] - x[..., 0] * y[..., 2],
         x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]], -1,
    )  # fmt: skip
    return parts / parts.sum(-1, keepdim=True)


def _enter(
    keys: torch.Tensor, corner: torch.Tensor, picture: torch.Tensor, triangle: torch.Tensor, column: torch.Tensor,
    row: torch.Tensor, size: int,
) -> None:  # fmt: skip
    """Enter the samples of blocks, one triangle each."""
    grid = torch.arange(BLOCK, device=corner.device)
    columns = (column[:, None, None] + grid[None, None, :]).expand(-1, BLOCK, BLOCK).flatten(1)
    rows = (row[:, None, None] + grid[None, :, None]).expand(-1, BLOCK, BLOCK).flatten(1)
    share = _edges(corner[triangle][:, None], columns + 0.5, rows + 0.5)
    inside = (share >= 0).all(-1) & (columns < size) & (rows < size)
    which, at = torch.nonzero(inside, as_tuple=True)
    owner = triangle[which]
    nearness = (share[which, at] * corner[owner, :, 2]).sum(-1).clamp_min(1e-30)
    # Positive floats keep their order as integers; complemented, the smaller index wins a tie.
    key = (nearness.view(torch.int32).long() << 32) | (_LOW_BITS - owner)
    place = (picture[owner] * size + rows[which, at]) * size + columns[which, at]
    keys.scatter_reduce_(0, place, key, "amax")


def _covered(keys: torch.Tensor, corner: torch.Tensor, size: int) -> Samples:
    place = torch.nonzero(keys)[:, 0]
    triangle = _LOW_BITS - (keys[place] & _LOW_BITS)
    column, row = place % size, (place // size) % size
    chosen = corner[triangle]
    share = _edges(chosen, column + 0.5, row + 0.5) * chosen[..., 2]
    return Samples(place // (size * size), row, column, triangle, share / share.sum(-1, keepdim=True))
