"""The stock holds every exemplar once, and structures of every class at every length."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.training.data.exemplars import Exemplar
from engine.training.data.stock import (
    Stock,
    class_directions,
    draw_structures,
    enlarged_scale,
    halved,
    network_attributes,
    probabilities,
)

Exemplars = list[list[Exemplar]]


def test_places_lead_to_the_exemplars_finest_first(exemplars: Exemplars, stock: Stock) -> None:
    for material, places in zip(exemplars, stock.places, strict=True):
        assert [size for size, _ in places] == sorted((e.targets.shape[-1] for e in material), reverse=True)
        for (size, row), exemplar in zip(places, sorted(material, key=lambda e: -e.targets.shape[-1]), strict=True):
            pixels = stock.shelves[size].pixels[row]
            assert np.array_equal(pixels[..., :8].permute(2, 0, 1).numpy(), exemplar.targets)
            assert np.array_equal(pixels[..., 8].numpy(), exemplar.height)
            assert stock.shelves[size].attributes[row].tolist() == pytest.approx(
                network_attributes(exemplar.statistics), abs=1e-6
            )


def test_basis_gives_the_mid_tone_back(exemplars: Exemplars, stock: Stock) -> None:
    size, row = stock.places[0][0]
    assert torch.allclose(stock.shelves[size].basis[row, :, 3], torch.from_numpy(exemplars[0][0].palette[1]))


def test_rare_classes_and_full_sets_come_more_often_than_their_number(exemplars: Exemplars) -> None:
    one, another = exemplars[0], [replace(e, present=e.present & False) for e in exemplars[0]]
    common = [[replace(e, texture_class="brick") for e in another] for _ in range(9)]
    full, plain, *rest = probabilities([one, another, *common])
    assert full == pytest.approx(4 * plain)
    assert plain > rest[0]
    assert plain < sum(rest)


def test_drawn_structures_are_those_of_the_classes_and_depend_on_the_seed() -> None:
    patterns = ["brick", "flat|noise:columns=2..3,rows=2"]
    drawn, again, other = (draw_structures(patterns, seed, 3, 64) for seed in (4, 4, 5))
    assert drawn.shape == (2, 3, 64, 64, 3)
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn[0], other[0])
    assert drawn[0, ..., 0].float().std() > 20


def test_shorter_structures_are_the_averages_of_longer_ones() -> None:
    drawn = draw_structures(["brick"], 1, 1, 256)
    lengths = halved(drawn)
    assert list(lengths) == [256, 128, 64]
    averaged = drawn.float().unflatten(3, (-1, 4)).unflatten(2, (-1, 4)).mean((3, 5))
    assert (lengths[64].float() - averaged).abs().max() <= 1


def test_direction_of_boards_is_along_x_and_bricks_turned_run_along_y() -> None:
    drawn = draw_structures(["planks", "square_tiles:columns=8,rows=8", "flat"], 1, 4, 128)
    boards, tiles, nothing = class_directions(drawn).tolist()
    assert boards < -0.3
    assert abs(tiles) < 0.1
    assert nothing == 0
    assert class_directions(drawn.transpose(2, 3)).tolist()[0] == pytest.approx(-boards)


def test_statistics_become_attributes_around_zero() -> None:
    statistics = {"scale": 0.75, "direction": -0.5, "detail": 0.5, "joint_tone": 0.25, "relief": 3.0}
    assert network_attributes(statistics) == [0.5, -0.5, 0.0, 0.25]


def test_twice_as_large_is_a_sixth_coarser() -> None:
    assert enlarged_scale(0.0, 1) == pytest.approx(1 / 3)
    assert enlarged_scale(0.9, 1) == 1.0
