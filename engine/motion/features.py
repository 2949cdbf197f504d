"""What a network sees of a pose, and the way on the ground that it is told in.

The *path* is the pelvis's track smoothed over a quarter of a second: place (x, z) and heading per frame. A frame's
features are told from the path's place and heading, so that walking north is walking east:

    3      how the path moved since the frame before: sideways, forward (m/s, in the frame before), turn (rad/s)
    57     positions of all joints, meters
    57     their velocities, m/s
    84     rotations of the 14 joints that have children, as six numbers; the pelvis relative to the heading
    4      contacts
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.pose import Poses, heading_of, joint_positions
from engine.motion.skeleton import JOINT_COUNT, PELVIS, SKELETON, Float

TURNING = tuple(joint for joint in range(JOINT_COUNT) if joint in SKELETON.parents)
"""Joints with children: the others' rotations move nothing and are always the identity."""

PATH = slice(0, 3)
POSITION = slice(3, 60)
VELOCITY = slice(60, 117)
ROTATION = slice(117, 117 + 6 * len(TURNING))
CONTACT = slice(ROTATION.stop, ROTATION.stop + 4)
FEATURE_COUNT = CONTACT.stop

PLACE_SMOOTHED_S, HEADING_SMOOTHED_S = 0.20, 0.25
"""Standard deviations of the smoothing."""


@dataclass(frozen=True, slots=True)
class GroundPath:
    """Where a clip goes: float32 `place_m` [..., 2] (x, z) and `heading_rad` [...], unwrapped within a clip."""

    place_m: NDArray[Float]
    heading_rad: NDArray[Float]


def path_of(poses: Poses, rate_hz: float) -> GroundPath:
    """The path of a clip [frame]."""
    heading = np.unwrap(heading_of(poses.rotation[:, PELVIS]).astype(np.float64))
    place = poses.root_m[:, [0, 2]].astype(np.float64)
    return GroundPath(
        smoothed(place, PLACE_SMOOTHED_S * rate_hz).astype(Float),
        smoothed(heading[:, None], HEADING_SMOOTHED_S * rate_hz)[:, 0].astype(Float),
    )


def smoothed(values: NDArray[np.float64], deviation_frames: float) -> NDArray[np.float64]:
    """Gaussian smoothing along the first axis; beyond the ends a clip goes on as it was going."""
    reach = int(np.ceil(3 * deviation_frames))
    if len(values) < 2 or reach < 1:
        return values
    ramp = np.arange(1, reach + 1)[:, None]
    near = min(len(values) - 1, reach)
    first, last = (values[near] - values[0]) / near, (values[-1] - values[-1 - near]) / near
    padded = np.concatenate((values[0] - first * ramp[::-1], values, values[-1] + last * ramp))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation_frames) ** 2)
    kernel /= kernel.sum()
    return np.stack([np.convolve(padded[:, axis], kernel, mode="valid") for axis in range(values.shape[1])], axis=-1)


def features_of(poses: Poses, path: GroundPath, rate_hz: float) -> NDArray[Float]:
    """Features float32 [frame, 205] of a clip; the first frame's velocities are those of the second."""
    frames = poses.shape[0]
    unturn = quaternions.about_axis(1, -path.heading_rad)
    position = joint_positions(poses)
    velocity = np.zeros_like(position)
    movement = np.zeros((frames, 3), Float)
    if frames > 1:
        velocity[1:] = np.diff(position, axis=0) * Float(rate_hz)
        velocity[0] = velocity[1]
        movement[1:, :2] = unturned(np.diff(path.place_m, axis=0), path.heading_rad[:-1]) * Float(rate_hz)
        movement[1:, 2] = np.diff(path.heading_rad) * Float(rate_hz)
        movement[0] = movement[1]
    local = position.copy()
    local[..., 0] -= path.place_m[:, None, 0]
    local[..., 2] -= path.place_m[:, None, 1]
    rotation = poses.rotation[:, TURNING].copy()
    rotation[:, 0] = quaternions.multiplied(unturn, rotation[:, 0])
    return np.concatenate(
        (
            movement,
            quaternions.turned(unturn[:, None], local).reshape(frames, -1),
            quaternions.turned(unturn[:, None], velocity).reshape(frames, -1),
            quaternions.to_six(rotation).reshape(frames, -1),
            poses.contact,
        ),
        axis=-1,
    ).astype(Float)


def poses_of(features: NDArray[Float], path: GroundPath) -> Poses:
    """The inverse of `features_of` for features [..., 205] told from `path`."""
    shape = features.shape[:-1]
    turn = quaternions.about_axis(1, path.heading_rad)
    root = quaternions.turned(turn, features[..., POSITION.start : POSITION.start + 3])
    root[..., 0] += path.place_m[..., 0]
    root[..., 2] += path.place_m[..., 1]
    six = features[..., ROTATION].reshape(*shape, len(TURNING), 6)
    rotation = quaternions.identity(*shape, JOINT_COUNT)
    rotation[..., TURNING, :] = quaternions.from_six(six)
    rotation[..., PELVIS, :] = quaternions.multiplied(turn, rotation[..., PELVIS, :])
    return Poses(root.astype(Float), rotation, np.clip(features[..., CONTACT], 0, 1).astype(Float))


def advanced(path: GroundPath, movement: NDArray[Float], rate_hz: float) -> GroundPath:
    """The path one frame later for movements [..., 3] as in the features."""
    step = turned_on_ground(movement[..., :2], path.heading_rad) / Float(rate_hz)
    return GroundPath(path.place_m + step, path.heading_rad + movement[..., 2] / Float(rate_hz))


def turned_on_ground(vector: NDArray[Float], heading_rad: NDArray[Float]) -> NDArray[Float]:
    """(sideways, forward) [..., 2] of somebody who faces `heading_rad` [...] as (x, z)."""
    sine, cosine = np.sin(heading_rad), np.cos(heading_rad)
    x, z = vector[..., 0], vector[..., 1]
    return np.stack((cosine * x + sine * z, cosine * z - sine * x), axis=-1)


def unturned(vector: NDArray[Float], heading_rad: NDArray[Float]) -> NDArray[Float]:
    """(x, z) [..., 2] as (sideways, forward) of somebody who faces `heading_rad` [...]."""
    return turned_on_ground(vector, -heading_rad)
