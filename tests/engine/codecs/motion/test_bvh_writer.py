import numpy as np
import pytest

from engine.codecs.motion.bvh_reader import read_bvh
from engine.codecs.motion.bvh_writer import angles_zxy, write_bvh
from engine.motion.clip import Clip
from engine.motion.pose import joint_positions
from engine.motion.quaternions import about_axis, multiplied, normalized
from engine.motion.retarget.rig import world_poses
from engine.motion.skeleton import SKELETON


def test_joints_are_where_they_were_in_centimeters(clip: Clip) -> None:
    take = read_bvh(write_bvh(clip.poses, clip.rate_hz))
    position = world_poses(take.rig, take.poses).position
    order = [take.rig.names.index(name) for name in SKELETON.names]
    assert take.rate_hz == 30
    assert np.allclose(position[:, order] / 100, joint_positions(clip.poses), atol=1e-4)


@pytest.mark.parametrize("x", [0.0, 0.7, np.pi / 2, -np.pi / 2])
def test_angles_give_the_rotation_back_also_where_axes_fall_together(x: float) -> None:
    random = np.random.default_rng(1)
    rotation = normalized(random.normal(size=(50, 4)))
    rotation[0] = about_axis(0, np.array(x))
    z, tilt, y = angles_zxy(rotation.astype(np.float32)).T
    again = multiplied(about_axis(2, z), multiplied(about_axis(0, tilt), about_axis(1, y)))
    assert np.allclose(np.abs((again * rotation).sum(-1)), 1, atol=1e-5)


def test_angles_do_not_jump_by_whole_turns(clip: Clip) -> None:
    rows = write_bvh(clip.poses, 30.0).split("Frame Time:")[1].splitlines()[1:]
    values = np.array([[float(word) for word in row.split()] for row in rows])
    assert np.abs(np.diff(values[:, 3:], axis=0)).max() < 90
