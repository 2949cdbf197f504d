"""Motion matching: play captured frames and jump to whichever fits wish and pose best. Many characters side by side.

After Clavet, "Motion Matching and the Road to Next-Gen Animation", GDC 2016, with the 27 features of Holden et al.,
"Learned Motion Matching", SIGGRAPH 2020 (section 3); jumps are smoothed by offsets that die away (inertialization). It
is the rival of MotionGen, and what shows the network how people change from one thing to another, which few takes do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.actions import ACTIONS, STYLES
from engine.motion.features import CONTACT, FEATURE_COUNT, PATH, POSITION, VELOCITY, GroundPath, advanced, poses_of
from engine.motion.output.foot_lock import SETTLES_S, FootLock, locked, nothing_held
from engine.motion.output.transition import settled
from engine.motion.pose import Poses
from engine.motion.skeleton import Float
from engine.motion.trajectory import RATE_HZ, WAY_COUNT, wished_way
from engine.training.motion.corpus import Take

TOES = (4, 8)
FEET = (
    *(POSITION.start + 3 * joint + axis for joint in TOES for axis in range(3)),
    *(VELOCITY.start + 3 * joint + axis for joint in TOES for axis in range(3)),
    *(VELOCITY.start + axis for axis in range(3)),
)
"""Features that make frames alike: places and velocities of the toes, velocity of the pelvis."""

PLACE_WEIGHT, DIRECTION_WEIGHT, FEET_WEIGHT = 1.0, 1.5, 0.75
SEARCHED_EVERY_FRAMES = 8
VARIANCE_MIN = 1e-4
LEFT_FRAMES_MIN = 12
"""Nobody jumps to where a take is about to end."""

JUMP_COST = 0.15
"""A jump must be better than going on by this, in squared standard deviations."""

ALSO_FITS = {"idle": ("turn",), "turn": ("idle",), "walk": ("turn",)}
WITHOUT_WAY = ("jump", "dance", "box", "signal", "laugh", "wave", "cheer")
"""Actions that go where their takes go: only the pose decides where they begin, and they are played to their end."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What characters [character] are told: velocity (x, z; m/s) and heading (radians) in the world, action, style."""

    velocity_mps: NDArray[Float]
    heading_rad: NDArray[Float]
    action: NDArray[np.int64]
    style: NDArray[np.int64]


@dataclass(slots=True)
class Players:
    """Where each of the characters is in the takes.

    frame   row of the database
    offset  float32 [character, 205], pace: what is added to the row's features, dying away
    path    world place and heading
    lock    of the feet
    """

    frame: NDArray[np.int64]
    offset: NDArray[Float]
    pace: NDArray[Float]
    path: GroundPath
    lock: FootLock
    told: NDArray[np.int64]


