"""Patterns of things that overlap or are pressed: roof shingles, woven threads, riveted plates and tread plate."""

import numpy as np

from engine.assets import PatternInfo
from engine.errors import InvalidRequestError
from engine.patterns.canvas import Canvas, FloatField, Layer, hash_table, hash_values, look_up, smoothstep, wrap_index
from engine.patterns.courses import course_cells, regular_courses
from engine.patterns.shading import Cells, chips, shade
from engine.patterns.structure import (
    Parameters,
    PatternSpecification,
    Structure,
    bevel_parameter,
    cells_parameter,
    count_parameter,
    jitter_parameter,
    joint_parameter,
    relief_parameter,
    share_parameter,
    surface_parameter,
)

SHINGLE_TOP = 0.25
"""Height of a shingle where it leaves the row above."""


def _shingle(
    canvas: Canvas, x: FloatField, row: FloatField, below_top: FloatField, parameters: Parameters
) -> tuple[FloatField, FloatField, FloatField]:
    """Signed distance (tiles, negative inside), height and tone of the shingle of `row` at x, `below_top` tiles down.

    A shingle is a box as wide as a cell with rounded lower corners that reaches into the row below.
    """
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    shift = regular_courses(rows, columns, 0.5).shift
    scaled_x = x * np.float32(columns) + look_up(shift, row)
    column = np.floor(scaled_x)
    index = (row * np.float32(columns) + wrap_index(column, columns)).astype(np.int64)
    half_width = 0.5 * (1.0 - parameters["joint_width"]) / columns
    radius = min(parameters["roundness"] * half_width, 0.6 / rows)
    longer = (hash_values(canvas.seed, Layer.LENGTH, rows * columns) + 1.0) * (0.12 * parameters["jitter"] / rows)
    bottom = np.float32(1.0 / rows + radius) + look_up(longer, index)
    to_side = np.abs(scaled_x - column - np.float32(0.5)) * np.float32(1.0 / columns) - np.float32(half_width)
    to_bottom = below_top - bottom
    corner_x, corner_y = np.maximum(to_side + radius, 0.0), np.maximum(to_bottom + radius, 0.0)
    outside = np.sqrt(corner_x * corner_x + corner_y * corner_y) - np.float32(radius)
    signed = outside + np.minimum(np.maximum(to_side, to_bottom) + radius, 0.0)
    thinner = (hash_values(canvas.seed, Layer.SINK, rows * columns) + 1.0) * np.float32(0.3 * parameters["relief"])
    lowered = np.minimum(below_top / bottom, 1.0)
    height = (np.float32(SHINGLE_TOP) + np.float32(1.0 - SHINGLE_TOP) * lowered) * look_up(1.0 - thinner, index)
    return signed, height, look_up(hash_values(canvas.seed, Layer.TONE, rows * columns), index)


def _roof_shingles(canvas: Canvas, parameters: Parameters) -> Structure:
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    pitch = 1.0 / max(columns, rows)
    x, y = canvas.warped(0.03 * parameters["jitter"] * pitch, 2 * columns, 2 * rows)
    scaled_y = y * np.float32(rows)
    row = np.floor(scaled_y)
    below_top = (scaled_y - row) * np.float32(1.0 / rows)
    over, over_height, over_tone = _shingle(
        canvas, x, wrap_index(row - 1.0, rows), below_top + np.float32(1.0 / rows), parameters
    )
    own, own_height, own_tone = _shingle(canvas, x, wrap_index(row, rows), below_top, parameters)
    covered = np.clip(0.5 - over * np.float32(canvas.size_px), 0.0, 1.0)
    present = np.clip(0.5 - own * np.float32(canvas.size_px), 0.0, 1.0)
    edge = np.where(over < 0.0, -over, np.minimum(over, -own)) - chips(canvas, pitch, parameters["jitter"])
    return Structure(
        height=covered * over_height + (1.0 - covered) * present * own_height,
        edge_distance=np.clip(edge * np.float32(2.0 / pitch), 0.0, 1.0),
        cell_tone=covered * over_tone + (1.0 - covered) * present * own_tone,
    )


def _thread(
    along: FloatField, across: FloatField, over: FloatField, width: float
) -> tuple[FloatField, FloatField, FloatField]:
    """Height, share of the distance to the thread's side and presence of one set of threads.

    `along` and `across` are positions in the lattice cell, [0, 1]; `over` is 1 or -1 for the crossings before, at and
    after this one, [3, rows, columns].
    """
    here, neighbour = over[1], np.where(along < 0.5, over[0], over[2])
    rise = here + (neighbour - here) * smoothstep(np.abs(along - 0.5) * 2.0) * 0.5
    offset = np.minimum(np.abs(across - 0.5) * np.float32(2.0 / width), 1.0)
    round_profile = np.sqrt(1.0 - offset * offset)
    return 0.45 + 0.25 * rise + 0.3 * round_profile - np.where(offset < 1.0, 0.0, 1.0), 1.0 - offset, round_profile


