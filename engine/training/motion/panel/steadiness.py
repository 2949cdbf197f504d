"""Ten minutes of every action: whether poses stay as likely as captured ones."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.generators.motion.control import MotionControl
from engine.generators.motion.director import MotionDirector
from engine.motion.features import features_of, path_of
from engine.motion.pose import Poses
from engine.motion.trajectory import RATE_HZ
from engine.training.motion.corpus import Take
from engine.training.motion.panel.likelihood import PoseLikelihood, likelihoods
from engine.training.motion.panel.report import LongRollout

CHUNK_S = 10
SPEEDS_MPS = {
    ("walk", "mocap"): 1.3, ("walk", "stylized"): 1.4, ("run", "mocap"): 3.3, ("run", "stylized"): 4.5,
    ("crouch", "stylized"): 1.4, ("crawl", "stylized"): 0.7,
}  # fmt: skip
"""What each is asked for: the middle of what clips show."""

TURN_RAD_PER_S = 0.25
Tell = Callable[[str, int, int], None]


def long_rollouts(
    director: MotionDirector, real: Sequence[Take], minutes: float, tell: Tell
) -> tuple[LongRollout, ...]:
    """Every action and style that there are clips of, for `minutes`, side by side."""
    features = np.concatenate([take.features for take in real])
    action = np.concatenate([take.action for take in real])
    style = np.concatenate([np.full(len(take.action), take.style) for take in real])
    known = likelihoods(features, action, style)
    kinds = [kind for kind in known if kind[0] != "turn"]
    states = [director.begin(100 + row, kind[1]) for row, kind in enumerate(kinds)]
    frames = round(minutes * 60 * RATE_HZ)
    chunk = round(CHUNK_S * RATE_HZ)
    surprises: list[list[NDArray[np.float64]]] = [[] for _ in kinds]
    for first in range(0, frames, chunk):
        steps = [
            director.step(states, [_wandering(kind, frame) for kind in kinds])
            for frame in range(first, min(frames, first + chunk))
        ]
        for row, kind in enumerate(kinds):
            poses = Poses(
                *(np.stack([getattr(step, n)[row] for step in steps]) for n in ("root_m", "rotation", "contact"))
            )
            features = features_of(poses, path_of(poses, RATE_HZ), RATE_HZ)
            surprises[row].append(known[kind].surprise(features))
        tell("long rollouts", min(frames, first + chunk), frames)
    return tuple(
        _rollout(kind, known[kind], np.concatenate(found)) for kind, found in zip(kinds, surprises, strict=True)
    )


def _wandering(kind: tuple[str, str], frame: int) -> MotionControl:
    """A wish that goes round in large circles at the action's middle speed."""
    speed = SPEEDS_MPS.get(kind, 0.0)
    turn = frame / RATE_HZ * TURN_RAD_PER_S if speed else 0.0
    return MotionControl((speed * float(np.sin(turn)), speed * float(np.cos(turn))), turn, kind[0], kind[1])


def _rollout(kind: tuple[str, str], likelihood: PoseLikelihood, surprise: NDArray[np.float64]) -> LongRollout:
    minute = min(len(surprise) // 2, round(60 * RATE_HZ))
    settled = surprise[min(len(surprise) // 4, round(3 * RATE_HZ)) :]
    return LongRollout(
        *kind,
        likelihood.level,
        float(settled[:minute].mean()),
        float(surprise[-minute:].mean()),
        float((settled > likelihood.level).mean()),
    )
