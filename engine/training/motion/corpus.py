"""The clips that MotionGen learns from: chosen by label, mirrored, bent and warped in time; an action per frame.

Captured walks are nearly straight and captured runs are few, so walks, runs, crouching and crawling are also told along
bent paths and at other speeds. All feet are locked after that, so what is learned does not slide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.motion import quaternions
from engine.motion.actions import ACTION_OF_LABEL, ACTIONS, STYLES
from engine.motion.clip import Clip, mirrored, resampled
from engine.motion.features import (
    CONTACT,
    PATH,
    POSITION,
    GroundPath,
    advanced,
    features_of,
    path_of,
    poses_of,
)
from engine.motion.output.foot_lock import locked, nothing_held
from engine.motion.pose import Poses
from engine.motion.skeleton import CHEST, NECK, REST_PELVIS_HEIGHT_M, Float
from engine.motion.trajectory import RATE_HZ, way_of

SECONDS_MAX = {"idle": 260.0, "dance": 300.0, "laugh": 60.0, "signal": 160.0}
"""Of what there is more than enough, only so much is taken."""

BENT = ("walk", "run", "crouch", "crawl")
BENDS_RAD_PER_S = (-1.0, -0.45, 0.45, 1.0)
WARPS = (0.85, 1.18)
STANDING_MIN = 0.85
"""Share of the rest pose's pelvis height above which somebody stands."""

UPRIGHT_MIN_M = 0.2
"""The chest of somebody who stands is at least so far above the pelvis."""

EVEN_RANGE_M = 0.22
"""A walk whose pelvis rises by more goes over uneven ground and is left out."""

NECK_COSINE_MIN = 0.7
"""Of half the neck's turn: beyond 90 degrees the take was retargeted badly."""

FRAMES_MIN = 24


@dataclass(frozen=True, slots=True)
class Take:
    """One clip as it is learned from, all at 30 Hz.

    features  float32 [frame, 205]
    way       float32 [frame, 12]
    action    int64 [frame], an index of ACTIONS
    style     an index of STYLES
    """

    name: str
    features: NDArray[Float]
    way: NDArray[Float]
    action: NDArray[np.int64]
    style: int


def chosen_clips(clips: Iterable[Clip]) -> list[Clip]:
    """Clips with a known label on even ground at 30 Hz, at most SECONDS_MAX per action and style, labels as actions.

    Raises DataError if nothing is left.
    """
    seconds: dict[tuple[str, str], float] = {}
    chosen: list[Clip] = []
    for clip in clips:
        action = clip.label if clip.label in ACTIONS else ACTION_OF_LABEL.get(clip.label)
        if action is None or clip.style not in STYLES or clip.frame_count < FRAMES_MIN:
            continue
        if action == "walk" and float(np.ptp(clip.poses.root_m[:, 1])) > EVEN_RANGE_M and clip.style == "mocap":
            continue
        if float(np.abs(clip.poses.rotation[:, NECK, 3]).min()) < NECK_COSINE_MIN:
            continue
        key = (action, clip.style)
        if seconds.get(key, 0.0) + clip.duration_s > SECONDS_MAX.get(action, np.inf):
            continue
        seconds[key] = seconds.get(key, 0.0) + clip.duration_s
        even = clip if clip.rate_hz == RATE_HZ else resampled(clip, RATE_HZ)
        chosen.append(replace(even, label=action))
    if not chosen:
        raise DataError(f"no clip has a label among {', '.join(sorted(ACTION_OF_LABEL))}")
    return chosen


def variants(clips: Sequence[Clip]) -> list[Clip]:
    """The clips, bent and warped ones of those that go somewhere, and all their mirror images."""
    told: list[Clip] = []
    for clip in clips:
        told.append(clip)
        if clip.label in BENT:
            told += [replace(bent(clip, bend), name=f"{clip.name} bent {bend}") for bend in BENDS_RAD_PER_S]
            told += [replace(resampled(clip, RATE_HZ, warp), name=f"{clip.name} x{warp}") for warp in WARPS]
    return told + [replace(mirrored(clip), name=f"{clip.name} mirrored") for clip in told]


def bent(clip: Clip, turn_rad_per_s: float) -> Clip:
    """The same steps along a path that turns by so much more; feet slide a little until they are locked."""
    path = path_of(clip.poses, clip.rate_hz)
    features = features_of(clip.poses, path, clip.rate_hz)
    features[:, 2] += Float(turn_rad_per_s)
    here = GroundPath(path.place_m[0], path.heading_rad[0])
    places, headings = [here.place_m], [here.heading_rad]
    for frame in range(1, clip.frame_count):
        here = advanced(here, features[frame, PATH], clip.rate_hz)
        places.append(here.place_m)
        headings.append(here.heading_rad)
    return replace(clip, poses=poses_of(features, GroundPath(np.stack(places), np.array(headings, Float))))


def foot_locked(clips: Sequence[Clip]) -> list[Clip]:
    """Clips of one rate with their feet locked, side by side."""
    order = sorted(range(len(clips)), key=lambda index: -clips[index].frame_count)
    done: list[list[Poses]] = [[] for _ in clips]
    memory = nothing_held(len(clips))
    for frame in range(clips[order[0]].frame_count):
        alive = [index for index in order if clips[index].frame_count > frame]
        rows = len(alive)
        memory.held, memory.point = memory.held[:rows], memory.point[:rows]
        memory.offset, memory.pace = memory.offset[:rows], memory.pace[:rows]
        now = [clips[index].poses[frame] for index in alive]
        poses, memory = locked(_together(now), memory, 1 / clips[0].rate_hz)
        for row, index in enumerate(alive):
            done[index].append(poses[row])
    return [replace(clip, poses=_together(frames)) for clip, frames in zip(clips, done, strict=True)]


def _together(poses: Sequence[Poses]) -> Poses:
    return Poses(
        np.stack([pose.root_m for pose in poses]),
        np.stack([pose.rotation for pose in poses]),
        np.stack([pose.contact for pose in poses]),
    )


def take_of(clip: Clip, action: NDArray[np.int64] | None = None) -> Take:
    """A clip as features; without `action` it is the clip's label, and slow sharp turns count as `turn`."""
    rotation = quaternions.continuous(clip.poses.rotation).astype(Float)
    poses = Poses(clip.poses.root_m, rotation, clip.poses.contact)
    path = path_of(poses, clip.rate_hz)
    features = features_of(poses, path, clip.rate_hz)
    if action is None:
        action = np.full(clip.frame_count, ACTIONS.index(clip.label), np.int64)
        if clip.label in ("idle", "walk", "signal"):
            action = np.where(turning(features), ACTIONS.index("turn"), action)
    return Take(clip.name, features, way_of(path), action, STYLES.index(clip.style))


def turning(features: NDArray[Float]) -> NDArray[np.bool_]:
    """Frames [frame] at which somebody stands and turns, with a margin of a third of a second."""
    slow = np.linalg.norm(features[:, :2], axis=1) < 0.5
    stands = features[:, POSITION.start + 1] > STANDING_MIN * REST_PELVIS_HEIGHT_M
    upright = features[:, POSITION.start + 3 * CHEST + 1] - features[:, POSITION.start + 1] > UPRIGHT_MIN_M
    turns = slow & stands & upright & (np.abs(features[:, 2]) > 0.8) & (features[:, CONTACT].max(1) > 0.5)
    return np.convolve(turns, np.ones(21), mode="same") > 0
