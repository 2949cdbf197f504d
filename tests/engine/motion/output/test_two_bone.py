import numpy as np
import pytest

from engine.motion.output.two_bone import reach, with_ankles_at
from engine.motion.pose import Poses, joint_positions, joint_rotations, local_rotations, rest_poses
from engine.motion.quaternions import from_rotation_vector, multiplied, to_matrix, turned
from engine.motion.skeleton import LEFT_LEG, RIGHT_LEG

HIP_TO_ANKLE_M = 0.8632


def reached(target: np.ndarray, leg: tuple[int, int, int, int] = LEFT_LEG) -> tuple[np.ndarray, np.ndarray]:
    """Ankle and knee after reaching."""
    poses = rest_poses(len(target))
    world = joint_rotations(poses.rotation)
    world[:, leg[0]], world[:, leg[1]] = reach(world, joint_positions(poses), leg[:3], target.astype(np.float32))
    position = joint_positions(Poses(poses.root_m, local_rotations(world), poses.contact))
    return position[:, leg[2]], position[:, leg[1]]


@pytest.mark.parametrize("leg", [LEFT_LEG, RIGHT_LEG])
def test_the_ankle_arrives_wherever_the_leg_can_reach(leg: tuple[int, int, int, int]) -> None:
    random = np.random.default_rng(1)
    hip = joint_positions(rest_poses())[leg[0]]
    direction = random.normal(size=(200, 3))
    direction[:, 1] = -np.abs(direction[:, 1])
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    target = hip + direction * random.uniform(0.15, HIP_TO_ANKLE_M * 0.99, (200, 1))
    assert np.abs(reached(target, leg)[0] - target).max() < 2e-4


def test_a_straight_leg_bends_its_knee_forward() -> None:
    hip = joint_positions(rest_poses())[LEFT_LEG[0]]
    _, knee = reached((hip + np.array((0, -0.6, 0)))[None])
    assert knee[0, 2] > hip[2] + 0.1


def test_a_target_out_of_reach_is_pointed_at_with_a_nearly_straight_leg() -> None:
    hip = joint_positions(rest_poses())[LEFT_LEG[0]]
    target = hip + np.array((0, -2.0, 0.5))
    ankle, _ = reached(target[None])
    assert np.linalg.norm(ankle[0] - hip) == pytest.approx(HIP_TO_ANKLE_M * 0.999, abs=1e-3)
    aim = (target - hip) / np.linalg.norm(target - hip)
    assert np.allclose((ankle[0] - hip) / np.linalg.norm(ankle[0] - hip), aim, atol=1e-3)


def test_a_target_at_the_present_place_changes_nothing() -> None:
    poses = rest_poses(1)
    world, position = joint_rotations(poses.rotation), joint_positions(poses)
    first, second = reach(world, position, LEFT_LEG[:3], position[:, LEFT_LEG[2]] * np.float32(1))
    assert np.abs(turned(first, np.array((0, 1, 0), np.float32)) - (0, 1, 0)).max() < 0.05
    assert np.abs(turned(second, np.array((0, 1, 0), np.float32)) - (0, 1, 0)).max() < 0.05


@pytest.mark.parametrize("leg", [LEFT_LEG, RIGHT_LEG])
def test_legs_of_the_common_skeleton_reach_alike_without_angles(leg: tuple[int, int, int, int]) -> None:
    random = np.random.default_rng(2)
    poses = rest_poses(300)
    hip, knee, ankle, _ = leg
    turns = random.normal(0, 0.4, (300, 3)).astype(np.float32), np.zeros((300, 3), np.float32)
    turns[1][:, 0] = random.uniform(0.2, 2.0, 300)  # the knee
    for joint, turn in zip((hip, knee), turns, strict=True):
        poses.rotation[:, joint] = multiplied(poses.rotation[:, joint], from_rotation_vector(turn))
    world, position = joint_rotations(poses.rotation), joint_positions(poses)
    target = position[:, ankle] + random.normal(0, 0.3, (300, 3)).astype(np.float32)
    thigh, shin = with_ankles_at(target - position[:, hip], to_matrix(world[:, hip]), to_matrix(world[:, knee]))
    for found, expected in zip((thigh, shin), reach(world, position, (hip, knee, ankle), target), strict=True):
        assert np.abs(found - to_matrix(expected)).max() < 5e-3
