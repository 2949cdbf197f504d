"""Random wishes, as a restless player would have them: what to do, how fast, where to, for a few seconds each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.motion.actions import ACTIONS, STYLES
from engine.motion.skeleton import Float
from engine.motion.trajectory import RATE_HZ
from engine.training.motion.matching.matcher import Wish

SPEEDS_MPS = {
    ("walk", 0): (0.6, 1.9),
    ("walk", 1): (0.6, 2.0),
    ("run", 0): (2.6, 3.7),
    ("run", 1): (3.5, 6.0),
    ("crouch", 1): (0.0, 2.4),
    ("crawl", 1): (0.5, 0.9),
}
SECONDS = {
    "jump": (1.5, 3.5),
    "dance": (4.0, 9.0),
    "box": (3.0, 7.0),
    "signal": (3.0, 8.0),
    "laugh": (3.0, 6.0),
    "wave": (2.0, 5.0),
    "cheer": (2.0, 5.0),
}
SHARES = {
    "idle": 3.0, "walk": 5.0, "run": 4.0, "turn": 2.0, "crouch": 1.2, "crawl": 0.5,
    "jump": 1.2, "dance": 1.0, "box": 0.7, "signal": 0.7, "laugh": 0.4, "wave": 0.6, "cheer": 0.4,
}  # fmt: skip
STYLIZED_SHARE = 0.3
BACKWARD_SHARE, SIDEWAYS_SHARE = 0.1, 0.1


def known_actions(action: NDArray[np.int64], style: NDArray[np.int64]) -> NDArray[np.bool_]:
    """What there is to see [action, style] among frames with these numbers [frame]: at least a second of it."""
    known = np.zeros((len(ACTIONS), len(STYLES)), bool)
    for number in range(len(ACTIONS)):
        for kind in range(len(STYLES)):
            known[number, kind] = ((action == number) & (style == kind)).sum() >= RATE_HZ
    return known


class RandomPlayer:
    """Draws wishes for `count` characters; `wish` gives those of a frame, in the order of frames."""

    def __init__(
        self,
        random: np.random.Generator,
        count: int,
        known: NDArray[np.bool_],
        actions: Sequence[str] = ACTIONS,
    ) -> None:
        """`known` [action, style]: what there is to see; only `actions` are wished for."""
        self._random = random
        self._known = known & np.isin(ACTIONS, list(actions))[:, None]
        style = (random.random(count) < STYLIZED_SHARE).astype(np.int64)
        self._wish = Wish(np.zeros((count, 2), Float), np.zeros(count, Float), np.zeros(count, np.int64), style)
        self._until = random.integers(15, 60, count)
        self._spin = np.zeros(count, Float)
        self._speed = np.zeros(count, Float)
        self._aside = np.zeros(count, Float)

    def wish(self, frame: int, heading_rad: NDArray[Float]) -> Wish:
        """What is wished at a frame by characters that face `heading_rad`."""
        for row in np.flatnonzero(self._until <= frame):
            self._draw(int(row), frame, float(heading_rad[row]))
        self._wish.heading_rad[:] += self._spin / Float(RATE_HZ)
        direction = self._wish.heading_rad + self._aside
        self._wish.velocity_mps[:] = self._speed[:, None] * np.stack((np.sin(direction), np.cos(direction)), axis=1)
        wish = self._wish
        return Wish(wish.velocity_mps.copy(), wish.heading_rad.copy(), wish.action.copy(), wish.style.copy())

    def _draw(self, row: int, frame: int, heading_rad: float) -> None:
        random, style = self._random, int(self._wish.style[row])
        shares = np.array([SHARES[name] * self._known[index, style] for index, name in enumerate(ACTIONS)])
        action = int(random.choice(len(ACTIONS), p=shares / shares.sum()))
        name = ACTIONS[action]
        low, high = SECONDS.get(name, (1.0, 4.5))
        self._until[row] = frame + int(random.uniform(low, high) * RATE_HZ)
        low, high = SPEEDS_MPS.get((name, style), (0.0, 0.0))
        self._speed[row] = random.uniform(low, high)
        self._spin[row], self._aside[row] = 0, 0
        turn = 0.0
        if name == "turn":
            turn = float(random.choice((-1, 1)) * random.uniform(0.8, np.pi))
        elif name not in ("idle", "jump", "dance", "box", "signal", "laugh", "wave", "cheer"):
            turn = float(random.normal() * 0.9)
            if random.random() < 0.35:
                self._spin[row] = random.normal() * 0.6
            draw = random.random()
            if draw < BACKWARD_SHARE and name == "walk":
                self._aside[row], self._speed[row] = np.pi, min(float(self._speed[row]), 1.3)
            elif draw < BACKWARD_SHARE + SIDEWAYS_SHARE and name == "run" and style == 1:
                self._aside[row] = random.choice((-1, 1)) * np.pi / 2
        self._wish.action[row] = action
        self._wish.heading_rad[row] = heading_rad + turn
