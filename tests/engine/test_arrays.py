import re
import resource
from pathlib import Path

import numpy as np
import pytest

from engine.arrays import read_arrays, write_arrays
from engine.errors import DataError, OutputError

ARRAYS = {"numbers": np.arange(10_000, dtype=np.int32), "names": np.array(["a", "b"])}


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data.npz"
    write_arrays(path, ARRAYS)
    read = read_arrays(path, "file of numbers")
    assert read.keys() == ARRAYS.keys()
    assert all(np.array_equal(read[name], ARRAYS[name]) for name in ARRAYS)
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_fills_up_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    write_arrays(path, {"numbers": np.zeros(3)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match=re.escape(f"{path}: cannot be written")):
            write_arrays(path, ARRAYS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert np.array_equal(read_arrays(path, "file of numbers")["numbers"], np.zeros(3))
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"mine")
    with pytest.raises(OutputError, match="cannot be written"):
        write_arrays(tmp_path / "taken" / "data.npz", ARRAYS)


@pytest.mark.parametrize("kept", [0, 1, 100, 5_000, -1])
def test_a_file_that_was_cut_off_is_told_apart(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "data.npz"
    write_arrays(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=re.escape(f"{path}: is no file of numbers (.npz)")):
        read_arrays(path, "file of numbers")


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    damaged = tmp_path / "damaged.npz"
    write_arrays(damaged, ARRAYS)
    data = bytearray(damaged.read_bytes())
    data[200:300] = bytes(100)
    damaged.write_bytes(data)
    for path in (tmp_path / "one.npy", damaged, tmp_path, tmp_path / "missing.npz"):
        with pytest.raises(DataError, match="is no file of numbers"):
            read_arrays(path, "file of numbers")
