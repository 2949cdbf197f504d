"""Patterns of scattered sites, one per cell of a lattice: stone slabs, cobbles and cracks."""

from dataclasses import dataclass

import numpy as np

from engine.assets import PatternInfo
from engine.patterns.canvas import Canvas, FloatField, IntField, Layer, hash_table, look_up
from engine.patterns.shading import Cells, body_coverage, cell_tone, edge_ramp, rounded_step, shade
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
)

NEIGHBOURS = tuple((step_x, step_y) for step_y in (-1, 0, 1) for step_x in (-1, 0, 1))
SCATTER_MAX = 0.8
"""Largest share of its lattice cell over which a site is scattered: up to here a search of 3 x 3 cells is enough."""


@dataclass(frozen=True, slots=True)
class Sites:
    """Scattered sites.

    columns, rows  lattice cells per tile, one site each
    scatter        share of its lattice cell over which a site is scattered, 0 to 1
    sizes          how much cells differ in size, 0 to 1
    first_layer    added to the layers of the hash, to tell two sets of sites apart
    """

    columns: int
    rows: int
    scatter: float
    sizes: float = 0.0
    first_layer: int = 0

    @property
    def pitch(self) -> float:
        """Smaller side of a lattice cell in tiles."""
        return 1.0 / max(self.columns, self.rows)


@dataclass(frozen=True, slots=True)
class _SiteTable:
    """The nine sites around every lattice cell, seen from its corner.

    Position, weight and number are [9, rows * columns];
    half_inverse [k, i, cell] is 1 / (2 |s_k - s_i|), and 0 for k = i.
    """

    x: FloatField
    y: FloatField
    weight: FloatField
    number: IntField
    half_inverse: FloatField


def _site_table(seed: int, sites: Sites) -> _SiteTable:
    rows, columns = np.arange(sites.rows), np.arange(sites.columns)
    reach = 0.5 * SCATTER_MAX * sites.scatter
    local_x, local_y, size = (
        hash_table(seed, sites.first_layer + layer, rows, columns)
        for layer in (Layer.SITE_X, Layer.SITE_Y, Layer.SITE_SIZE)
    )
    number = np.arange(sites.rows * sites.columns).reshape(sites.rows, sites.columns)

    def around(table: FloatField, step_x: int, step_y: int) -> FloatField:
        return np.roll(table, (-step_y, -step_x), (0, 1)).ravel()

    x: FloatField = np.stack([(around(local_x, i, j) * reach + (0.5 + i)) / sites.columns for i, j in NEIGHBOURS])
    y: FloatField = np.stack([(around(local_y, i, j) * reach + (0.5 + j)) / sites.rows for i, j in NEIGHBOURS])
    apart = np.sqrt(np.square(x[:, None] - x[None]) + np.square(y[:, None] - y[None]))
    apart[np.arange(9), np.arange(9)] = np.inf
    return _SiteTable(
        x,
        y,
        np.stack([around(size, i, j) * (0.16 * sites.sizes * sites.pitch * sites.pitch) for i, j in NEIGHBOURS]),
        np.stack([np.roll(number, (-j, -i), (0, 1)).ravel() for i, j in NEIGHBOURS]),
        (0.5 / apart).reshape(9, -1),
    )


