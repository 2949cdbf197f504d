"""Patterns laid in courses: rows of pieces that may be shifted, of two lengths or of random length."""

from dataclasses import dataclass, replace

import numpy as np

from engine.assets import PatternInfo
from engine.errors import InvalidRequestError
from engine.patterns.canvas import Canvas, FloatField, IntField, Layer, hash_table, look_up, wrap_index
from engine.patterns.shading import FIBRE_CELLS, Cells, box_edge, shade
from engine.patterns.structure import (
    Parameters,
    PatternSpecification,
    Structure,
    bevel_parameter,
    cells_parameter,
    jitter_parameter,
    joint_parameter,
    relief_parameter,
    share_parameter,
    surface_parameter,
    vertical_parameter,
)

CORNER_SHARE = 0.06
"""Corner radius as a share of a piece's smaller side: nothing that is laid has perfectly sharp corners."""


@dataclass(frozen=True, slots=True)
class Courses:
    """Where the joints are.

    pieces     number of pieces of each course, int [courses]
    shift      how far each course is pushed, in pieces, float32 [courses]
    moved_ends    how far the start of each piece is moved, in pieces, [0, 0.5), float32 [courses, most pieces]
    moved_courses how far the upper side of each course is moved, in courses, [0, 0.5), float32 [courses]
    """

    pieces: IntField
    shift: FloatField
    moved_ends: FloatField
    moved_courses: FloatField

    @property
    def pitch(self) -> float:
        """Smaller side of a piece in tiles."""
        return 1.0 / max(len(self.pieces), int(self.pieces.max()))


def regular_courses(rows: int, columns: int, offset: float = 0.0) -> Courses:
    """`rows` courses of `columns` equal pieces, each pushed by `offset` pieces against the one above.

    The offset is rounded so that the last course meets the first.
    """
    closing = round(offset * rows) / rows
    shift = (np.arange(rows) * closing % 1.0).astype(np.float32)
    ends = np.zeros((rows, columns), dtype=np.float32)
    return Courses(np.full(rows, columns, dtype=np.int64), shift, ends, np.zeros(rows, dtype=np.float32))


def varied_courses(courses: Courses, seed: int, ends: float, heights: float) -> Courses:
    """`courses` with pieces (`ends`, 0 to 1) and courses (`heights`, 0 to 1) of random size."""
    rows, columns = courses.moved_ends.shape
    moved_ends = hash_table(seed, Layer.PIECE, np.arange(rows), np.arange(columns)) + 1.0
    moved_courses = hash_table(seed, Layer.COURSE, np.zeros(1, dtype=np.int64), np.arange(rows))[0] + 1.0
    return replace(
        courses,
        moved_ends=np.minimum(courses.moved_ends + moved_ends * np.float32(0.22 * ends), 0.49),
        moved_courses=moved_courses * np.float32(0.22 * heights),
    )


def course_cells(x: FloatField, y: FloatField, courses: Courses) -> Cells:
    """The piece each position (in tiles) lies in."""
    rows, most_pieces = courses.moved_ends.shape
    scaled_y = y * np.float32(rows)
    course = np.floor(scaled_y)
    course -= scaled_y - course < look_up(courses.moved_courses, wrap_index(course, rows))
    row = wrap_index(course, rows)
    above = scaled_y - course - look_up(courses.moved_courses, row)
    below = course + 1.0 - scaled_y + look_up(np.roll(courses.moved_courses, -1), row)
    pieces = look_up(courses.pieces.astype(np.float32), row)
    scaled_x = x * pieces + look_up(courses.shift, row)
    piece = np.floor(scaled_x)
    ends = courses.moved_ends.ravel()
    first = row * np.float32(most_pieces)
    piece -= scaled_x - piece < look_up(ends, first + _wrap_piece(piece, pieces))
    index = (first + _wrap_piece(piece, pieces)).astype(np.int64)
    left = (scaled_x - piece - look_up(ends, index)) / pieces
    right = (piece + 1.0 - scaled_x + look_up(ends, first + _wrap_piece(piece + 1.0, pieces))) / pieces
    pitch = courses.pitch
    to_end, to_side = np.minimum(left, right), np.minimum(above, below) * np.float32(1.0 / rows)
    return Cells(
        edge=box_edge(to_side, to_end, CORNER_SHARE * pitch),
        index=index,
        count=rows * most_pieces,
        pitch=pitch,
        local_x=(left - right) / (left + right),
        local_y=(above - below) / (above + below),
    )


def _wrap_piece(piece: FloatField, pieces: FloatField) -> FloatField:
    """`piece` modulo the number of pieces of its course."""
    wrapped: FloatField = piece - np.floor((piece + np.float32(0.5)) / pieces) * pieces
    return wrapped


def draw_courses(canvas: Canvas, courses: Courses, parameters: Parameters) -> Structure:
    """Structure of `courses` with wandering edges."""
    rows, columns = courses.moved_ends.shape
    x, y = canvas.warped(0.05 * parameters["jitter"] * courses.pitch, columns * 2, rows * 2)
    return shade(canvas, course_cells(x, y, courses), parameters)


def _brick(canvas: Canvas, parameters: Parameters) -> Structure:
    regular = regular_courses(int(parameters["rows"]), int(parameters["columns"]), parameters["offset"])
    varied = varied_courses(regular, canvas.seed, parameters["variation"], parameters["variation"])
    return draw_courses(canvas, varied, parameters)


