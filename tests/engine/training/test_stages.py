"""Training steps are functions of seed and step, the guard steers, and a step that fails leaves the weights alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import nn

from engine.errors import SettingsError
from engine.training.data.sampler import Batch, Sampler
from engine.training.plan import AdversarialPlan, TexturePlan
from engine.training.stages import (
    AdversarialStage,
    ReconstructionStage,
    Scalars,
    TextureModel,
    apply_gradient,
    choose_device,
)

MakeSampler = Callable[[TexturePlan], Sampler]
Stage = ReconstructionStage | AdversarialStage
STAGES = (ReconstructionStage, AdversarialStage)


@pytest.fixture(scope="module")
def plan(tiny_plan: TexturePlan) -> TexturePlan:
    return replace(tiny_plan, crop_px=128, batch_size=2)


@pytest.fixture(scope="module")
def batches(make_sampler: MakeSampler, plan: TexturePlan) -> list[Batch]:
    """Two batches with paired and drawn structures, with and without height."""
    sampler = make_sampler(replace(plan, drawn_share=0.5))
    return [sampler.batch(plan.seed, step, 2) for step in range(2)]


def start(stage: type[Stage], plan: TexturePlan) -> Stage:
    return stage(TextureModel(plan.network_config(), plan))


def two_steps(stage: Stage, batches: Sequence[Batch]) -> list[Scalars]:
    return [stage.step(batch, number, 1e-3) for number, batch in enumerate(batches)]


def state(*modules: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for module in modules for value in module.state_dict().values()]


def weights(stage: Stage) -> list[torch.Tensor]:
    model = stage.model
    return state(model.generator, model.encoder, model.average, model.discriminator)


def same(first: Sequence[torch.Tensor], second: Sequence[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("kind", STAGES)
def test_two_steps_are_the_same_again_with_the_same_seed_only(
    kind: type[Stage], plan: TexturePlan, batches: list[Batch]
) -> None:
    first, second, other = (start(kind, replace(plan, seed=seed)) for seed in (1, 1, 2))
    assert two_steps(first, batches) == two_steps(second, batches)
    assert same(weights(first), weights(second))
    two_steps(other, batches)
    assert not same(weights(first), weights(other))


def test_steps_name_their_losses(plan: TexturePlan, batches: list[Batch]) -> None:
    shared = {"pixels", "patches", "divergence", "obedience"}
    assert set(start(ReconstructionStage, plan).step(batches[0], 0, 1e-3)) == shared
    adversarial = shared | {"gap", "critic", "adversarial", "gamma"}
    penalized, plain = two_steps(start(AdversarialStage, plan), batches)
    assert (set(penalized), set(plain)) == (adversarial | {"penalty"}, adversarial)


def test_reconstruction_moves_generator_encoder_and_average_but_no_critic(
    plan: TexturePlan, batches: list[Batch]
) -> None:
    stage = start(ReconstructionStage, plan)
    model = stage.model
    modules = (model.generator, model.encoder, model.average, model.discriminator)
    before = [state(module) for module in modules]
    stage.step(batches[0], 0, 1e-3)
    assert [same(old, state(module)) for old, module in zip(before, modules, strict=True)] == [False] * 3 + [True]


def test_average_trails_the_weights_by_its_half_life(plan: TexturePlan, batches: list[Batch]) -> None:
    stage = start(ReconstructionStage, replace(plan, ema_half_life=1))
    before = state(stage.model.generator)
    stage.step(batches[0], 0, 1e-2)
    after, average = state(stage.model.generator), state(stage.model.average)
    for old, new, slow in zip(before, after, average, strict=True):
        assert torch.allclose(slow, (old + new) / 2, atol=1e-6)


def test_some_steps_lower_the_loss(plan: TexturePlan, batches: list[Batch]) -> None:
    stage = start(ReconstructionStage, plan)
    pixels = [stage.step(batches[0], 0, 5e-3)["pixels"] for _ in range(12)]
    assert pixels[-1] < 0.9 * pixels[0]


def test_critic_learns_to_tell_real_from_painted(plan: TexturePlan, batches: list[Batch]) -> None:
    stage = start(AdversarialStage, plan)
    assert isinstance(stage, AdversarialStage)
    critic = [stage.step(batches[0], number, 1e-3)["critic"] for number in (1, 2, 4, 5)]  # without penalties
    assert critic[-1] < critic[0]


@pytest.mark.parametrize(("gap", "direction"), [(10.0, 1), (1.0, 0), (0.0, -1), (-5.0, -1)])
def test_guard_strengthens_the_penalty_of_a_critic_that_runs_away_and_eases_that_of_a_strangled_one(
    plan: TexturePlan, gap: float, direction: int
) -> None:
    settings = AdversarialPlan(gamma=8.0, gap_low=0.3, gap_high=3.0, guard_window=5)
    stage = AdversarialStage(TextureModel(plan.network_config(), replace(plan, adversarial=settings)))
    for _ in range(4):
        stage._guard(gap, 1.0)
    assert stage.gamma == 8.0  # not before it was outside for a whole window
    for _ in range(16):
        stage._guard(gap, 1.0)
    assert (stage.gamma > 8.0) - (stage.gamma < 8.0) == direction


def test_guard_calls_a_run_lost_whose_reconstruction_goes(plan: TexturePlan) -> None:
    stage = AdversarialStage(TextureModel(plan.network_config(), plan))
    for _ in range(50):
        stage._guard(1.0, 1.0)
    with pytest.raises(FloatingPointError, match="critic has won"):
        stage._guard(1.0, 500.0)


def test_device_that_is_not_there_is_refused(plan: TexturePlan) -> None:
    if torch.cuda.is_available():
        assert choose_device("cuda").type == "cuda"
    else:
        with pytest.raises(SettingsError, match="'cuda' is not available"):
            TextureModel(plan.network_config(), replace(plan, device="cuda"))


@pytest.mark.parametrize("kind", STAGES)
def test_loss_that_is_not_finite_raises_and_changes_no_weight(
    kind: type[Stage], plan: TexturePlan, batches: list[Batch]
) -> None:
    stage = start(kind, plan)
    before = weights(stage)
    broken = replace(batches[0], targets=torch.full_like(batches[0].targets, torch.nan))
    with pytest.raises(FloatingPointError, match="loss is not finite"):
        stage.step(broken, 0, 1e-3)
    assert same(before, weights(stage))


def test_gradient_that_is_not_finite_raises_and_changes_no_weight() -> None:
    weight = nn.Parameter(torch.tensor([0.0, 4.0]))
    optimizer = torch.optim.Adam([weight], 0.1)
    with pytest.raises(FloatingPointError, match="gradient is not finite"):
        apply_gradient(weight.sqrt().sum(), optimizer, 0.1)  # a finite loss with an infinite slope
    assert weight.tolist() == [0.0, 4.0]
    apply_gradient(weight.square().sum(), optimizer, 0.1)
    assert weight.tolist() != [0.0, 4.0]


def test_gradients_are_clipped_to_the_limit() -> None:
    weight = nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], 1.0)
    apply_gradient((weight * torch.tensor([3.0, 4.0])).sum(), optimizer, 1.0, limit=1.0)
    assert torch.allclose(weight, torch.tensor([-0.6, -0.8]), atol=1e-5)
