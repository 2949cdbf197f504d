"""Which triangle is seen at which sample, for many pictures at once, in torch: the same code on CPU and GPU.

Triangles are cut into rows of samples, of which each edge leaves an interval; every sample of what all edges leave
enters a key of nearness and triangle with a maximum, which no order of execution can change. Values lie in rows of one
number for all samples, since sums over a last axis of three are what torch does slowest on a CPU.
"""

from dataclasses import dataclass

import torch

_LOW_BITS = 0xFFFFFFFF
_AT_ONCE = 2_000_000
"""Rows of triangles looked at in one go, so that memory stays bounded."""

_MARGIN = 1e-4
"""In samples, how far outside of a triangle a sample may lie: rounding must not open a gap between neighbours."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """All covered samples of all pictures, in the order of pictures, rows and columns.

    picture, row, column  int64 [samples]
    triangle              int64 [samples], index into the flat list of triangles
    share                 float32 [3, samples], how near each corner of the triangle is, perspective corrected
    """

    picture: torch.Tensor
    row: torch.Tensor
    column: torch.Tensor
    triangle: torch.Tensor
    share: torch.Tensor


class _Triangles:
    """The front faces: how near a place is to their first two corners, as slopes from the third one."""

    def __init__(self, corner: torch.Tensor, size: int) -> None:
        (x0, x1, x2), (y0, y1, y2), nearness = corner.permute(2, 1, 0).unbind(0)
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        low = torch.ceil(corner[..., 1].min(1).values - 0.5).clamp(0, size).long()
        high = (torch.ceil(corner[..., 1].max(1).values - 0.5) - 1).clamp(-1, size - 1).long()
        # Rows grow downwards, so front faces, counter-clockwise to the eye, have a negative area.
        front = (area < -1e-6) & (nearness.min(0).values > 0) & (high >= low)
        self.index = torch.nonzero(front)[:, 0]
        self.number = torch.cumsum(front, 0) - 1  # of a triangle, among these
        slopes = torch.stack([y1 - y2, x2 - x1, y2 - y0, x0 - x2]) / area
        self.slopes = slopes[:, self.index]
        self.origin = torch.stack([x2, y2])[:, self.index]
        self.nearness = nearness[:, self.index]
        self.low, self.rows = low[self.index], (high - low + 1)[self.index]

    def shares(self, which: torch.Tensor, column: torch.Tensor, row: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """How near the middles of samples are to the first and the second corner, not perspective corrected."""
        right, down = column + 0.5 - self.origin[0, which], row + 0.5 - self.origin[1, which]
        along = [slope[which] for slope in self.slopes]
        return along[0] * right + along[1] * down, along[2] * right + along[3] * down

    def intervals(self, which: torch.Tensor, row: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The first column and the number of columns, int64 [rows], that lie inside in a row of each triangle."""
        down = row + 0.5 - self.origin[1, which]
        right_1, down_1, right_2, down_2 = (slope[which] for slope in self.slopes)
        first, second = down_1 * down, down_2 * down
        low, high = torch.full_like(first, -torch.inf), torch.full_like(first, torch.inf)
        for along, at in ((right_1, first), (right_2, second), (-right_1 - right_2, 1 - first - second)):
            meets = -at / along  # of an edge that runs along the row, infinite or no number: on one side of it or on it
            low = torch.where(along > 0, torch.maximum(low, meets), low)
            high = torch.where(along < 0, torch.minimum(high, meets), high)
            high = torch.where((along == 0) & (at < 0), -torch.inf, high)
        middle = self.origin[0, which] - 0.5
        begin = torch.ceil(low + middle - _MARGIN).clamp(0, size)
        end = torch.floor(high + middle + _MARGIN).clamp(-1, size - 1)
        return begin.long(), (end - begin + 1).clamp_min(0).long()


def rasterize(corner: torch.Tensor, picture: torch.Tensor, pictures: int, size: int) -> Samples:
    """Find the nearest front face at every sample.

    corner   float32 [triangles, 3, 3]: column and row in samples (down), and one over the distance
    picture  int64 [triangles], in which of the `pictures`, of `size` x `size` samples, each is
    """
    triangles = _Triangles(corner, size)
    keys = torch.zeros(pictures * size * size, dtype=torch.int64, device=corner.device)
    ends = torch.cumsum(triangles.rows, 0)
    total = int(ends[-1]) if len(ends) else 0
    for first in range(0, total, _AT_ONCE):
        number = torch.arange(first, min(first + _AT_ONCE, total), device=corner.device)
        which = torch.searchsorted(ends, number, right=True)
        row = triangles.low[which] + number - (ends - triangles.rows)[which]
        _enter(keys, triangles, picture, which, row, size)
    return _covered(keys, triangles, size)


def _enter(
    keys: torch.Tensor, triangles: _Triangles, picture: torch.Tensor, which: torch.Tensor, row: torch.Tensor, size: int
) -> None:
    """Enter the samples of rows, one triangle each."""
    begin, count = triangles.intervals(which, row, size)
    line = torch.repeat_interleave(count)
    column = torch.arange(len(line), device=keys.device) + (begin - (torch.cumsum(count, 0) - count))[line]
    which, row = which[line], row[line]
    first, second = triangles.shares(which, column, row)
    near = triangles.nearness[:, which]
    nearness = (near[2] + first * (near[0] - near[2]) + second * (near[1] - near[2])).clamp_min(1e-30)
    # Positive floats keep their order as integers; complemented, the smaller index wins a tie.
    owner = triangles.index[which]
    key = (nearness.view(torch.int32).long() << 32) | (_LOW_BITS - owner)
    keys.scatter_reduce_(0, (picture[owner] * size + row) * size + column, key, "amax")


def _covered(keys: torch.Tensor, triangles: _Triangles, size: int) -> Samples:
    place = torch.nonzero(keys)[:, 0]
    triangle = _LOW_BITS - (keys[place] & _LOW_BITS)
    column, row = place % size, (place // size) % size
    which = triangles.number[triangle]
    first, second = triangles.shares(which, column, row)
    share = torch.stack([first, second, 1 - first - second]) * triangles.nearness[:, which]
    return Samples(place // (size * size), row, column, triangle, share / share.sum(0))
