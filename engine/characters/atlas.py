"""What a character's parts look like, unrolled: how far they reach from each capsule's axis, and their colors.

For every part a grid along its axis and around it. So networks can be told of silhouettes and colors without a mesh. It
is made once for an identity.
"""

import numpy as np
from numpy.typing import NDArray

from engine.characters.character import Character
from engine.characters.palettes import SLOT_COUNT
from engine.characters.parts import AXES, PART_JOINT, part_table
from engine.characters.sculpting.sculpture import PART_COUNT

Floats = NDArray[np.float64]

ALONG, AROUND = 24, 32
WRAPPED = AROUND + 2
"""Columns of the grid: one more on either side, so that readers can blend across the seam."""

ATLAS_CHANNELS = 2 + SLOT_COUNT
"""Reach in meters in the space where the capsule is round, brightness, and the share of each color slot.

The reach in a direction is that of the cross-section's support function: how far the silhouette stands out there, seen
from across the axis, whichever way the surface itself points.
"""

_ORDER = 5
"""Triangles are looked at in this many steps along each edge."""


def part_atlas(character: Character) -> NDArray[np.float32]:
    """The grids of all parts float32 [ATLAS_CHANNELS, PART_COUNT * ALONG, WRAPPED]; zeros for what is not worn."""
    table = part_table(character)
    atlas = np.zeros((PART_COUNT, ALONG, AROUND, ATLAS_CHANNELS))
    owner = character.part[character.triangle[:, 0]]
    for part in range(PART_COUNT):
        if table[part, 9] > 0:
            chosen = character.triangle[owner == part]
            if len(chosen):
                atlas[part] = _unrolled(character, chosen, part, table[part].astype(np.float64))
    wrapped = np.concatenate([atlas[:, :, -1:], atlas, atlas[:, :, :1]], axis=2)
    return np.ascontiguousarray(wrapped.transpose(3, 0, 1, 2).reshape(ATLAS_CHANNELS, -1, WRAPPED), np.float32)


def _unrolled(character: Character, triangle: NDArray[np.uint32], part: int, numbers: Floats) -> Floats:
    """The grid of one part [ALONG, AROUND, ATLAS_CHANNELS] from its triangles."""
    steps = [(i, j) for i in range(_ORDER + 1) for j in range(_ORDER + 1 - i)]
    share = np.array([(i, j, _ORDER - i - j) for i, j in steps]) / _ORDER
    local = character.position.astype(np.float64) - character.measures.joint[PART_JOINT[part]]
    point = np.einsum("sc,tck->tsk", share, local[triangle]).reshape(-1, 3)
    bright = (character.brightness[triangle] @ share.T).ravel()
    slot = np.repeat(character.slot[triangle[:, 0]], len(share))
    axis = int(AXES[part])
    one, other = (index for index in range(3) if index != axis)
    root = np.sqrt(max(numbers[8], 1e-3))
    x, y = (point[:, one] - numbers[one]) * root, (point[:, other] - numbers[other]) / root
    low, high = numbers[axis] - numbers[6], numbers[3 + axis] + numbers[7]
    row = np.clip((point[:, axis] - low) / (high - low) * ALONG, 0, ALONG - 1e-6).astype(np.int64)
    column = ((np.arctan2(y, x) / (2.0 * np.pi) + 0.5) * AROUND).astype(np.int64) % AROUND
    radius = np.hypot(x, y)
    cell = row * AROUND + column
    order = np.lexsort((radius, cell))
    last = np.flatnonzero(np.append(np.diff(cell[order]) > 0, True))
    outermost = order[last]
    values = np.zeros((ALONG * AROUND, ATLAS_CHANNELS))
    known = np.zeros(ALONG * AROUND, bool)
    values[cell[outermost], 0], values[cell[outermost], 1] = radius[outermost], bright[outermost]
    values[cell[outermost], 2 + slot[outermost]] = 1.0
    known[cell[outermost]] = True
    filled = _filled(values.reshape(ALONG, AROUND, -1), known.reshape(ALONG, AROUND))
    turn = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    filled[..., 0] = (filled[:, None, :, 0] * np.cos(turn[:, None] - turn)[None]).max(axis=2)
    return filled


def _filled(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """Cells without any surface take the mean of their neighbours, again and again until there is none left."""
    weight = known.astype(np.float64)[..., None]
    values = values * weight
    while not (weight > 0).all():
        total, count = np.zeros_like(values), np.zeros_like(weight)
        for shift, axis in ((1, 1), (-1, 1), (1, 0), (-1, 0)):
            near, near_weight = np.roll(values, shift, axis), np.roll(weight, shift, axis)
            if axis == 0:  # no wrap from end to end
                edge = 0 if shift == 1 else -1
                near[edge], near_weight[edge] = 0.0, 0.0
            total += near
            count += near_weight
        missing = (weight == 0) & (count > 0)
        values = np.where(missing, total / np.maximum(count, 1.0), values)
        weight = np.where(missing, 1.0, weight)
    return values
