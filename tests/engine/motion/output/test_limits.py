import numpy as np
import pytest

from engine.motion import quaternions
from engine.motion.output.limits import CONES_RAD, limited, violations
from engine.motion.pose import rest_poses
from engine.motion.skeleton import SKELETON


@pytest.mark.parametrize("name", sorted(CONES_RAD))
def test_a_joint_beyond_its_cone_is_brought_to_its_edge_along_the_same_axis(name: str) -> None:
    joint = SKELETON.index(name)
    rotation = rest_poses(1).rotation
    rotation[0, joint] = quaternions.about_axis(0, np.array(3.1, np.float32))
    vector = quaternions.to_rotation_vector(limited(rotation)[0, joint])
    assert np.allclose(vector, (CONES_RAD[name], 0, 0), atol=1e-3)
    assert violations(rotation).tolist() == [True]


def test_a_knee_does_not_bend_the_wrong_way() -> None:
    knee = SKELETON.index("r_knee")
    rotation = rest_poses(1).rotation
    rotation[0, knee] = quaternions.about_axis(0, np.array(-0.8, np.float32))
    assert quaternions.to_rotation_vector(limited(rotation)[0, knee])[0] > -0.2


def test_poses_within_their_limits_stay_bit_for_bit() -> None:
    rotation = rest_poses(4).rotation
    rotation[:, 1] = quaternions.about_axis(0, np.array(-1.0, np.float32))
    rotation[:, 2] = -quaternions.about_axis(0, np.array(1.5, np.float32))
    assert np.array_equal(limited(rotation), rotation)
    assert not violations(rotation).any()
