"""Attributes as the whole numbers that condition the network: one class per attribute, or "not asked for"."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.levels.attributes import Attributes
from engine.levels.grid import KEYS, LOCKED_DOORS, Grid, one_of
from engine.requests.level import (
    ENEMIES_MAX,
    KEYS_MAX,
    LOOPS_MAX,
    LOOT_MAX,
    ROOM_EDGE_MAX,
    ROOMS_MAX,
    SIZE_MAX,
    LevelStyle,
    Symmetry,
    Tile,
)

OPENNESS_STEPS, DIFFICULTY_STEPS = 20, 10
"""Classes per unit of openness and difficulty."""

Conditions = NDArray[np.int64]
"""Class numbers in the order of NAMES [attribute], or [level, attribute]."""

_SIZES = {
    "size": SIZE_MAX + 1,
    "rooms": ROOMS_MAX + 1,
    "room_edge": ROOM_EDGE_MAX + 1,
    "loops": LOOPS_MAX + 1,
    "enemies": ENEMIES_MAX + 1,
    "loot": LOOT_MAX + 1,
    "keys": KEYS_MAX + 1,
    "symmetry": len(Symmetry),
    "openness": OPENNESS_STEPS + 1,
    "difficulty": DIFFICULTY_STEPS + 1,
    "style": len(LevelStyle),
}

NAMES = tuple(_SIZES)
CLASS_COUNTS = tuple(_SIZES.values())
ABSENT = np.array(CLASS_COUNTS, np.int64)
"""Per attribute the class after its last one: not asked for."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a level should be; None leaves an attribute open."""

    size: int
    rooms: int | None = None
    room_edge: float | None = None
    loops: int | None = None
    enemies: int | None = None
    loot: int | None = None
    keys: int | None = None
    symmetry: Symmetry | None = None
    openness: float | None = None
    difficulty: float | None = None
    style: LevelStyle | None = None

    def conditions(self) -> Conditions:
        """Class numbers [attribute]; values beyond the last class take the last one."""
        values: tuple[float | None, ...] = (
            self.size,
            self.rooms,
            self.room_edge,
            self.loops,
            self.enemies,
            self.loot,
            self.keys,
            None if self.symmetry is None else tuple(Symmetry).index(self.symmetry),
            None if self.openness is None else self.openness * OPENNESS_STEPS,
            None if self.difficulty is None else self.difficulty * DIFFICULTY_STEPS,
            None if self.style is None else tuple(LevelStyle).index(self.style),
        )
        return np.array(
            [
                count if value is None else min(count - 1, max(0, round(value)))
                for value, count in zip(values, CLASS_COUNTS, strict=True)
            ],
            np.int64,
        )

    def completed_by(self, attributes: Attributes) -> "Wishes":
        """The same with everything that is open, but difficulty, as it was measured."""
        names = ("rooms", "room_edge", "loops", "enemies", "loot", "keys", "symmetry", "openness")
        return replace(self, **{name: getattr(attributes, name) for name in names if getattr(self, name) is None})

    def at_least(self, grid: Grid) -> "Wishes":
        """The same with no fewer enemies, loot and keys than `grid` has."""
        colors = sum(1 for pair in zip(KEYS, LOCKED_DOORS, strict=True) if one_of(grid, pair).any())
        return replace(
            self,
            enemies=None if self.enemies is None else max(self.enemies, int((grid == Tile.ENEMY).sum())),
            loot=None if self.loot is None else max(self.loot, int((grid == Tile.LOOT).sum())),
            keys=None if self.keys is None else max(self.keys, colors),
        )


def conditions_of(size: int, attributes: Attributes, style: LevelStyle | None) -> Conditions:
    """The classes of a level whose attributes were measured."""
    return Wishes(
        size,
        attributes.rooms,
        attributes.room_edge,
        attributes.loops,
        attributes.enemies,
        attributes.loot,
        attributes.keys,
        attributes.symmetry,
        attributes.openness,
        attributes.difficulty,
        style,
    ).conditions()


CHANCE = 1.0
"""Differences up to this may be outweighed by chance in the choice of an example."""

_SPREADS = np.array([0.5, 0.5, 2.0, 0.5, 8.0, 8.0, 1.0, 1.0, 2.0, 1.0, 1.0])
"""A difference that counts 1, per attribute: what shapes the layout weighs most."""


def complete(wishes: Wishes, bank: NDArray[np.uint8], random: np.random.Generator) -> Wishes:
    """`wishes` with what is open filled in from a level of the bank [row, attribute] that is like it."""
    asked = wishes.conditions()
    differences = np.abs(bank.astype(np.float64) - asked) / _SPREADS
    for name in ("symmetry", "style"):  # kinds, not quantities
        column = NAMES.index(name)
        differences[:, column] = 4.0 * (bank[:, column] != asked[column])
    distance = np.where(asked < ABSENT, differences, 0.0).sum(1)
    like = bank[int((distance + CHANCE * random.random(len(bank))).argmin())].tolist()
    size, rooms, room_edge, loops, enemies, loot, keys, symmetry, openness, difficulty, style = like
    del size
    return Wishes(
        wishes.size,
        rooms if wishes.rooms is None else wishes.rooms,
        room_edge if wishes.room_edge is None else wishes.room_edge,
        loops if wishes.loops is None else wishes.loops,
        enemies if wishes.enemies is None else wishes.enemies,
        loot if wishes.loot is None else wishes.loot,
        keys if wishes.keys is None else wishes.keys,
        tuple(Symmetry)[symmetry] if wishes.symmetry is None else wishes.symmetry,
        openness / OPENNESS_STEPS if wishes.openness is None else wishes.openness,
        difficulty / DIFFICULTY_STEPS if wishes.difficulty is None else wishes.difficulty,
        tuple(LevelStyle)[style] if wishes.style is None else wishes.style,
    )
