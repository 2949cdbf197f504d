from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError, InvalidRequestError, OutputError
from engine.motion.clip import Clip, resampled
from engine.motion.library import read_clips, write_clips
from engine.motion.pose import joint_positions
from engine.motion.skeleton import SKELETON


def test_clips_come_back_as_they_were_written(tmp_path: Path, walk_clip: Clip) -> None:
    other = Clip("stand", walk_clip.poses[:5], 30.0, "idle", "stylized")
    write_clips(tmp_path / "clips.npz", [walk_clip, other])
    read = read_clips(tmp_path / "clips.npz")
    assert [(clip.name, clip.label, clip.style, clip.licence, clip.frame_count) for clip in read] == [
        ("walk one", "walk", "mocap", "CC0", 90),
        ("stand", "idle", "stylized", "", 5),
    ]
    assert np.allclose(joint_positions(read[0].poses), joint_positions(walk_clip.poses), atol=3e-3)
    assert np.array_equal(read[0].poses.contact, walk_clip.poses.contact)


def test_captured_joint_positions_decide_where_feet_are(tmp_path: Path, walk_clip: Clip) -> None:
    path = tmp_path / "clips.npz"
    write_clips(path, [walk_clip])
    with np.load(path) as file:
        arrays = dict(file)
    position = joint_positions(walk_clip.poses)
    arrays["rel_pos"] = (position - position[:, :1]).astype(np.float16)
    del arrays["contact"]
    np.savez(path, **arrays)
    assert np.allclose(joint_positions(read_clips(path)[0].poses)[:, (3, 7)], position[:, (3, 7)], atol=0.02)


def test_clips_of_mixed_rates_are_refused(tmp_path: Path, walk_clip: Clip) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        write_clips(tmp_path / "clips.npz", [walk_clip, resampled(walk_clip, 60.0)])
    assert refused.value.field == "rate_hz"
    assert refused.value.value == [30.0, 60.0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("joint_names", np.array(["hip", "knee"]), "joint_names"),
        ("root_pos", np.zeros((4, 3), np.float32), "shapes"),
        ("clip_len", np.array([999], np.int32), "beyond"),
        ("clip_len", np.array([0], np.int32), "empty"),
        ("root_pos", np.full((90, 3), np.nan, np.float32), "finite"),
        ("fps", np.array(0.0), "rate_hz"),
        ("local_quat", None, "'local_quat' is missing"),
    ],
)
def test_unsound_files_are_refused_by_name(
    tmp_path: Path, walk_clip: Clip, name: str, value: np.ndarray | None, said: str
) -> None:
    path = tmp_path / "clips.npz"
    write_clips(path, [walk_clip])
    with np.load(path) as file:
        arrays = dict(file)
    del arrays[name]
    np.savez(path, **(arrays if value is None else arrays | {name: value}))
    with pytest.raises(DataError, match=said) as refused:
        read_clips(path)
    assert str(path) in str(refused.value)


def test_what_is_no_file_of_clips_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"no")
    for path in (tmp_path / "x.npz", tmp_path / "missing.npz"):
        with pytest.raises(DataError, match=r"\.npz"):
            read_clips(path)


def test_a_folder_that_is_a_file_cannot_be_written_to(tmp_path: Path, walk_clip: Clip) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_clips(tmp_path / "file" / "clips.npz", [walk_clip])
    assert SKELETON.joint_count == 19
