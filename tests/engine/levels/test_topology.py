"""Rooms, loops and narrow places of levels that were drawn by hand."""

import numpy as np
import pytest

from engine.levels.grid import from_rows
from engine.levels.topology import loop_count, narrow_places, room_labels, steps_from

RING = ("########", "#......#", "#.####.#", "#.####.#", "#.####.#", "#......#", "########", "########")
TWO_ROOMS = ("########", "#...##.#", "#....+.#", "#...##.#", "####...#", "####...#", "####...#", "########")
PILLAR = ("########", "#......#", "#......#", "#..#...#", "#......#", "#......#", "########", "########")
POOL = ("########", "#......#", "#.~~~..#", "#.~~~..#", "#.~~~..#", "#......#", "########", "########")


@pytest.mark.parametrize(("rows", "rooms", "loops"), [(RING, 0, 1), (TWO_ROOMS, 2, 0), (PILLAR, 1, 0), (POOL, 1, 0)])
def test_rooms_and_loops_are_those_a_person_counts(rows: tuple[str, ...], rooms: int, loops: int) -> None:
    grid = from_rows(rows)
    assert room_labels(grid)[0] == rooms
    assert loop_count(grid) == loops


def test_corridors_belong_to_no_room() -> None:
    labels = room_labels(from_rows(TWO_ROOMS))[1]
    assert labels[1, 1] > 0
    assert labels[5, 5] > 0
    assert labels[1, 6] == labels[2, 4] == 0


def test_doors_fit_between_two_walls() -> None:
    narrow = narrow_places(from_rows(TWO_ROOMS))
    assert narrow[2, 4]
    assert not narrow[1, 1]


def test_steps_count_the_way_and_not_the_distance() -> None:
    area = np.ones((3, 3), bool)
    area[1, :2] = False
    assert steps_from(area, (0, 0)).tolist() == [[0, 1, 2], [-1, -1, 3], [6, 5, 4]]
