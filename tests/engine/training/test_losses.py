"""Losses look at what is there, and at nothing else."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from engine.training import losses

STRIDES = (32, 16, 8, 4, 2, 1)


def random_images(batch: int, size: int = 64, seed: int = 0) -> torch.Tensor:
    coarse = torch.randn(batch, 8, size // 4, size // 4, generator=torch.Generator().manual_seed(seed))
    fine = torch.randn(batch, 8, size, size, generator=torch.Generator().manual_seed(seed + 1))
    return functional.interpolate(coarse, size=(size, size)) + 0.5 * fine


def pyramid(images: torch.Tensor) -> dict[int, torch.Tensor]:
    return {stride: functional.avg_pool2d(images, stride) for stride in STRIDES}


def distance(first: torch.Tensor, second: torch.Tensor, seed: int = 0, levels: int = 5) -> float:
    return float(losses.sliced_wasserstein(first, second, torch.Generator().manual_seed(seed), levels=levels))


def test_reconstruction_of_the_targets_themselves_costs_nothing() -> None:
    targets = random_images(2)
    cost = losses.reconstruction(pyramid(targets), targets, torch.ones(2, 8))
    assert float(cost) == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 7))
def test_reconstruction_ignores_masked_channels(channel: int) -> None:
    targets, wrong = random_images(2), random_images(2)
    wrong[1, channel] += 5
    present = torch.ones(2, 8)
    assert float(losses.reconstruction(pyramid(wrong), targets, present)) > 0.01
    present[1, channel] = 0
    assert float(losses.reconstruction(pyramid(wrong), targets, present)) == pytest.approx(0, abs=1e-6)


def test_enlarged_targets_say_nothing_of_the_finest_level_and_all_of_the_others() -> None:
    targets = random_images(2)
    images = {2 * stride: image for stride, image in pyramid(targets).items() if stride < 32}
    images[1] = torch.randn(2, 8, 128, 128)
    cost = losses.reconstruction(images, targets, torch.ones(2, 8), zoom=2)
    assert float(cost) == pytest.approx(0, abs=1e-6)
    images[2] = images[2] + 1
    assert float(losses.reconstruction(images, targets, torch.ones(2, 8), zoom=2)) > 0.1


def test_nothing_present_costs_nothing() -> None:
    targets = random_images(2)
    cost = losses.reconstruction(pyramid(targets + 1), targets, torch.zeros(2, 8))
    assert float(cost) == 0


def test_obedience_asks_the_height_to_follow_the_structure() -> None:
    structure = torch.randn(2, 3, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3).clamp(-1, 1)
    height = structure[:, :1] - structure[:, :1].mean((2, 3), keepdim=True)
    height = (height / structure[:, :1].std((2, 3), keepdim=True)).clamp(-3, 3)
    following = torch.randn(2, 8, 64, 64)
    following[:, 3:4] = height
    opposing = following.clone()
    opposing[:, 3:4] = -height
    assert float(losses.obedience(pyramid(following), structure, torch.ones(2))) == pytest.approx(0, abs=1e-4)
    assert float(losses.obedience(pyramid(opposing), structure, torch.ones(2))) > 1
    assert float(losses.obedience(pyramid(opposing), structure, torch.zeros(2))) == 0
    mixed = torch.cat([following[:1], opposing[1:]])
    assert float(losses.obedience(pyramid(mixed), structure, torch.tensor([1.0, 0.0]))) == pytest.approx(0, abs=1e-4)


def test_flat_structure_asks_for_nothing() -> None:
    structure = torch.full((1, 3, 64, 64), 0.3)
    assert float(losses.obedience(pyramid(random_images(1)), structure, torch.ones(1))) == 0


@pytest.mark.parametrize("size", [64, 96, 128])
def test_patch_distance_of_equal_images_is_zero(size: int) -> None:
    images = random_images(2, size)
    assert distance(images, images) == 0


@pytest.mark.parametrize("seed", range(3))
def test_patch_distance_ignores_position_but_not_blur_or_color(seed: int) -> None:
    images = random_images(2, 128, seed)
    rolled = torch.roll(images, (37, 90), (2, 3))
    blurred = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), "circular"), 3, 1)
    # Coarser octaves of a crop hold too few patches for this.
    same = distance(rolled, images, seed, levels=2)
    assert same < 0.1
    assert distance(blurred, images, seed, levels=2) > 3 * same
    assert distance(images + 1, images, seed, levels=2) > 2 * same


def test_patch_distance_is_that_of_each_image_alone() -> None:
    first, second = random_images(2, 64, 1), random_images(2, 64, 7)
    together = distance(first, second)
    alone = [distance(first[i : i + 1], second[i : i + 1]) for i in range(2)]
    assert together == pytest.approx(sum(alone) / 2, rel=1e-4)


def test_patch_distance_without_points_does_not_see_the_mean_color() -> None:
    images = random_images(2, 64)
    cost = losses.sliced_wasserstein(images + 1, images, torch.Generator().manual_seed(1), levels=1, points=False)
    assert float(cost) == pytest.approx(0, abs=1e-4)


def test_patch_distance_has_a_gradient_towards_the_real_image() -> None:
    real, fake = random_images(1, 64, 3), random_images(1, 64, 9).requires_grad_()
    cost = losses.sliced_wasserstein(fake, real, torch.Generator().manual_seed(1))
    (gradient,) = torch.autograd.grad(cost, fake)
    assert distance((fake - 2 * gradient / gradient.norm()).detach(), real, 1) < float(cost.detach())


def test_divergence_is_that_of_a_normal_and_never_below_the_free_bits() -> None:
    mean, log_variance = torch.tensor([[1.0, 0.0, -2.0]]), torch.tensor([[0.0, 1.0, -1.0]])
    expected = 0.5 + 0.5 * (math.e - 2) + 0.5 * (4 + math.exp(-1))
    assert float(losses.kullback_leibler(mean, log_variance, 0.0)) == pytest.approx(expected, rel=1e-5)
    assert float(losses.kullback_leibler(torch.zeros(4, 6), torch.zeros(4, 6), 0.02)) == pytest.approx(6 * 0.02)


def test_relativistic_loss_falls_as_the_better_one_wins() -> None:
    scores = torch.zeros(3, 4)
    assert float(losses.relativistic([scores], [scores])) == pytest.approx(math.log(2))
    assert float(losses.relativistic([scores + 2], [scores])) == pytest.approx(math.log1p(math.exp(-2)))


def test_every_head_counts_alike_however_many_positions_it_has() -> None:
    few, many = torch.zeros(3, 1), torch.zeros(3, 100)
    cost = losses.relativistic([few + 2, many], [few, many])
    assert float(cost) == pytest.approx((math.log1p(math.exp(-2)) + math.log(2)) / 2)


def test_gradient_penalty_of_a_linear_critic_is_its_squared_weight() -> None:
    weight = torch.randn(8, 16, 16)
    images = torch.randn(3, 8, 16, 16, requires_grad=True)
    scores = (images * weight).sum((1, 2, 3))[:, None]
    penalty = losses.gradient_penalty([scores], images)
    assert float(penalty.detach()) == pytest.approx(float(weight.square().sum()), rel=1e-4)


def test_gradient_penalty_is_that_of_one_patch_where_patches_do_not_overlap() -> None:
    images = torch.randn(2, 1, 8, 8, requires_grad=True)
    scores = functional.avg_pool2d(images, 4).flatten(1) * 16  # each of four scores sums its own 16 pixels
    assert float(losses.gradient_penalty([scores], images).detach()) == pytest.approx(16)


def test_gradient_penalty_can_be_differentiated() -> None:
    scale = torch.tensor(2.0, requires_grad=True)
    images = torch.randn(2, 8, 4, 4, requires_grad=True)
    penalty = losses.gradient_penalty([(scale * images.square()).sum((1, 2, 3))[:, None]], images)
    (gradient,) = torch.autograd.grad(penalty, scale)
    # |2 scale x|^2 = 4 scale^2 |x|^2, whose derivative is 8 scale |x|^2.
    assert float(gradient) == pytest.approx(8 * 2 * float(images.detach().square().sum((1, 2, 3)).mean()), rel=1e-4)
