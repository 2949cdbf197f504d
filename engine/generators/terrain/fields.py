"""Smooth fields over the world: hashed lattices under cubic B-splines.

A value depends on (seed, layer) and its coordinates alone: it is the same in every window, at any place within plus or
minus 2**31 cells. Positions in the lattice are split by integer arithmetic, so nothing is lost far from the origin.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.noise import hash_lanes


@dataclass(frozen=True, slots=True)
class Window:
    """A grid of vertices: `rows` x `columns` of them from vertex (y, x), `spacing` cells apart.

    y and x count in spacings, so the first vertex lies at cell (y * spacing, x * spacing).
    period  the world repeats after so many cells along both axes, a multiple of every spacing; 0: it is endless
    """

    y: int
    x: int
    rows: int
    columns: int
    spacing: int
    period: int = 0

    def indices(self) -> tuple[Tensor, Tensor]:
        """Row and column numbers int64 [rows, 1] and [1, columns], wrapped in a world that repeats."""
        y = torch.arange(self.y, self.y + self.rows, dtype=torch.int64)[:, None]
        x = torch.arange(self.x, self.x + self.columns, dtype=torch.int64)[None]
        if self.period:
            turn = self.period // self.spacing
            y, x = y % turn, x % turn
        return y, x


def hashed(seed: int, layer: int, channels: int, y: Tensor, x: Tensor) -> Tensor:
    """Uniform noise in [0, 1), float32 [channels, rows, columns], at int64 points y [rows, 1] and x [1, columns]."""
    bits = (_hashed_bits(seed, layer, channels, y, x) >> 8) & 0xFFFFFF
    return bits.to(torch.float32) * 2.0**-24


def _hashed_bits(seed: int, layer: int, channels: int, y: Tensor, x: Tensor) -> Tensor:
    """32 random bits as int32 [channels, rows, columns]."""
    groups = -(-channels // 4)
    key = torch.tensor(_signed(seed), dtype=torch.int32)
    group = (torch.arange(groups, dtype=torch.int32) + layer * 256).view(groups, 1, 1)
    lanes = hash_lanes((x[None].to(torch.int32), y[None].to(torch.int32), group, key))
    return torch.stack(lanes, dim=1).reshape(groups * 4, *lanes[0].shape[1:])[:channels]


BYTE_MEAN, BYTE_SPREAD = 4 * 127.5, math.sqrt(4 * (256**2 - 1) / 12)
"""Mean and standard deviation of a sum of four bytes."""


def normal(seed: int, layer: int, channels: int, window: Window) -> Tensor:
    """Nearly normal noise [channels, rows, columns], mean 0, variance 1, independent per vertex: the sum of the four
    bytes of a hash.

    Sums of uniform numbers need no transcendental function, whose last bits differ between platforms.
    """
    bits = _hashed_bits(seed, layer, channels, *window.indices())
    total = (bits & 0xFF) + ((bits >> 8) & 0xFF) + ((bits >> 16) & 0xFF) + ((bits >> 24) & 0xFF)
    return (total.to(torch.float32) - BYTE_MEAN) * (1.0 / BYTE_SPREAD)


def smooth(seed: int, layer: int, window: Window, lattice: int) -> Tensor:
    """Smooth noise [rows, columns], mean 0, variance about 1: hashes on every `lattice`-th cell under cubic B-splines.

    lattice  cells, a power of two, at least twice the window's spacing; in a world that repeats it divides the period
    """
    per = lattice // window.spacing
    first_y, first_x = window.y // per, window.x // per
    rows = (window.y + window.rows - 1) // per - first_y + 1
    columns = (window.x + window.columns - 1) // per - first_x + 1
    points = Window(first_y - 1, first_x - 1, rows + 3, columns + 3, lattice, window.period)
    values = hashed(seed, layer, 1, *points.indices())[0] - 0.5
    values = _spline(values, window.y - first_y * per, window.rows, per)
    values = _spline(values.T.contiguous(), window.x - first_x * per, window.columns, per).T
    return values.contiguous() * SMOOTH_GAIN


SMOOTH_GAIN = 7.6
"""Brings the variance of a B-spline over uniform lattice values, averaged over the lattice, to 1."""


def _spline(values: Tensor, offset: int, count: int, per: int) -> Tensor:
    """Uniform cubic B-spline along the first axis at `count` points from `offset`, `per` of them to a lattice step."""
    position = torch.arange(offset, offset + count)
    step, t = position // per, (position % per).to(torch.float32)[:, None] / per
    a, b, c, d = (values[step + shift] for shift in range(4))
    s = 1.0 - t
    weights = (s * s * s, 3.0 * t * t * t - 6.0 * t * t + 4.0, 3.0 * s * s * s - 6.0 * s * s + 4.0, t * t * t)
    return (a * weights[0] + b * weights[1] + c * weights[2] + d * weights[3]) / 6.0


def _signed(seed: int) -> int:
    return seed - 2**32 if seed >= 2**31 else seed
