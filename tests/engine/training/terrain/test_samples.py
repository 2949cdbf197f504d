"""Crops of generated land."""

import numpy as np
import pytest
import torch

from engine.generators.terrain.heights import Decoders
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.training.terrain.samples import LandSampler, speeds


@pytest.fixture(scope="module")
def sampler() -> LandSampler:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return LandSampler(Decoders(Decoder(DecoderConfig(8, 1, 2)), Decoder(DecoderConfig(8, 1, 2))), 48)


def test_crops_are_a_function_of_style_and_seed(sampler: LandSampler) -> None:
    styles = [(0.0, 1.0), (1.0, 0.0), (0.0, 1.0)]
    first, again, other = sampler.crops(styles, 1), sampler.crops(styles, 1), sampler.crops(styles, 2)
    assert [crop.shape for crop in first] == [(48, 48)] * 3
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[2])


def test_crop_does_not_depend_on_those_beside_it(sampler: LandSampler) -> None:
    alone, among = sampler.crops([(0.5, 0.5)], 7), sampler.crops([(0.5, 0.5), (1.5, 0.0)], 7)
    assert np.array_equal(alone[0], among[0])


def test_ruggedness_raises_slopes(sampler: LandSampler) -> None:
    flat, steep = (sampler.crops([(ruggedness, 0.5)] * 6, 3) for ruggedness in (-1.0, 1.5))
    mean = [np.mean([np.hypot(*np.gradient(crop)).mean() for crop in crops]) for crops in (flat, steep)]
    assert mean[1] > 3.0 * mean[0]


def test_speeds_are_measured_side_by_side(sampler: LandSampler) -> None:
    measured = speeds(sampler.decoders, 2)
    assert set(measured) == {"chunk_ms", "chunk_of_block_ms", "erosion_ms"}
    assert all(value > 0.0 for value in measured.values())
