"""The codebook that a generated motion is held by: mean moments of motion, and what followed them on average.

A network that feeds on its own frames can drift to where nobody ever was and stay there, such as a walk frozen in
mid-step. So a frame is drawn a little towards what followed the mean moments most like it: not at all near them, more
the farther away. This is the projector's task of Holden et al., "Learned Motion Matching", SIGGRAPH 2020 (section 4.3),
done with centroids (`engine/training/motion/codebook.py` learns them).
"""

import numpy as np
import torch
from numpy.typing import NDArray

from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import POSITION, VELOCITY
from engine.motion.skeleton import Float

MEASURED = slice(POSITION.start, VELOCITY.stop)
"""Features that say how alike two states are: places and velocities of all joints, normalized."""

WAY_WEIGHT = 2.0
"""Of a normalized number of the way beside one of the state."""

DRAWN_MAX = 0.3
"""Share of the way to what followed that a state is drawn in one frame, far from all centroids."""

FULL_FROM_RADII = 2.0
NEAREST_COUNT = 3
"""So many of the nearest centroids say together what follows, each by the inverse of its squared distance."""

SEARCHED = 32
"""Rows that are compared with the centroids at once."""


def measured(states: NDArray[Float], ways: NDArray[Float]) -> NDArray[Float]:
    """What is compared [row, number] of normalized states [row, feature] and ways [row, 12]."""
    return np.concatenate((states[:, MEASURED], ways * Float(WAY_WEIGHT)), axis=1)


def fitting_rows(kinds: torch.Tensor) -> torch.Tensor:
    """Which centroids of kinds [row, 2] hold somebody who does an action in a style: bool [action, style, row].

    Those of that action and style; of the action where the style has none. Actions without centroids are not held.
    """
    actions, styles = kinds[:, 0], kinds[:, 1]
    fits = torch.zeros(len(ACTIONS), len(STYLES), len(kinds), dtype=torch.bool)
    for action in range(len(ACTIONS)):
        for style in range(len(STYLES)):
            own = actions == action
            styled = own & (styles == style)
            fits[action, style] = styled if styled.any() else own
    return fits


class Nearest:
    """Finds the centroids [row, number] that are most like somebody, among those of kinds [row, 2] that hold him."""

    def __init__(self, centroids: torch.Tensor, kinds: torch.Tensor) -> None:
        fits = fitting_rows(kinds).flatten(0, 1)
        self._rows = [own.nonzero()[:, 0].numpy() for own in fits]
        self._columns = [centroids[own].t().contiguous() for own in fits]
        self._squares = [(centroids[own] * centroids[own]).sum(1) for own in fits]

    def __call__(
        self, seen: NDArray[Float], action: NDArray[np.integer], style: NDArray[np.integer]
    ) -> tuple[NDArray[Float], NDArray[np.int64]]:
        """Of what is compared [row, number]: squared distances [row, NEAREST_COUNT] and centroids, nearest first.

        Infinitely far is what does not hold who does this `action` in this `style` [row]. Products have SEARCHED rows,
        because those of another shape may round differently.
        """
        squared = np.full((len(seen), NEAREST_COUNT), np.inf, Float)
        found = np.zeros((len(seen), NEAREST_COUNT), np.int64)
        kind = action * len(STYLES) + style
        for each in sorted(set(kind.tolist())):
            if count := min(NEAREST_COUNT, len(self._rows[each])):
                members = np.flatnonzero(kind == each)
                for first in range(0, len(members), SEARCHED):
                    rows = members[first : first + SEARCHED]
                    asked = torch.zeros(SEARCHED, seen.shape[1])
                    asked[: len(rows)] = torch.from_numpy(seen[rows])
                    apart = torch.addmm(self._squares[each], asked, self._columns[each], alpha=-2)
                    least, nearest = apart[: len(rows)].topk(count, dim=1, largest=False)
                    own = (seen[rows] * seen[rows]).sum(1, keepdims=True)
                    squared[rows, :count] = np.maximum(least.numpy() + own, 0)
                    found[rows, :count] = self._rows[each][nearest.numpy()]
        return squared, found


def shares_of(squared_distance: NDArray[Float]) -> NDArray[Float]:
    """Shares [row, centroid] of centroids at squared distances: they add up to 1 where any is at a finite one."""
    weight = 1 / np.maximum(squared_distance, Float(1e-3))
    return np.asarray(weight / np.maximum(weight.sum(1, keepdims=True), Float(1e-12)), Float)


def drawn(
    states: NDArray[Float], followers: NDArray[Float], distance: NDArray[Float], radius: NDArray[Float]
) -> NDArray[Float]:
    """States [row, feature] drawn towards what follows [row, feature] centroids that lie at distances [row].

    The path's own movement is left as it is, and so is who is infinitely far from any centroid: nothing holds him.
    """
    known = np.isfinite(distance)
    beyond = np.clip((np.where(known, distance, 0) / radius - 1) / Float(FULL_FROM_RADII - 1), 0, 1)
    share = Float(DRAWN_MAX) * beyond[:, None]
    pulled = states + (followers - states) * share
    pulled[:, : POSITION.start] = states[:, : POSITION.start]
    return pulled.astype(Float)
