"""Decides hidden cells step by step: the layout of a level, from the network's distributions over groups of tiles.

Several candidates are decoded side by side; the one that comes closest to the wishes goes on.
"""

import numpy as np
from numpy.typing import NDArray

from engine.levels.attributes import mirrored_share
from engine.levels.decoding.conditions import Wishes
from engine.levels.decoding.hiding import DOORWAY, GROUP_TOKENS, GROUPS, HIDDEN, OPEN, Tokens
from engine.levels.grid import Grid, walkable
from engine.levels.topology import loop_count, regions, room_labels
from engine.requests.level import Symmetry, Tile

TEMPERATURE = 1.0
CHOICE_TEMPERATURE = 4.0
"""How much chance decides which cells are settled early; falls to 0 with the steps."""

Logits = NDArray[np.float32]
"""Logits [size, size, tile]."""


def group_chances(logits: Logits) -> NDArray[np.float64]:
    """Log-probabilities of the groups [size, size, group]."""
    chances = logits.astype(np.float64)
    chances -= chances.max(-1, keepdims=True)
    summed = np.stack([np.exp(chances[..., list(tiles)]).sum(-1) for tiles in GROUPS], -1)
    result: NDArray[np.float64] = np.log(summed / summed.sum(-1, keepdims=True) + 1e-12)
    return result


def settle(
    tokens: Tokens, logits: Logits, random: np.random.Generator, done: float, hidden_first: int, symmetry: Symmetry
) -> Tokens:
    """The tokens after the refinement step that completes the share `done` of all: each hidden cell draws a group, and
    those of which the network is surest, with some chance, are settled; mirrored cells are settled together.

    `hidden_first` is the number of cells that were hidden before the first step; how many of them stay hidden follows
    the cosine schedule of MaskGIT.
    """
    shape = tokens.shape
    chances = group_chances(logits) / TEMPERATURE
    noise = random.gumbel(size=chances.shape)
    preference = random.gumbel(size=shape)
    chances = mirrored_mean(chances, symmetry)
    noise, preference = (first_half(values, symmetry) for values in (noise, preference))
    drawn = (chances + noise).argmax(-1)
    sureness = np.take_along_axis(chances, drawn[..., None], -1)[..., 0] + CHOICE_TEMPERATURE * (1 - done) * preference
    hidden = tokens == HIDDEN
    left = int(hidden_first * np.cos(np.pi / 2 * done)) if done < 1.0 else 0
    count = int(hidden.sum()) - left
    if count <= 0:
        return tokens
    sureness[~hidden] = -np.inf
    order = np.argsort(-sureness.ravel(), kind="stable")[:count]
    chosen = np.zeros(shape, bool)
    chosen.ravel()[order] = True
    for axis in axes_of(symmetry):
        chosen |= np.flip(chosen, axis)
    return np.where(chosen & hidden, GROUP_TOKENS[drawn], tokens)


def axes_of(symmetry: Symmetry) -> tuple[int, ...]:
    """The array axes that a symmetry mirrors: 1 for left and right, 0 for top and bottom."""
    return {Symmetry.NONE: (), Symmetry.X: (1,), Symmetry.Y: (0,), Symmetry.BOTH: (0, 1)}[symmetry]


def mirrored_mean(values: NDArray[np.float64], symmetry: Symmetry) -> NDArray[np.float64]:
    """The mean of `values` and their mirror images."""
    for axis in axes_of(symmetry):
        values = (values + np.flip(values, axis)) / 2
    return values


def first_half(values: NDArray[np.float64], symmetry: Symmetry) -> NDArray[np.float64]:
    """The left or upper half of `values` and its mirror image."""
    for axis in axes_of(symmetry):
        half = values.shape[axis] // 2
        mirrored = np.flip(values, axis)
        index = np.arange(values.shape[axis]).reshape([-1 if axis == other else 1 for other in range(values.ndim)])
        values = np.where(index < values.shape[axis] - half, values, mirrored)
    return values


def as_grid(tokens: Tokens) -> Grid:
    """A grid with the same layout: unknown contents are floor, unknown locks are doors, hidden cells walls."""
    grid = tokens.copy()
    grid[tokens == OPEN] = Tile.FLOOR
    grid[tokens == DOORWAY] = Tile.DOOR
    grid[tokens == HIDDEN] = Tile.WALL
    return grid


def distance_from(wishes: Wishes, tokens: Tokens) -> float:
    """How far a layout is from what was wished; 0 is all that can be asked for.

    A room or a loop too many or too few counts 1, an area that is cut off 0.25, a missing doorway 0.5.
    """
    grid = as_grid(tokens)
    count = regions(walkable(grid))[0]
    distance = 0.25 * (count - 1) if count else float(grid.size)
    rooms, room_map = room_labels(grid)
    if wishes.rooms is not None:
        distance += abs(rooms - wishes.rooms)
    if wishes.loops is not None:
        distance += abs(loop_count(grid) - wishes.loops)
    if wishes.room_edge is not None and rooms:
        edges = np.sqrt(np.bincount(room_map.ravel(), minlength=rooms + 1)[1:])
        distance += 0.2 * abs(float(edges.mean()) - wishes.room_edge)
    if wishes.openness is not None:
        distance += 4.0 * abs(float(walkable(grid).mean()) - wishes.openness)
    if wishes.keys is not None:
        distance += 0.5 * max(0, wishes.keys - int((grid == Tile.DOOR).sum()))
    for axis in axes_of(wishes.symmetry or Symmetry.NONE):
        distance += 10.0 * max(0.0, 0.95 - mirrored_share(grid, axis))
    return distance