def _weave(canvas: Canvas, parameters: Parameters) -> Structure:
    """Each pixel takes the higher of the thread along x and the thread along y."""
    threads, floats = int(parameters["threads"]), int(parameters["float"])
    x, y = canvas.warped(0.1 * parameters["jitter"] / threads, threads, threads, octaves=3)
    scaled_x, scaled_y = x * np.float32(threads), y * np.float32(threads)
    i, j = np.floor(scaled_x), np.floor(scaled_y)
    inside_x, inside_y = scaled_x - i, scaled_y - j
    # Thread along y passes over where the diagonal number is in the first half of its period.
    raised = np.where(np.arange(2 * floats) < floats, 1.0, -1.0).astype(np.float32)
    diagonal = wrap_index(i + j, 2 * floats)
    standing = np.stack([look_up(np.roll(raised, -step), diagonal) for step in (-1, 0, 1)])
    width = 1.0 - parameters["joint_width"]
    upright, upright_edge, upright_there = _thread(inside_y, inside_x, standing, width)
    lying, lying_edge, lying_there = _thread(inside_x, inside_y, -standing, width)
    share = np.clip(0.5 + (upright - lying) * np.float32(0.5 * canvas.size_px / threads), 0.0, 1.0)
    tones = hash_table(canvas.seed, Layer.TONE, np.arange(2), np.arange(threads))
    there = np.maximum(upright_there, lying_there)
    lying_tone = look_up(tones[1], wrap_index(j, threads))
    tone = lying_tone + (look_up(tones[0], wrap_index(i, threads)) - lying_tone) * share
    return Structure(
        height=np.clip(np.maximum(upright, lying), 0.0, 1.0),
        edge_distance=np.clip(np.where(upright > lying, upright_edge, lying_edge), 0.0, 1.0),
        cell_tone=tone * np.minimum(there * 4.0, 1.0),
    )


def _check_weave(parameters: Parameters) -> None:
    period = int(2 * parameters["float"])
    if parameters["threads"] % period:
        raise InvalidRequestError("pattern.threads", parameters["threads"], f"a multiple of {period} up to 64")


def _rivet_distance(cells: Cells, half_x: float, half_y: float, inset: float, count: int) -> FloatField:
    """Distance (tiles) to the nearest rivet; rivets line each plate, `count` along the longer side."""
    x, y = np.abs(cells.local_x) * np.float32(half_x), np.abs(cells.local_y) * np.float32(half_y)
    span_x, span_y = half_x - inset, half_y - inset
    longer = max(span_x, span_y)
    best: FloatField | None = None
    for along, across, span, side in ((x, y, span_x, span_y), (y, x, span_y, span_x)):
        gaps = max(1, round((count - 1) * span / longer))
        step = 2.0 * span / gaps
        # Rivets lie at -span + k * step; both halves of a side mirror each other.
        start = 0.0 if gaps % 2 == 0 else 0.5 * step
        nearest = np.clip(np.rint((along - start) * np.float32(1.0 / step)) * np.float32(step) + start, -span, span)
        square = np.square(along - nearest) + np.square(across - np.float32(side))
        best = square if best is None else np.minimum(best, square)
    assert best is not None
    return np.sqrt(best)


def _plates(canvas: Canvas, parameters: Parameters) -> Structure:
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    courses = regular_courses(rows, columns, parameters["offset"])
    x, y = canvas.warped(0.01 * parameters["jitter"] * courses.pitch, columns, rows)
    cells = course_cells(x, y, courses)
    plate = shade(canvas, cells, {**parameters, "jitter": 0.3 * parameters["jitter"]})
    height, edge = plate.height * np.float32(0.6), plate.edge_distance
    radius = 0.06 * parameters["rivet_size"] * courses.pitch + 1e-6
    if parameters["rivets"] >= 2.0:
        inset = courses.pitch * (0.5 * parameters["joint_width"] + 0.09)
        distance = _rivet_distance(cells, 0.5 / columns, 0.5 / rows, inset, int(parameters["rivets"]))
        relative = distance * np.float32(1.0 / radius)
        dome = np.sqrt(np.maximum(1.0 - relative * relative, 0.0))
        height = height + dome * np.float32(0.4)
        edge = edge * np.minimum(np.abs(relative - 1.0), 1.0)
    return Structure(height, edge, plate.cell_tone)


