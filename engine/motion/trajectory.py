"""Where a character will be: the way ahead that a network is asked for, of real clips and of wishes.

A *way* is 12 numbers: places 10, 20 and 30 frames ahead (sideways, forward; meters) as the path's frame sees them, then
for the same frames the sine and cosine of how far the heading will have turned. Frames are those of 30 Hz.
"""

import numpy as np
from numpy.typing import NDArray

from engine.motion.features import GroundPath, turned_on_ground, unturned
from engine.motion.skeleton import Float

RATE_HZ = 30.0
AHEAD_FRAMES = (10, 20, 30)
WAY_COUNT = 4 * len(AHEAD_FRAMES)
LAG_MAX_M, LAG_FULL_FROM_MPS = 0.4, 0.5
"""Networks that learned from averages are a little slow: what they lose against the wish they are asked to make up."""

VELOCITY_SETTLES_S, HEADING_SETTLES_S = 0.30, 0.35
"""Time in which a difference falls to 1/e: what a person needs to change speed and to turn, roughly."""


def way_of(path: GroundPath) -> NDArray[Float]:
    """The ways float32 [frame, 12] of a clip's path at 30 Hz; beyond its end it goes on as it went at last."""
    frames = len(path.heading_rad)
    ahead = AHEAD_FRAMES[-1]
    tail = min(frames - 1, 8)
    speed = (path.place_m[-1] - path.place_m[-1 - tail]) / max(1, tail)
    spin = (path.heading_rad[-1] - path.heading_rad[-1 - tail]) / max(1, tail)
    steps = np.arange(1, ahead + 1)
    place = np.concatenate((path.place_m, path.place_m[-1] + steps[:, None] * speed))
    heading = np.concatenate((path.heading_rad, path.heading_rad[-1] + steps * spin))
    now = np.arange(frames)
    places = [unturned(place[now + step] - path.place_m, path.heading_rad) for step in AHEAD_FRAMES]
    turns = [heading[now + step] - path.heading_rad for step in AHEAD_FRAMES]
    return _way(places, turns)


def wished_way(
    path: GroundPath,
    movement: NDArray[Float],
    velocity_mps: NDArray[Float],
    heading_rad: NDArray[Float],
    lag_m: NDArray[np.floating] | None = None,
) -> NDArray[Float]:
    """Ways float32 [..., 12] from how characters move to how they are wished to.

    movement      [..., 3] as in the features: sideways, forward (m/s), turn (rad/s; not used)
    velocity_mps  wished, [..., 2] (x, z) in world space
    heading_rad   wished, [...]; turns the short way round
    lag_m         [..., 2] (x, z) in world space: from where they are to where they should be; it is made up on the way
    """
    wished = unturned(velocity_mps, path.heading_rad)
    turn = np.mod(heading_rad - path.heading_rad + np.pi, 2 * np.pi) - np.pi
    behind = unturned(lag_m, path.heading_rad) if lag_m is not None else np.zeros_like(wished)
    places, turns = [], []
    for step in AHEAD_FRAMES:
        time = step / RATE_HZ
        left = VELOCITY_SETTLES_S * (1 - np.exp(-time / VELOCITY_SETTLES_S))
        places.append(behind + wished * time + (movement[..., :2] - wished) * left)
        turns.append(turn * (1 - np.exp(-time / HEADING_SETTLES_S)))
    return _way(places, turns)


def lag_after(
    lag_m: NDArray[np.floating], velocity_mps: NDArray[Float], moved_m: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The lag [..., 2] a frame later of those who were wished to go at `velocity_mps` and have moved by `moved_m`.

    Nobody lags by more than LAG_MAX_M, and whoever is wished to stand still makes up for nothing.
    """
    lag = lag_m + velocity_mps / RATE_HZ - moved_m
    speed = np.sqrt((velocity_mps * velocity_mps).sum(-1, keepdims=True))
    most = LAG_MAX_M * np.minimum(1, speed / LAG_FULL_FROM_MPS)
    length = np.maximum(np.sqrt((lag * lag).sum(-1, keepdims=True)), 1e-9)
    return np.asarray(lag * np.minimum(1, most / length), np.float64)


def seen_from(way: NDArray[Float], turn_rad: NDArray[Float]) -> NDArray[Float]:
    """The same ways [..., 12] for characters that face `turn_rad` [...] further round."""
    count = 2 * len(AHEAD_FRAMES)
    places = way[..., :count].reshape(*way.shape[:-1], -1, 2)
    directions = way[..., count:].reshape(*way.shape[:-1], -1, 2)
    turn = np.asarray(turn_rad)[..., None]
    return np.concatenate(
        (
            turned_on_ground(places, -turn).reshape(*way.shape[:-1], -1),
            unturned(directions, turn).reshape(*way.shape[:-1], -1),
        ),
        axis=-1,
    ).astype(Float)


def _way(places: list[NDArray[Float]], turns: list[NDArray[Float]]) -> NDArray[Float]:
    directions = [np.stack((np.sin(turn), np.cos(turn)), axis=-1) for turn in turns]
    return np.concatenate((*places, *directions), axis=-1).astype(Float)
