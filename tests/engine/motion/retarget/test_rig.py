import numpy as np
import pytest

from engine.errors import InvalidRequestError
from engine.motion.quaternions import identity
from engine.motion.retarget.rig import Rig, RigPoses, local_poses, world_poses


def test_world_and_local_poses_lead_back_to_each_other(rig: Rig) -> None:
    random = np.random.default_rng(2)
    count = len(rig.names)
    rotation = random.normal(size=(6, count, 4))
    rotation /= np.linalg.norm(rotation, axis=-1, keepdims=True)
    poses = RigPoses(random.normal(size=(6, count, 3)).astype(np.float32), rotation.astype(np.float32))
    again = local_poses(rig, world_poses(rig, poses))
    assert np.allclose(again.translation, poses.translation, atol=1e-5)
    assert np.allclose(np.abs((again.rotation * poses.rotation).sum(-1)), 1, atol=1e-5)


def test_rigs_out_of_order_or_with_a_name_twice_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="once"):
        Rig(("a", "a"), (-1, 0), np.zeros((2, 3), np.float32), identity(2))
    with pytest.raises(InvalidRequestError, match="parents"):
        Rig(("a", "b"), (1, -1), np.zeros((2, 3), np.float32), identity(2))
