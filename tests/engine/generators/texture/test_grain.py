"""Noise that is steered stays noise of the same strength, and the finest octave gets the share that is asked for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.generators.texture.grain import DETAILED, GAIN_MAX, steered_noise, with_detail
from engine.nets.blocks import TORUS
from engine.nets.texgen import double
from engine.noise import white_grid
from engine.training.data.exemplars import spectral_direction

NOISE = white_grid(5, 1, 3, 64, 64)[None]


def test_nothing_asked_changes_nothing() -> None:
    assert steered_noise(NOISE, 4, {"relief": 3.0}) is NOISE


@given(st.floats(-1, 1))
def test_direction_smears_and_keeps_the_strength(direction: float) -> None:
    smeared = steered_noise(NOISE, 4, {"direction": direction})
    assert float(smeared.std()) == pytest.approx(float(NOISE.std()), rel=0.06)
    if abs(direction) > 0.2:
        assert np.sign(spectral_direction(smeared[0, 0].numpy())) == np.sign(direction)


def test_smeared_noise_has_no_seam() -> None:
    rolled = NOISE.roll((11, 23), (2, 3))
    sliders = {"direction": 0.7, "scale": 0.8}
    assert torch.equal(steered_noise(rolled, 2, sliders), steered_noise(NOISE, 2, sliders).roll((11, 23), (2, 3)))


def test_larger_scale_means_weaker_fine_and_stronger_coarse_noise() -> None:
    strengths = [float(steered_noise(NOISE, stride, {"scale": 0.8}).std() / NOISE.std()) for stride in (1, 2, 8, 32)]
    assert strengths == sorted(strengths)
    assert strengths[0] < 1 < strengths[-1]


@pytest.mark.parametrize("detail", [0.0, 0.1, 0.5, 0.8])
def test_finest_octave_has_the_share_asked_for(detail: float) -> None:
    coarse = torch.randn(1, 8, 32, 32, generator=torch.Generator().manual_seed(1))
    doubled = double(coarse, TORUS)
    octave = torch.randn(1, 8, 64, 64, generator=torch.Generator().manual_seed(2)) * 0.3
    octave = octave - torch.nn.functional.interpolate(torch.nn.functional.avg_pool2d(octave, 2), scale_factor=2)
    image = with_detail(doubled + octave, doubled, detail)
    assert torch.allclose(torch.nn.functional.avg_pool2d(image, 2), coarse, atol=1e-5)  # no coarser level moves
    tone = image[0, 0] - doubled[0, 0]
    share = float((tone.var() / (tone.var() + doubled[0, 0].var())) ** 0.5)
    assert share == pytest.approx(detail, abs=0.01)
    others = [channel for channel in range(8) if channel not in DETAILED]
    assert torch.allclose(image[:, others], (doubled + octave)[:, others])


def test_what_is_not_there_is_not_made_up() -> None:
    doubled = torch.randn(1, 8, 64, 64, generator=torch.Generator().manual_seed(1))
    octave = torch.randn(1, 8, 64, 64, generator=torch.Generator().manual_seed(2)) * 1e-4
    image = with_detail(doubled + octave, doubled, 0.9)
    assert float((image - doubled).abs().max()) <= GAIN_MAX * float(octave.abs().max()) * 1.01