class MotionMatcher:
    """A database of takes; `begin` puts characters into it, `step` moves them by one frame of 30 Hz."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self.features = np.concatenate([take.features for take in takes])
        self.action = np.concatenate([take.action for take in takes])
        self.style = np.concatenate([np.full(len(take.action), take.style) for take in takes])
        self.left = np.concatenate([np.arange(len(take.action))[::-1] for take in takes])
        way = np.concatenate([take.way for take in takes])
        self._places = self._scaled(way[:, : WAY_COUNT // 2], PLACE_WEIGHT)
        self._directions = self._scaled(way[:, WAY_COUNT // 2 :], DIRECTION_WEIGHT)
        self._feet = self._scaled(self.features[:, FEET], FEET_WEIGHT)
        rows = [(way[:, : WAY_COUNT // 2], self._places), (way[:, WAY_COUNT // 2 :], self._directions)]
        rows.append((self.features[:, FEET], self._feet))
        self.matched = np.concatenate([(values * scale).astype(Float) for values, scale in rows], axis=1)
        self._candidates = {
            (action, style): self._allowed(action, style)
            for action in range(len(ACTIONS))
            for style in range(len(STYLES))
        }

    @staticmethod
    def _scaled(values: NDArray[Float], weight: float) -> Float:
        return Float(weight / np.sqrt(max(float(values.var(0).mean()), VARIANCE_MIN) * values.shape[1] / 6))

    def _allowed(self, action: int, style: int) -> NDArray[np.int64]:
        """Rows that somebody who does `action` may jump to; other styles where this one has none."""
        names = (ACTIONS[action], *ALSO_FITS.get(ACTIONS[action], ()))
        fits = np.isin(self.action, [ACTIONS.index(name) for name in names]) & (self.left >= LEFT_FRAMES_MIN)
        styled = np.flatnonzero(fits & (self.style == style))
        return styled if len(styled) > 30 else np.flatnonzero(fits)

    def begin(self, frames: NDArray[np.int64]) -> Players:
        """Characters at the world's origin, facing +Z, at these rows."""
        count = len(frames)
        still = [np.zeros((count, FEATURE_COUNT), Float) for _ in range(2)]
        path = GroundPath(np.zeros((count, 2), Float), np.zeros(count, Float))
        return Players(frames.copy(), still[0], still[1], path, nothing_held(count), np.full(count, -1, np.int64))

    def step(self, players: Players, wish: Wish, frame_number: int) -> Poses:
        """Move on by one frame; the poses [character]. `players` changes."""
        offset, pace = settled(players.offset, players.pace, 1 / RATE_HZ, SETTLES_S)
        shown = self.features[players.frame] + offset
        ends = self.left[players.frame] <= 1
        changed = wish.action != players.told
        follows = ~np.isin(wish.action, [ACTIONS.index(name) for name in WITHOUT_WAY])
        due = changed | ends | (follows & (frame_number % SEARCHED_EVERY_FRAMES == 0))
        target = np.where(ends, players.frame, players.frame + 1)
        if due.any():
            rows = np.flatnonzero(due)
            way = wished_way(players.path, shown[:, PATH], wish.velocity_mps, wish.heading_rad)
            found = self._search(rows, way, shown, wish, target, (changed | ends)[rows])
            jumps = found != target[rows]
            moved = rows[jumps]
            target[rows] = found
            offset[moved] = shown[moved] - self.features[np.maximum(found[jumps] - 1, 0)]
            pace[moved] = 0
        players.frame, players.offset, players.pace, players.told = target, offset, pace, wish.action.copy()
        features = self.features[target] + offset
        players.path = advanced(players.path, features[:, PATH], RATE_HZ)
        features[:, CONTACT] = self.features[target][:, CONTACT]
        poses, players.lock = locked(poses_of(features, players.path), players.lock, 1 / RATE_HZ)
        return poses

    def _search(
        self,
        rows: NDArray[np.int64],
        way: NDArray[Float],
        shown: NDArray[Float],
        wish: Wish,
        going_on: NDArray[np.int64],
        must: NDArray[np.bool_],
    ) -> NDArray[np.int64]:
        """Best row for each of `rows`; where it is not much better than going on, that."""
        half = WAY_COUNT // 2
        query = np.concatenate(
            (way[:, :half] * self._places, way[:, half:] * self._directions, shown[:, FEET] * self._feet), axis=1
        )[rows].astype(Float)
        best = going_on[rows].copy()
        keys = np.stack((wish.action[rows], wish.style[rows]), axis=1)
        for action, style in np.unique(keys, axis=0):
            group = np.flatnonzero((keys == (action, style)).all(1))
            columns = slice(WAY_COUNT, None) if ACTIONS[action] in WITHOUT_WAY else slice(None)
            candidates = self._candidates[(int(action), int(style))]
            known, asked = self.matched[candidates, columns], query[group, columns]
            cost = (known * known).sum(1) - 2 * asked @ known.T + (asked * asked).sum(1, keepdims=True)
            found = candidates[cost.argmin(1)]
            now = self.matched[going_on[rows[group]], columns] - asked
            stays = ~must[group] & (cost.min(1) > (now * now).sum(1) - JUMP_COST)
            best[group] = np.where(stays, best[group], found)
        return best
