"""From cells (which cell, how far to its outline) to structure: joints, rounded edges, chips, tilt, tone and surface.

Profiles across a joint are averaged over one pixel in closed form (difference of their integrals), so that joints
thinner than a pixel keep their share and a 64 px render agrees with a 2048 px one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.patterns.canvas import Canvas, FloatField, IntField, Layer, hash_values, look_up, smoothstep
from engine.patterns.structure import Parameters, Structure

PITS_MIN, PITS_PER_CELL = 24, 2.0
"""Coarsest pits of a surface per tile, and across a cell if cells are small."""

FIBRE_CELLS = 2.5
"""How many cells a board with fibres counts as: it needs more pixels than a bare one."""

CRISP_SHARE = 0.15
"""Share of the way from the joint to the middle of a cell over which the relief of its surface sets in."""

TONE_SHARE = 0.3
"""How far the tone follows the relief of a surface at surface 1."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A partition of the canvas. Lengths are in tiles; fields are [rows, columns].

    edge             distance to the outline of the pixel's own cell, >= 0
    index            number of the cell, 0 to `count` - 1
    count            size of the number space (numbers may be left out)
    pitch            smaller side of a nominal cell, joint included
    local_x/local_y  position in the cell, 0 in its middle, about -1 and 1 at its ends
    cut              how far the body is cut back from the outline besides the joint, >= 0: corners of round stones
    """

    edge: FloatField
    index: IntField
    count: int
    pitch: float
    local_x: FloatField
    local_y: FloatField
    cut: FloatField | float = 0.0


def pixel_mean(integral: Callable[[FloatField], FloatField], edge: FloatField, pixel: float) -> FloatField:
    """Mean over one pixel of a profile across a joint.

    `integral` is the profile's integral from 0 to a distance >= 0; the profile is mirrored at the outline (distance 0),
    its integral therefore odd.
    """
    inner = edge - np.float32(0.5 * pixel)
    upper = integral(edge + np.float32(0.5 * pixel))
    mean: FloatField = (upper - np.copysign(integral(np.abs(inner)), inner)) * np.float32(1.0 / pixel)
    return mean


def body_coverage(edge: FloatField, half_joint: FloatField | float, pixel: float) -> FloatField:
    """Share of the pixel that is body rather than joint."""
    return pixel_mean(lambda distance: np.maximum(distance - half_joint, 0.0), edge, pixel)


def edge_ramp(edge: FloatField, half_joint: FloatField | float, reach: float, pixel: float) -> FloatField:
    """Distance to the joint in [0, 1], 1 at `reach` (> 0) from the joint."""
    scale = np.float32(0.5 / reach)

    def integral(distance: FloatField) -> FloatField:
        inside = np.maximum(distance - half_joint, 0.0)
        area: FloatField = inside * inside * scale
        return area

    return np.clip(pixel_mean(integral, edge, pixel), 0.0, 1.0)


def rounded_step(
    edge: FloatField, half_joint: FloatField | float, width: FloatField | float, pixel: float
) -> FloatField:
    """Height across a rounded edge: 0 in the joint, 1 - (1 - t)^2 over `width` (> 0), then 1."""

    def integral(distance: FloatField) -> FloatField:
        inside = np.maximum(distance - half_joint, 0.0)
        t = np.minimum(inside / width, 1.0)
        area: FloatField = width * t * t * (1.0 - t * (1.0 / 3.0)) + np.maximum(inside - width, 0.0)
        return area

    return np.clip(pixel_mean(integral, edge, pixel), 0.0, 1.0)


def box_edge(to_side: FloatField, to_end: FloatField, radius: float) -> FloatField:
    """Distance to the outline of a box with rounded corners, from the distances to its nearer side and nearer end."""
    corner_x, corner_y = np.maximum(radius - to_side, 0.0), np.maximum(radius - to_end, 0.0)
    beyond = np.maximum(np.minimum(to_side, to_end) - radius, 0.0)
    edge: FloatField = np.maximum(radius - np.sqrt(corner_x * corner_x + corner_y * corner_y) + beyond, 0.0)
    return edge


def cell_body(canvas: Canvas, cells: Cells, relief: float) -> FloatField:
    """Height of each cell's top: 1 less a hashed sink and tilt of its own, at least 0.05."""
    if relief == 0.0:
        return np.ones_like(cells.edge)
    sink, tilt_x, tilt_y = (
        hash_values(canvas.seed, layer, cells.count) for layer in (Layer.SINK, Layer.TILT_X, Layer.TILT_Y)
    )
    slope_x, slope_y = tilt_x * np.float32(0.15 * relief), tilt_y * np.float32(0.15 * relief)
    top = 1.0 - (1.0 + sink) * np.float32(0.25 * relief) - np.abs(slope_x) - np.abs(slope_y)
    height = look_up(top, cells.index)
    height += look_up(slope_x, cells.index) * cells.local_x
    height += look_up(slope_y, cells.index) * cells.local_y
    return np.maximum(height, 0.05)


