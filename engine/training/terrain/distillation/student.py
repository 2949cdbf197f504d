"""One decoder learns to make the same details as another one, of the same land, latents and style."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.generators.terrain.climate import LAYER_LATENTS
from engine.generators.terrain.fields import Window, normal
from engine.nets.terragen.network import FEATURE_HALO, Decoder, features
from engine.noise import derive_seed
from engine.training.terrain.descent import middle
from engine.training.terrain.distillation.descents import PLACES_CELLS, Descents
from engine.training.terrain.losses import second_differences
from engine.training.terrain.stages import apply_gradient

WARM_UP_STEPS = 100
FINAL_LEARNING_RATE = 0.01
COMPARED_STEPS = 100

Progress = Callable[[int, float], None]
"""Called as progress(steps done, running mean of the loss)."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one decoder is to learn.

    levels         whose grids it makes; the octave that a decoder takes a level for is its place in them
    steps          optimizer steps, each on one of the levels in turn
    batch_size     windows in a step
    window_px      edge of the windows, in vertices that are refined
    learning_rate  the highest one
    """

    levels: Sequence[int]
    steps: int
    batch_size: int = 16
    window_px: int = 20
    learning_rate: float = 0.004


def taught(
    student: Decoder,
    teacher: Decoder,
    lesson: Lesson,
    land: Callable[[int], Descents],
    seed: int,
    progress: Progress,
) -> float:
    """Train `student`, whose neighbourhood is no wider than that of `teacher`; the running mean of the loss at the end.

    land  what a step, given by its number, is to learn on

    A step is a function of the networks, of its number and of the seed alone.
    """
    optimizer = torch.optim.Adam(student.parameters(), betas=(0.9, 0.99))
    recent = 0.0
    for step in range(lesson.steps):
        share = step / lesson.steps
        random = np.random.Generator(np.random.Philox(key=[seed, step]))
        octave = step % len(lesson.levels)
        with torch.no_grad():
            seen, latents, style = _drawn(teacher, lesson, octave, land(step), random)
            wanted = teacher(seen, latents, style, torch.full((len(seen),), octave))
        made = student(seen, latents, style, torch.full((len(seen),), octave))
        loss = relative_error(middle(made, wanted.shape[-1]), wanted)
        rate = lesson.learning_rate * min(1.0, (step + 1) / WARM_UP_STEPS)
        falling = FINAL_LEARNING_RATE + (1.0 - FINAL_LEARNING_RATE) * 0.5 * (1.0 + math.cos(math.pi * share))
        apply_gradient(loss, optimizer, rate * falling)
        recent += (loss.item() - recent) * max(0.01, 1.0 / (step + 1))
        progress(step + 1, recent)
    return recent


@torch.no_grad()
def strengthened(student: Decoder, teacher: Decoder, lesson: Lesson, land: Descents, seed: int, more: float) -> None:
    """Bring the student's details to `more` times the size of the teacher's.

    What a student cannot tell it leaves out, and land a little too flat in every octave is much too flat in the end.
    """
    wanted, made = torch.zeros(()), torch.zeros(())
    for step in range(COMPARED_STEPS):
        random = np.random.Generator(np.random.Philox(key=[seed, lesson.steps + step]))
        octave = step % len(lesson.levels)
        drawn = *_drawn(teacher, lesson, octave, land, random), torch.full((lesson.batch_size,), octave)
        details = teacher(*drawn)
        wanted += details.square().mean()
        made += middle(student(*drawn), details.shape[-1]).square().mean()
    factor = more * torch.sqrt(wanted / made)
    for part in student.exit.parameters():
        part.mul_(factor)


def relative_error(made: Tensor, wanted: Tensor) -> Tensor:
    """Squared errors of details [batch, 4, h, w], of their slopes and of their bends, each over its own mean square: 3
    for a network that always says 0.
    """
    fields = [F.pixel_shuffle(details, 2) for details in (made, wanted)]
    total = torch.zeros(())
    for one, other in (fields, [_slopes(each) for each in fields], [second_differences(each) for each in fields]):
        total = total + F.mse_loss(one, other) / other.square().mean()
    return total


def _slopes(field: Tensor) -> Tensor:
    across, along = field[..., 1:, 1:] - field[..., 1:, :-1], field[..., 1:, 1:] - field[..., :-1, 1:]
    return torch.cat([across, along], dim=1)


def _drawn(
    teacher: Decoder, lesson: Lesson, octave: int, descents: Descents, random: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Features, latents and style of some windows."""
    level, config = lesson.levels[octave], teacher.config
    edge = lesson.window_px + 2 * config.depth
    windows = descents.windows(random, level + 1, lesson.batch_size, edge + 2 * FEATURE_HALO)
    y, x = random.integers(-PLACES_CELLS, PLACES_CELLS, 2).tolist()
    place = Window(y, x, lesson.batch_size * edge, edge, 2 ** (level + 1))
    noise = normal(derive_seed(int(random.integers(2**32))), LAYER_LATENTS + level, config.latent_width, place)
    latents = noise.unflatten(1, (lesson.batch_size, edge)).transpose(0, 1)
    return features(windows.height)[0], latents, middle(windows.style, edge)
