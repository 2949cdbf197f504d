from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.rivals import BASELINES, CONTROLS, few_modes, memorised, random_phase, shuffled

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]


@pytest.fixture(scope="module")
def exemplars(draw_textures: Draw) -> Pictures:
    return draw_textures(32, 3)[0]


@pytest.mark.parametrize("name", [*BASELINES, *CONTROLS])
def test_every_rival_is_a_set_of_pictures_fixed_by_its_seed(exemplars: Pictures, name: str) -> None:
    rival = {**BASELINES, **CONTROLS}[name]
    pictures = rival(exemplars, 5)
    assert pictures.shape == exemplars.shape
    assert pictures.dtype == np.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert np.array_equal(pictures, rival(exemplars, 5))


def test_random_phase_keeps_mean_color_and_loses_the_picture(exemplars: Pictures) -> None:
    noise = random_phase(exemplars, 5)
    assert np.abs(noise.mean((2, 3)) - exemplars.mean((2, 3))).max() < 0.03
    assert np.abs(noise - exemplars).mean() > 0.02


def test_a_uniform_exemplar_stays_uniform() -> None:
    flat = np.full((2, 3, 32, 32), 0.25, np.float32)
    for baseline in BASELINES.values():
        assert np.allclose(baseline(flat, 1), 0.25, atol=1e-6)


def test_memorised_pictures_hold_the_pixels_of_their_exemplar(exemplars: Pictures) -> None:
    copies = memorised(exemplars, 5)
    assert np.array_equal(np.sort(copies.reshape(32, -1), 1), np.sort(exemplars.reshape(32, -1), 1))
    assert not np.array_equal(copies, exemplars)


def test_few_modes_repeats_a_fraction_of_the_exemplars(exemplars: Pictures) -> None:
    assert len(np.unique(few_modes(exemplars, 5).reshape(32, -1), axis=0)) == 4


def test_shuffled_moves_whole_blocks(exemplars: Pictures) -> None:
    def blocks(pictures: Pictures) -> list[bytes]:
        return sorted(pictures[0, :, y : y + 8, x : x + 8].tobytes() for y in range(0, 64, 8) for x in range(0, 64, 8))

    assert blocks(shuffled(exemplars, 5)) == blocks(exemplars)