def _diamond_plate(canvas: Canvas, parameters: Parameters) -> Structure:
    """Raised lens-shaped bars, at 45 degrees one way and the other in turn."""
    count = int(parameters["cells"])
    x, y = canvas.warped(0.02 * parameters["jitter"] / count, 2 * count, 2 * count)
    scaled_x, scaled_y = x * np.float32(count), y * np.float32(count)
    i, j = np.floor(scaled_x), np.floor(scaled_y)
    local_x, local_y = scaled_x - i - np.float32(0.5), scaled_y - j - np.float32(0.5)
    direction = 1.0 - 2.0 * wrap_index(i + j, 2)
    along = (local_x + direction * local_y) * np.float32(0.7071067811865476)
    across = (local_x - direction * local_y) * np.float32(0.7071067811865476)
    half_length, half_width = 0.5 * parameters["length"] * 1.2, 0.5 * parameters["width"]
    share = along * np.float32(1.0 / half_length)
    outline = (1.0 - share * share) * half_width - np.abs(across)
    # The lens narrows towards its tips: dividing by the gradient's length turns the difference into a distance.
    slope = share * np.float32(2.0 * half_width / half_length)
    signed = outline / np.sqrt(1.0 + slope * slope)
    pixel = count * canvas.pixel
    flank = max(parameters["bevel"] * half_width, 0.5 * pixel)
    raised = smoothstep((signed + 0.5 * pixel) * np.float32(1.0 / (flank + 0.5 * pixel)))
    inside = np.clip(0.5 + signed * np.float32(1.0 / pixel), 0.0, 1.0)
    index = (wrap_index(j, count) * count + wrap_index(i, count)).astype(np.int64)
    tone = look_up(hash_values(canvas.seed, Layer.TONE, count * count), index)
    worn = 1.0 - look_up(hash_values(canvas.seed, Layer.SINK, count * count) + 1.0, index) * np.float32(
        0.3 * parameters["relief"]
    )
    edge = np.minimum(np.abs(signed) * np.float32(1.0 / half_width), 1.0)
    height = np.float32(0.2) + np.float32(0.8) * raised * worn
    return Structure(height, edge.astype(np.float32), tone * inside)


def _check_even_cells(parameters: Parameters) -> None:
    if parameters["cells"] % 2:
        raise InvalidRequestError("pattern.cells", parameters["cells"], "an even number from 2 to 64")


MANUFACTURED_PATTERNS = (
    PatternSpecification(
        PatternInfo(
            "roof_shingles",
            "overlapping rows of shingles or scales, higher towards their lower end; half a shingle shifted per row",
            (
                cells_parameter("columns", 8, "shingles per row"),
                cells_parameter("rows", 8, "rows; even closes without a step"),
                share_parameter("roundness", 0.9, "0 cuts shingles straight, 1 gives semicircular scales"),
                jitter_parameter(0.2),
                joint_parameter(0.05),
                relief_parameter(0.2),
                surface_parameter(0.35),
            ),
        ),
        _roof_shingles,
        lambda parameters: max(parameters["columns"], parameters["rows"]),
    ),
    PatternSpecification(
        PatternInfo(
            "weave",
            "threads passing over and under each other: linen at float 1, twill (denim) at 2 or 3",
            (
                cells_parameter("threads", 16, "threads along each edge; a multiple of 2 x float", 2),
                count_parameter("float", 1, "crossings a thread stays on top, then below", 1, 4),
                jitter_parameter(0.25),
                joint_parameter(0.1),
                surface_parameter(0.0),
            ),
        ),
        _weave,
        lambda parameters: 2.0 * parameters["threads"],
        _check_weave,
    ),
    PatternSpecification(
        PatternInfo(
            "plates",
            "metal plates with seams and rivets along their edges",
            (
                cells_parameter("columns", 3, "plates along x", 1, 16),
                cells_parameter("rows", 3, "plates along y", 1, 16),
                share_parameter("offset", 0.0, "shift of each row in plates; rounded so that the tile closes"),
                count_parameter("rivets", 5, "rivets along the longer side of a plate; less than 2 is none", 0, 16),
                share_parameter("rivet_size", 0.7, "diameter of a rivet; 1 is an eighth of a plate"),
                jitter_parameter(0.1),
                joint_parameter(0.025),
                bevel_parameter(0.04),
                relief_parameter(0.15),
                surface_parameter(0.1),
            ),
        ),
        _plates,
        lambda parameters: 8.0 * max(parameters["columns"], parameters["rows"]),
    ),
    PatternSpecification(
        PatternInfo(
            "diamond_plate",
            "tread plate: raised lens-shaped bars, alternating in direction",
            (
                cells_parameter("cells", 10, "bars along each edge; even", 2),
                share_parameter("length", 0.85, "length of a bar; 1 nearly touches the next", minimum=0.2),
                share_parameter("width", 0.34, "width of a bar as a share of a cell", 0.6, 0.05),
                jitter_parameter(0.05),
                bevel_parameter(0.7),
                relief_parameter(0.1),
                surface_parameter(0.0),
            ),
        ),
        _diamond_plate,
        lambda parameters: 2.0 * parameters["cells"],
        _check_even_cells,
    ),
)