def voronoi_cells(seed: int, x: FloatField, y: FloatField, sites: Sites, roundness: float = 0.0) -> Cells:
    """The cell of the nearest site, with the exact distance to the nearest bisector as edge distance.

    A bisector lies (d_k^2 - d_0^2) / (2 |s_k - s_0|) away. Sizes subtract a weight from each d^2 (a power diagram,
    whose edges stay straight). `roundness` (0 to 1) rounds the corners and the top.
    """
    table = _site_table(seed, sites)
    column = np.minimum(np.floor(x * np.float32(sites.columns)), sites.columns - 1)
    row = np.minimum(np.floor(y * np.float32(sites.rows)), sites.rows - 1)
    local_x, local_y = x - column * np.float32(1.0 / sites.columns), y - row * np.float32(1.0 / sites.rows)
    cell = (row * sites.columns + column).astype(np.int64)
    squares = [
        np.square(look_up(table.x[k], cell) - local_x) + np.square(look_up(table.y[k], cell) - local_y)
        for k in range(9)
    ]
    if sites.sizes > 0.0:
        squares = [square - look_up(table.weight[k], cell) for k, square in enumerate(squares)]
    nearest, best = np.zeros(cell.shape, dtype=np.uint8), squares[0]
    for k in range(1, 9):
        # The latest nearer one has the largest number: a maximum does without a branch per pixel.
        nearest = np.maximum(nearest, (squares[k] < best).view(np.uint8) * np.uint8(k))
        best = np.minimum(best, squares[k])
    chosen = nearest * np.int64(sites.rows * sites.columns) + cell
    own_x, own_y = look_up(table.x.ravel(), chosen) - local_x, look_up(table.y.ravel(), chosen) - local_y
    far = np.float32(4.0 * sites.pitch)
    distances = []
    for k in range(9):
        distance = (squares[k] - best) * look_up(table.half_inverse[k], chosen)
        # The site itself is no neighbour: push it far away.
        distance += (nearest == k).astype(np.float32) * far
        distances.append(distance)
    edge, cut = _outline(distances, sites.pitch, roundness)
    return Cells(
        edge=np.maximum(edge, 0.0),
        index=table.number.ravel().take(chosen),
        count=sites.rows * sites.columns,
        pitch=sites.pitch,
        local_x=np.clip(own_x * np.float32(-2.0 * sites.columns), -1.5, 1.5),
        local_y=np.clip(own_y * np.float32(-2.0 * sites.rows), -1.5, 1.5),
        cut=cut,
    )


def _outline(distances: list[FloatField], pitch: float, roundness: float) -> tuple[FloatField, FloatField | float]:
    """Distance to the outline, and how far corners are cut back, from the distances to all bisectors.

    Sharp: the smallest distance. Rounded: the 4-norm (sum d^-4)^(-1/4), which has no creases inside the cell and is
    scaled to reach half the pitch in the middle of a square cell like the smallest does; and a cut for each further
    bisector that is about as near as the nearest.
    """
    edge = distances[0]
    for distance in distances[1:]:
        edge = np.minimum(edge, distance)
    if roundness == 0.0:
        return edge, 0.0
    corner = np.float32(0.36 * pitch * roundness)
    norm, crowded = np.zeros_like(edge), np.zeros_like(edge)
    for distance in distances:
        norm += 1.0 / np.square(np.square(np.maximum(distance * np.float32(1.0 / pitch), 1e-4)))
        crowded += np.square(np.maximum(corner + edge - distance, 0.0))
    cut = np.minimum(crowded - corner * corner, 1.3 * corner * corner) * (0.375 / corner)
    cut *= np.maximum(1.0 - edge / corner, 0.0)
    # Four distances of 0.5 and four of 0.707 have the 4-norm 0.334.
    smooth = np.float32(1.5 * pitch) / np.sqrt(np.sqrt(norm))
    edge += (smooth - edge) * np.float32(roundness)
    return edge, np.maximum(cut, 0.0)


def _voronoi(canvas: Canvas, parameters: Parameters) -> Structure:
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    sites = Sites(columns, rows, parameters["scatter"])
    x, y = canvas.warped(0.06 * parameters["jitter"] * sites.pitch, 2 * columns, 2 * rows)
    return shade(canvas, voronoi_cells(canvas.seed, x, y, sites), parameters)


def _cobbles(canvas: Canvas, parameters: Parameters) -> Structure:
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    sites = Sites(columns, rows, parameters["scatter"], parameters["variation"])
    x, y = canvas.warped(0.08 * parameters["jitter"] * sites.pitch, 2 * columns, 2 * rows)
    return shade(canvas, voronoi_cells(canvas.seed, x, y, sites, parameters["roundness"]), parameters)


