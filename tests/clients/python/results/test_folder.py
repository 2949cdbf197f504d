"""Folders of files, all or none."""

from pathlib import Path

import pytest

from morphogen_client import BrokenStreamError
from morphogen_client.results.folder import write_folder


def test_files_are_written_into_a_new_folder(tmp_path: Path) -> None:
    paths = write_folder(tmp_path / "new" / "one", {"a.txt": b"a", "b.bin": b""})
    assert [path.read_bytes() for path in paths] == [b"a", b""]
    assert sorted((tmp_path / "new" / "one").iterdir()) == sorted(paths)


def test_files_that_were_there_are_replaced(tmp_path: Path) -> None:
    write_folder(tmp_path, {"a.txt": b"old", "kept.txt": b"kept"})
    write_folder(tmp_path, {"a.txt": b"new"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"new", "kept.txt": b"kept"}


def test_failure_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(OSError, match=r"b\.txt"):
        write_folder(tmp_path, {"b.txt": b"b", "c.txt": b"c"})
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


@pytest.mark.parametrize("name", ["../a.txt", "a/../../b.txt", "..", "", ".", "a/b", "a\0b"])
def test_nothing_is_written_if_a_name_would_lead_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    with pytest.raises(BrokenStreamError, match="is no file name"):
        write_folder(folder, {"a.txt": b"a", name: b"b"})
    with pytest.raises(BrokenStreamError, match="is no file name"):
        write_folder(folder, {str(tmp_path / "absolute.txt"): b"b"})
    assert list(tmp_path.iterdir()) == []