def cell_tone(canvas: Canvas, cells: Cells) -> FloatField:
    """The hash value of each pixel's cell, [-1, 1)."""
    return look_up(hash_values(canvas.seed, Layer.TONE, cells.count), cells.index)


def chips(canvas: Canvas, pitch: float, jitter: float) -> FloatField | float:
    """How deep (tiles, >= 0) small bites go into the edges of cells; grows with `jitter`."""
    if jitter == 0.0:
        return 0.0
    period = max(4, round(2.5 / pitch))
    bites = np.clip(canvas.fractal(period, period, Layer.CHIPS, octaves=2, roughness=0.7) - 0.35, 0.0, 0.5)
    depth: FloatField = bites * np.float32(0.16 * jitter * pitch)
    return depth


def shade(canvas: Canvas, cells: Cells, parameters: Parameters) -> Structure:
    """Structure of `cells` with the parameters jitter, joint_width, bevel and relief."""
    half_joint = 0.5 * parameters["joint_width"] * cells.pitch
    reach = 0.5 * cells.pitch - half_joint
    # Chips and cut corners are places where the joint is wider.
    joint = half_joint + cells.cut + chips(canvas, cells.pitch, parameters["jitter"])
    width = max(parameters["bevel"] * reach, 0.01 * canvas.pixel)
    step = rounded_step(cells.edge, joint, width, canvas.pixel)
    return Structure(
        height=cell_body(canvas, cells, parameters["relief"]) * step,
        edge_distance=edge_ramp(cells.edge, joint, reach, canvas.pixel),
        cell_tone=cell_tone(canvas, cells) * np.clip(body_coverage(cells.edge, joint, canvas.pixel), 0.0, 1.0),
    )


def surface_relief(canvas: Canvas, cells_across: float) -> FloatField:
    """Pits and grain of stone and clay [rows, columns]: noise finer than the cells, without direction."""
    period = max(PITS_MIN, round(PITS_PER_CELL * cells_across))
    return canvas.fractal(period, period, Layer.SURFACE, octaves=5, roughness=0.8, samples=4)


def fibre_relief(canvas: Canvas, cells_across: float, tone: FloatField) -> FloatField:
    """Fibres along x [rows, columns]: long wavy streaks that swirl round a knot now and then.

    `cells_across` counts FIBRE_CELLS per board. `tone` is one value per cell: it moves the noise, so that every board
    has fibres of its own.
    """
    x, y = canvas.positions()
    moved_x, moved_y = x + tone * np.float32(3.7), y + tone * np.float32(0.5)
    moved_x -= np.floor(moved_x)
    moved_y -= np.floor(moved_y)
    boards = max(4, round(cells_across / FIBRE_CELLS))
    bend = canvas.noise_at(moved_x, moved_y, 3, boards, Layer.WAVINESS) * np.float32(0.25 / boards)
    knot = canvas.noise_at(moved_x, moved_y, boards // 2, 2 * boards, Layer.KNOTS) - np.float32(0.62)
    # Where the noise peaks the streaks follow its contours, which are closed: a knot.
    bend += np.maximum(knot, 0.0) * np.float32(1.5 / boards)
    moved_y += bend
    moved_y -= np.floor(moved_y)
    total: FloatField = np.zeros(tone.shape, dtype=np.float32)
    for octave, strength in enumerate((1.0, 0.6, 0.36)):
        streaks = canvas.noise_at(moved_x, moved_y, 3 << octave, 5 * boards << octave, Layer.SURFACE + 1000 * octave)
        total += streaks * np.float32(strength)
    return total


def carve_surface(structure: Structure, relief: FloatField, surface: float) -> Structure:
    """`structure` with the bodies of its cells carved by `relief` (any range, spread about 0.5), edges left crisp.

    `surface` is the share of a body's height that the relief takes, 0 to 1. The whole body is lowered by half of it:
    edges would otherwise stand out as a rim. The tone follows the relief a little; joints keep height and tone.
    """
    # Saturates gently, where clipping would leave flat spots.
    limited = relief / np.sqrt(1.0 + relief * relief)
    limited *= smoothstep(structure.edge_distance * np.float32(1.0 / CRISP_SHARE))
    height = structure.height * (np.float32(1.0 - 0.5 * surface) + limited * np.float32(0.5 * surface))
    tone = structure.cell_tone + limited * np.float32(TONE_SHARE * surface)
    return Structure(height, structure.edge_distance, np.clip(tone, -1.0, 1.0))
