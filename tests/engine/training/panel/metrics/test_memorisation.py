from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.metrics.memorisation import ExemplarIndex, memorisation

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]


@pytest.fixture(scope="module")
def exemplars(draw_textures: Draw) -> Pictures:
    return draw_textures(80, 1)[0]


@pytest.fixture(scope="module")
def index(exemplars: Pictures) -> ExemplarIndex:
    return ExemplarIndex(exemplars)


def test_fresh_textures_are_as_far_from_exemplars_as_those_from_each_other(
    index: ExemplarIndex, draw_textures: Draw
) -> None:
    assert np.median(index.ratios(draw_textures(80, 2)[0])) == pytest.approx(1, abs=0.25)
    assert np.median(index.own_ratios) == pytest.approx(1)


@pytest.mark.parametrize(
    "disguise",
    [
        lambda pictures: np.roll(pictures, (13, 6), (2, 3)),
        lambda pictures: pictures[..., ::-1],
        lambda pictures: np.roll(np.rot90(pictures, 1, (2, 3)), 9, 2),
    ],
    ids=["shifted", "mirrored", "turned"],
)
def test_copies_are_seen_through_shift_flip_and_turn(
    index: ExemplarIndex, exemplars: Pictures, disguise: Callable[[Pictures], Pictures]
) -> None:
    ratios = index.ratios(np.ascontiguousarray(disguise(exemplars)))
    assert np.quantile(ratios, 0.9) < 0.35
    assert memorisation(ratios)["copy_share"].value > 0.9
