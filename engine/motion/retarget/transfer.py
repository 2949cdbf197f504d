"""Motion from a foreign rig to the common skeleton and back, joint by joint in world space.

A joint of ours turns as the foreign one has turned since its rest pose; where the two rest poses differ (arms hanging
instead of spread) the limb's direction is what counts. Sizes follow the leg length, and feet follow the feet
(`engine/motion/grounding.py`), so that steps stay where they were.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.motion import quaternions
from engine.motion.grounding import grounded
from engine.motion.output.two_bone import reach
from engine.motion.pose import Poses, joint_positions, joint_rotations, local_rotations
from engine.motion.retarget.names import joint_map
from engine.motion.retarget.rig import Rig, RigPoses, WorldPoses, local_poses, world_poses
from engine.motion.skeleton import LEFT_LEG, LEG_LENGTH_M, PELVIS, RIGHT_LEG, SKELETON, Float

LIMB_ENDS = {
    "l_hip": "l_knee", "l_knee": "l_ankle", "r_hip": "r_knee", "r_knee": "r_ankle",
    "l_shoulder": "l_elbow", "l_elbow": "l_wrist", "r_shoulder": "r_elbow", "r_elbow": "r_wrist",
    "l_ankle": "l_toe", "r_ankle": "r_toe",
}  # fmt: skip
"""Joints whose limb has a direction in the rest pose, and the joint at its other end."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a rig lies on the common skeleton.

    joints   index of the rig's joint per joint of ours
    facing   quaternion that turns the rig's rest pose to face +Z
    tilt     float32 [joint, 4]: turns our rest limb onto the rig's, per joint of ours
    turned   float32 [joint, 4]: the rig's rest rotation in the world after `facing`, per joint of ours
    rest     float32 [joint, 3]: the rig's rest places after `facing`, per joint of ours (zeros where it has none)
    scale    our leg length over the rig's
    """

    joints: Mapping[str, int]
    facing: NDArray[Float]
    tilt: NDArray[Float]
    turned: NDArray[Float]
    rest: NDArray[Float]
    scale: float


def fitted(rig: Rig) -> Fit:
    """Lay a rig on the common skeleton. Raises InvalidRequestError for missing joints or legs without length."""
    joints = joint_map(rig.names)
    world = world_poses(rig, rig.rest())
    position, rotation = world.position[0], world.rotation[0]
    left = position[joints["l_hip"]] - position[joints["r_hip"]]
    legs = sum(
        float(np.linalg.norm(position[joints[f"{side}_{end}"]] - position[joints[f"{side}_{begin}"]]))
        for side in "lr"
        for begin, end in (("hip", "knee"), ("knee", "ankle"))
    )
    if legs < 1e-4 or np.linalg.norm(left[[0, 2]]) < 1e-6:
        raise InvalidRequestError("rest pose", legs, "legs that have a length, one left and one right")
    facing = quaternions.about_axis(1, np.array(np.arctan2(left[2], left[0]), Float))
    position = quaternions.turned(facing, position)
    tilt, turned = quaternions.identity(SKELETON.joint_count), quaternions.identity(SKELETON.joint_count)
    rest = np.zeros((SKELETON.joint_count, 3), Float)
    for joint, name in enumerate(SKELETON.names):
        if name not in joints:
            continue
        turned[joint] = quaternions.multiplied(facing, rotation[joints[name]])
        rest[joint] = position[joints[name]]
        end = LIMB_ENDS.get(name, "")
        if end in joints:
            tilt[joint] = quaternions.between(
                _unit(SKELETON.rest_offset_m[SKELETON.index(end)]),
                _unit(position[joints[end]] - position[joints[name]]),
            )
    return Fit(joints, facing.astype(Float), tilt, turned, rest, LEG_LENGTH_M / (legs / 2))


def to_common(rig: Rig, poses: RigPoses, rate_hz: float, *, level: bool = True) -> Poses:
    """Frames of a rig on the common skeleton, with contacts. Errors as `fitted`."""
    return world_to_common(fitted(rig), world_poses(rig, poses), rate_hz, level=level)


def world_to_common(fit: Fit, world: WorldPoses, rate_hz: float, *, level: bool = True) -> Poses:
    """As `to_common` for joints in world space."""
    frames = len(world.position)
    turned = quaternions.identity(frames, SKELETON.joint_count)
    place = np.zeros((frames, SKELETON.joint_count, 3), Float)
    for joint, name in enumerate(SKELETON.names):
        parent = SKELETON.parents[joint]
        if name in fit.joints:
            index = fit.joints[name]
            now = quaternions.multiplied(fit.facing, world.rotation[:, index])
            since_rest = quaternions.multiplied(now, quaternions.inverse(fit.turned[joint]))
            turned[:, joint] = quaternions.multiplied(since_rest, fit.tilt[joint])
            place[:, joint] = quaternions.turned(fit.facing, world.position[:, index])
        elif parent >= 0:
            turned[:, joint] = turned[:, parent]
            reach_m = SKELETON.rest_offset_m[joint] / Float(fit.scale)
            place[:, joint] = place[:, parent] + quaternions.turned(turned[:, parent], reach_m)
    for joint in range(SKELETON.joint_count):
        if joint not in SKELETON.parents:  # nothing hangs on it: its own turn is nobody's
            turned[:, joint] = turned[:, SKELETON.parents[joint]]
    rotation = quaternions.continuous(quaternions.normalized(local_rotations(turned)))
    return grounded(rotation.astype(Float), place, rate_hz, level=level, from_hips=True)


def from_common(rig: Rig, poses: Poses) -> RigPoses:
    """Poses [frame] of the common skeleton as frames of a rig, feet where ours are. Errors as `fitted`.

    Joints that we do not have keep their rest pose relative to their parent.
    """
    fit = fitted(rig)
    turned = joint_rotations(poses.rotation)
    rest = rig.rest()
    frames = poses.shape[0]
    by_joint = {index: SKELETON.index(name) for name, index in fit.joints.items()}
    unface = quaternions.inverse(fit.facing)
    position = np.zeros((frames, len(rig.names), 3), Float)
    rotation = quaternions.identity(frames, len(rig.names))
    pelvis = fit.joints["pelvis"]
    for joint, parent in enumerate(rig.parents):
        above_turn = rotation[:, parent] if parent >= 0 else quaternions.identity(frames)
        above_place = position[:, parent] if parent >= 0 else np.zeros((frames, 3), Float)
        rotation[:, joint] = quaternions.multiplied(above_turn, rest.rotation[0, joint])
        position[:, joint] = above_place + quaternions.turned(above_turn, rest.translation[0, joint])
        if joint in by_joint:
            ours = by_joint[joint]
            since_rest = quaternions.multiplied(turned[:, ours], quaternions.inverse(fit.tilt[ours]))
            rotation[:, joint] = quaternions.multiplied(unface, quaternions.multiplied(since_rest, fit.turned[ours]))
        if joint == pelvis:
            position[:, joint] = quaternions.turned(unface, poses.root_m / Float(fit.scale))
    world = _with_feet(rig, fit, WorldPoses(position, rotation), joint_positions(poses))
    return local_poses(rig, world)


def _with_feet(rig: Rig, fit: Fit, world: WorldPoses, ours: NDArray[Float]) -> WorldPoses:
    """Legs that reach as ours do; what hangs below a joint of a leg moves along, also feet that hang elsewhere."""
    unface = quaternions.inverse(fit.facing)
    local = local_poses(rig, world)
    rest = world_poses(rig, rig.rest())
    for leg in (LEFT_LEG, RIGHT_LEG):
        hip, knee, foot = (fit.joints[SKELETON.names[joint]] for joint in leg[:3])
        limb = (hip, knee, foot)
        shin = quaternions.turned(
            quaternions.inverse(rest.rotation[:, knee]), rest.position[:, foot] - rest.position[:, knee]
        )
        moved = WorldPoses(world.position.copy(), world.rotation.copy())
        moved.position[:, foot] = world.position[:, knee] + quaternions.turned(world.rotation[:, knee], shin)
        stretch = quaternions.turned(unface, ours[:, leg[2]] - ours[:, leg[0]]) / Float(fit.scale)
        upper, lower = reach(moved.rotation, moved.position, limb, moved.position[:, hip] + stretch)
        thigh = quaternions.turned(
            quaternions.inverse(world.rotation[:, hip]), world.position[:, knee] - world.position[:, hip]
        )
        moved.rotation[:, hip], moved.rotation[:, knee] = upper, lower
        moved.position[:, knee] = moved.position[:, hip] + quaternions.turned(upper, thigh)
        moved.position[:, foot] = moved.position[:, knee] + quaternions.turned(lower, shin)
        told = local_poses(rig, moved)
        for joint in limb:
            local.rotation[:, joint] = told.rotation[:, joint]
        local.translation[:, foot] = told.translation[:, foot]
        world = world_poses(rig, local)
    return world


def _unit(vector: NDArray[Float]) -> NDArray[Float]:
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(Float)


def common_rig() -> Rig:
    """The common skeleton as a rig of its own: pelvis at rest height, all rotations the identity."""
    translation = np.array(SKELETON.rest_offset_m)
    translation[PELVIS] = SKELETON.rest_position_m()[PELVIS]
    return Rig(SKELETON.names, SKELETON.parents, translation, quaternions.identity(SKELETON.joint_count))
