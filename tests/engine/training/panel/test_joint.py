import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.joint import joint_distance, joint_numbers


def field(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((32, 32), np.float32)


def grey(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.broadcast_to(values, (3, 32, 32)), np.float32)


def test_maps_that_go_together_correlate_and_opposed_ones_do_so_negatively() -> None:
    height = field(0)
    numbers = joint_numbers(grey(2 * height + 1), height, -height)
    assert numbers[:3] == pytest.approx([1, -1, -1], abs=1e-4)
    assert numbers[3:] == pytest.approx([1, 1, 1], abs=1e-4)


def test_unrelated_and_plain_maps_do_not_correlate() -> None:
    assert np.abs(joint_numbers(grey(field(0)), field(1), field(2))).max() < 0.15
    assert joint_numbers(grey(field(0)), np.ones((32, 32), np.float32), field(2))[[0, 2, 3, 5]] == pytest.approx(0)


def test_distance_is_small_for_equal_sets_and_large_for_misaligned_ones() -> None:
    aligned, others = (
        np.stack(
            [joint_numbers(grey(field(n)), field(n) + 0.5 * field(n + 99), field(n + 7)) for n in range(k, k + 20)]
        )
        for k in (0, 20)
    )
    misaligned = np.stack([joint_numbers(grey(field(n)), field(n + 50), field(n + 7)) for n in range(20)])
    assert joint_distance(aligned, others).value < 0.3 * joint_distance(aligned, misaligned).value