def _cracks(canvas: Canvas, parameters: Parameters) -> Structure:
    """Outlines of large cells, and of cells half as large where noise lets them through, both of varying width."""
    count = int(parameters["cells"])
    x, y = canvas.warped(0.16 * parameters["jitter"] / count, 2 * count, 2 * count, octaves=4)
    main = Sites(count, count, 1.0)
    fine = Sites(2 * count, 2 * count, 1.0, first_layer=Layer.FINE)
    cells, branches = (voronoi_cells(canvas.seed, x, y, sites) for sites in (main, fine))
    full = 0.5 * parameters["width"] * main.pitch
    varied = np.clip(0.75 + canvas.fractal(2 * count, 2 * count, Layer.WIDTH), 0.15, 1.6) * np.float32(full)
    open_share = parameters["branches"] * 1.6 - 1.0
    let_through = np.clip(open_share + 1.3 * canvas.noise(2 * count, 2 * count, Layer.DETAIL), 0.0, 0.7)
    branch_width = let_through * np.float32(full)
    height = _groove(cells.edge, varied, parameters["bevel"], canvas.pixel)
    height = height * _groove(branches.edge, branch_width, parameters["bevel"], canvas.pixel)
    # Where branches die out, their distance gives way gradually.
    closed = np.maximum(1.0 - 4.0 * let_through, 0.0) * np.float32(0.5 * main.pitch)
    edge = np.minimum(cells.edge, branches.edge + closed)
    coverage = np.clip(body_coverage(cells.edge, varied, canvas.pixel), 0.0, 1.0)
    return Structure(height, edge_ramp(edge, 0.0, 0.5 * main.pitch, canvas.pixel), cell_tone(canvas, cells) * coverage)


def _groove(edge: FloatField, half_width: FloatField, bevel: float, pixel: float) -> FloatField:
    return rounded_step(edge, half_width, np.maximum(half_width * np.float32(3.0 * bevel), 1e-6), pixel)


def _larger(parameters: Parameters) -> float:
    return max(parameters["columns"], parameters["rows"])


_SCATTER = "how far cells stray from a grid; 0 is a grid"

VORONOI_PATTERNS = (
    PatternSpecification(
        PatternInfo(
            "voronoi",
            "straight-edged stone slabs or scales of random outline",
            (
                cells_parameter("columns", 7, "cells along x", 2),
                cells_parameter("rows", 7, "cells along y", 2),
                share_parameter("scatter", 1.0, _SCATTER),
                jitter_parameter(0.3),
                joint_parameter(0.08),
                bevel_parameter(0.15),
                relief_parameter(0.35),
                surface_parameter(0.55),
            ),
        ),
        _voronoi,
        _larger,
    ),
    PatternSpecification(
        PatternInfo(
            "cobbles",
            "rounded, domed stones of different sizes",
            (
                cells_parameter("columns", 9, "stones along x", 2),
                cells_parameter("rows", 9, "stones along y", 2),
                share_parameter("scatter", 0.8, _SCATTER),
                share_parameter("variation", 0.6, "how much stones differ in size"),
                share_parameter("roundness", 0.9, "0 has corners, 1 is pebbles"),
                jitter_parameter(0.3),
                joint_parameter(0.04),
                bevel_parameter(1.0),
                relief_parameter(0.35),
                surface_parameter(0.3),
            ),
        ),
        _cobbles,
        _larger,
    ),
    PatternSpecification(
        PatternInfo(
            "cracks",
            "thin ragged cracks, branching and dying out, in a flat field",
            (
                cells_parameter("cells", 5, "large fragments along each edge", 2, 32),
                share_parameter("branches", 0.5, "how many side branches there are"),
                share_parameter("width", 0.03, "width of a crack as a share of a fragment", 0.25),
                jitter_parameter(0.7),
                bevel_parameter(0.3),
                surface_parameter(0.25),
            ),
        ),
        _cracks,
        lambda parameters: 2.0 * parameters["cells"],
    ),
)
