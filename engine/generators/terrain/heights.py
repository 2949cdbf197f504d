"""Heights of any piece of the world: from the coarsest grid down, octave by octave, around what is asked for.

Nothing is remembered here: a piece costs the same anywhere, and the windows of every octave have the same size and
parity for every chunk, so that all chunks run the very same kernels and agree on the vertices that they share, bit for
bit. Who makes many pieces keeps a coarse grid and has them all made from that (`base`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.generators.terrain import climate as climates
from engine.generators.terrain.climate import LAYER_LATENTS, Climate
from engine.generators.terrain.fields import Window, normal
from engine.nets.terragen.network import Decoder, refined
from engine.terrain.incision import REACH, carved

TOP_LEVEL = 7
"""The coarsest grid: one vertex per 128 cells. Windows of one chunk on it are about 24 vertices wide."""

DETAIL_LEVELS = 2
"""The finest octaves, which the narrow decoder makes."""

CARVED_LEVELS = range(1, TOP_LEVEL)
"""Grids into which water cuts its valleys before finer ones are made from them: that land drains, the network has
learned in part only, and a valley that is cut at every octave is one from the mountain to the plain."""

GAINS = {0: 1.15, 1: 1.35, 2: 1.4, 3: 1.35, 4: 1.3, 5: 1.2, 6: 1.45}
"""Factors of the details: they are made higher for what water takes from them again, the finest ones because the
network makes them a little too smooth. Chosen by the panel, so that slopes and spectra are those of real land."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Heights in cells [rows, columns] and style on a window.

    style  [2, rows, columns]; none, [2, 0, 0], on the finest grid, from which nothing is made
    """

    window: Window
    height: Tensor
    style: Tensor

    def cut(self, window: Window) -> "Relief":
        """The part on `window`, which lies inside."""
        y, x = window.y - self.window.y, window.x - self.window.x
        part = ..., slice(y, y + window.rows), slice(x, x + window.columns)
        if min(y, x) < 0 or y + window.rows > self.window.rows or x + window.columns > self.window.columns:
            raise ValueError(f"{window} reaches out of {self.window}")
        return Relief(window, self.height[part], self.style[part])


def _unchanged(_level: int, _window: Window, grid: Tensor) -> Tensor:
    return grid


def heights(
    decoders: Decoders, world: World, window: Window, edit: Edit = _unchanged, base: Relief | None = None
) -> dict[int, Relief]:
    """The grid of `window` and every coarser one that it rests on, by level.

    Level k has one vertex per 2**k cells; `window` lies on the level of its spacing. The grids of coarser levels are
    wider, and not the same heights seen from afar: they are what the finer ones were made from.

    base  made earlier, coarser than `window`, at least as wide as `resting(window)` at its level: begin with that
    """
    level = _level(window)
    coarsest = TOP_LEVEL if base is None else _level(base.window)
    windows = resting(decoders, window, coarsest)
    if base is None:
        last = windows[-1]
        style = climates.style(world.seed, world.climate, last)
        top = climates.top(world.seed, world.climate, last, style[0]) * last.spacing
        base = Relief(last, edit(TOP_LEVEL, last, top), style)
    grids = {coarsest: base.cut(windows[-1])}
    for finer in range(coarsest - 1, level - 1, -1):
        grids[finer] = _refined(decoders, world, finer, windows[finer - level], grids[finer + 1], edit)
    return grids


def resting(decoders: Decoders, window: Window, coarsest: int) -> list[Window]:
    """`window` and the ones that it rests on, up to level `coarsest`."""
    windows = [window]
    for level in range(_level(window), coarsest):
        windows.append(_parents(_made(level, windows[-1])).widened(decoders.at(level)[0].config.halo))
    return windows


def _level(window: Window) -> int:
    return window.spacing.bit_length() - 1


def _refined(decoders: Decoders, world: World, level: int, window: Window, coarse: Relief, edit: Edit) -> Relief:
    """The grid of `level` on `window`, from the coarser one around it."""
    wanted, window = window, _made(level, window)
    decoder, octave = decoders.at(level)
    config = decoder.config
    seen = _parents(window).widened(config.depth)
    seed = world.seed if world.detail_seed is None else world.detail_seed
    latents = normal(seed, LAYER_LATENTS + level, config.latent_width, seen)
    rim = config.halo - config.depth
    style = coarse.style[:, rim:-rim, rim:-rim]
    grid = coarse.height / coarse.window.spacing
    with torch.inference_mode():
        octaves = torch.tensor([octave])
        fine = refined(decoder, grid[None, None], latents[None], style[None], octaves, GAINS.get(level, 1.0))[0, 0]
    y, x = window.y % 2, window.x % 2
    fine = fine[y : y + window.rows, x : x + window.columns]
    style = coarse.style[:, :0, :0]
    if level > 0:
        rim = config.halo
        style = _doubled(_doubled(coarse.style[:, rim:, rim:], 1), 2)[:, y : y + window.rows, x : x + window.columns]
    if level in CARVED_LEVELS:
        fine, style = torch.from_numpy(carved(fine.numpy())), style[:, REACH:-REACH, REACH:-REACH].contiguous()
    return Relief(wanted, edit(level, wanted, fine * window.spacing if window.spacing > 1 else fine), style)


def _made(level: int, window: Window) -> Window:
    """What has to be made of a level for `window`: more, as water that carves it consumes a rim."""
    return window.widened(REACH) if level in CARVED_LEVELS else window


def _doubled(field: Tensor, axis: int) -> Tensor:
    """Twice as fine along `axis` by linear interpolation, without what would come after the last value."""
    first, second = field.narrow(axis, 0, field.shape[axis] - 1), field.narrow(axis, 1, field.shape[axis] - 1)
    return torch.stack([first, 0.5 * (first + second)], dim=axis + 1).flatten(axis, axis + 1)


def _parents(window: Window) -> Window:
    """The coarse vertices whose phases cover `window`."""
    y, x = window.y // 2, window.x // 2
    rows, columns = (window.y + window.rows - 1) // 2 - y + 1, (window.x + window.columns - 1) // 2 - x + 1
    return Window(y, x, rows, columns, 2 * window.spacing, window.period)
