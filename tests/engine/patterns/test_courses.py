from collections.abc import Callable

import numpy as np
import pytest

from engine.patterns import render_pattern
from engine.requests.texture import Pattern

CountCells = Callable[[Pattern], int]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern("brick"), 48),
        (Pattern("brick", {"columns": 3, "rows": 5, "offset": 0.5}), 15),
        (Pattern("brick", {"columns": 5, "rows": 6, "variation": 1}), 30),
        (Pattern("brick_english"), 6 * 4 + 6 * 8),
        (Pattern("brick_flemish"), 12 * 6),
        (Pattern("square_tiles", {"columns": 7, "rows": 4}), 28),
        (Pattern("planks"), 16),
    ],
)
def test_cells_are_as_many_as_asked_for(count_cells: CountCells, pattern: Pattern, expected: int) -> None:
    assert count_cells(pattern) == expected


def exact_bricks(offset: float) -> Pattern:
    parameters = {"columns": 4, "rows": 8, "offset": offset, "joint_width": 0.25}
    return Pattern("brick", {**parameters, "jitter": 0, "relief": 0, "bevel": 0, "surface": 0})


def test_running_bond_puts_every_joint_over_the_middle_of_a_brick() -> None:
    height = render_pattern(exact_bricks(0.5), 0, 256).height
    # Courses are 32 px high, bricks 64 px long; joints lie on the courses' starts and every 64 px along them.
    assert (height[16, [0, 64, 128, 192]] < 0.1).all()
    assert (height[16, [32, 96, 160, 224]] > 0.9).all()
    assert (height[48, [32, 96, 160, 224]] < 0.1).all()
    assert (height[48, [0, 64, 128, 192]] > 0.9).all()


def test_stack_bond_joints_run_through() -> None:
    height = render_pattern(exact_bricks(0.0), 0, 256).height
    assert (height[:, [0, 64, 128, 192]] < 0.1).all()


def test_joint_takes_its_share_of_the_cell_at_every_size() -> None:
    parameters = {"columns": 4, "rows": 4, "jitter": 0, "relief": 0, "joint_width": 0.1, "bevel": 0, "surface": 0}
    for size_px in (32, 64, 512):
        height = render_pattern(Pattern("square_tiles", parameters), 0, size_px).height
        assert float(height.mean()) == pytest.approx(0.81, abs=0.02)


def test_flemish_courses_alternate_long_and_short() -> None:
    parameters = {"columns": 2, "rows": 2, "jitter": 0, "relief": 0, "joint_width": 0.05, "bevel": 0}
    structure = render_pattern(Pattern("brick_flemish", parameters), 0, 384)
    starts = np.flatnonzero(np.diff((structure.height[96] > 0.5).astype(np.int8)) == 1)
    lengths = np.diff(starts)
    # A pair is 192 px: a stretcher of 128 and a header of 64.
    assert sorted(set(np.round(lengths / 64).tolist())) == [1.0, 2.0]


def test_tone_is_one_value_per_brick() -> None:
    structure = render_pattern(exact_bricks(0.5), 5, 256)
    inside = structure.edge_distance > 0.5
    assert len(np.unique(structure.cell_tone[inside])) == 32
