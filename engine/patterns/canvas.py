"""The pixels a pattern is drawn on, and the seeded noise that closes exactly on the torus.

Everything is a pure function of (seed, integer pixel index): values come from an integer hash of lattice points, and
lattice indices are taken modulo the number of lattice cells, so that pixel `i` and pixel `i + size_px` are the same
numbers, bit for bit. Only + - * /, floor and square roots are used on floats: they are exactly rounded everywhere,
so the same pattern gives the same numbers on every platform.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatField = NDArray[np.float32]
IntField = NDArray[np.int64]
HashField = NDArray[np.uint32]

POSITION_STEPS = 1 << 20
"""Positions are multiples of 2**-20 of the tile: exact in float32 and equal one tile further."""

NOISE_GAIN = 1.9
"""Brings smoothed white noise back to a standard deviation of about 0.5."""


class Layer(IntEnum):
    """What a hash is used for; different layers are independent."""

    WARP_X = 1
    WARP_Y = 2
    CHIPS = 3
    SINK = 4
    TILT_X = 5
    TILT_Y = 6
    TONE = 7
    SITE_X = 8
    SITE_Y = 9
    SITE_SIZE = 10
    COURSE = 11
    PIECE = 12
    SHIFT = 13
    LENGTH = 14
    WIDTH = 15
    DETAIL = 16
    RELIEF = 17
    SURFACE = 18
    WAVINESS = 19
    KNOTS = 20
    FINE = 64
    """First layer of a second, finer set of cells: FINE + n belongs to it as n belongs to the first set."""


def mix_bits(bits: HashField) -> HashField:
    """Scramble 32-bit integers (the two-round "lowbias32" xor-shift-multiply mixer of C. Wellons' hash-prospector)."""
    mixed: HashField = bits ^ (bits >> np.uint32(16))
    mixed = mixed * np.uint32(0x7FEB352D)
    mixed = mixed ^ (mixed >> np.uint32(15))
    mixed = mixed * np.uint32(0x846CA68B)
    mixed = mixed ^ (mixed >> np.uint32(16))
    return mixed


def hash_table(seed: int, layer: int, rows: IntField, columns: IntField) -> FloatField:
    """Random values [rows, columns] in [-1, 1) that depend on nothing but seed, layer, row and column index."""
    key = mix_bits(np.array([seed & 0xFFFFFFFF], dtype=np.uint32)) + np.uint32((layer * 0x9E3779B9) & 0xFFFFFFFF)
    by_row = mix_bits(mix_bits(key) + rows.astype(np.uint32) * np.uint32(0x85EBCA6B))
    bits = mix_bits(by_row[:, None] + columns.astype(np.uint32)[None, :] * np.uint32(0xC2B2AE35))
    values: FloatField = (bits >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1.0)
    return values


def hash_values(seed: int, layer: int, count: int) -> FloatField:
    """`count` random values in [-1, 1), one per cell."""
    return hash_table(seed, layer, np.zeros(1, dtype=np.int64), np.arange(count)).reshape(count)


def smoothstep(share: FloatField) -> FloatField:
    """3t^2 - 2t^3 of `share` clipped to [0, 1]."""
    clipped = np.clip(share, 0.0, 1.0)
    return clipped * clipped * (3.0 - 2.0 * clipped)


def wrap_index(whole: FloatField, period: int) -> FloatField:
    """Whole numbers modulo `period`; in floats, because integer division is ten times slower."""
    # Half a step keeps the quotient of a multiple of `period` from being rounded below its whole number.
    turns = np.floor((whole + np.float32(0.5)) * np.float32(1.0 / period))
    wrapped: FloatField = whole - turns * np.float32(period)
    return wrapped


def look_up(table: FloatField, index: FloatField | IntField) -> FloatField:
    """`table[index]` for a flat table and whole numbers within it."""
    return table.take(index.astype(np.int64, copy=False), mode="clip")


def _spline_taps(pixels: IntField, size_px: int, period: int) -> tuple[IntField, list[FloatField]]:
    """First of four lattice indices per pixel centre (not yet wrapped) and the cubic B-spline weights of the four."""
    doubled = (2 * pixels + 1) * period
    whole, rest = np.divmod(doubled, 2 * size_px)
    t = rest / (2.0 * size_px)
    s = 1.0 - t
    weights = (s * s * s, 4.0 - 3.0 * t * t * (1.0 + s), 4.0 - 3.0 * s * s * (1.0 + t), t * t * t)
    return whole - 1, [(weight / 6.0).astype(np.float32) for weight in weights]


def _mean_taps(pixels: IntField, size_px: int, period: int, samples: int) -> tuple[IntField, list[FloatField]]:
    """Like `_spline_taps`, weights averaged over `samples` points of each pixel; the spread of these adds taps."""
    if samples == 1:
        return _spline_taps(pixels, size_px, period)
    points = [_spline_taps(pixels * samples + point, size_px * samples, period) for point in range(samples)]
    first = points[0][0]
    steps = [lattice - first for lattice, _ in points]
    averaged = [np.zeros(len(pixels), dtype=np.float32) for _ in range(4 + int(steps[-1].max()))]
    for step, (_, weights) in zip(steps, points, strict=True):
        for tap, weight in enumerate(weights):
            for shift in range(len(averaged) - 3):
                averaged[tap + shift] += np.where(step == shift, weight * np.float32(1.0 / samples), np.float32(0.0))
    return first, averaged


@dataclass(frozen=True, slots=True)
class Canvas:
    """A window of pixels of one tile, and the seed.

    seed     0 to 2**32 - 1
    size_px  edge length of the whole tile
    rows     pixel rows drawn; any integers, equal modulo `size_px` means the same row
    columns  pixel columns drawn, likewise
    """

    seed: int
    size_px: int
    rows: IntField
    columns: IntField

    @property
    def pixel(self) -> float:
        """Edge length of a pixel in tiles."""
        return 1.0 / self.size_px

    def positions(self) -> tuple[FloatField, FloatField]:
        """Pixel centres in tiles, [0, 1): x as [1, columns] and y as [rows, 1]."""
        return self._axis(self.columns)[None, :], self._axis(self.rows)[:, None]

    def _axis(self, pixels: IntField) -> FloatField:
        steps = np.rint((2 * pixels + 1) * (POSITION_STEPS / (2.0 * self.size_px)))
        positions: FloatField = (np.mod(steps, POSITION_STEPS) / POSITION_STEPS).astype(np.float32)
        return positions

    def noise(self, period_x: int, period_y: int, layer: int, samples: int = 1) -> FloatField:
        """Smooth noise [rows, columns], standard deviation about 0.5, range within [-1.9, 1.9].

        `period_x` and `period_y` are lattice cells per tile. Noise finer than the pixels fades to 0, which is what it
        averages to. With `samples` > 1 each pixel is the mean of `samples` x `samples` pixels of a finer canvas, for
        little more than the price of one: fine noise then keeps what of it larger pixels still show.
        """
        visible = min(1.0, self.size_px * samples / max(period_x, period_y) - 1.0)
        if visible <= 0.0:
            return np.zeros((len(self.rows), len(self.columns)), dtype=np.float32)
        first_y, weights_y = _mean_taps(self.rows, self.size_px, period_y, samples)
        first_x, weights_x = _mean_taps(self.columns, self.size_px, period_x, samples)
        lowest = int(first_y.min())
        lattice_rows = np.arange(lowest, int(first_y.max()) + len(weights_y)) % period_y
        lattice = hash_table(self.seed, layer, lattice_rows, np.arange(period_x)) * np.float32(NOISE_GAIN * visible)
        along = np.zeros((len(lattice_rows), len(self.columns)), dtype=np.float32)
        for tap, weight in enumerate(weights_x):
            along += lattice[:, (first_x + tap) % period_x] * weight
        result = along[first_y - lowest] * weights_y[0][:, None]
        for tap in range(1, len(weights_y)):
            result += along[first_y - lowest + tap] * weights_y[tap][:, None]
        return result

    def fractal(
        self, period_x: int, period_y: int, layer: int, octaves: int = 3, roughness: float = 0.5, samples: int = 1
    ) -> FloatField:
        """Octaves of `noise`, each twice as fine and `roughness` times as strong; standard deviation about 0.5.

        `samples` is for octaves of less than four pixels per lattice cell; the others hardly change within a pixel.
        """
        shape = (len(self.rows), len(self.columns))
        total, amplitude, power = np.zeros(shape, dtype=np.float32), 1.0, 0.0
        for octave in range(octaves):
            columns, rows = period_x << octave, period_y << octave
            needed = samples if 4 * max(columns, rows) > self.size_px else 1
            # 1000 keeps the octaves of one layer clear of all other layers.
            fine = self.noise(columns, rows, layer + 1000 * octave, needed)
            total += fine * np.float32(amplitude)
            power += amplitude * amplitude
            amplitude *= roughness
        return total * np.float32(1.0 / float(np.sqrt(power)))

    def warped(self, amount: float, period_x: int, period_y: int, octaves: int = 2) -> tuple[FloatField, FloatField]:
        """Positions [rows, columns] in [0, 1], pushed about by noise of `amount` tiles: what makes edges irregular."""
        x, y = self.positions()
        if amount == 0.0:
            shape = (len(self.rows), len(self.columns))
            return np.broadcast_to(x, shape), np.broadcast_to(y, shape)
        moved_x = x + self.fractal(period_x, period_y, Layer.WARP_X, octaves) * np.float32(amount)
        moved_y = y + self.fractal(period_x, period_y, Layer.WARP_Y, octaves) * np.float32(amount)
        return moved_x - np.floor(moved_x), moved_y - np.floor(moved_y)

    def noise_at(self, x: FloatField, y: FloatField, period_x: int, period_y: int, layer: int) -> FloatField:
        """Smooth noise like `noise`, read at positions of its own (in tiles); use it where positions are warped."""
        visible = min(1.0, self.size_px / max(period_x, period_y) - 1.0)
        if visible <= 0.0:
            return np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.float32)
        table = hash_table(self.seed, layer, np.arange(period_y), np.arange(period_x)) * np.float32(visible)
        scaled_x, scaled_y = x * np.float32(period_x), y * np.float32(period_y)
        whole_x, whole_y = np.floor(scaled_x), np.floor(scaled_y)
        blend_x, blend_y = smoothstep(scaled_x - whole_x), smoothstep(scaled_y - whole_y)
        # One row and one column more than the period: the neighbour of the last lattice point is the first.
        closed = np.pad(table, ((0, 2), (0, 2)), mode="wrap")
        corner = (whole_y * np.float32(period_x + 2) + whole_x).astype(np.int64)
        flat = closed.ravel()
        upper = look_up(flat, corner)
        upper += (look_up(flat[1:], corner) - upper) * blend_x
        lower = look_up(flat[period_x + 2 :], corner)
        lower += (look_up(flat[period_x + 3 :], corner) - lower) * blend_x
        return upper + (lower - upper) * blend_y
