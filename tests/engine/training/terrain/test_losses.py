"""The evidence bound and the proper score."""

import math

import pytest
import torch

from engine.training.terrain.losses import FREE_NATS, divergence, energy_score, evidence_loss


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
