import numpy as np
import pytest

from engine.errors import GenerationError
from engine.training.panel.material import (
    JudgedMap,
    MaterialArrays,
    judged_picture,
    level_difference,
    normal_agreement,
)


def hilly(size: int = 64) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], ...]:
    random = np.random.default_rng(4)
    wave = 2 * np.pi * np.arange(size) / size
    height = np.zeros((size, size))
    for a, b in np.ndindex(4, 4):
        height += random.normal() * np.sin(a * wave[:, None] + b * wave[None] + random.uniform(0, 6))
    along = [3 * (np.roll(height, -1, axis) - np.roll(height, 1, axis)) for axis in (1, 0)]
    normal = np.stack([-along[0], along[1], np.ones_like(height)])  # +Y up while rows grow downwards
    return height[None].astype(np.float32), (normal / np.linalg.norm(normal, axis=0)).astype(np.float32)


def test_normals_made_from_the_height_agree_at_any_strength() -> None:
    height, normal = hilly()
    assert normal_agreement(height, normal) > 0.99


def test_normals_of_the_other_handedness_do_not_agree() -> None:
    height, normal = hilly()
    assert normal_agreement(height, normal * np.array([1, -1, 1], np.float32)[:, None, None]) < 0.5


def test_a_flat_pair_agrees() -> None:
    normal = np.zeros((3, 8, 8), np.float32)
    normal[2] = 1
    assert normal_agreement(np.full((1, 8, 8), 0.5, np.float32), normal) == 1


def test_averaged_levels_do_not_differ_and_a_wrong_one_shows_by_how_much() -> None:
    fine = np.random.default_rng(1).random((3, 64, 64), np.float32)
    coarse = fine.reshape(3, 32, 2, 32, 2).mean((2, 4))
    assert level_difference((coarse, fine)) < 1e-3
    assert level_difference((coarse + np.float32(5 / 255), fine)) == pytest.approx(5, abs=0.01)


def test_grey_maps_become_grey_pictures() -> None:
    material = MaterialArrays(np.zeros((3, 8, 8), np.float32), roughness=np.full((1, 8, 8), 0.5, np.float32))
    assert np.array_equal(judged_picture(material, JudgedMap.ROUGHNESS, 8, ""), np.full((3, 8, 8), 0.5, np.float32))


@pytest.mark.parametrize("value", [1.5, -0.5, float("nan")])
def test_values_outside_their_range_are_refused(value: float) -> None:
    with pytest.raises(GenerationError, match="brick, seed 3: albedo spans"):
        judged_picture(MaterialArrays(np.full((3, 8, 8), value, np.float32)), JudgedMap.ALBEDO, 8, "brick, seed 3")


def test_a_missing_map_is_named() -> None:
    with pytest.raises(GenerationError, match="height is missing"):
        judged_picture(MaterialArrays(np.zeros((3, 8, 8), np.float32)), JudgedMap.HEIGHT, 8, "brick")
