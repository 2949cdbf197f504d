"""Poses made by hand."""

import numpy as np
import pytest

from engine.characters.attitudes import ATTITUDES, attitudes
from engine.motion.pose import joint_positions
from engine.motion.skeleton import SKELETON


def test_attitudes_are_sound_and_differ() -> None:
    poses = attitudes()
    assert poses.shape == (len(ATTITUDES),) == (8,)
    assert np.linalg.norm(poses.rotation, axis=-1) == pytest.approx(1.0, abs=1e-5)
    assert len(np.unique(poses.rotation.reshape(8, -1).round(4), axis=0)) == 8


def test_attitudes_do_what_they_are_named_after() -> None:
    placed = joint_positions(attitudes())
    row = {name: index for index, name in enumerate(ATTITUDES)}
    height = {name: placed[index, :, 1] for name, index in row.items()}
    wrist, head, toe = (SKELETON.index(name) for name in ("l_wrist", "head", "l_toe"))
    assert height["wave"][wrist] > height["stand"][SKELETON.index("l_shoulder")]
    assert height["cheer"][wrist] > height["stand"][SKELETON.index("l_shoulder")]
    assert height["crouch"][head] < height["stand"][head] - 0.25
    assert height["jump"][toe] > 0.1
    assert abs(height["stand"][toe]) < 0.01
    assert placed[row["point"], SKELETON.index("r_wrist"), 2] > 0.35, "it points forwards"
