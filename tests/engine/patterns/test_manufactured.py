import numpy as np
import pytest

from engine.patterns import render_pattern
from engine.requests.texture import Pattern


def test_shingles_rise_towards_their_lower_end_and_drop_to_the_next_row() -> None:
    parameters = {"columns": 4, "rows": 4, "roundness": 0, "jitter": 0, "relief": 0, "joint_width": 0.1, "surface": 0}
    column = render_pattern(Pattern("roof_shingles", parameters), 0, 256).height[:, 16]
    # Rows are 64 px high.
    for top in range(0, 256, 64):
        assert (np.diff(column[top + 2 : top + 62]) > 0).all()
        assert column[(top + 66) % 256] < column[top + 61] - 0.3


@pytest.mark.parametrize("floats", [1, 2, 3])
def test_each_thread_is_on_top_half_of_the_time(floats: int) -> None:
    threads = 12
    structure = render_pattern(Pattern("weave", {"threads": threads, "float": floats, "jitter": 0}), 1, 384)
    middle = 384 // threads // 2
    crossings = structure.cell_tone[middle :: 384 // threads, middle :: 384 // threads]
    # On a row of crossings the lying thread shows its one tone at half of them.
    for row in crossings:
        _, counts = np.unique(row, return_counts=True)
        assert counts.max() == threads // 2


def test_rivets_stand_out_of_the_plates() -> None:
    riveted = render_pattern(Pattern("plates"), 1, 512).height
    plain = render_pattern(Pattern("plates", {"rivets": 0}), 1, 512).height
    assert float(plain.max()) <= 0.6
    assert 0.9 < float(riveted.max()) <= 1.0
    assert 0.002 < float(np.mean(riveted > plain + 0.05)) < 0.2


def test_tread_bars_alternate_in_direction() -> None:
    parameters = {"cells": 4, "jitter": 0, "relief": 0}
    height = render_pattern(Pattern("diamond_plate", parameters), 1, 256).height
    first, second = height[:64, :64], height[:64, 64:128]
    assert np.allclose(first, second[:, ::-1], atol=1e-5)
    assert float(first[20, 20]) > 0.5
    assert float(first[20, 43]) < 0.3
