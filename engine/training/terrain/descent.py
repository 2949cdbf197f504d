"""Whole descents: from the coarsest grid, which is noise, octave by octave to the finest one, as chunks are made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.generators.terrain import climate as climates
from engine.generators.terrain.climate import Climate
from engine.generators.terrain.fields import Window
from engine.generators.terrain.heights import TOP_LEVEL, Decoders
from engine.nets.terragen.network import refined

PLAIN = Climate(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
TOP_VERTICES = 512


@dataclass(frozen=True, slots=True, eq=False)
class Tops:
    """Coarsest grids of all places of a world: its relief at ruggedness 0, over the spacing, [rows, columns]."""

    relief: Tensor

    @staticmethod
    def of(seed: int, device: torch.device) -> "Tops":
        """The relief of a world as the generator makes it."""
        window = Window(0, 0, TOP_VERTICES, TOP_VERTICES, 2**TOP_LEVEL)
        flat = torch.zeros(TOP_VERTICES, TOP_VERTICES)
        return Tops(climates.top(seed, PLAIN, window, flat).to(device))

    def draw(self, random: np.random.Generator, ruggedness: Tensor, edge: int) -> Tensor:
        """Grids [batch, 1, edge, edge] at random places for ruggedness [batch]."""
        places = random.integers(TOP_VERTICES - edge + 1, size=(len(ruggedness), 2)).tolist()
        grids = torch.stack([self.relief[y : y + edge, x : x + edge] for y, x in places])
        return grids[:, None] * torch.exp(climates.TOP_BEND_PER_STYLE * ruggedness)[:, None, None, None]


def top_edge(decoders: Decoders, edge: int) -> int:
    """Vertices along the edge of the coarsest grid for a descent whose grids have `edge`."""
    return edge // 2 + 2 * decoders.at(TOP_LEVEL - 1)[0].config.halo


def descended(decoders: Decoders, top: Tensor, style: Tensor, edge: int, noise: torch.Generator) -> Sequence[Tensor]:
    """The middle of every grid from the finest (level 0) to the coarsest but one: each [batch, 1, edge, edge], heights
    over its spacing.

    top    [batch, 1, top_edge, top_edge]
    style  [batch, 2], the same everywhere in a descent
    """
    batch, grid, grids = len(top), top, []
    for level in range(TOP_LEVEL - 1, -1, -1):
        decoder, octave = decoders.at(level)
        config = decoder.config
        coarse = middle(grid, edge // 2 + 2 * config.halo)
        seen = edge // 2 + 2 * config.depth
        latents = torch.randn(batch, config.latent_width, seen, seen, generator=noise, device=top.device)
        field = style[:, :, None, None].expand(-1, -1, seen, seen)
        octaves = torch.full((batch,), octave, device=top.device)
        grid = refined(decoder, coarse, latents, field, octaves)
        grids.append(grid)
    return grids[::-1]


def middle(grid: Tensor, edge: int) -> Tensor:
    """The middle `edge` x `edge` vertices."""
    rim = (grid.shape[-1] - edge) // 2
    return grid[..., rim : rim + edge, rim : rim + edge]
