"""Captured moments that a generated motion is held by: what somebody did next who stood like that and went that way.

A network that feeds on its own frames can drift to where nobody was ever captured and stay there, such as a walk frozen
in mid-step. So a frame is drawn a little towards what followed the most similar captured moment: not at all near
captured motion, more the farther away. This is the projector's task of Holden et al., "Learned Motion Matching",
SIGGRAPH 2020 (section 4.3), done with the frames themselves.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion.features import POSITION, VELOCITY
from engine.motion.skeleton import Float

MEASURED = slice(POSITION.start, VELOCITY.stop)
"""Features that say how alike two states are: places and velocities of all joints, normalized."""

WAY_WEIGHT = 2.0
"""Of a normalized number of the way beside one of the state."""

DRAWN_MAX = 0.3
"""Share of the way to what followed that a state is drawn in one frame, far from all captured moments."""

FULL_FROM_RADII = 2.0
RADIUS_QUANTILE, RADIUS_MIN = 0.9, 2.0


def measured(states: NDArray[Float], ways: NDArray[Float]) -> NDArray[Float]:
    """What is compared [row, number] of normalized states [row, feature] and ways [row, 12]."""
    return np.concatenate((states[:, MEASURED], ways * Float(WAY_WEIGHT)), axis=1)


def spread_rows(seen: NDArray[Float], count: int) -> NDArray[np.int64]:
    """`count` rows of [row, number] that lie well apart: each next one is the farthest from those before."""
    values = seen.astype(np.float64)
    chosen = [0]
    distance = ((values - values[0]) ** 2).sum(1)
    while len(chosen) < min(count, len(values)):
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, ((values - values[chosen[-1]]) ** 2).sum(1))
    return np.array(chosen)


def radius_of(chosen: NDArray[Float], seen: NDArray[Float]) -> float:
    """How far nearly all of the rows `seen` lie from the nearest of the `chosen` ones."""
    values, known = seen.astype(np.float64), chosen.astype(np.float64)
    squared = (values**2).sum(1)[:, None] + (known**2).sum(1)[None] - 2 * values @ known.T
    distance = np.sqrt(np.maximum(squared.min(1), 0))
    return max(float(np.quantile(distance, RADIUS_QUANTILE)), RADIUS_MIN)


def drawn(
    states: NDArray[Float], followers: NDArray[Float], distance: NDArray[Float], radius: NDArray[Float]
) -> NDArray[Float]:
    """States [row, feature] drawn towards what followed the moments [row, feature] that lie at distances [row].

    The path's own movement is left as it is, and so is who is infinitely far from any moment: nothing holds him.
    """
    known = np.isfinite(distance)
    beyond = np.clip((np.where(known, distance, 0) / radius - 1) / Float(FULL_FROM_RADII - 1), 0, 1)
    share = Float(DRAWN_MAX) * beyond[:, None]
    pulled = states + (followers - states) * share
    pulled[:, : POSITION.start] = states[:, : POSITION.start]
    return pulled.astype(Float)
