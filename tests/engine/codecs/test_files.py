import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.codecs.files import check_places, publish_file, publish_folder
from engine.errors import OutputError


@contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    """Writes beyond `size_bytes` per file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_is_written_into_new_folders_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scene.glb"
    assert publish_file(path, b"first") == path
    assert publish_file(path, b"second") == path
    assert (path.read_bytes(), names(tmp_path)) == (b"second", ["new", "scene.glb"])


def test_a_disk_that_fills_up_leaves_no_half_file_and_no_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scene.glb"
    with files_limited_to(1000), pytest.raises(OutputError, match=re.escape(f"{path.parent}: cannot be written")):
        publish_file(path, bytes(5000))
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_leaves_the_older_files(tmp_path: Path) -> None:
    publish_folder(tmp_path, {"a": b"old a", "b": b"old b"})
    with files_limited_to(1000), pytest.raises(OutputError, match="cannot be written"):
        publish_folder(tmp_path, {"a": b"new a", "b": bytes(5000)})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old a", "b": b"old b"}


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "scene.glb").mkdir()
    with pytest.raises(OutputError, match=re.escape(f"{tmp_path / 'scene.glb'}: cannot be written: a folder")):
        publish_file(tmp_path / "scene.glb", b"data")
    assert names(tmp_path) == ["scene.glb"]


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"mine")
    with pytest.raises(OutputError, match=re.escape(f"{tmp_path / 'taken'}: cannot be a folder: a file")):
        publish_file(tmp_path / "taken" / "scene.glb", b"data")
    assert (tmp_path / "taken").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["../a.txt", "a/../../b.txt", "..", "", ".", "a/b", "a\0b"])
def test_nothing_is_written_if_a_name_would_lead_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    with pytest.raises(OutputError, match="that is no file name"):
        publish_folder(folder, {"a.txt": b"a", name: b"b"})
    with pytest.raises(OutputError, match="that is no file name"):
        publish_folder(folder, {str(tmp_path / "absolute.txt"): b"b"})
    assert names(tmp_path) == []


def test_places_where_nothing_can_be_written_are_told_before(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"mine")
    check_places(None, tmp_path / "new" / "report.json", tmp_path / "report.json")
    with pytest.raises(OutputError, match="cannot be a folder: a file"):
        check_places(tmp_path / "taken" / "report.json")
    with pytest.raises(OutputError, match="a folder of this name is in the way"):
        check_places(tmp_path)
    assert names(tmp_path) == ["taken"]


def test_files_of_an_earlier_run_go_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "frame_9.png.folder").mkdir()
    publish_folder(
        tmp_path, {"frame_1.png": b"old", "frame_2.png": b"old", "frame_2.png.bak": b"mine", "note": b"mine"}
    )
    publish_folder(tmp_path, {"frame_1.png": b"new"}, re.compile(r"frame_\d\.png"))
    assert names(tmp_path) == ["frame_1.png", "frame_2.png.bak", "frame_9.png.folder", "note"]
    assert (tmp_path / "frame_1.png").read_bytes() == b"new"
