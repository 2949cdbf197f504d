"""Floors whose pieces do not lie in plain courses: herringbone, basket weave and hexagons."""

import numpy as np

from engine.assets import PatternInfo
from engine.errors import InvalidRequestError
from engine.patterns.canvas import Canvas, FloatField, wrap_index
from engine.patterns.courses import CORNER_SHARE
from engine.patterns.shading import Cells, box_edge, shade
from engine.patterns.structure import (
    CELLS_MAX,
    Parameters,
    PatternSpecification,
    Structure,
    bevel_parameter,
    cells_parameter,
    count_parameter,
    jitter_parameter,
    joint_parameter,
    relief_parameter,
    surface_parameter,
)

SQRT_2 = 1.4142135623730951
SQRT_3 = 1.7320508075688772


def _herringbone_units(parameters: Parameters) -> int:
    """Widths of a piece per tile edge (per half diagonal, if diagonal)."""
    turns = 1 if parameters["diagonal"] else 2
    return int(turns * parameters["ratio"] * parameters["repeats"])


def herringbone_cells(x: FloatField, y: FloatField, units: int, ratio: int, diagonal: bool) -> Cells:
    """The herringbone piece (1 x `ratio` units) each position lies in.

    On the unit lattice (i, j) the pattern depends on t = (i - j) mod 2 * ratio alone: t < ratio is the t-th unit of a
    lying piece, the others are units of standing ones. It closes for any shift along (1, 1) and for multiples of
    2 * ratio along either axis, hence on a torus of 2 * ratio * n units, or turned by 45 degrees of ratio * n.
    """
    scale = np.float32(units)
    # a and b are right-angled coordinates in widths of a piece.
    a, b = ((x + y) * scale, (x - y) * scale) if diagonal else (x * scale, y * scale)
    i, j = np.floor(a), np.floor(b)
    inside_i, inside_j = a - i, b - j
    phase = wrap_index(i - j, 2 * ratio)
    lying = phase < ratio
    from_start = np.where(lying, phase, 2 * ratio - 1 - phase)
    along = from_start + np.where(lying, inside_i, inside_j)
    across = np.where(lying, inside_j, inside_i)
    start_i, start_j = i - from_start * lying, j - from_start * ~lying
    if diagonal:
        index = wrap_index(start_i + start_j, 2 * units) * (2 * units) + wrap_index(start_i - start_j, 2 * units)
    else:
        index = wrap_index(start_j, units) * units + wrap_index(start_i, units)
    pitch = 1.0 / (units * SQRT_2) if diagonal else 1.0 / units
    to_end = np.minimum(along, ratio - along) * np.float32(pitch)
    to_side = np.minimum(across, 1.0 - across) * np.float32(pitch)
    return Cells(
        edge=box_edge(to_side, to_end, CORNER_SHARE * pitch),
        index=index.astype(np.int64),
        count=4 * units * units,
        pitch=pitch,
        local_x=along * (2.0 / ratio) - 1.0,
        local_y=across * 2.0 - 1.0,
    )


def _herringbone(canvas: Canvas, parameters: Parameters) -> Structure:
    units, ratio = _herringbone_units(parameters), int(parameters["ratio"])
    diagonal = parameters["diagonal"] > 0.0
    x, y = canvas.warped(0.05 * parameters["jitter"] / units, units, units)
    return shade(canvas, herringbone_cells(x, y, units, ratio, diagonal), parameters)


def _check_herringbone(parameters: Parameters) -> None:
    if _herringbone_units(parameters) > CELLS_MAX:
        most = int(CELLS_MAX / (_herringbone_units(parameters) / parameters["repeats"]))
        raise InvalidRequestError("pattern.repeats", parameters["repeats"], f"1 to {most} at this ratio")


def basket_cells(x: FloatField, y: FloatField, blocks: int, strips: int) -> Cells:
    """The strip each position lies in: `blocks` x `blocks` squares of `strips` strips, lying and standing in turn."""
    scaled_x, scaled_y = x * np.float32(blocks), y * np.float32(blocks)
    i, j = np.floor(scaled_x), np.floor(scaled_y)
    lying = wrap_index(i + j, 2) == 0.0
    inside_x, inside_y = scaled_x - i, scaled_y - j
    along = np.where(lying, inside_x, inside_y)
    across = np.where(lying, inside_y, inside_x) * np.float32(strips)
    strip = np.minimum(np.floor(across), strips - 1)
    inside = across - strip
    pitch = 1.0 / (blocks * strips)
    to_end = np.minimum(along, 1.0 - along) * np.float32(1.0 / blocks)
    to_side = np.minimum(inside, 1.0 - inside) * np.float32(pitch)
    block = wrap_index(j, blocks) * blocks + wrap_index(i, blocks)
    return Cells(
        edge=box_edge(to_side, to_end, CORNER_SHARE * pitch),
        index=(block * strips + strip).astype(np.int64),
        count=blocks * blocks * strips,
        pitch=pitch,
        local_x=along * 2.0 - 1.0,
        local_y=inside * 2.0 - 1.0,
    )


