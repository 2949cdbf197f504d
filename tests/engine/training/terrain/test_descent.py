"""Whole descents in training."""

import numpy as np
import pytest
import torch

from engine.generators.terrain.heights import TOP_LEVEL, Decoders
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.training.terrain.descent import Tops, descended, middle, top_edge

EDGE = 32


@pytest.fixture(scope="module")
def decoders() -> Decoders:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return Decoders(Decoder(DecoderConfig(8, 2, 2)), Decoder(DecoderConfig(8, 1, 2)))


@pytest.fixture(scope="module")
def tops() -> Tops:
    return Tops.of(3, torch.device("cpu"))


def _random() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=4))


def noise(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_descent_has_a_grid_of_every_level(decoders: Decoders, tops: Tops) -> None:
    style = torch.tensor([[0.0, 0.5], [1.5, -0.5]])
    top = tops.draw(_random(), style[:, 0], top_edge(decoders, EDGE))
    with torch.no_grad():
        grids = descended(decoders, top, style, EDGE, noise())
    assert [grid.shape for grid in grids] == [(2, 1, EDGE, EDGE)] * TOP_LEVEL
    assert all(bool(torch.isfinite(grid).all()) for grid in grids)
    with torch.no_grad():
        again = descended(decoders, top, style, EDGE, noise())
        other = descended(decoders, top, style, EDGE, noise(2))
    assert torch.equal(grids[0], again[0])
    assert not torch.equal(grids[0], other[0])


def test_gradients_reach_both_decoders_from_the_finest_grid(decoders: Decoders, tops: Tops) -> None:
    style = torch.zeros(1, 2)
    top = tops.draw(_random(), style[:, 0], top_edge(decoders, EDGE))
    descended(decoders, top, style, EDGE, noise())[0].square().mean().backward()
    for decoder in (decoders.landforms, decoders.details):
        assert float(decoder.entry.weight.grad.abs().sum()) > 0.0  # type: ignore[union-attr]


def test_rugged_land_starts_higher(tops: Tops) -> None:
    flat = tops.draw(_random(), torch.tensor([0.0]), 24)
    high = tops.draw(_random(), torch.tensor([1.0]), 24)
    assert torch.allclose(high, flat * torch.exp(torch.tensor(0.9)))


def test_middle_is_the_middle() -> None:
    grid = torch.arange(36.0).view(1, 1, 6, 6)
    assert middle(grid, 2)[0, 0].tolist() == [[14.0, 15.0], [20.0, 21.0]]
