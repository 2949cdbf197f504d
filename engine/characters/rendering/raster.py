"""Which triangle is seen at which sample, for many pictures at once, in torch: the same code on CPU and GPU.

Triangles are cut into rows of samples, of which each edge leaves an interval; every sample of what all edges leave
enters a key of nearness and triangle with a maximum, which no order of execution can change. Values lie in rows of one
number for all samples, since sums over a last axis of three are what torch does slowest on a CPU.
"""

from dataclasses import dataclass

import torch

from engine.characters.rendering.choice import chosen

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
    """The front faces: how near a place is to their first two corners, as slopes from the third one.

    number         int64 [triangles], of each in the flat list of all
    start          int64 [triangles], of its picture among the samples
    slopes         float32 [4, triangles]: of the nearness to the first corner, right and down, of that to the second
    origin         float32 [2, triangles], column and row of the third corner
    near           float32 [3, triangles], one over the distance of each corner
    low, rows      int64 [triangles], the first row and the number of rows that it may cover
    """

    def __init__(self, corner: torch.Tensor, picture: torch.Tensor, size: int) -> None:
        (x0, x1, x2), (y0, y1, y2), near = corner.permute(2, 1, 0).unbind(0)
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        low = torch.ceil(corner[..., 1].min(1).values - 0.5).clamp(0, size).long()
        high = (torch.ceil(corner[..., 1].max(1).values - 0.5) - 1).clamp(-1, size - 1).long()
        # Rows grow downwards, so front faces, counter-clockwise to the eye, have a negative area.
        front = (area < -1e-6) & (near.min(0).values > 0) & (high >= low)
        self.number = torch.nonzero(front)[:, 0]
        self.start = chosen(picture, self.number) * (size * size)
        slopes = torch.stack([y1 - y2, x2 - x1, y2 - y0, x0 - x2]) / area
        self.slopes = chosen(slopes, self.number)
        self.origin = chosen(torch.stack([x2, y2]), self.number)
        self.near = chosen(near.contiguous(), self.number)
        self.low, self.rows = chosen(low, self.number), chosen(high - low + 1, self.number)

    def shares(self, which: torch.Tensor, column: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
        """How near the middles of samples are to each corner of a triangle, [3, samples], perspective corrected."""
        right_1, down_1, right_2, down_2 = chosen(self.slopes, which)
        origin = chosen(self.origin, which)
        right, down = column + 0.5 - origin[0], row + 0.5 - origin[1]
        first, second = right_1 * right + down_1 * down, right_2 * right + down_2 * down
        share = torch.stack([first, second, 1 - first - second]) * chosen(self.near, which)
        return share / share.sum(0)

    def lines(self, which: torch.Tensor, row: torch.Tensor, size: int) -> "_Lines":
        """What lies inside of triangles in a row of each."""
        right_1, down_1, right_2, down_2 = chosen(self.slopes, which)
        origin = chosen(self.origin, which)
        down = row + 0.5 - origin[1]
        first, second = down_1 * down, down_2 * down
        low, high = torch.full_like(first, -torch.inf), torch.full_like(first, torch.inf)
        for along, at in ((right_1, first), (right_2, second), (-right_1 - right_2, 1 - first - second)):
            meets = -at / along  # of an edge that runs along the row, infinite or no number: on one side of it or on it
            low = torch.where(along > 0, torch.maximum(low, meets), low)
            high = torch.where(along < 0, torch.minimum(high, meets), high)
            high = torch.where((along == 0) & (at < 0), -torch.inf, high)
        middle = origin[0] - 0.5
        begin = torch.ceil(low + middle - _MARGIN).clamp(0, size)
        end = torch.floor(high + middle + _MARGIN).clamp(-1, size - 1)
        count = (end - begin + 1).clamp_min(0).long()
        right = begin - middle
        near = chosen(self.near, which)
        step_1, step_2 = near[0] - near[2], near[1] - near[2]
        nearness = near[2] + (first + right_1 * right) * step_1 + (second + right_2 * right) * step_2
        start = chosen(self.start, which) + row * size + begin.long()
        return _Lines(start, count, nearness, right_1 * step_1 + right_2 * step_2)


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Samples side by side.

    start     int64 [lines], the first one among all samples
    count     int64 [lines], how many
    nearness  float32 [lines], that of the first one
    slope     float32 [lines], by how much it grows from one to the next
    """

    start: torch.Tensor
    count: torch.Tensor
    nearness: torch.Tensor
    slope: torch.Tensor


def rasterize(corner: torch.Tensor, picture: torch.Tensor, pictures: int, size: int) -> Samples:
    """Find the nearest front face at every sample.

    corner   float32 [triangles, 3, 3]: column and row in samples (down), and one over the distance
    picture  int64 [triangles], in which of the `pictures`, of `size` x `size` samples, each is
    """
    triangles = _Triangles(corner, picture, size)
    keys = torch.zeros(pictures * size * size, dtype=torch.int64, device=corner.device)
    before = torch.cumsum(triangles.rows, 0) - triangles.rows
    first = 0
    for which in torch.repeat_interleave(triangles.rows).split(_AT_ONCE):
        number = torch.arange(first, first + len(which), device=corner.device)
        row = chosen(triangles.low - before, which) + number
        _enter(keys, which, triangles.lines(which, row, size))
        first += len(which)
    return _covered(keys, triangles, size)


def _enter(keys: torch.Tensor, which: torch.Tensor, lines: _Lines) -> None:
    """Enter the samples of lines, each of the triangle `which`."""
    line = torch.repeat_interleave(lines.count)
    step = torch.arange(len(line), device=keys.device) - chosen(torch.cumsum(lines.count, 0) - lines.count, line)
    nearness = (chosen(lines.nearness, line) + chosen(lines.slope, line) * step).clamp_min(1e-30)
    # Positive floats keep their order as integers; complemented, the smaller number wins a tie.
    key = (nearness.view(torch.int32).long() << 32) | chosen(_LOW_BITS - which, line)
    keys.scatter_reduce_(0, chosen(lines.start, line) + step, key, "amax")


def _covered(keys: torch.Tensor, triangles: _Triangles, size: int) -> Samples:
    place = torch.nonzero(keys)[:, 0]
    which = _LOW_BITS - (chosen(keys, place) & _LOW_BITS)
    line = place // size
    picture = line // size
    row, column = line - picture * size, place - line * size
    share = triangles.shares(which, column, row)
    return Samples(picture, row, column, chosen(triangles.number, which), share)
