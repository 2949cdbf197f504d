"""Foreign rigs, made up after real ones: other names, sizes, rest poses, joints that we do not have."""

import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.contacts import detect_contacts
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.retarget.rig import Rig
from engine.motion.skeleton import SKELETON, Float

Joint = tuple[str, str, tuple[float, float, float]]

HUMANOID: list[Joint] = [
    ("Hips", "", (0, 0.95, 0)),
    ("Spine", "Hips", (0, 0.1, 0)),
    ("Chest", "Spine", (0, 0.12, 0)),
    ("UpperChest", "Chest", (0, 0.1, 0)),
    ("Neck", "UpperChest", (0, 0.15, 0)),
    ("Head", "Neck", (0, 0.1, 0)),
]
KAYKIT: list[Joint] = [
    ("root", "", (0, 0, 0)),
    ("hips", "root", (0, 0.41, 0)),
    ("spine", "hips", (0, 0.19, 0)),
    ("chest", "spine", (0, 0.37, 0)),
    ("head", "chest", (0, 0.27, 0)),
]
for side, sign in (("l", 1.0), ("r", -1.0)):
    long = {"l": "Left", "r": "Right"}[side]
    HUMANOID += [
        (f"{long}Shoulder", "UpperChest", (0.03 * sign, 0.1, 0)),
        (f"{long}UpperArm", f"{long}Shoulder", (0.12 * sign, 0, 0)),
        (f"{long}LowerArm", f"{long}UpperArm", (0.2 * sign, -0.2, 0)),  # arms hang at 45 degrees
        (f"{long}Hand", f"{long}LowerArm", (0.18 * sign, -0.18, 0)),
        (f"{long}UpperLeg", "Hips", (0.1 * sign, -0.05, 0)),
        (f"{long}LowerLeg", f"{long}UpperLeg", (0, -0.42, 0)),
        (f"{long}Foot", f"{long}LowerLeg", (0, -0.43, -0.02)),
        (f"{long}Toes", f"{long}Foot", (0, -0.05, 0.13)),
    ]
    KAYKIT += [
        (f"upperarm.{side}", "chest", (0.21 * sign, 0.1, 0)),
        (f"lowerarm.{side}", f"upperarm.{side}", (0.24 * sign, 0, 0)),
        (f"wrist.{side}", f"lowerarm.{side}", (0.26 * sign, 0, 0)),
        (f"hand.{side}", f"wrist.{side}", (0.07 * sign, 0, 0)),
        (f"handslot.{side}", f"hand.{side}", (0.1 * sign, 0, 0)),
        (f"upperleg.{side}", "hips", (0.17 * sign, 0.1, 0)),
        (f"lowerleg.{side}", f"upperleg.{side}", (0, -0.23, 0)),
        (f"foot.{side}", f"lowerleg.{side}", (0, -0.15, 0)),
        (f"toes.{side}", f"foot.{side}", (0, -0.1, 0.17)),
        (f"kneeIK.{side}", "root", (0.17 * sign, 0.3, 0.5)),
        (f"control-toe-roll.{side}", "root", (0.17 * sign, 0, 0.3)),
        (f"control-heel-roll.{side}", f"control-toe-roll.{side}", (0, 0, -0.3)),
        (f"control-foot-roll.{side}", f"control-heel-roll.{side}", (0, 0.1, 0.1)),
        (f"heelIK.{side}", f"control-foot-roll.{side}", (0, 0, -0.1)),
        (f"IK-foot.{side}", f"control-foot-roll.{side}", (0, 0.1, 0)),
        (f"IK-toe.{side}", f"control-heel-roll.{side}", (0, 0, 0.2)),
        (f"elbowIK.{side}", "root", (0.5 * sign, 1.1, -0.5)),
        (f"handIK.{side}", "root", (0.9 * sign, 1.1, 0)),
    ]


def rig_of(joints: list[Joint], *, own_axes: bool) -> Rig:
    """A rig; with `own_axes` every joint's rest rotation is a different one, as modelling programs leave them."""
    names = tuple(name for name, _, _ in joints)
    parents = tuple(names.index(parent) if parent else -1 for _, parent, _ in joints)
    random = np.random.default_rng(4)
    turn = quaternions.normalized(random.normal(size=(len(names), 4))).astype(Float)
    world = turn if own_axes else quaternions.identity(len(names))
    translation, rotation = np.zeros((len(names), 3), Float), world.copy()
    for joint, parent in enumerate(parents):
        offset = np.array(joints[joint][2], Float)
        if parent >= 0:
            undo = quaternions.inverse(world[parent])
            translation[joint] = quaternions.turned(undo, offset)
            rotation[joint] = quaternions.multiplied(undo, world[joint])
        else:
            translation[joint] = offset
    return Rig(names, parents, translation, rotation)


@pytest.fixture(params=["humanoid", "humanoid with own axes", "kaykit", "kaykit with own axes"])
def rig(request: pytest.FixtureRequest) -> Rig:
    joints = HUMANOID if "humanoid" in request.param else KAYKIT
    return rig_of(joints, own_axes="own axes" in request.param)


@pytest.fixture
def walk() -> Poses:
    frames = 60
    poses = rest_poses(frames)
    phase = np.arange(frames, dtype=np.float32) * np.float32(0.2)
    for name, axis, angle in (
        ("l_hip", 0, -0.4 * np.sin(phase)), ("r_hip", 0, 0.4 * np.sin(phase)),
        ("l_knee", 0, 0.5 + 0.3 * np.cos(phase)), ("r_knee", 0, 0.5 - 0.3 * np.cos(phase)),
        ("l_shoulder", 2, np.full(frames, -1.2)), ("r_shoulder", 2, np.full(frames, 1.2)),
        ("l_elbow", 1, np.full(frames, -0.6)), ("spine", 0, 0.1 * np.sin(phase)), ("neck", 1, 0.3 * np.sin(phase)),
    ):  # fmt: skip
        poses.rotation[:, SKELETON.index(name)] = quaternions.about_axis(axis, angle.astype(Float))
    poses.root_m[:, 2] = np.arange(frames) * 0.03
    poses.root_m[:, 1] -= joint_positions(poses)[:, (4, 8), 1].min()
    return Poses(poses.root_m, poses.rotation, detect_contacts(joint_positions(poses), 30.0))
