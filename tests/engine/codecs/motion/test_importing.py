from pathlib import Path

import numpy as np
import pytest

from engine.codecs.motion.bvh_writer import write_bvh
from engine.codecs.motion.importing import ImportWishes, guessed_label, import_motion
from engine.errors import DataError, InvalidRequestError
from engine.motion.clip import Clip
from engine.motion.library import write_clips
from engine.motion.pose import joint_positions


def test_a_bvh_file_becomes_a_clip_at_the_wished_rate(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "Slow-Walk_01.bvh"
    path.write_text(write_bvh(clip.poses, 60.0))
    (read,) = import_motion(path, ImportWishes(licence="mine"))
    assert (read.name, read.label, read.rate_hz, read.licence) == ("Slow-Walk_01", "walk", 30.0, "mine")
    assert np.allclose(joint_positions(read.poses), joint_positions(clip.poses)[::2], atol=2e-3)
    assert read.poses.root_m[0, [0, 2]].tolist() == [0, 0]


def test_a_file_of_clips_gives_the_clips_that_are_asked_for(tmp_path: Path, clip: Clip) -> None:
    write_clips(tmp_path / "clips.npz", [clip, Clip("other", clip.poses, 30.0, "run")])
    read = import_motion(tmp_path / "clips.npz", ImportWishes(names=("other",)))
    assert [(told.name, told.label) for told in read] == [("other", "run")]
    with pytest.raises(InvalidRequestError, match="walk"):
        import_motion(tmp_path / "clips.npz", ImportWishes(names=("nothing",)))


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.bvh").write_text("HIERARCHY ROOT")
    with pytest.raises(InvalidRequestError, match=r"x\.bvh"):
        import_motion(tmp_path / "x.bvh", ImportWishes())
    (tmp_path / "y.glb").write_bytes(b"no")
    (tmp_path / "z.bvh").write_bytes(b"\xff\xfe\xff")
    for name in ("y.glb", "z.bvh", "missing.bvh"):
        with pytest.raises(DataError, match=name):
            import_motion(tmp_path / name, ImportWishes())
    with pytest.raises(InvalidRequestError, match="fbx"):
        import_motion(tmp_path / "x.fbx", ImportWishes())


def test_a_clip_of_a_stranger_with_unknown_joints_is_refused(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "x.bvh"
    path.write_text(write_bvh(clip.poses[:2], 30.0).replace("l_knee", "flap"))
    with pytest.raises(InvalidRequestError, match="l_knee"):
        import_motion(path, ImportWishes())


def test_labels_are_guessed_from_names() -> None:
    assert guessed_label("Anna Walk-Back 3") == "walk_back"
    assert guessed_label("dance_salsa_x") == "dance_salsa"
    assert guessed_label("take 7") == ""
