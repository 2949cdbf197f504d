"""Motion made by motion matching under random wishes: how people change from one action to another, hours of it."""

from collections.abc import Callable, Sequence

import numpy as np

from engine.motion.actions import ACTIONS, STYLES
from engine.motion.clip import Clip
from engine.motion.pose import Poses
from engine.motion.trajectory import RATE_HZ
from engine.training.motion.corpus import Take, take_of
from engine.training.motion.matching.matcher import MotionMatcher
from engine.training.motion.matching.scripts import RandomPlayer, known_actions

SECONDS_PER_SEQUENCE = 60
SIDE_BY_SIDE = 128
SETTLING_FRAMES = 15
"""The beginning of a sequence, while feet find their hold, is thrown away."""


def stitched_takes(
    takes: Sequence[Take], minutes: float, seed: int, progress: Callable[[int, int], None] | None = None
) -> list[Take]:
    """At least `minutes` of motion with the wished action of every frame; sequences of a minute, 128 side by side."""
    if minutes <= 0:
        return []
    matcher = MotionMatcher(takes)
    frames = round(SECONDS_PER_SEQUENCE * RATE_HZ)
    made: list[Take] = []
    wanted = int(np.ceil(minutes * 60 / SECONDS_PER_SEQUENCE))
    while len(made) < wanted:
        count = min(SIDE_BY_SIDE, wanted - len(made))
        random = np.random.Generator(np.random.Philox(key=[seed, len(made)]))
        made += _sequences(matcher, random, count, frames, len(made))
        if progress is not None:
            progress(len(made), wanted)
    return made


def _sequences(matcher: MotionMatcher, random: np.random.Generator, count: int, frames: int, first: int) -> list[Take]:
    player = RandomPlayer(random, count, known_actions(matcher.action, matcher.style))
    stands = (matcher.action == ACTIONS.index("idle")) & (matcher.left > RATE_HZ)
    players = matcher.begin(random.choice(np.flatnonzero(stands), count))
    poses, actions = [], []
    style = np.zeros(count, np.int64)
    for frame in range(frames):
        wish = player.wish(frame, players.path.heading_rad)
        poses.append(matcher.step(players, wish, frame))
        actions.append(wish.action)
        style = wish.style
    action = np.stack(actions)[SETTLING_FRAMES:]
    root, rotation, contact = (
        np.stack([getattr(pose, name) for pose in poses])[SETTLING_FRAMES:]
        for name in ("root_m", "rotation", "contact")
    )
    return [
        take_of(
            Clip(
                f"stitched {first + row}",
                Poses(root[:, row], rotation[:, row], contact[:, row]),
                RATE_HZ,
                style=STYLES[int(style[row])],
            ),
            action[:, row],
        )
        for row in range(count)
    ]
