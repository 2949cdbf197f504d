"""Parts unrolled."""

import numpy as np
import pytest

from engine.characters.atlas import ALONG, AROUND, ATLAS_CHANNELS, WRAPPED, part_atlas
from engine.characters.character import build_character
from engine.characters.identity import make_identity
from engine.characters.palettes import DARK, GLOW, SKIN
from engine.characters.parts import part_table
from engine.characters.sculpting.sculpture import PART, PART_COUNT


@pytest.fixture(scope="module")
def grids() -> np.ndarray:
    """A bareheaded person, [ATLAS_CHANNELS, PART_COUNT, ALONG, WRAPPED]."""
    person = build_character(
        make_identity(2, "human").with_values(headwear="none", hair="none", back="none", beard="none")
    )
    atlas = part_atlas(person)
    assert atlas.shape == (ATLAS_CHANNELS, PART_COUNT * ALONG, WRAPPED)
    return atlas.reshape(ATLAS_CHANNELS, PART_COUNT, ALONG, WRAPPED)


def test_grids_wrap_around(grids: np.ndarray) -> None:
    assert WRAPPED == AROUND + 2
    assert np.array_equal(grids[..., 0], grids[..., -2])
    assert np.array_equal(grids[..., -1], grids[..., 1])


def test_each_place_shows_colors_that_sum_to_one_and_unworn_parts_nothing(grids: np.ndarray) -> None:
    shown = grids[2:].sum(0)
    worn = [PART[name] for name in ("head", "chest", "l_hand", "r_foot")]
    assert shown[worn] == pytest.approx(1.0, abs=1e-5)
    for name in ("hat", "hair", "back"):
        assert (grids[:, PART[name]] == 0).all()


def test_reach_agrees_with_the_capsule(grids: np.ndarray) -> None:
    table = part_table(
        build_character(make_identity(2, "human").with_values(headwear="none", hair="none", beard="none"))
    )
    for name in ("l_thigh", "belly", "r_forearm"):
        reach = grids[0, PART[name], 8:16]
        assert np.median(reach) == pytest.approx(table[PART[name], 6:8].mean(), rel=0.3)


def test_a_face_has_eyes_in_front_and_none_behind(grids: np.ndarray) -> None:
    head = grids[2:, PART["head"]]
    # The head's cross axes are x and z: the front is a quarter turn from x.
    front, back = (1 + round((0.5 + turn) * AROUND) % AROUND for turn in (0.25, -0.25))
    dark, glow = head[DARK].sum(0), head[GLOW].sum(0)
    assert dark[front - 4 : front + 5].sum() > 3
    assert glow[front - 4 : front + 5].sum() > 1
    assert dark[back - 4 : back + 5].sum() == 0
    assert head[SKIN][:, back].mean() > 0.8
