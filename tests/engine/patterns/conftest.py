from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.patterns import render_pattern
from engine.requests.texture import Pattern

CountCells = Callable[[Pattern], int]


def torus_components(body: NDArray[np.bool_]) -> int:
    """Connected components of a tile that wraps, counted on the tile with its neighbours' edges joined."""
    count, labels = cv2.connectedComponents(body.astype(np.uint8), connectivity=4)
    groups = {label: {label} for label in range(1, count)}
    for first, last in ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1])):
        for one, other in zip(first.tolist(), last.tolist(), strict=True):
            if one and other and groups[one] is not groups[other]:
                merged = groups[one] | groups[other]
                for label in merged:
                    groups[label] = merged
    return len({id(group) for group in groups.values()})


@pytest.fixture
def count_cells() -> CountCells:
    """Number of bodies between the joints of a pattern on the torus."""

    def count(pattern: Pattern) -> int:
        return torus_components(render_pattern(pattern, 3, 512).edge_distance > 0.12)

    return count
