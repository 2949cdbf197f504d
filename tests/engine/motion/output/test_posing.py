import numpy as np

from engine.motion.features import CONTACT, POSITION, ROTATION, GroundPath, features_of, path_of
from engine.motion.output.foot_lock import FootLock, locked, nothing_held
from engine.motion.output.limits import violations
from engine.motion.output.posing import posed
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.quaternions import from_rotation_vector, multiplied, to_matrix
from engine.motion.skeleton import JOINT_COUNT, LEFT_LEG, RIGHT_LEG, Float

FEET = [*LEFT_LEG[2:], *RIGHT_LEG[2:]]
ROWS = 12


def bending(random: np.random.Generator) -> tuple[Poses, np.ndarray, GroundPath]:
    """People with bent knees in the air, no two alike, on a path that turns; and their features."""
    poses = rest_poses(ROWS)
    vectors = random.normal(0, 0.1, (ROWS, JOINT_COUNT, 3)).astype(Float)
    vectors[:, [LEFT_LEG[0], RIGHT_LEG[0]], 0] -= 0.5
    vectors[:, [LEFT_LEG[1], RIGHT_LEG[1]], 0] = 0.9
    vectors[:, 0, 1] = np.linspace(-3, 3, ROWS)
    vectors[:, [LEFT_LEG[3], RIGHT_LEG[3], 12, 15, 18]] = 0  # joints without children do not turn
    rotation = multiplied(poses.rotation, from_rotation_vector(vectors)).astype(Float)
    root = poses.root_m + np.stack((np.arange(ROWS), np.full(ROWS, 0.4), np.zeros(ROWS)), 1).astype(Float)
    bent = Poses(root, rotation, np.zeros((ROWS, 4), Float))
    path = path_of(bent, 30.0)
    return bent, features_of(bent, path, 30.0), path


def shown(features: np.ndarray, path: GroundPath) -> Poses:
    before = rest_poses(len(features)).rotation
    return posed(features, path, nothing_held(len(features)), before, 1 / 30)[0]


def test_where_places_and_rotations_agree_the_pose_is_what_the_features_say() -> None:
    poses, features, path = bending(np.random.default_rng(1))
    found = shown(features, path)
    assert np.allclose(found.root_m, poses.root_m, atol=1e-5)
    assert np.allclose(to_matrix(found.rotation), to_matrix(poses.rotation), atol=2e-3)
    assert np.allclose(joint_positions(found), joint_positions(poses), atol=2e-4)


def test_feet_come_to_where_their_places_are_though_rotations_say_otherwise() -> None:
    random = np.random.default_rng(2)
    poses, features, path = bending(random)
    wrong = features.copy()
    leg_turns = random.normal(0, 0.05, wrong[:, ROTATION].shape).astype(Float)
    leg_turns[:, :6] = 0  # the pelvis carries the hips
    wrong[:, ROTATION] += leg_turns
    feet = joint_positions(shown(wrong, path))[:, FEET]
    assert np.linalg.norm(feet - joint_positions(poses)[:, FEET], axis=-1).max() < 0.002


def test_a_foot_that_stands_is_held_as_by_the_foot_lock_alone(walk: Poses) -> None:
    path = path_of(walk, 30.0)
    features = features_of(walk, path, 30.0)
    memory, plain, before = nothing_held(1), nothing_held(1), rest_poses(1).rotation
    for frame in range(walk.shape[0]):
        row = slice(frame, frame + 1)
        here = GroundPath(path.place_m[row], path.heading_rad[row])
        found, memory = posed(features[row], here, memory, before, 1 / 30)
        expected, plain = locked(walk[row], plain, 1 / 30)
        before = found.rotation
        assert np.array_equal(memory.held, plain.held)
        assert np.abs(joint_positions(found) - joint_positions(expected))[:, FEET].max() < 2e-3


def test_joints_stay_within_their_limits_and_feet_above_the_ground() -> None:
    random = np.random.default_rng(3)
    _, features, path = bending(random)
    features[:, ROTATION] += random.normal(0, 0.5, features[:, ROTATION].shape).astype(Float)
    features[:, POSITION] += random.normal(0, 0.3, features[:, POSITION].shape).astype(Float)
    assert not violations(shown(features, path).rotation).any()
    _, features, path = bending(random)
    features[:, POSITION].reshape(ROWS, JOINT_COUNT, 3)[..., 1] -= 0.9
    assert joint_positions(shown(features, path))[:, [LEFT_LEG[3], RIGHT_LEG[3]], 1].min() > -1e-3


def test_quaternions_keep_their_sign() -> None:
    _, features, path = bending(np.random.default_rng(4))
    once = shown(features, path).rotation
    again, _ = posed(features, path, nothing_held(ROWS), -once, 1 / 30)
    assert np.array_equal(again.rotation, -once)


def test_a_pose_has_the_same_bits_alone_and_among_others() -> None:
    random = np.random.default_rng(5)
    _, features, path = bending(random)
    features[:, POSITION] += random.normal(0, 0.05, features[:, POSITION].shape).astype(Float)
    features[::2, CONTACT] = 1
    before = rest_poses(ROWS).rotation
    memory = FootLock(*(random.uniform(0, 0.1, (ROWS, 2, *more)).astype(Float) for more in ((), (3,), (3,), (3,))))
    together, feet = posed(features, path, memory, before, 1 / 30)
    for row in range(ROWS):
        rows = slice(row, row + 1)
        own = FootLock(memory.held[rows], memory.point[rows], memory.offset[rows], memory.pace[rows])
        alone, foot = posed(
            features[rows], GroundPath(path.place_m[rows], path.heading_rad[rows]), own, before[rows], 1 / 30
        )
        assert np.array_equal(alone.rotation[0], together.rotation[row])
        assert np.array_equal(alone.root_m[0], together.root_m[row])
        assert np.array_equal(foot.offset[0], feet.offset[row])
