import numpy as np
import pytest

from engine.errors import DataError
from engine.generators.character.pose import (
    LAYOUT,
    NUMBER_COUNT,
    POSE_BYTES,
    pose_bytes,
    pose_numbers,
    pose_of,
    pose_parts,
)


def test_pose_is_83_little_endian_floats_in_the_described_order() -> None:
    root, rotation, contact = np.arange(3.0), np.arange(76.0).reshape(19, 4) + 100, np.arange(4.0) + 900
    numbers = pose_numbers(root.astype(np.float32), rotation.astype(np.float32), contact.astype(np.float32))
    data = pose_bytes(numbers)
    assert len(data) == POSE_BYTES == 332
    read = np.frombuffer(data, "<f4")
    for name, values in (("root_m", root), ("rotation_xyzw", rotation), ("contact", contact)):
        first, behind = LAYOUT[name]
        assert np.array_equal(read[first:behind], values.ravel())
    assert np.array_equal(pose_of(data), numbers)


def test_parts_of_many_poses_come_back_as_they_went_in() -> None:
    random = np.random.default_rng(1)
    parts = [random.normal(size=shape).astype(np.float32) for shape in ((5, 3), (5, 19, 4), (5, 4))]
    numbers = pose_numbers(*parts)
    assert numbers.shape == (5, NUMBER_COUNT)
    assert all(np.array_equal(given, read) for given, read in zip(parts, pose_parts(numbers), strict=True))


def test_anything_else_is_no_pose() -> None:
    with pytest.raises(DataError, match="331 bytes"):
        pose_of(bytes(331))
    with pytest.raises(ValueError, match=r"\[2, 83\]"):
        pose_bytes(np.zeros((2, NUMBER_COUNT), np.float32))
