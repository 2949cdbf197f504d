"""The same random wishes carried out by MotionGen, by motion matching and by clip playback, and how well each obeys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.generators.motion.control import MotionControl
from engine.generators.motion.director import MotionDirector
from engine.motion.actions import ACTIONS, LOCOMOTION, STYLES
from engine.motion.pose import Poses
from engine.motion.trajectory import RATE_HZ
from engine.training.motion.corpus import Take
from engine.training.motion.matching.matcher import MotionMatcher, Wish
from engine.training.motion.matching.scripts import RandomPlayer, known_actions
from engine.training.motion.panel.rivals import ClipPlayer

SETTLED_FRAMES = 30
"""A second after a wish has changed, what still differs from it is an error."""

SPEED_AVERAGED_FRAMES = 15
"""Walking bodies sway: speed and heading are judged over half a second."""

ARRIVED_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Played:
    """Sequences of one system.

    poses   per character, [frame]
    wishes  per frame
    """

    poses: tuple[Poses, ...]
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Obedience:
    """How wishes are followed, over locomotion only.

    velocity_mps  mean length of the difference of velocities, once settled
    heading_rad   mean difference of headings, once settled
    latency_s     median time until 90 % of a change of speed of at least 0.5 m/s is reached; 3 if it never is
    """

    velocity_mps: float
    heading_rad: float
    latency_s: float


def scripted(matcher: MotionMatcher, count: int, frames: int, seed: int, *, only_locomotion: bool) -> list[Wish]:
    """Wishes of `count` characters over the frames; they depend on no system that carries them out."""
    random = np.random.Generator(np.random.Philox(key=[seed, 7]))
    known = known_actions(matcher.action, matcher.style)
    player = RandomPlayer(random, count, known, LOCOMOTION if only_locomotion else ACTIONS)
    wishes: list[Wish] = []
    for frame in range(frames):
        heading = wishes[-1].heading_rad if wishes else np.zeros(count, np.float32)
        wishes.append(player.wish(frame, heading))
    return wishes


def played_by_director(director: MotionDirector, wishes: Sequence[Wish], seed: int) -> Played:
    """MotionGen's sequences."""
    count = len(wishes[0].action)
    states = [director.begin(seed + row, STYLES[int(wishes[0].style[row])]) for row in range(count)]
    return _played(lambda wish, _: director.step(states, controls_of(wish)), wishes)


def played_by_matching(matcher: MotionMatcher, wishes: Sequence[Wish], seed: int) -> Played:
    """Motion matching's sequences."""
    random = np.random.Generator(np.random.Philox(key=[seed, 11]))
    stands = np.flatnonzero((matcher.action == ACTIONS.index("idle")) & (matcher.left > RATE_HZ))
    players = matcher.begin(random.choice(stands, len(wishes[0].action)))
    return _played(lambda wish, frame: matcher.step(players, wish, frame), wishes)


def played_as_clips(takes: Sequence[Take], wishes: Sequence[Wish], seed: int) -> Played:
    """Sequences of clips played one after the other."""
    player = ClipPlayer(takes, len(wishes[0].action), seed)
    return _played(lambda wish, _: player.step(wish), wishes)


def controls_of(wish: Wish) -> list[MotionControl]:
    """Wishes as controls."""
    return [
        MotionControl(
            (float(wish.velocity_mps[row, 0]), float(wish.velocity_mps[row, 1])),
            float(wish.heading_rad[row]),
            ACTIONS[int(wish.action[row])],
            STYLES[int(wish.style[row])],
        )
        for row in range(len(wish.action))
    ]


def _played(step: Callable[[Wish, int], Poses], wishes: Sequence[Wish]) -> Played:
    frames = [step(wish, frame) for frame, wish in enumerate(wishes)]
    root, rotation, contact = (
        np.stack([getattr(poses, name) for poses in frames], axis=1) for name in ("root_m", "rotation", "contact")
    )
    poses = tuple(Poses(root[row], rotation[row], contact[row]) for row in range(len(root)))
    return Played(poses, tuple(wishes))


def obedience_of(played: Played) -> Obedience:
    """How well sequences follow their wishes."""
    velocity = np.stack([wish.velocity_mps for wish in played.wishes], axis=1)
    heading = np.stack([wish.heading_rad for wish in played.wishes], axis=1)
    action = np.stack([wish.action for wish in played.wishes], axis=1)
    speed_errors, heading_errors, latencies = [], [], []
    for row, poses in enumerate(played.poses):
        shown = averaged_velocity(poses)
        facing = _averaged_heading(poses)
        since = _frames_since_change(action[row], velocity[row])
        settled = (since >= SETTLED_FRAMES) & np.isin(action[row], [ACTIONS.index(name) for name in LOCOMOTION])
        wanted = _mean_over(velocity[row])
        speed_errors.append(np.linalg.norm(shown - wanted, axis=1)[settled])
        apart = np.abs(np.mod(facing - _mean_over(heading[row][:, None])[:, 0] + np.pi, 2 * np.pi) - np.pi)
        heading_errors.append(apart[settled])
        latencies += _latencies(np.linalg.norm(shown, axis=1), np.linalg.norm(velocity[row], axis=1), since)
    return Obedience(
        float(np.concatenate(speed_errors).mean()),
        float(np.concatenate(heading_errors).mean()),
        float(np.median(latencies)) if latencies else 0.0,
    )


def averaged_velocity(poses: Poses) -> NDArray[np.float64]:
    """(x, z) of the pelvis in m/s [frame, 2], averaged over half a second around each frame."""
    place = poses.root_m[:, (0, 2)].astype(np.float64)
    return _mean_over(np.gradient(place, axis=0) * RATE_HZ)


def _averaged_heading(poses: Poses) -> NDArray[np.float64]:
    heading = poses.heading_rad().astype(np.float64)
    mean = _mean_over(np.stack((np.sin(heading), np.cos(heading)), axis=1))
    return np.asarray(np.arctan2(mean[:, 0], mean[:, 1]))


def _mean_over(values: NDArray[np.floating]) -> NDArray[np.float64]:
    half = SPEED_AVERAGED_FRAMES // 2
    padded = np.pad(values.astype(np.float64), ((half, half), (0, 0)), mode="edge")
    sums = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0)
    return np.asarray((sums[SPEED_AVERAGED_FRAMES:] - sums[:-SPEED_AVERAGED_FRAMES]) / SPEED_AVERAGED_FRAMES)


def _frames_since_change(action: NDArray[np.int64], velocity: NDArray[np.floating]) -> NDArray[np.int64]:
    speed = np.linalg.norm(velocity, axis=1)
    changes = np.flatnonzero((np.diff(action) != 0) | (np.abs(np.diff(speed)) > 0.05)) + 1
    last = np.zeros(len(action), np.int64)
    last[changes] = changes
    return np.arange(len(action)) - np.maximum.accumulate(last)


def _latencies(shown: NDArray[np.float64], wanted: NDArray[np.float64], since: NDArray[np.int64]) -> list[float]:
    """Seconds from each change of speed that lasts a second and a half to its arrival."""
    found = []
    for frame in np.flatnonzero(since == 0)[1:]:
        end = int(frame + 3 * RATE_HZ)
        if frame < 1 or end > len(shown) or since[min(len(since) - 1, frame + 44)] < 44:
            continue
        before, change = shown[frame - 1], wanted[frame] - shown[frame - 1]
        if abs(change) < 0.5:
            continue
        arrived = np.flatnonzero((shown[frame:end] - before) / change >= ARRIVED_SHARE)
        found.append(float(arrived[0] / RATE_HZ) if len(arrived) else 3.0)
    return found
