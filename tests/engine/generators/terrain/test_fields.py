"""Smooth fields and noise: the same in every window, anywhere."""

import numpy as np
import pytest
import torch

from engine.generators.terrain.fields import Window, hashed, normal, smooth

PLACES = (0, -7, 2**31 - 900, -(2**31))


@pytest.mark.parametrize("place", PLACES)
def test_normal_noise_is_the_same_in_every_window(place: int) -> None:
    whole = normal(3, 9, 5, Window(place, place, 20, 30, 1))
    part = normal(3, 9, 5, Window(place + 4, place + 7, 8, 9, 1))
    assert torch.equal(part, whole[:, 4:12, 7:16])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("lattice", [2, 64, 2048])
def test_smooth_noise_is_the_same_in_every_window(place: int, lattice: int) -> None:
    whole = smooth(3, 9, Window(place, place, 90, 70, 1), lattice)
    part = smooth(3, 9, Window(place + 13, place + 5, 40, 50, 1), lattice)
    assert torch.equal(part, whole[13:53, 5:55])


def test_coarse_windows_show_the_same_field() -> None:
    fine = smooth(5, 2, Window(-64, -64, 129, 129, 1), 32)
    coarse = smooth(5, 2, Window(-8, -8, 17, 17, 8), 32)
    assert torch.allclose(coarse, fine[::8, ::8], atol=1e-5)


def test_noise_has_mean_zero_and_variance_one() -> None:
    noise = normal(1, 1, 4, Window(0, 0, 200, 200, 1))
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.01)
    assert float(noise.var()) == pytest.approx(1.0, abs=0.02)
    field = smooth(1, 1, Window(0, 0, 400, 400, 4), 8)
    assert float(field.mean()) == pytest.approx(0.0, abs=0.05)
    assert float(field.var()) == pytest.approx(1.0, abs=0.15)


def test_channels_layers_seeds_and_neighbours_are_independent() -> None:
    noise = normal(1, 1, 3, Window(0, 0, 100, 100, 1)).reshape(3, -1)
    others = [normal(seed, layer, 1, Window(0, 0, 100, 100, 1)).reshape(1, -1) for seed, layer in ((2, 1), (1, 2))]
    shifted = normal(1, 1, 1, Window(0, 1, 100, 100, 1)).reshape(1, -1)
    together = np.corrcoef(torch.cat([noise, *others, shifted]).numpy())
    assert np.abs(together - np.eye(len(together))).max() < 0.05


def test_world_that_repeats_does() -> None:
    first = normal(1, 1, 2, Window(-3, 5, 10, 10, 2, 256))
    assert torch.equal(first, normal(1, 1, 2, Window(-3 + 128, 5 - 256, 10, 10, 2, 256)))
    field = smooth(1, 1, Window(10, 250, 20, 20, 1, 256), 64)
    assert torch.equal(field, smooth(1, 1, Window(10 + 256, 250 - 512, 20, 20, 1, 256), 64))


def test_hash_is_uniform() -> None:
    y, x = torch.arange(-100, 100)[:, None], torch.arange(300)[None]
    values = hashed(4_000_000_000, 3, y, x)
    assert values.shape == (200, 300)
    assert float(values.min()) >= 0.0
    assert float(values.max()) < 1.0
    counts = torch.histc(values, 10, 0.0, 1.0) / values.numel()
    assert float((counts - 0.1).abs().max()) < 0.01


def test_windows_grow_and_join() -> None:
    one = Window(-3, 10, 5, 6, 4, 512)
    assert one.widened(2) == Window(-5, 8, 9, 10, 4, 512)
    assert one.joined(Window(0, 4, 9, 2, 4, 512)) == Window(-3, 4, 12, 12, 4, 512)
    assert one.joined(one) == one
