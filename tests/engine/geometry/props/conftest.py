"""What every test of shapes asks: is a surface closed?"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

OpenEdges = Callable[[NDArray[np.floating], NDArray[np.integer]], int]


def count_open_edges(position: NDArray[np.floating], triangle: NDArray[np.integer]) -> int:
    """How many edges do not run as often one way as the other, once vertices in one place are welded."""
    _, place = np.unique(np.round(position.astype(np.float64) * 2e4).astype(np.int64), axis=0, return_inverse=True)
    corner = place.reshape(-1)[triangle.astype(np.int64)]
    edges = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    forward = edges[:, 0] < edges[:, 1]
    low, high = edges.min(axis=1), edges.max(axis=1)
    _, number = np.unique(low * (len(position) + 1) + high, return_inverse=True)
    return int(np.count_nonzero(np.bincount(number.reshape(-1), np.where(forward, 1, -1))))


@pytest.fixture(scope="session")
def open_edges() -> OpenEdges:
    return count_open_edges
