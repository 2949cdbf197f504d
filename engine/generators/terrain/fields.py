"""Smooth fields over the world: hashed lattices under cubic B-splines.

A value depends on (seed, layer) and its coordinates alone: it is the same in every window, at any place within plus or
minus 2**31 cells. Positions in the lattice are split by integer arithmetic, so nothing is lost far from the origin.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.noise import hash_lanes, hash_words


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

    def widened(self, rim: int) -> "Window":
        """This window with `rim` more vertices on every side."""
        rows, columns = self.rows + 2 * rim, self.columns + 2 * rim
        return Window(self.y - rim, self.x - rim, rows, columns, self.spacing, self.period)

    def joined(self, other: "Window") -> "Window":
        """The smallest window that holds this one and another one of the same spacing."""
        y, x = min(self.y, other.y), min(self.x, other.x)
        bottom, right = (
            max(self.y + self.rows, other.y + other.rows),
            max(self.x + self.columns, other.x + other.columns),
        )
        return Window(y, x, bottom - y, right - x, self.spacing, self.period)

    def indices(self) -> tuple[Tensor, Tensor]:
        """Row and column numbers int64 [rows, 1] and [1, columns], wrapped in a world that repeats."""
        y = torch.arange(self.y, self.y + self.rows, dtype=torch.int64)[:, None]
        x = torch.arange(self.x, self.x + self.columns, dtype=torch.int64)[None]
        if self.period:
            turn = self.period // self.spacing
            y, x = y % turn, x % turn
        return y, x


def hashed(seed: int, layer: int, y: Tensor, x: Tensor) -> Tensor:
    """Uniform noise in [0, 1), float32 [rows, columns], at few int64 points y [rows, 1] and x [1, columns]."""
    words = hash_words(*(np.asarray(lane).astype(np.uint32) for lane in (x, y, [layer * 256], [seed])))
    return torch.from_numpy((words[0] >> np.uint32(8)).astype(np.float32)).mul_(2.0**-24)


def _hashed_bits(seed: int, layer: int, channels: int, y: Tensor, x: Tensor) -> list[Tensor]:
    """32 random bits as int32 [rows, columns] for each channel."""
    key = torch.tensor(_signed(seed), dtype=torch.int32)
    place = x.to(torch.int32), y.to(torch.int32)
    groups = (torch.tensor(layer * 256 + group, dtype=torch.int32) for group in range(-(-channels // 4)))
    return [lane for group in groups for lane in hash_lanes((*place, group, key))][:channels]


BYTE_MEAN, BYTE_SPREAD = 4 * 127.5, math.sqrt(4 * (256**2 - 1) / 12)
"""Mean and standard deviation of a sum of four bytes."""


def normal(seed: int, layer: int, channels: int, window: Window) -> Tensor:
    """Nearly normal noise [channels, rows, columns], mean 0, variance 1, independent per vertex: the sum of the four
    bytes of a hash.

    Sums of uniform numbers need no transcendental function, whose last bits differ between platforms.
    """
    grid = torch.empty(channels, window.rows, window.columns)
    for channel, bits in zip(grid, _hashed_bits(seed, layer, channels, *window.indices()), strict=True):
        pairs = (bits >> 8).bitwise_and_(0xFF00FF).add_(bits & 0xFF00FF)  # two sums of two bytes, 16 bits apart
        channel.copy_((pairs >> 16).add_(pairs & 0xFFFF))
    return grid.sub_(BYTE_MEAN).mul_(1.0 / BYTE_SPREAD)


def smooth(seed: int, layer: int, window: Window, lattice: int) -> Tensor:
    """Smooth noise [rows, columns], mean 0, variance about 1: hashes on every `lattice`-th cell under cubic B-splines.

    lattice  cells, a power of two, at least twice the window's spacing; in a world that repeats it divides the period
    """
    per = lattice // window.spacing
    first_y, first_x = window.y // per, window.x // per
    rows = (window.y + window.rows - 1) // per - first_y + 1
    columns = (window.x + window.columns - 1) // per - first_x + 1
    points = Window(first_y - 1, first_x - 1, rows + 3, columns + 3, lattice, window.period)
    values = hashed(seed, layer, *points.indices()).sub_(0.5).mul_(SMOOTH_GAIN)
    values = _spline(values.T, window.y - first_y * per, window.rows, per).T
    return _spline(values.contiguous(), window.x - first_x * per, window.columns, per)


SMOOTH_GAIN = 7.6
"""Brings the variance of a B-spline over uniform lattice values, averaged over the lattice, to 1."""


def _spline(values: Tensor, offset: int, count: int, per: int) -> Tensor:
    """Uniform cubic B-spline along the second axis at `count` points from `offset`, `per` of them to a lattice step."""
    # The weights are so few that calls decide: NumPy's take a third of the time.
    points = np.arange(count)
    step, t = np.divmod(points + offset, per)
    t = t.astype(np.float32) / np.float32(per)
    s = 1 - t
    weights = (s * s * s, 3 * t * t * t - 6 * t * t + 4, 3 * s * s * s - 6 * s * s + 4, t * t * t)
    shares = np.zeros((values.shape[1], count), np.float32)
    for shift, weight in enumerate(weights):
        shares[step + shift, points] = weight / np.float32(6.0)
    first, *others = torch.from_numpy(shares).unbind()
    result: Tensor = values[:, :1] * first
    for value, share in zip(values.T[1:], others, strict=True):
        result.addcmul_(value[:, None], share)
    return result


def _signed(seed: int) -> int:
    return seed - 2**32 if seed >= 2**31 else seed
