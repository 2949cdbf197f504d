"""A decoder that learns from another one."""

import copy

import numpy as np
import pytest
import torch

from engine.generators.terrain.heights import Decoders
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.training.terrain.distillation.descents import Descents
from engine.training.terrain.distillation.student import Lesson, relative_error, strengthened, taught

LESSON = Lesson((0, 1), 200, batch_size=4, window_px=12)


@pytest.fixture(scope="module")
def teacher() -> Decoder:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        decoder = Decoder(DecoderConfig(8, 2, 2))
    decoder.exit.weight.data *= 20.0
    return decoder.requires_grad_(False)


@pytest.fixture(scope="module")
def land(teacher: Decoder) -> Descents:
    return Descents(Decoders(teacher, teacher), torch.zeros(1, 2), np.random.default_rng(2), 2)


def student() -> Decoder:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return Decoder(DecoderConfig(8, 1, 2))


def test_error_is_that_of_the_details_and_their_slopes_and_bends() -> None:
    details = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    assert float(relative_error(details, details)) == 0.0
    assert float(relative_error(torch.zeros_like(details), details)) == pytest.approx(3.0)
    # A wrong mean is an error of the details alone.
    shift = float(details.square().mean().sqrt())
    assert float(relative_error(details + shift, details)) == pytest.approx(1.0, abs=1e-4)


def test_student_of_a_smaller_neighbourhood_gets_nearer_to_its_teacher(teacher: Decoder, land: Descents) -> None:
    errors: list[float] = []
    told = taught(student(), teacher, LESSON, lambda _step: land, 3, lambda _step, error: errors.append(error))
    assert len(errors) == LESSON.steps
    assert errors[-1] == told
    assert told < 0.5 * errors[0]


def test_faint_details_get_the_strength_that_is_wanted(teacher: Decoder, land: Descents) -> None:
    faint = copy.deepcopy(teacher)
    for part in faint.exit.parameters():
        part.mul_(0.5)
    strengthened(faint, teacher, LESSON, land, 3, 1.25)
    for part, whole in zip(faint.exit.parameters(), teacher.exit.parameters(), strict=True):
        assert torch.allclose(part, 1.25 * whole)


def test_lesson_is_a_function_of_its_seed(teacher: Decoder, land: Descents) -> None:
    lesson = Lesson((0, 1), 3, batch_size=2, window_px=12)
    first, again, other = (
        taught(student(), teacher, lesson, lambda _step: land, seed, lambda _step, _error: None) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other