def _square_tiles(canvas: Canvas, parameters: Parameters) -> Structure:
    courses = regular_courses(int(parameters["rows"]), int(parameters["columns"]), parameters["offset"])
    return draw_courses(canvas, courses, parameters)


def _brick_english(canvas: Canvas, parameters: Parameters) -> Structure:
    rows, columns = int(parameters["rows"]), int(parameters["columns"])
    headers = np.arange(rows) % 2
    courses = regular_courses(rows, 2 * columns)
    # A header course starts half a header (a quarter of a stretcher) into the stretcher above.
    courses = replace(courses, pieces=columns * (1 + headers), shift=(0.5 * headers).astype(np.float32))
    return draw_courses(canvas, courses, parameters)


def _brick_flemish(canvas: Canvas, parameters: Parameters) -> Structure:
    rows, pairs = int(parameters["rows"]), int(parameters["columns"])
    # A pair is a stretcher of two units and a header of one: every second joint moves from 1.5 units to 2.
    odd = (np.arange(2 * pairs)[None, :] + np.arange(rows)[:, None]) % 2
    courses = replace(regular_courses(rows, 2 * pairs), moved_ends=(odd / 3.0).astype(np.float32))
    return draw_courses(canvas, courses, parameters)


def _planks(canvas: Canvas, parameters: Parameters) -> Structure:
    rows, columns = int(parameters["rows"]), int(parameters["columns"])
    stagger = hash_table(canvas.seed, Layer.SHIFT, np.zeros(1, dtype=np.int64), np.arange(rows))[0] + 1.0
    # Golden-ratio steps keep the ends of neighbouring boards apart; the hash keeps them from forming stairs.
    shift = (np.arange(rows) * 0.618 + 0.15 * stagger) % 1.0
    courses = replace(regular_courses(rows, columns), shift=shift.astype(np.float32))
    varied = varied_courses(courses, canvas.seed, parameters["variation"], 0.35 * parameters["variation"])
    return draw_courses(canvas, varied, parameters)


def _check_even_rows(parameters: Parameters) -> None:
    if parameters["rows"] % 2:
        raise InvalidRequestError("pattern.rows", parameters["rows"], "an even number from 2 to 64")


def _largest(parameters: Parameters) -> float:
    return max(parameters["rows"], parameters["columns"])


_VARIATION = share_parameter("variation", 0.0, "how much pieces differ in length and height")
_OFFSET = "shift of each row against the one above, in pieces; rounded so that the tile closes"

COURSE_PATTERNS = (
    PatternSpecification(
        PatternInfo(
            "brick",
            "bricks in courses: running bond at offset 0.5, stack bond at 0, raking at 0.33; ashlar with variation",
            (
                cells_parameter("columns", 4, "bricks per course"),
                cells_parameter("rows", 12, "courses"),
                share_parameter("offset", 0.5, _OFFSET),
                jitter_parameter(0.35),
                joint_parameter(0.16),
                bevel_parameter(0.25),
                relief_parameter(0.3),
                surface_parameter(0.45),
                _VARIATION,
            ),
        ),
        _brick,
        _largest,
    ),
    PatternSpecification(
        PatternInfo(
            "brick_english",
            "English bond: courses of stretchers and courses of headers in turn",
            (
                cells_parameter("columns", 4, "stretchers per course; header courses hold twice as many", 1, 32),
                cells_parameter("rows", 12, "courses; even", 2),
                jitter_parameter(0.35),
                joint_parameter(0.16),
                bevel_parameter(0.25),
                relief_parameter(0.3),
                surface_parameter(0.45),
            ),
        ),
        _brick_english,
        lambda parameters: max(parameters["rows"], 2.0 * parameters["columns"]),
        _check_even_rows,
    ),
    PatternSpecification(
        PatternInfo(
            "brick_flemish",
            "Flemish bond: stretchers and headers in turn within each course",
            (
                cells_parameter("columns", 3, "pairs of one stretcher and one header per course", 1, 32),
                cells_parameter("rows", 12, "courses; even", 2),
                jitter_parameter(0.35),
                joint_parameter(0.16),
                bevel_parameter(0.25),
                relief_parameter(0.3),
                surface_parameter(0.45),
            ),
        ),
        _brick_flemish,
        lambda parameters: max(parameters["rows"], 3.0 * parameters["columns"]),
        _check_even_rows,
    ),
    PatternSpecification(
        PatternInfo(
            "square_tiles",
            "rectangular tiles in a grid, exact and flat",
            (
                cells_parameter("columns", 6, "tiles along x"),
                cells_parameter("rows", 6, "tiles along y"),
                share_parameter("offset", 0.0, _OFFSET),
                jitter_parameter(0.05),
                joint_parameter(0.05),
                bevel_parameter(0.12),
                relief_parameter(0.1),
                surface_parameter(0.08),
            ),
        ),
        _square_tiles,
        _largest,
    ),
    PatternSpecification(
        PatternInfo(
            "planks",
            "long boards with staggered ends",
            (
                cells_parameter("columns", 2, "boards along their length"),
                cells_parameter("rows", 8, "boards side by side"),
                jitter_parameter(0.12),
                joint_parameter(0.05),
                bevel_parameter(0.15),
                relief_parameter(0.25),
                surface_parameter(0.8, "fibres along the boards"),
                replace(_VARIATION, default=0.6),
                vertical_parameter(),
            ),
        ),
        _planks,
        lambda parameters: _largest(parameters) * (FIBRE_CELLS if parameters["surface"] > 0.0 else 1.0),
        fibrous=True,
    ),
)
