"""Training steps are functions of seed and step, the guard steers, and a step that fails leaves the weights alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from torch import nn

from engine.errors import SettingsError
from engine.training.data.sampler import Batch, Sampler
from engine.training.model import TextureModel, choose_device, grain_window
from engine.training.plan import AdversarialPlan, TexturePlan
from engine.training.stages import (
    AdversarialStage,
    ReconstructionStage,
    Scalars,
    apply_gradient,
    batch_of,
    mean_scalars,
)

MakeSampler = Callable[[TexturePlan], Sampler]
Stage = ReconstructionStage | AdversarialStage
STAGES = (ReconstructionStage, AdversarialStage)


@pytest.fixture(scope="module")
def plan(tiny_plan: TexturePlan) -> TexturePlan:
    return replace(tiny_plan, crop_px=128, batch_size=2)


@pytest.fixture(scope="module")
def batches(make_sampler: MakeSampler, plan: TexturePlan) -> list[Batch]:
    """Two batches with paired and drawn structures, one of them to be painted at twice its size."""
    sampler = make_sampler(replace(plan, drawn_share=0.5))
    return [sampler.batch(plan.seed, step, 2, zoom) for step, zoom in enumerate((1, 2))]


def start(stage: type[Stage], plan: TexturePlan) -> Stage:
    return stage(TextureModel(plan.network_config(), plan))


def two_steps(stage: Stage, batches: Sequence[Batch]) -> list[Scalars]:
    return [mean_scalars([stage.step(batch, number, 1e-3)]) for number, batch in enumerate(batches)]


def state(*modules: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for module in modules for value in module.state_dict().values()]


def weights(stage: Stage) -> list[torch.Tensor]:
    model = stage.model
    return state(model.generator, model.encoder, model.average, model.average_encoder, model.discriminator)


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
    plain, enlarged = two_steps(start(ReconstructionStage, plan), batches)
    assert (set(plain), set(enlarged)) == (shared, shared | {"grain"})
    adversarial = shared | {"gap", "critic", "adversarial"}
    stage = start(AdversarialStage, plan)
    scalars = [mean_scalars([stage.step(batches[0], number, 1e-3)]) for number in (0, 2)]
    assert [set(parts) for parts in scalars] == [adversarial | {"penalty"}, adversarial]
    stage.settle(scalars[0])
    assert scalars[0]["gamma"] == plan.adversarial.gamma


def test_enlarged_batches_come_in_their_share(make_sampler: MakeSampler, plan: TexturePlan) -> None:
    sampler = make_sampler(plan)
    for share, zooms in ((0.0, [1] * 6), (0.5, [1, 2] * 3), (1.0, [2] * 6)):
        own = replace(plan, enlarged_share=share, batch_size=3, enlarged_batch_size=1)
        batches = [batch_of(sampler, own, step) for step in range(6)]
        assert [batch.zoom for batch in batches] == zooms
        assert [len(batch.present) for batch in batches] == [3 if zoom == 1 else 1 for zoom in zooms]


def test_grain_is_judged_in_the_middle_of_the_finest_image(batches: list[Batch]) -> None:
    finest = torch.arange(256.0 * 256).view(1, 1, 256, 256)
    assert torch.equal(grain_window(finest, batches[1]), finest[..., 64:192, 64:192])
    assert torch.equal(grain_window(finest[..., :128, :128], batches[0]), finest[..., :128, :128])


def test_reconstruction_moves_generator_encoder_and_average_but_no_critic(
    plan: TexturePlan, batches: list[Batch]
) -> None:
    stage = start(ReconstructionStage, plan)
    model = stage.model
    modules = (model.generator, model.encoder, model.average, model.average_encoder, model.discriminator)
    before = [state(module) for module in modules]
    stage.step(batches[0], 0, 1e-3)
    assert [same(old, state(module)) for old, module in zip(before, modules, strict=True)] == [False] * 4 + [True]


def test_average_trails_the_weights_by_its_half_life(plan: TexturePlan, batches: list[Batch]) -> None:
    stage = start(ReconstructionStage, replace(plan, ema_half_life=1))
    before = state(stage.model.generator)
    stage.step(batches[0], 0, 1e-2)
    after, average = state(stage.model.generator), state(stage.model.average)
    for old, new, slow in zip(before, after, average, strict=True):
        assert torch.allclose(slow, (old + new) / 2, atol=1e-6)


def test_some_steps_lower_the_loss(plan: TexturePlan, batches: list[Batch]) -> None:
    stage = start(ReconstructionStage, plan)
    pixels = [float(stage.step(batches[0], 0, 5e-3)["pixels"]) for _ in range(12)]
    assert pixels[-1] < 0.9 * pixels[0]


def test_critic_learns_to_tell_real_from_painted(plan: TexturePlan, batches: list[Batch]) -> None:
    stage = start(AdversarialStage, plan)
    assert isinstance(stage, AdversarialStage)
    critic = [float(stage.step(batches[0], number, 1e-3)["critic"]) for number in (2, 3, 4, 5)]  # without penalties
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
def test_loss_that_is_not_finite_is_told_when_it_is_read(
    kind: type[Stage], plan: TexturePlan, batches: list[Batch]
) -> None:
    stage = start(kind, plan)
    stage.settle(mean_scalars([stage.step(batches[0], 0, 1e-3)]))
    broken = replace(batches[0], targets=torch.full_like(batches[0].targets, torch.nan))
    scalars = mean_scalars([stage.step(batches[0], 1, 1e-3), stage.step(broken, 2, 1e-3)])
    with pytest.raises(FloatingPointError, match="loss is not finite"):
        stage.settle(scalars)


def test_means_are_over_the_steps_that_have_a_loss() -> None:
    one, two, three = torch.tensor([1.0, 2.0, 3.0])
    assert mean_scalars([{"pixels": one, "penalty": two}, {"pixels": three}]) == {"pixels": 2.0, "penalty": 2.0}


def test_gradients_are_clipped_to_the_limit() -> None:
    weight = nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], 1.0)
    apply_gradient((weight * torch.tensor([3.0, 4.0])).sum(), optimizer, 1.0, limit=1.0)
    assert torch.allclose(weight, torch.tensor([-0.6, -0.8]), atol=1e-5)
