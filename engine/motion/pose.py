"""Poses as values: where the pelvis is, how every joint is turned, what touches the ground. And where joints are then.

One `Poses` holds one pose, a clip or a batch: leading axes are free. Rotations are quaternions x, y, z, w, as in glTF.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.skeleton import CONTACT_JOINTS, JOINT_COUNT, PELVIS, SKELETON, Float

UP_AXIS = 1


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
    return np.arctan2(level[..., 0], level[..., 1]).astype(Float)


def joint_rotations(rotation: NDArray[Float]) -> NDArray[Float]:
    """Rotations of all joints in world space, [..., 19, 4], from those relative to the parent."""
    turned = [rotation[..., PELVIS, :]]
    for joint in range(1, JOINT_COUNT):
        turned.append(quaternions.multiplied(turned[SKELETON.parents[joint]], rotation[..., joint, :]).astype(Float))
    return np.stack(turned, axis=-2)


def joint_positions(poses: Poses, rest_offset_m: NDArray[Float] | None = None) -> NDArray[Float]:
    """Where all joints are in world space: float32 [..., 19, 3] in meters.

    rest_offset_m  [19, 3] or [..., 19, 3] of a character with other proportions; `SKELETON`'s own if left out
    """
    offset = SKELETON.rest_offset_m if rest_offset_m is None else np.asarray(rest_offset_m, Float)
    world = joint_rotations(poses.rotation)
    position = [poses.root_m]
    for joint in range(1, JOINT_COUNT):
        parent = SKELETON.parents[joint]
        reach = quaternions.turned(world[..., parent, :], offset[..., joint, :])
        position.append((position[parent] + reach).astype(Float))
    return np.stack(position, axis=-2)


def concatenated(first: Poses, second: Poses) -> Poses:
    """Both along the first leading axis."""
    return Poses(
        np.concatenate((first.root_m, second.root_m)),
        np.concatenate((first.rotation, second.rotation)),
        np.concatenate((first.contact, second.contact)),
    )
