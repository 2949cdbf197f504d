"""Batches are pure functions of the step, and turning a crop turns everything in it that has a direction."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.nets.texgen import TexGenConfig
from engine.training.data.exemplars import Exemplar
from engine.training.data.sampler import (
    Batch,
    Sampler,
    draw_structures,
    hint,
    network_attributes,
    spatial_inputs,
    turn,
    turn_plain,
)
from engine.training.data.surface import central_slopes
from engine.training.plan import TexturePlan

Field = NDArray[np.float32]
SmoothField = Callable[[int, int], Field]
MakeSampler = Callable[[TexturePlan], Sampler]
Exemplars = list[list[Exemplar]]


@pytest.fixture(scope="module")
def sampler(make_sampler: MakeSampler, tiny_plan: TexturePlan) -> Sampler:
    return make_sampler(tiny_plan)


def equal(first: Batch, second: Batch) -> bool:
    return all(torch.equal(getattr(first, entry.name), getattr(second, entry.name)) for entry in fields(Batch))


@given(st.integers(0, 7), st.booleans(), st.integers(0, 1000))
@settings(max_examples=24)
def test_slopes_of_a_turned_crop_are_those_of_its_turned_height(
    smooth_field: SmoothField, turns: int, mirrored: bool, seed: int
) -> None:
    targets = np.random.default_rng(seed).standard_normal((8, 32, 32)).astype(np.float32)
    targets[3] = smooth_field(32, seed)
    targets[6:] = central_slopes(targets[3])
    turned = turn(targets, turns, mirrored)
    assert np.allclose(turned[6:], central_slopes(turned[3]), atol=1e-6)
    assert np.array_equal(turned[:6], turn_plain(targets[:6], turns, mirrored))


@given(st.integers(0, 3), st.booleans())
def test_turning_moves_pixels_and_changes_none(turns: int, mirrored: bool) -> None:
    images = np.random.default_rng(1).standard_normal((3, 16, 16)).astype(np.float32)
    turned = turn_plain(images, turns, mirrored)
    assert turned.flags.c_contiguous
    assert np.array_equal(np.sort(turned.ravel()), np.sort(images.ravel()))
    back = turned[:, :, ::-1] if mirrored else turned
    assert np.array_equal(np.rot90(back, -turns, (1, 2)), images)


@given(st.integers(0, 2**32 - 1), st.integers(0, 10**6))
@settings(max_examples=10)
def test_batch_is_a_pure_function_of_seed_and_step(sampler: Sampler, seed: int, step: int) -> None:
    first = sampler.batch(seed, step, 3)
    sampler.batch(seed, step + 1, 5)
    assert equal(first, sampler.batch(seed, step, 3))
    assert not equal(first, sampler.batch(seed, step + 1, 3))
    assert not equal(first, sampler.batch(seed ^ 1, step, 3))


def test_batch_has_the_promised_shapes_and_ranges(sampler: Sampler) -> None:
    batch = sampler.batch(0, 0, 16)
    assert batch.targets.shape == (16, 8, 64, 64)
    assert batch.structure.shape == (16, 3, 64, 64)
    assert (batch.present.shape, batch.attributes.shape) == ((16, 8), (16, 4))
    assert batch.structure.abs().max() <= 1
    assert batch.attributes.abs().max() <= 1
    assert batch.class_index.unique().tolist() == [0, 1, 2]
    assert all(getattr(batch, entry.name).dtype in (torch.float32, torch.int64) for entry in fields(Batch))


def test_missing_maps_are_masked_in_the_batch(sampler: Sampler) -> None:
    batch = sampler.batch(0, 1, 32)
    assert batch.present[:, :3].all()
    assert set(batch.present[:, 3].tolist()) == {0.0, 1.0}
    assert torch.equal(batch.present[:, 3], batch.present[:, 6])
    assert not batch.targets[batch.present == 0].any()


def test_enlarged_exemplars_are_marked_as_without_detail(exemplars: Exemplars, tiny_plan: TexturePlan) -> None:
    enlarged = [[replace(e, detailed=False) for e in material] for material in exemplars]
    for materials, detailed in ((exemplars, 1), (enlarged, 0)):
        batch = Sampler(materials, list(tiny_plan.classes), 64, {}, 0).batch(0, 0, 4)
        assert (batch.detailed == detailed).all()


@pytest.mark.parametrize(("share", "drawn_count"), [(0.0, 0), (0.4, 3), (1.0, 8)])
def test_share_of_the_samples_wears_a_drawn_structure(
    make_sampler: MakeSampler, tiny_plan: TexturePlan, share: float, drawn_count: int
) -> None:
    batch = make_sampler(replace(tiny_plan, drawn_share=share)).batch(0, 3, 8)
    assert batch.paired.tolist() == [1.0] * (8 - drawn_count) + [0.0] * drawn_count
    plain = make_sampler(replace(tiny_plan, drawn_share=0.0)).batch(0, 3, 8)
    changed = (batch.structure != plain.structure).flatten(1).any(1)
    assert changed.tolist() == (batch.paired == 0).tolist()
    assert torch.equal(batch.targets, plain.targets)


def test_crops_are_windows_of_the_torus(exemplars: Exemplars, tiny_plan: TexturePlan) -> None:
    material = [exemplars[0][-1]]
    assert material[0].targets.shape[-1] == 64
    batch = Sampler([material], list(tiny_plan.classes), 64, {}, 0).batch(5, 5, 4)
    whole = np.sort(material[0].targets[0].astype(np.float32).ravel())
    for crop in batch.targets[:, 0].numpy():
        assert np.array_equal(np.sort(crop.ravel()), whole)


def test_direction_turns_with_the_crop(exemplars: Exemplars, tiny_plan: TexturePlan) -> None:
    exemplar = exemplars[0][0]
    stretched = exemplar.targets.astype(np.float32)
    stretched[0] = np.sin(np.arange(stretched.shape[-1]) * 2 * np.pi / 16)  # changes along x
    known = replace(
        exemplar, targets=stretched.astype(np.float16), statistics={**exemplar.statistics, "direction": 0.75}
    )
    batch = Sampler([[known]], list(tiny_plan.classes), 64, {}, 0).batch(0, 0, 16)
    runs_along_y = batch.targets[:, 0].std(2).mean(1) > 0.5
    assert {True, False} == set(runs_along_y.tolist())
    assert torch.equal(batch.attributes[:, 1], torch.where(runs_along_y, 0.75, -0.75))


def test_rare_classes_and_full_sets_come_more_often_than_their_number(exemplars: Exemplars) -> None:
    one, another = exemplars[0], [replace(e, present=e.present & False) for e in exemplars[0]]
    common = [[replace(e, texture_class="brick") for e in another] for _ in range(9)]
    sampler = Sampler([one, another, *common], ["stone", "brick", "metal"], 64, {}, 0)
    full, plain, *rest = sampler.probabilities
    assert full == pytest.approx(8 * plain)
    assert plain > rest[0]
    assert plain < sum(rest)


def test_hint_stays_in_range_and_is_sometimes_withheld(exemplars: Exemplars) -> None:
    exemplar = exemplars[0][-1]
    height, structure = exemplar.height.astype(np.float32), exemplar.structure.astype(np.float32)
    random = np.random.default_rng(0)
    hints = np.stack([hint(height, structure, random) for _ in range(200)])
    assert hints.shape == (200, 3, 64, 64)
    assert np.abs(hints).max() <= 1
    withheld = [(hints[:, channel].std((1, 2)) == 0).mean() for channel in range(3)]
    assert 0.03 < withheld[0] < 0.15
    assert 0.2 < withheld[2] < 0.4
    assert 0.15 < (hints[:, 1] == 1).all((1, 2)).mean() < 0.35


def test_drawn_structures_are_in_range_and_depend_on_the_seed() -> None:
    patterns = {"brick": "brick", "metal": "flat|noise:columns=2..3,rows=2"}
    drawn = draw_structures(patterns, 4, 3, (64, 32))
    assert list(drawn) == list(patterns)
    for structures in drawn.values():
        assert [structure.shape for structure in structures] == [(3, 64, 64), (3, 32, 32), (3, 64, 64)]
    assert all(np.abs(structure).max() <= 1 for structures in drawn.values() for structure in structures)
    again, other = draw_structures(patterns, 4, 3, (64, 32)), draw_structures(patterns, 5, 3, (64, 32))
    assert np.array_equal(drawn["brick"][0], again["brick"][0])
    assert not np.array_equal(drawn["brick"][0], other["brick"][0])


def test_statistics_become_attributes_around_zero() -> None:
    statistics = {"scale": 0.75, "direction": -0.5, "detail": 0.5, "joint_tone": 0.25, "relief": 3.0}
    assert network_attributes(statistics) == [0.5, -0.5, 0.0, 0.25]


def test_inputs_carry_structure_and_unit_noise_at_every_level() -> None:
    config = TexGenConfig(2, style_width=4, code_width=8, widths=(8, 8, 8, 8, 8))
    structure = torch.rand(2, 3, 64, 64) * 2 - 1
    inputs = spatial_inputs(structure, config, torch.Generator().manual_seed(0), torch.bfloat16)
    assert [level.shape[1:] for level in inputs] == [
        (config.spatial_channels(level), 64 >> shift, 64 >> shift) for level, shift in enumerate((5, 4, 3, 2, 1))
    ]
    assert {level.dtype for level in inputs} == {torch.bfloat16}
    noise = inputs[3][:, 3:].float()
    assert abs(float(noise.mean())) < 0.1
    assert float(noise.std()) == pytest.approx(1, abs=0.05)
    again = spatial_inputs(structure, config, torch.Generator().manual_seed(0), torch.bfloat16)
    assert all(torch.equal(first, second) for first, second in zip(inputs, again, strict=True))
