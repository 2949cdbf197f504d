"""Poses as values: where the pelvis is, how every joint is turned, what touches the ground. And where joints are then.

One `Poses` holds one pose, a clip or a batch: leading axes are free. Rotations are quaternions x, y, z, w, as in glTF.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.skeleton import CONTACT_JOINTS, JOINT_COUNT, PELVIS, SKELETON, Float

UP_AXIS = 1
PARENTS = np.array(SKELETON.parents[1:])


def _levels() -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
    depth = [0] * JOINT_COUNT
    for joint in range(1, JOINT_COUNT):
        depth[joint] = depth[SKELETON.parents[joint]] + 1
    joints = [np.flatnonzero(np.array(depth) == level) for level in range(1, max(depth) + 1)]
    return tuple((level, np.array(SKELETON.parents)[level]) for level in joints)


LEVELS = _levels()
"""Joints of equal depth and their parents: a chain is walked in five steps instead of eighteen."""


@dataclass(frozen=True, slots=True)
class Poses:
    """One or many poses of `SKELETON`.

    root_m    float32 [..., 3]: the pelvis in world space, meters; the ground is y = 0
    rotation  float32 [..., 19, 4]: x, y, z, w relative to the parent joint; the pelvis's own is in world space
    contact   float32 [..., 4] in [0, 1]: how surely left ankle, left toe, right ankle, right toe stand on the ground
    """

    root_m: NDArray[Float]
    rotation: NDArray[Float]
    contact: NDArray[Float]

    def __post_init__(self) -> None:
        shape = self.root_m.shape[:-1]
        shapes = (self.root_m.shape, self.rotation.shape, self.contact.shape)
        if shapes != ((*shape, 3), (*shape, JOINT_COUNT, 4), (*shape, len(CONTACT_JOINTS))):
            raise ValueError(f"shapes {shapes}: not allowed; allowed: [..., 3], [..., {JOINT_COUNT}, 4], [..., 4]")

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes: () for one pose, (frames,) for a clip."""
        return self.root_m.shape[:-1]

    def __getitem__(self, key: int | slice | NDArray[np.integer]) -> "Poses":
        """Poses along the first leading axis."""
        return Poses(self.root_m[key], self.rotation[key], self.contact[key])

    def heading_rad(self) -> NDArray[Float]:
        """Where the pelvis faces [...]: 0 for +Z, positive towards +X (the character's left), in [-pi, pi]."""
        return heading_of(self.rotation[..., PELVIS, :])


def rest_poses(*shape: int) -> Poses:
    """The T-pose on the ground, [*shape]."""
    root = np.zeros((*shape, 3), Float)
    root[..., UP_AXIS] = SKELETON.rest_position_m()[PELVIS, UP_AXIS]
    return Poses(root, quaternions.identity(*shape, JOINT_COUNT), np.ones((*shape, len(CONTACT_JOINTS)), Float))


def heading_of(quaternion: NDArray[np.floating]) -> NDArray[Float]:
    """The direction on the ground that a rotation turns +Z to, as an angle [...] about +Y in radians.

    Where +Z is turned straight up or down it is the heading of +X minus a quarter turn, so that nothing jumps.
    """
    forward = quaternions.turned(quaternion, np.array((0, 0, 1), quaternion.dtype))
    side = quaternions.turned(quaternion, np.array((1, 0, 0), quaternion.dtype))
    level = forward[..., [0, 2]] + np.stack((-side[..., 2], side[..., 0]), -1)
    return np.asarray(np.arctan2(level[..., 0], level[..., 1]), Float)


def joint_rotations(rotation: NDArray[Float]) -> NDArray[Float]:
    """Rotations of all joints in world space, [..., 19, 4], from those relative to the parent."""
    world = np.empty_like(rotation)
    world[..., PELVIS, :] = rotation[..., PELVIS, :]
    for joints, parents in LEVELS:
        world[..., joints, :] = quaternions.multiplied(world[..., parents, :], rotation[..., joints, :])
    return world


def joint_positions(
    poses: Poses, rest_offset_m: NDArray[Float] | None = None, world: NDArray[Float] | None = None
) -> NDArray[Float]:
    """Where all joints are in world space: float32 [..., 19, 3] in meters.

    rest_offset_m  [19, 3] or [..., 19, 3] of a character with other proportions; `SKELETON`'s own if left out
    world          what `joint_rotations` gives for these poses, where that is known already
    """
    offset = SKELETON.rest_offset_m if rest_offset_m is None else np.asarray(rest_offset_m, Float)
    turned = joint_rotations(poses.rotation) if world is None else world
    position = np.empty((*poses.shape, JOINT_COUNT, 3), Float)
    position[..., PELVIS, :] = poses.root_m
    reach = quaternions.turned(turned[..., PARENTS, :], np.broadcast_to(offset, position.shape)[..., 1:, :])
    for joints, parents in LEVELS:
        position[..., joints, :] = position[..., parents, :] + reach[..., joints - 1, :]
    return position


def local_rotations(world: NDArray[Float]) -> NDArray[Float]:
    """Rotations relative to the parent [..., 19, 4] from those in world space; the inverse of `joint_rotations`."""
    local = np.empty_like(world)
    local[..., PELVIS, :] = world[..., PELVIS, :]
    local[..., 1:, :] = quaternions.multiplied(quaternions.inverse(world[..., PARENTS, :]), world[..., 1:, :])
    return local


def concatenated(first: Poses, second: Poses) -> Poses:
    """Both along the first leading axis."""
    return Poses(
        np.concatenate((first.root_m, second.root_m)),
        np.concatenate((first.rotation, second.rotation)),
        np.concatenate((first.contact, second.contact)),
    )
