"""Training steps: functions of the networks and of their number, and each stage does what it is for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.training.terrain.data import TerrainSampler, Tile
from engine.training.terrain.plan import CriticPlan, DecoderPlan, TerrainPlan
from engine.training.terrain.stages import GAMMA_FACTOR, Stages, slope_of


@pytest.fixture(scope="module")
def sampler(tiles: tuple[Tile, ...]) -> TerrainSampler:
    return TerrainSampler(tiles[:3], 4)


def stages_of(sampler: TerrainSampler, **changes: object) -> Stages:
    plan = TerrainPlan(
        Path("data"),
        landforms=DecoderPlan(8, 1),
        details=DecoderPlan(8, 1),
        batch_size=2,
        window_px=32,
        device="cpu",
    )
    return Stages(replace(plan, **changes), sampler, torch.device("cpu"))  # type: ignore[arg-type]


def state_of(stages: Stages) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in stages.model.state_dict().items()}


def changed(before: dict[str, torch.Tensor], stages: Stages) -> set[str]:
    after = stages.model.state_dict()
    return {name.split(".")[0] for name, value in before.items() if not torch.equal(value, after[name])}


def test_each_stage_trains_its_networks(sampler: TerrainSampler) -> None:
    stages = stages_of(sampler)
    before = state_of(stages)
    stages.evidence(0, 1e-3, 1.0)
    decoders = {"landforms", "details"}
    encoders = {"landforms_encoder", "details_encoder", "landforms_noise", "details_noise"}
    assert changed(before, stages) == decoders | encoders
    before = state_of(stages)
    stages.score(1, 1e-3)
    assert changed(before, stages) == decoders
    before = state_of(stages)
    stages.descent(2, 1e-3)
    assert changed(before, stages) == decoders | {"critic"}
    before = state_of(stages)
    stages.model.update_average(0, 10)
    assert changed(before, stages) == {"average_landforms", "average_details"}


def test_steps_repeat_bit_for_bit(sampler: TerrainSampler) -> None:
    ends = []
    for _ in range(2):
        stages = stages_of(sampler)
        numbers = [stages.evidence(0, 1e-3, 0.5), stages.score(1, 1e-3), stages.descent(2, 1e-3)]
        ends.append((numbers, state_of(stages)))
    assert ends[0][0] == ends[1][0]
    assert all(torch.equal(value, ends[1][1][name]) for name, value in ends[0][1].items())


def test_global_random_state_stays_as_it_was(sampler: TerrainSampler) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    stages_of(sampler).evidence(0, 1e-3, 1.0)
    assert torch.equal(torch.rand(3), expected)


def test_evidence_improves(sampler: TerrainSampler) -> None:
    stages = stages_of(sampler)
    losses = [float(stages.evidence(step, 0.02, 0.1)["evidence"]) for step in range(24)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.1


def test_divergence_of_every_latent_is_told(sampler: TerrainSampler) -> None:
    scalars = stages_of(sampler).evidence(0, 1e-3, 1.0)
    assert {f"kl/{level}/{latent}" for level in range(4) for latent in range(4)} | {"evidence"} == set(scalars)


def test_score_improves(sampler: TerrainSampler) -> None:
    stages = stages_of(sampler)
    losses = [float(stages.score(step, 0.02)["score"]) for step in range(24)]
    assert np.mean(losses[-5:]) < 0.95 * np.mean(losses[:5])


def test_critic_learns_to_tell_descents_from_land(sampler: TerrainSampler) -> None:
    stages = stages_of(sampler, critic=CriticPlan(critic_rate=1000.0, gap_low=0.0, gap_high=100.0))
    gaps = [float(stages.descent(step, 1e-6)["gap"]) for step in range(12)]
    assert gaps[-1] > 1.0


def test_guard_holds_a_critic_that_runs_away_and_frees_a_strangled_one(sampler: TerrainSampler) -> None:
    for low, high, factor in ((-100.0, -50.0, GAMMA_FACTOR), (50.0, 100.0, 1.0 / GAMMA_FACTOR), (-50.0, 50.0, 1.0)):
        stages = stages_of(sampler, critic=CriticPlan(gamma=2.0))
        object.__setattr__(stages.plan.critic, "gap_low", low)
        object.__setattr__(stages.plan.critic, "gap_high", high)
        assert float(stages.descent(0, 1e-4)["gamma"]) == pytest.approx(2.0 * factor)


def test_usual_slope_is_what_ruggedness_is_the_logarithm_of() -> None:
    style = torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    assert slope_of(style).tolist() == pytest.approx([np.exp(-2.5), np.exp(-1.4)])
