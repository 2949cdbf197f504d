"""Land to learn on."""

import numpy as np
import pytest
import torch

from engine.generators.terrain.heights import TOP_LEVEL, Decoders
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.training.terrain.distillation.descents import Descents

STYLES = torch.tensor([[1.5, -0.25], [-1.0, 1.25]])


@pytest.fixture(scope="module")
def descents() -> Descents:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        decoders = Decoders(Decoder(DecoderConfig(8, 2, 2)), Decoder(DecoderConfig(8, 1, 2)))
    return Descents(decoders, STYLES, np.random.default_rng(3), 2)


@pytest.mark.parametrize("level", range(1, TOP_LEVEL + 1))
def test_windows_of_every_level_are_land_and_its_style(descents: Descents, level: int) -> None:
    windows = descents.windows(np.random.default_rng(level), level, 5, 22)
    assert windows.height.shape == (5, 1, 22, 22)
    assert windows.style.shape == (5, 2, 22, 22)
    assert bool(torch.isfinite(windows.height).all())
    assert float(windows.height.std()) > 0.0
    again = descents.windows(np.random.default_rng(level), level, 5, 22)
    assert torch.equal(windows.height, again.height)
    assert not torch.equal(windows.height, descents.windows(np.random.default_rng(99), level, 5, 22).height)


def test_half_of_the_descents_have_styles_of_real_land(descents: Descents) -> None:
    style = descents.windows(np.random.default_rng(1), 3, 64, 8).style
    even = [float(each[0].std()) < 1e-5 for each in style]
    ruggedness = {round(float(each[0, 0, 0]), 3) for each, flat in zip(style, even, strict=True) if flat}
    assert 16 < sum(even) < 48
    assert ruggedness <= {1.5, -1.0}
