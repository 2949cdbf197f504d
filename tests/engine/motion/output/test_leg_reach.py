import numpy as np

from engine.motion.features import POSITION, ROTATION, GroundPath, features_of, path_of, poses_of
from engine.motion.output.leg_reach import TURNED_FEATURES, with_reaching_legs
from engine.motion.pose import Poses, joint_positions, rest_poses
from engine.motion.quaternions import from_rotation_vector, multiplied
from engine.motion.skeleton import LEFT_LEG, RIGHT_LEG, Float

FEET = [*LEFT_LEG[2:], *RIGHT_LEG[2:]]


def stepping(random: np.random.Generator, frames: int = 12) -> np.ndarray:
    """Features of people with bent knees, no two alike."""
    poses = rest_poses(frames)
    vectors = random.normal(0, 0.1, (frames, 19, 3)).astype(Float)
    vectors[:, [LEFT_LEG[0], RIGHT_LEG[0]], 0] -= 0.5
    vectors[:, [LEFT_LEG[1], RIGHT_LEG[1]], 0] = 0.9
    rotation = multiplied(poses.rotation, from_rotation_vector(vectors))
    bent = Poses(poses.root_m, rotation.astype(Float), poses.contact)
    return features_of(bent, path_of(bent, 30.0), 30.0)


def feet_of(features: np.ndarray) -> np.ndarray:
    rows = len(features)
    return joint_positions(poses_of(features, GroundPath(np.zeros((rows, 2), Float), np.zeros(rows, Float))))[:, FEET]


def test_where_places_and_rotations_agree_nothing_moves() -> None:
    features = stepping(np.random.default_rng(1))
    assert np.allclose(feet_of(with_reaching_legs(features)), feet_of(features), atol=1e-4)


def test_feet_come_to_where_their_places_are_though_rotations_say_otherwise() -> None:
    random = np.random.default_rng(2)
    features = stepping(random)
    wrong = features.copy()
    wrong[:, ROTATION] += random.normal(0, 0.05, wrong[:, ROTATION].shape).astype(Float)
    said = features[:, POSITION].reshape(len(features), -1, 3)[:, FEET]
    before = np.linalg.norm(feet_of(wrong) - said, axis=-1)
    after = np.linalg.norm(feet_of(with_reaching_legs(wrong)) - said, axis=-1)
    assert before.mean() > 0.02
    assert after.max() < 0.002


def test_nothing_but_the_rotations_of_legs_is_touched() -> None:
    random = np.random.default_rng(3)
    features = stepping(random)
    features[:, POSITION] += random.normal(0, 0.02, features[:, POSITION].shape).astype(Float)
    others = np.setdiff1d(np.arange(features.shape[1]), TURNED_FEATURES)
    assert np.array_equal(with_reaching_legs(features)[:, others], features[:, others])


def test_a_pose_has_the_same_bits_alone_and_among_others() -> None:
    features = stepping(np.random.default_rng(4))
    features[:, POSITION] += Float(0.01)
    assert np.array_equal(with_reaching_legs(features[3:4]), with_reaching_legs(features)[3:4])
