import numpy as np

from engine.motion.features import CONTACT, FEATURE_COUNT, PATH, GroundPath, advanced, features_of, path_of, poses_of
from engine.motion.pose import Poses, joint_positions
from engine.motion.quaternions import about_axis, multiplied, turned


def test_features_lead_back_to_the_same_poses(walk: Poses) -> None:
    path = path_of(walk, 30.0)
    again = poses_of(features_of(walk, path, 30.0), path)
    assert np.allclose(joint_positions(again), joint_positions(walk), atol=1e-5)
    assert np.array_equal(again.contact, walk.contact)


def test_movements_lead_along_the_path(walk: Poses) -> None:
    path = path_of(walk, 30.0)
    features = features_of(walk, path, 30.0)
    here = GroundPath(path.place_m[0], path.heading_rad[0])
    for frame in range(1, len(features)):
        here = advanced(here, features[frame, PATH], 30.0)
    assert np.allclose(here.place_m, path.place_m[-1], atol=1e-4)


def test_features_do_not_know_where_on_earth_somebody_walks(walk: Poses) -> None:
    turn = about_axis(1, np.array(1.1, np.float32))
    rotation = walk.rotation.copy()
    rotation[:, 0] = multiplied(turn, rotation[:, 0])
    elsewhere = Poses((turned(turn, walk.root_m) + np.array((5, 0, -3))).astype(np.float32), rotation, walk.contact)
    there = features_of(elsewhere, path_of(elsewhere, 30.0), 30.0)
    here = features_of(walk, path_of(walk, 30.0), 30.0)
    assert here.shape == (90, FEATURE_COUNT)
    assert np.allclose(there, here, atol=2e-3)


def test_a_single_frame_has_features_without_velocities(walk: Poses) -> None:
    one = walk[:1]
    features = features_of(one, path_of(one, 30.0), 30.0)
    assert np.isfinite(features).all()
    assert features[0, PATH].tolist() == [0, 0, 0]
    assert np.array_equal(features[:, CONTACT], one.contact)
