"""Batches are pure functions of the step, and turning a crop turns everything in it that has a direction."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional

from engine.nets.texgen import TexGenConfig
from engine.training.data.sampler import Batch, Sampler, blurred, full_range, hints, spatial_inputs, turned_crops
from engine.training.data.stock import Stock
from engine.training.data.surface import central_slopes
from engine.training.plan import TexturePlan

Field = NDArray[np.float32]
SmoothField = Callable[[int, int], Field]
MakeSampler = Callable[[TexturePlan], Sampler]


@pytest.fixture(scope="module")
def sampler(make_sampler: MakeSampler, tiny_plan: TexturePlan) -> Sampler:
    return make_sampler(tiny_plan)


def equal(first: Batch, second: Batch) -> bool:
    names = [entry.name for entry in fields(Batch) if entry.name != "zoom"]
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in names)


def turns_of(*numbers: int) -> torch.Tensor:
    return torch.tensor([numbers])


@given(*(st.integers(0, 1) for _ in range(3)), st.integers(0, 31), st.integers(0, 31), st.integers(0, 1000))
@settings(max_examples=24)
def test_slopes_of_a_turned_crop_are_those_of_its_turned_height(
    smooth_field: SmoothField, swap: int, flip_y: int, flip_x: int, top: int, left: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).standard_normal((32, 32, 11)).astype(np.float32)
    pixels[..., 3] = smooth_field(32, seed)
    pixels[..., 6:8] = np.stack(central_slopes(pixels[..., 3]), -1)
    turns = turns_of(top, left, swap, flip_y, flip_x)
    crop = turned_crops(torch.from_numpy(pixels)[None], torch.zeros(1, dtype=torch.int64), turns, 32)[0].numpy()
    assert np.allclose(crop[6:8], central_slopes(crop[3]), atol=1e-6)


def test_crops_roll_swap_and_mirror_the_torus() -> None:
    pixels = torch.arange(64.0).view(1, 8, 8, 1)
    row = torch.zeros(1, dtype=torch.int64)

    def crop(*turns: int) -> torch.Tensor:
        return turned_crops(pixels, row, turns_of(*turns), 8, directed=False)[0, 0]

    image = pixels[0, ..., 0]
    assert torch.equal(crop(2, 5, 0, 0, 0), image.roll((-2, -5), (0, 1)))
    assert torch.equal(crop(0, 0, 1, 0, 0), image.t())
    assert torch.equal(crop(7, 0, 0, 1, 0), image.flip(0))
    assert torch.equal(crop(0, 7, 0, 0, 1), image.flip(1))


@given(st.integers(0, 2**32 - 1), st.integers(0, 10**6), st.integers(1, 2))
@settings(max_examples=10)
def test_batch_is_a_pure_function_of_seed_and_step(sampler: Sampler, seed: int, step: int, zoom: int) -> None:
    first = sampler.batch(seed, step, 3, zoom)
    sampler.batch(seed, step + 1, 5)
    assert equal(first, sampler.batch(seed, step, 3, zoom))
    assert not equal(first, sampler.batch(seed, step + 1, 3, zoom))
    assert not equal(first, sampler.batch(seed ^ 1, step, 3, zoom))


@pytest.mark.parametrize("zoom", [1, 2])
def test_batch_has_the_promised_shapes_and_ranges(sampler: Sampler, zoom: int) -> None:
    batch = sampler.batch(0, 0, 16, zoom)
    assert batch.targets.shape == (16, 8, 64, 64)
    assert batch.structure.shape == (16, 3, 64 * zoom, 64 * zoom)
    assert (batch.present.shape, batch.attributes.shape) == ((16, 8), (16, 4))
    assert batch.structure.abs().max() <= 1
    assert batch.attributes.abs().max() <= 1
    assert batch.class_index.unique().tolist() == [0, 1, 2]
    assert batch.zoom == zoom


def test_missing_maps_are_masked_in_the_batch(sampler: Sampler) -> None:
    batch = sampler.batch(0, 1, 32)
    assert batch.present[:, :3].all()
    assert set(batch.present[:, 3].tolist()) == {0.0, 1.0}
    assert torch.equal(batch.present[:, 3], batch.present[:, 6])
    assert not batch.targets[batch.present == 0].any()


@pytest.mark.parametrize(("share", "drawn_count"), [(0.0, 0), (0.4, 3), (1.0, 8)])
def test_share_of_the_samples_wears_a_drawn_structure(
    make_sampler: MakeSampler, tiny_plan: TexturePlan, share: float, drawn_count: int
) -> None:
    batch = make_sampler(replace(tiny_plan, drawn_share=share)).batch(0, 3, 8)
    plain = make_sampler(replace(tiny_plan, drawn_share=0.0)).batch(0, 3, 8)
    assert int((batch.paired == 0).sum()) == drawn_count
    changed = (batch.structure != plain.structure).flatten(1).any(1)
    assert changed.tolist() == (batch.paired == 0).tolist()
    assert torch.equal(batch.targets, plain.targets)


def test_enlarged_structure_is_that_of_the_crop_and_scale_grows(
    make_sampler: MakeSampler, tiny_plan: TexturePlan, stock: Stock
) -> None:
    sampler = make_sampler(replace(tiny_plan, drawn_share=0.0))
    batch = sampler.batch(1, 1, 8, 2)
    tone = functional.avg_pool2d(batch.structure, 2)
    assert tone[:, 1].amax() <= 1
    finest = stock.shelves[128].attributes[:, 0].tolist()
    expected = {round(min(value + 1 / 3, 1.0), 4) for value in finest}
    assert {round(value, 4) for value in batch.attributes[:, 0].tolist()} <= expected


def test_direction_turns_with_the_crop(stock: Stock) -> None:
    shelf = stock.shelves[64]
    pixels = torch.zeros_like(shelf.pixels)
    pixels[..., 0] = torch.sin(torch.arange(64) * 2 * torch.pi / 16)  # changes along x
    attributes = shelf.attributes.clone()
    attributes[:, 1] = 0.75
    known = replace(shelf, pixels=pixels, attributes=attributes)
    only = replace(stock, shelves={64: known}, places=(((64, 0),),), probabilities=np.ones(1))
    batch = Sampler(only, 64, 0.0).batch(0, 0, 16)
    runs_along_y = batch.targets[:, 0].std(2).mean(1) > 0.5
    assert {True, False} == set(runs_along_y.tolist())
    assert torch.equal(batch.attributes[:, 1], torch.where(runs_along_y, 0.75, -0.75))


def test_drawn_boards_run_the_way_of_the_grain(stock: Stock) -> None:
    stripes = torch.zeros(3, 2, 128, 128, 3, dtype=torch.int8)
    stripes[..., 0] = (torch.arange(128) // 8 % 2 * 200 - 100).to(torch.int8)[:, None]  # changes along y: runs along x
    shelf = stock.shelves[128]
    attributes = shelf.attributes.clone()
    attributes[:, 1] = 0.75
    turned = replace(
        stock,
        shelves={**stock.shelves, 128: replace(shelf, attributes=attributes)},
        places=(((128, 0),),),
        probabilities=np.ones(1),
        drawn={128: stripes},
        directions=torch.full((3,), -0.8),
    )
    batch = Sampler(turned, 64, 1.0).batch(0, 0, 12)
    changes_along_x = batch.structure[:, 0].std(2).mean(1) > 0.3
    assert torch.equal(changes_along_x, batch.attributes[:, 1] > 0)


def test_hints_stay_in_range_and_are_sometimes_withheld(stock: Stock) -> None:
    measured = stock.shelves[128].pixels[:1, :64, :64, 8:].permute(0, 3, 1, 2).float().repeat(200, 1, 1, 1)
    told = hints(measured, torch.Generator().manual_seed(0))
    assert told.shape == (200, 3, 64, 64)
    assert told.abs().max() <= 1
    withheld = [float((told[:, channel].std((1, 2)) == 0).float().mean()) for channel in range(3)]
    assert 0.03 < withheld[0] < 0.15
    assert 0.2 < withheld[2] < 0.4
    assert 0.15 < float((told[:, 1] == 1).flatten(1).all(1).float().mean()) < 0.35


def test_blur_is_per_image_and_keeps_the_mean() -> None:
    images = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)).repeat(2, 1, 1, 1)
    soft = blurred(images, torch.tensor([[0.5], [4.0]]))
    assert soft[0].std() > 4 * soft[1].std()
    assert torch.allclose(blurred(torch.ones(1, 1, 32, 32), torch.tensor([[3.0]])), torch.ones(1, 1, 32, 32))


def test_full_range_reaches_from_0_to_1_whatever_the_range_was() -> None:
    ramp = torch.linspace(3, 9, 64 * 64).view(1, 1, 64, 64)
    stretched = full_range(torch.cat([ramp, 0.01 * ramp]))
    assert stretched.amin((1, 2, 3)).tolist() == [0, 0]
    assert stretched.amax((1, 2, 3)).tolist() == [1, 1]


def test_inputs_carry_structure_and_unit_noise_at_every_level() -> None:
    config = TexGenConfig(2, style_width=4, code_width=8, widths=(8, 8, 8, 8, 8), fine_noise_channels=3)
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
