"""The evidence bound, the proper score, and what the critic sees and says."""

import math

import pytest
import torch

from engine.training.terrain.losses import (
    FREE_NATS,
    PLANE_COUNT,
    TerrainCritic,
    divergence,
    energy_score,
    evidence_loss,
    planes,
)


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_divergence_is_zero_only_at_the_prior() -> None:
    zero = torch.zeros(2, 3, 4, 4)
    assert divergence(zero, zero).tolist() == [0.0, 0.0, 0.0]
    moved = divergence(zero + torch.tensor([0.0, 1.0, 2.0])[:, None, None], zero)
    assert moved.tolist() == pytest.approx([0.0, 0.5, 2.0])
    assert (divergence(zero, zero - 1.0) > 0).all()


def test_evidence_is_the_density_plus_what_the_latents_cost() -> None:
    details = drawn(1, 2, 4, 8, 8)
    zero, noise = torch.zeros(2, 3, 8, 8), torch.zeros(4)
    perfect = float(evidence_loss(details, details, noise, zero, zero))
    assert perfect == pytest.approx(0.5 * math.log(2 * math.pi) + 3 * FREE_NATS / 4, rel=1e-5)
    costly = float(evidence_loss(details, details, noise, zero + 2.0, zero))
    assert costly == pytest.approx(0.5 * math.log(2 * math.pi) + 3 * 2.0 / 4, rel=1e-5)
    assert float(evidence_loss(details, details, noise, zero + 2.0, zero, 0.0)) < perfect


def test_score_is_best_for_the_true_distribution() -> None:
    truth = drawn(1, 64, 4, 8, 8)
    scores = {
        name: float(energy_score(truth, factor * drawn(2, 64, 4, 8, 8) + shift, factor * drawn(3, 64, 4, 8, 8) + shift))
        for name, factor, shift in (("true", 1.0, 0.0), ("narrow", 0.4, 0.0), ("wide", 2.0, 0.0), ("moved", 1.0, 1.0))
    }
    assert min(scores, key=lambda name: scores[name]) == "true"


def test_score_notices_a_lack_of_structure() -> None:
    field = torch.nn.functional.avg_pool2d(drawn(1, 96, 1, 40, 40), 5, 1)[..., :32, :32] * 5
    smooth = torch.nn.functional.pixel_unshuffle(field, 2)
    white = [drawn(seed, *smooth.shape[1:])[None].expand_as(smooth)[:32] for seed in (2, 3)]
    truth, first, second = smooth[:32], smooth[32:64], smooth[64:]
    assert float(energy_score(truth, first, second)) < float(energy_score(truth, white[0], white[1]))


def test_planes_are_the_same_for_land_twice_as_steep_and_twice_as_rugged() -> None:
    height, slope = drawn(1, 3, 1, 16, 16), torch.tensor([0.1, 0.5, 1.0])
    seen = planes(height, slope)
    assert seen.shape == (3, PLANE_COUNT, 14, 14)
    assert torch.allclose(seen, planes(2.0 * height + 5.0, 2.0 * slope), atol=1e-4)


def test_planes_show_slopes_and_bends() -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    seen = planes((0.5 * x + 0.25 * y)[None, None], torch.tensor([1.0]))[0]
    assert torch.allclose(seen[1], torch.asinh(torch.tensor(0.5)))
    assert torch.allclose(seen[2], torch.asinh(torch.tensor(0.25)))
    assert seen[3:].abs().max() < 1e-5
    assert planes((0.5 * x * x)[None, None], torch.tensor([1.0]))[0, 3].min() > 1.0


def test_score_of_a_window_does_not_depend_on_the_batch() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        critic = TerrainCritic(3)
    seen, style, level = drawn(1, 4, PLANE_COUNT, 30, 30), drawn(2, 4, 2), torch.tensor([0, 1, 2, 0])
    with torch.no_grad():
        together = critic(seen, style, level)
        alone = critic(seen[2:3], style[2:3], level[2:3])
        other = critic(seen[2:3], style[2:3], level[1:2])
    assert together.shape[0] == 4
    assert together.dtype == torch.float32
    assert torch.allclose(together[2], alone[0], atol=1e-5)
    assert not torch.allclose(other, alone)
