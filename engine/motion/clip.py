"""A clip: poses at a constant rate with a name and what they show; mirrored, resampled, cut."""

from dataclasses import dataclass, replace

import numpy as np

from engine.errors import InvalidRequestError
from engine.motion import quaternions
from engine.motion.pose import Poses
from engine.motion.skeleton import SKELETON, Float

RATE_MIN_HZ, RATE_MAX_HZ = 1.0, 480.0
FLIP = np.array((-1, 1, 1), Float)
FLIP_ROTATION = np.array((1, -1, -1, 1), Float)
"""A rotation's axis is a pseudovector: mirrored in x it keeps x and turns y and z round."""

FLIP_CONTACT = (2, 3, 0, 1)


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames of one take.

    name     of the take
    poses    [frame]; at least one
    rate_hz  frames per second
    label    what it shows, in a word; empty where nobody said
    style    "mocap" for captured, "stylized" for hand-made motion
    licence  of the take; empty where nobody said
    """

    name: str
    poses: Poses
    rate_hz: float
    label: str = ""
    style: str = "mocap"
    licence: str = ""

    def __post_init__(self) -> None:
        if not RATE_MIN_HZ <= self.rate_hz <= RATE_MAX_HZ:
            raise InvalidRequestError("rate_hz", self.rate_hz, f"{RATE_MIN_HZ} to {RATE_MAX_HZ}")
        if len(self.poses.shape) != 1 or not self.poses.shape[0]:
            raise InvalidRequestError("frames", self.poses.shape, "at least one frame")

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self.poses.shape[0]

    @property
    def duration_s(self) -> float:
        """From the first frame to the last one."""
        return (self.frame_count - 1) / self.rate_hz


def mirrored(clip: Clip) -> Clip:
    """Left and right exchanged, on the plane x = 0. Twice is the same clip, bit for bit."""
    return replace(clip, poses=mirrored_poses(clip.poses))


def mirrored_poses(poses: Poses) -> Poses:
    """Left and right exchanged, on the plane x = 0."""
    rotation = poses.rotation[..., list(SKELETON.mirrored), :] * FLIP_ROTATION
    return Poses(poses.root_m * FLIP, rotation, poses.contact[..., list(FLIP_CONTACT)])


def resampled(clip: Clip, rate_hz: float, speed: float = 1.0) -> Clip:
    """The same motion at another rate, `speed` times as fast; lasts from the first frame to the last one.

    Raises InvalidRequestError for a rate outside [1, 480] Hz or a speed outside [0.1, 10].
    """
    if not 0.1 <= speed <= 10:
        raise InvalidRequestError("speed", speed, "0.1 to 10")
    if not RATE_MIN_HZ <= rate_hz <= RATE_MAX_HZ:
        raise InvalidRequestError("rate_hz", rate_hz, f"{RATE_MIN_HZ} to {RATE_MAX_HZ}")
    step = clip.rate_hz * speed / rate_hz
    count = int(np.floor((clip.frame_count - 1) / step + 1e-6)) + 1
    return replace(clip, poses=sampled(clip.poses, np.arange(count) * step), rate_hz=float(rate_hz))


def repeated(clip: Clip, times: int) -> Clip:
    """A cycle, whose last frame is its first one further on, several times in a row.

    Raises InvalidRequestError for less than one or more than 1000 times.
    """
    if not 1 <= times <= 1000:
        raise InvalidRequestError("repeat", times, "1 to 1000")
    cycle = max(1, clip.frame_count - 1)
    rows = np.concatenate([np.arange(cycle)] * times + [np.arange(cycle, clip.frame_count)])
    rounds = np.concatenate(
        [np.full(cycle, turn) for turn in range(times)] + [np.full(clip.frame_count - cycle, times - 1)]
    )
    travel = (clip.poses.root_m[-1] - clip.poses.root_m[0]) * np.array((1, 0, 1), Float)
    poses = clip.poses[rows]
    root = (poses.root_m + rounds[:, None].astype(Float) * travel).astype(Float)
    return replace(clip, poses=Poses(root, poses.rotation, poses.contact))


def sampled(poses: Poses, at: np.ndarray) -> Poses:
    """Poses of a clip at fractional frames [time], linear in position and the short way round in rotation.

    Frames beyond either end are those at the end.
    """
    last = poses.shape[0] - 1
    place = np.clip(at, 0, last)
    before = np.minimum(np.floor(place).astype(np.int64), max(0, last - 1))
    return between(poses[before], poses[np.minimum(before + 1, last)], (place - before).astype(Float))


def between(first: Poses, second: Poses, share: np.ndarray) -> Poses:
    """Poses on the way from `first` (share 0, exactly) to `second` (share 1, exactly); `share` [...] as the poses."""
    weight = np.asarray(share, Float)
    rotation = quaternions.blended(first.rotation, second.rotation, weight[..., None, None])
    rotation = np.where(weight[..., None, None] == 0, first.rotation, rotation)
    rotation = np.where(weight[..., None, None] == 1, second.rotation, rotation)
    other, weight = 1 - weight[..., None], weight[..., None]
    return Poses(
        (first.root_m * other + second.root_m * weight).astype(Float),
        rotation.astype(Float),
        (first.contact * other + second.contact * weight).astype(Float),
    )
