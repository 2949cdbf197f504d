"""Skeletons of other programs, and poses of theirs: any joints, any rest pose, Y up, meters."""

from dataclasses import dataclass

from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.motion import quaternions
from engine.motion.skeleton import Float


@dataclass(frozen=True, slots=True)
class Rig:
    """Joints in an order where parents come first, with the pose that they rest in.

    names        unique
    parents      index of each joint's parent, -1 for those without
    translation  float32 [joint, 3]: rest place in the parent's axes (the world's, where there is no parent), meters
    rotation     float32 [joint, 4]: rest rotation likewise, x, y, z, w
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    translation: NDArray[Float]
    rotation: NDArray[Float]

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InvalidRequestError("joints", twice, "each name once")
        if any(parent >= joint for joint, parent in enumerate(self.parents)):
            raise InvalidRequestError("parents", self.parents, "parents before their children")

    def rest(self) -> "RigPoses":
        """The rest pose as one frame."""
        return RigPoses(self.translation[None].copy(), self.rotation[None].copy())


@dataclass(frozen=True, slots=True)
class RigPoses:
    """Frames of a rig: local `translation` float32 [frame, joint, 3] and `rotation` [frame, joint, 4]."""

    translation: NDArray[Float]
    rotation: NDArray[Float]


@dataclass(frozen=True, slots=True)
class WorldPoses:
    """Frames of a rig in world space: `position` float32 [frame, joint, 3] and `rotation` [frame, joint, 4]."""

    position: NDArray[Float]
    rotation: NDArray[Float]


def world_poses(rig: Rig, poses: RigPoses) -> WorldPoses:
    """Where all joints of a rig are."""
    position, rotation = poses.translation.copy(), poses.rotation.copy()
    for joint, parent in enumerate(rig.parents):
        if parent >= 0:
            above = rotation[:, parent]
            position[:, joint] = position[:, parent] + quaternions.turned(above, poses.translation[:, joint])
            rotation[:, joint] = quaternions.multiplied(above, poses.rotation[:, joint])
    return WorldPoses(position, rotation)


def local_poses(rig: Rig, world: WorldPoses) -> RigPoses:
    """The inverse of `world_poses`."""
    translation, rotation = world.position.copy(), world.rotation.copy()
    for joint, parent in enumerate(rig.parents):
        if parent >= 0:
            undo = quaternions.inverse(world.rotation[:, parent])
            translation[:, joint] = quaternions.turned(undo, world.position[:, joint] - world.position[:, parent])
            rotation[:, joint] = quaternions.multiplied(undo, world.rotation[:, joint])
    return RigPoses(translation.astype(Float), rotation.astype(Float))