def _basket_weave(canvas: Canvas, parameters: Parameters) -> Structure:
    blocks, strips = 2 * int(parameters["repeats"]), int(parameters["strips"])
    x, y = canvas.warped(0.05 * parameters["jitter"] / (blocks * strips), blocks * strips, blocks * strips)
    return shade(canvas, basket_cells(x, y, blocks, strips), parameters)


def hex_rows(columns: int) -> int:
    """The even number of rows that makes hexagons of `columns` per tile most regular."""
    return 2 * max(1, round(columns / SQRT_3))


def hex_cells(x: FloatField, y: FloatField, columns: int) -> Cells:
    """The hexagon (points up) each position lies in: nearest point of two rectangular lattices shifted by half."""
    rows = hex_rows(columns)
    width, step = 1.0 / columns, 1.0 / rows
    flank = float(np.sqrt(0.25 * width * width + step * step))
    best: tuple[FloatField, ...] | None = None
    for shift in (0, 1):
        column = np.floor(x * np.float32(columns) + np.float32(0.5 - 0.5 * shift))
        pair = np.floor(y * np.float32(rows / 2) + np.float32(0.5 - 0.5 * shift))
        local_x = x - (column + np.float32(0.5 * shift)) * np.float32(width)
        local_y = y - (pair + np.float32(0.5 * shift)) * np.float32(2.0 * step)
        to_flank = 0.5 * flank - (np.abs(local_x) * (0.5 * width) + np.abs(local_y) * step) * (1.0 / flank)
        edge = np.minimum(0.5 * width - np.abs(local_x), to_flank)
        index = (2.0 * wrap_index(pair, rows // 2) + shift) * columns + wrap_index(column, columns)
        found = (edge, index, local_x, local_y)
        nearer = None if best is None else edge > best[0]
        best = found if nearer is None or best is None else tuple(map(np.where, (nearer,) * 4, found, best))
    assert best is not None
    edge, index, local_x, local_y = best
    pitch = min(width, flank)
    return Cells(
        edge=np.maximum(edge, 0.0),
        index=index.astype(np.int64),
        count=rows * columns,
        pitch=pitch,
        local_x=local_x * np.float32(2.0 / width),
        local_y=local_y * np.float32(1.0 / step),
    )


def _hex_tiles(canvas: Canvas, parameters: Parameters) -> Structure:
    columns = int(parameters["columns"])
    x, y = canvas.warped(0.05 * parameters["jitter"] / columns, 2 * columns, 2 * columns)
    return shade(canvas, hex_cells(x, y, columns), parameters)


TILING_PATTERNS = (
    PatternSpecification(
        PatternInfo(
            "herringbone",
            "herringbone parquet or paving; the V points along y if diagonal, else along the tile's diagonal",
            (
                cells_parameter("repeats", 3, "zigzags per tile", 1, 32),
                count_parameter("ratio", 4, "length of a piece in widths", 2, 8),
                count_parameter("diagonal", 1, "1 lays pieces at 45 degrees, 0 along the tile's edges", 0, 1),
                jitter_parameter(0.15),
                joint_parameter(0.08),
                bevel_parameter(0.2),
                relief_parameter(0.25),
                surface_parameter(0.3),
            ),
        ),
        _herringbone,
        lambda parameters: 1.5 * _herringbone_units(parameters),
        _check_herringbone,
    ),
    PatternSpecification(
        PatternInfo(
            "basket_weave",
            "square blocks of parallel strips, lying and standing in turn",
            (
                cells_parameter("repeats", 3, "pairs of blocks along each edge", 1, 8),
                count_parameter("strips", 3, "strips per block", 2, 4),
                jitter_parameter(0.15),
                joint_parameter(0.1),
                bevel_parameter(0.25),
                relief_parameter(0.25),
                surface_parameter(0.3),
            ),
        ),
        _basket_weave,
        lambda parameters: 2.0 * parameters["repeats"] * parameters["strips"],
    ),
    PatternSpecification(
        PatternInfo(
            "hex_tiles",
            "hexagonal tiles, most regular at 7 or 14 columns",
            (
                cells_parameter("columns", 7, "hexagons along x; rows follow so that hexagons are regular", 2, 52),
                jitter_parameter(0.05),
                joint_parameter(0.06),
                bevel_parameter(0.15),
                relief_parameter(0.1),
                surface_parameter(0.08),
            ),
        ),
        _hex_tiles,
        lambda parameters: 1.2 * parameters["columns"],
    ),
)
