"""Where water runs: sinks, filled surfaces, flow directions and how much land drains through a vertex."""

import heapq

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
FILL_STEP = 1e-4
"""Height over spacing by which a filled surface rises per vertex, so that water finds its way over what was a sink."""


def sinks(height: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Vertices [rows, columns] that no neighbour lies below; those on the edge drain out of the grid."""
    inner = height[1:-1, 1:-1]
    lowest = np.min(_shifted(height), axis=0)
    found = np.zeros(height.shape, np.bool_)
    found[1:-1, 1:-1] = lowest >= inner
    return found


def filled(height: NDArray[np.float32]) -> NDArray[np.float32]:
    """The surface with every sink filled until it drains to the edge; heights over the spacing.

    Barnes, Lehman and Mulla, "Priority-Flood: An Optimal Depression-Filling and Watershed-Labeling Algorithm",
    Computers & Geosciences 62, 2014, algorithm 3.
    """
    rows, columns = height.shape
    level = height.astype(np.float64).ravel().tolist()
    done = np.zeros(height.shape, np.bool_)
    done[0] = done[-1] = True
    done[:, 0] = done[:, -1] = True
    edge = [(level[index], index) for index in np.flatnonzero(done).tolist()]
    heapq.heapify(edge)
    closed = done.ravel().tolist()
    steps = [dy * columns + dx for dy, dx in NEIGHBOURS]
    last = columns - 1
    while edge:
        here, index = heapq.heappop(edge)
        column = index % columns
        for step, (_, dx) in zip(steps, NEIGHBOURS, strict=True):
            near = index + step
            if 0 <= column + dx <= last and 0 <= near < rows * columns and not closed[near]:
                closed[near] = True
                level[near] = max(level[near], here + FILL_STEP)
                heapq.heappush(edge, (level[near], near))
    return np.array(level, np.float32).reshape(height.shape)


def accumulation(surface: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vertices that drain through each one, itself included, float32 [rows, columns]; of a surface without sinks.

    All water of a vertex goes to its steepest neighbour: D8 of O'Callaghan and Mark, "The extraction of drainage
    networks from digital elevation data", 1984.
    """
    rows, columns = surface.shape
    padded = np.pad(surface, 1, constant_values=np.inf)
    distance = np.array([np.hypot(dy, dx) for dy, dx in NEIGHBOURS], np.float32)
    drop = (surface[None] - np.stack(_shifted(padded))) / distance[:, None, None]
    steepest = drop.argmax(axis=0)
    index = np.arange(rows * columns).reshape(rows, columns)
    offset = np.array([dy * columns + dx for dy, dx in NEIGHBOURS])
    receiver = np.where(drop.max(axis=0) > 0.0, index + offset[steepest], -1).ravel().tolist()
    area = [1.0] * (rows * columns)
    for source in np.argsort(-surface, axis=None, kind="stable").tolist():
        target = receiver[source]
        if target >= 0:
            area[target] += area[source]
    return np.array(area, np.float32).reshape(rows, columns)


def drainage_statistics(height: NDArray[np.float32]) -> NDArray[np.float64]:
    """How a landscape drains, float64 [5]; `height` [rows, columns] over the spacing, at least 32 along an edge.

    share of sinks (its square root); depth of the fill over the mean slope; bend across channels (through which at
    least 64 vertices drain) over the mean bend; skewness of the bend; share of the land that is channel (its logarithm)
    """
    surface = filled(height)
    area = accumulation(surface)
    slope = np.hypot(*np.gradient(height)).mean() + 1e-6
    bend = _laplacian(height)
    spread = np.abs(bend).mean() + 1e-9
    channel = area[1:-1, 1:-1] >= 64.0
    channel_bend = bend[channel].mean() if channel.any() else 0.0
    skewness = ((bend - bend.mean()) ** 3).mean() / (bend.std() + 1e-9) ** 3
    return np.array(
        [
            np.sqrt(sinks(height)[1:-1, 1:-1].mean()),
            np.log(1e-3 + (surface - height).mean() / slope),
            channel_bend / spread,
            np.cbrt(skewness),
            np.log(1e-3 + channel.mean()),
        ]
    )


def _laplacian(height: NDArray[np.float32]) -> NDArray[np.float32]:
    inner = height[1:-1, 1:-1]
    return height[1:-1, 2:] + height[1:-1, :-2] + height[2:, 1:-1] + height[:-2, 1:-1] - 4.0 * inner


def _shifted(padded: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The eight neighbours of the inner vertices, in the order of NEIGHBOURS."""
    rows, columns = padded.shape
    return [padded[1 + dy : rows - 1 + dy, 1 + dx : columns - 1 + dx] for dy, dx in NEIGHBOURS]
