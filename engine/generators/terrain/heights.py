"""Heights of any piece of the world: from the coarsest grid down, octave by octave, around what is asked for.

Nothing is remembered: a piece costs the same anywhere, and the windows of every octave have the same size and parity
for every chunk, so that all chunks run the very same kernels and agree on the vertices that they share, bit for bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.generators.terrain import climate as climates
from engine.generators.terrain.climate import LAYER_LATENTS, Climate
from engine.generators.terrain.fields import Window, normal
from engine.nets.terragen import STEER_RADIUS, Decoder, refined
from engine.terrain.incision import REACH, carved

TOP_LEVEL = 7
"""The coarsest grid: one vertex per 128 cells. Windows of one chunk on it are about 24 vertices wide."""

DETAIL_LEVELS = 2
"""The finest octaves, which the narrow decoder makes."""


CARVED_LEVELS = (2, 3, 4, 5)
"""Grids into which water cuts its valleys before finer ones are made from them."""

CARVED_GAIN = 1.4
"""Details of those grids are made so much higher, for what water takes from them again."""


@dataclass(frozen=True, slots=True)
class World:
    """What decides about heights.

    seed         of everything
    period       the world repeats after so many cells, a multiple of 2**TOP_LEVEL; 0: it is endless
    detail_seed  of everything below the top grid; None: `seed`
    """

    seed: int
    climate: Climate
    period: int = 0
    detail_seed: int | None = None


@dataclass(frozen=True, slots=True)
class Decoders:
    """TerraGen: one decoder for the coarse octaves, one for the DETAIL_LEVELS finest."""

    landforms: Decoder
    details: Decoder

    def at(self, level: int) -> tuple[Decoder, int]:
        """The decoder that makes the grid of `level`, and which of its octaves that is."""
        return (self.details, level) if level < DETAIL_LEVELS else (self.landforms, level - DETAIL_LEVELS)


Edit = Callable[[int, Window, Tensor], Tensor]
"""Changes the grid of a level, in cells, before finer ones are made from it; a function of level and place."""


def _unchanged(_level: int, _window: Window, grid: Tensor) -> Tensor:
    return grid


def heights(
    decoders: Decoders, world: World, window: Window, edit: Edit = _unchanged
) -> dict[int, tuple[Window, Tensor]]:
    """Heights in cells [rows, columns] on `window` and on every coarser grid that it rests on, by level.

    Level k has one vertex per 2**k cells; `window` lies on the level of its spacing. The grids of coarser levels are
    wider, and not the same heights seen from afar: they are what the finer ones were made from.
    """
    level = window.spacing.bit_length() - 1
    if level == TOP_LEVEL:
        style = climates.style(world.seed, world.climate, window)
        grid = climates.top(world.seed, world.climate, window, style[0]) * window.spacing
        return {level: (window, edit(level, window, grid))}
    wanted, gain = window, 1.0
    if level in CARVED_LEVELS:
        window, gain = _widened(window, REACH), CARVED_GAIN
    decoder, octave = decoders.at(level)
    cells = _parents(window)
    coarse = _widened(cells, decoder.config.halo)
    grids = heights(decoders, world, coarse, edit)
    seen = _widened(cells, decoder.config.depth)
    noise = _widened(seen, STEER_RADIUS)
    seed = world.seed if world.detail_seed is None else world.detail_seed
    latents = normal(seed, LAYER_LATENTS + level, decoder.config.latent_width, noise)
    style = climates.style(world.seed, world.climate, seen)
    grid = grids[level + 1][1] / coarse.spacing
    with torch.inference_mode():
        fine = refined(decoder, grid[None, None], latents[None], style[None], torch.tensor([octave]), gain)[0, 0]
    y, x = window.y - 2 * cells.y, window.x - 2 * cells.x
    fine = fine[y : y + window.rows, x : x + window.columns]
    if level in CARVED_LEVELS:
        fine = torch.from_numpy(carved(fine.numpy()))
    grids[level] = wanted, edit(level, wanted, fine * window.spacing)
    return grids


def _parents(window: Window) -> Window:
    """The coarse vertices whose phases cover `window`."""
    y, x = window.y // 2, window.x // 2
    rows, columns = (window.y + window.rows - 1) // 2 - y + 1, (window.x + window.columns - 1) // 2 - x + 1
    return Window(y, x, rows, columns, 2 * window.spacing, window.period)


def _widened(window: Window, rim: int) -> Window:
    """`window` with `rim` more vertices on every side."""
    return Window(
        window.y - rim, window.x - rim, window.rows + 2 * rim, window.columns + 2 * rim, window.spacing, window.period
    )
