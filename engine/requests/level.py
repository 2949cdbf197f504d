"""Requests for game levels.

Checks here need no generator: whether locked cells leave a way to the exit is the generator's business.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import ClassVar

from engine.errors import InvalidRequestError
from engine.requests.checks import SEED_MAX

SIZE_MIN, SIZE_MAX = 16, 64
"""Edge lengths of a level, in cells."""

ROOMS_MAX, LOOPS_MAX, ENEMIES_MAX, LOOT_MAX, KEYS_MAX = 24, 12, 40, 40, 3
ROOM_EDGE_MIN, ROOM_EDGE_MAX = 3, 24


class Tile(IntEnum):
    """What a cell can be. The numbers are part of the weights and of every export."""

    VOID = 0
    WALL = 1
    FLOOR = 2
    DOOR = 3
    RED_DOOR = 4
    YELLOW_DOOR = 5
    BLUE_DOOR = 6
    RED_KEY = 7
    YELLOW_KEY = 8
    BLUE_KEY = 9
    ENEMY = 10
    LOOT = 11
    START = 12
    EXIT = 13
    HAZARD = 14


GLYPHS = " #.+RYBrybe$@>~"
"""One character per tile, in the order of their numbers."""


class Symmetry(StrEnum):
    """Mirror symmetry of a layout: x mirrors left and right, y top and bottom."""

    NONE = "none"
    X = "x"
    Y = "y"
    BOTH = "both"


class LevelStyle(StrEnum):
    """Ways of building that the corpus knows."""

    ROOMS = "rooms"
    HALLS = "halls"
    CAVES = "caves"
    MAZE = "maze"


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of cells to make anew; all else stays."""

    left: int
    top: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        """Whether the cell lies inside."""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height


KEY_COLORS = {
    Tile.RED_KEY: "red", Tile.YELLOW_KEY: "yellow", Tile.BLUE_KEY: "blue",
    Tile.RED_DOOR: "red", Tile.YELLOW_DOOR: "yellow", Tile.BLUE_DOOR: "blue",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LevelRequest:
    """One level. What is None is drawn from the seed, in keeping with what is given.

    seed          0 to 2**32 - 1; the same request and seed give the same bytes
    size          edge length in cells, 16 to 64
    rooms         regions that blocks of 3x3 cells cover, 1 to 24
    room_edge     their mean edge length in cells, 3 to 24
    loops         ways around solid bodies of at least 4 cells, 0 to 12
    enemies, loot numbers of cells, 0 to 40
    keys          locks and their keys, each of its own color, 0 to 3
    symmetry      axes along which the layout mirrors
    openness      share of cells that can be walked on, 0 to 1
    difficulty    0 to 1: the length of the way, enemies near it, and locks
    style         the way of building
    locked_cells  what a designer fixed: (x, y) -> tile; these cells keep their tile
    base_rows     rows of glyphs of a level to change; needs `region`
    region        the part of the base that is made anew; everything outside of it keeps its tile
    """

    ASSET_KIND: ClassVar[str] = "level"
    SHARED: ClassVar[bool] = True
    """Whether equal requests get one and the same generation, and its result is kept."""

    seed: int = 0
    size: int = 32
    rooms: int | None = None
    room_edge: int | None = None
    loops: int | None = None
    enemies: int | None = None
    loot: int | None = None
    keys: int | None = None
    symmetry: Symmetry | None = None
    openness: float | None = None
    difficulty: float | None = None
    style: LevelStyle | None = None
    locked_cells: Mapping[tuple[int, int], Tile] = field(default_factory=dict)
    base_rows: tuple[str, ...] = ()
    region: Region | None = None

    def __post_init__(self) -> None:
        self._check_ranges()
        self._check_base()
        locked = {}
        for x, y in sorted(self.locked_cells):
            if not (0 <= x < self.size and 0 <= y < self.size):
                raise InvalidRequestError("locked_cells", (x, y), f"cells with x and y from 0 to {self.size - 1}")
            if self.region is not None and not self.region.holds(x, y):
                raise InvalidRequestError("locked_cells", (x, y), "cells inside of the region; all others are kept")
            if self.locked_cells[x, y] not in tuple(Tile):
                raise InvalidRequestError("locked_cells", self.locked_cells[x, y], f"tiles 0 to {len(Tile) - 1}")
            locked[x, y] = Tile(self.locked_cells[x, y])
        object.__setattr__(self, "locked_cells", locked)
        self._check_space()
        self._check_fixed()

    def _check_ranges(self) -> None:
        if not SIZE_MIN <= self.size <= SIZE_MAX:
            raise InvalidRequestError("size", self.size, f"{SIZE_MIN} to {SIZE_MAX} cells")
        ranges: tuple[tuple[str, float | None, float, float], ...] = (
            ("seed", self.seed, 0, SEED_MAX),
            ("rooms", self.rooms, 1, ROOMS_MAX),
            ("room_edge", self.room_edge, ROOM_EDGE_MIN, ROOM_EDGE_MAX),
            ("loops", self.loops, 0, LOOPS_MAX),
            ("enemies", self.enemies, 0, ENEMIES_MAX),
            ("loot", self.loot, 0, LOOT_MAX),
            ("keys", self.keys, 0, KEYS_MAX),
            ("openness", self.openness, 0.0, 1.0),
            ("difficulty", self.difficulty, 0.0, 1.0),
        )
        for name, value, least, most in ranges:
            if value is not None and not least <= value <= most:
                raise InvalidRequestError(name, value, f"{least} to {most}")
        for name in ("openness", "difficulty"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, float(value) + 0.0)  # equal numbers, equal text

    def _check_base(self) -> None:
        if bool(self.base_rows) != (self.region is not None):
            raise InvalidRequestError("region", self.region, "a region and base_rows together, or neither")
        if self.region is None:
            return
        if len(self.base_rows) != self.size or any(len(row) != self.size for row in self.base_rows):
            raise InvalidRequestError("base_rows", f"{len(self.base_rows)} rows", f"{self.size} rows of {self.size}")
        if unknown := sorted(set("".join(self.base_rows)) - set(GLYPHS)):
            raise InvalidRequestError("base_rows", unknown[0], f"the glyphs {GLYPHS!r}")
        area = self.region
        inside = min(area.left, area.top) >= 0 and min(area.width, area.height) >= 1
        if not inside or max(area.left + area.width, area.top + area.height) > self.size:
            raise InvalidRequestError("region", area, f"at least one cell, inside of {self.size} x {self.size} cells")

    def _check_space(self) -> None:
        """What the numbers alone rule out."""
        of_size = f"in a level of {self.size}x{self.size} cells"
        edge = self.room_edge or ROOM_EDGE_MIN
        if edge > self.size - 2:
            raise InvalidRequestError("room_edge", edge, f"{ROOM_EDGE_MIN} to {self.size - 2} {of_size}")
        fitting = (self.size - 1) ** 2 // (edge + 1) ** 2  # each takes its area and a wall along two sides
        rooms = self.rooms or 1
        if rooms > fitting:
            raise InvalidRequestError("rooms", rooms, f"at most {fitting} rooms of {edge}x{edge} {of_size}")
        inside = (self.size - 2) ** 2
        floor = inside if self.openness is None else min(inside, int(self.openness * self.size**2))
        if rooms * edge**2 > floor:
            allowed = f"at least {rooms * edge**2 / self.size**2:.2f} for {rooms} rooms of {edge}x{edge} {of_size}"
            raise InvalidRequestError("openness", self.openness, allowed)
        contents = {"enemies": self.enemies or 0, "loot": self.loot or 0, "keys": self.keys or 0}
        if sum(contents.values()) + 2 > floor:
            name = max(contents, key=lambda key: contents[key])
            allowed = f"enemies, loot and keys that leave room for start and exit on {floor} cells of floor {of_size}"
            raise InvalidRequestError(name, contents[name], allowed)
        if self.difficulty is not None:
            least = 0.2 * (self.keys or 0) / KEYS_MAX
            enemies = ENEMIES_MAX if self.enemies is None else self.enemies
            keys = KEYS_MAX if self.keys is None else self.keys
            most = 0.4 + 0.4 * min(1.0, 3 * enemies / self.size) + 0.2 * keys / KEYS_MAX
            if not least <= self.difficulty <= most:
                allowed = f"{least:.2f} to {most:.2f} with that many enemies and keys {of_size}"
                raise InvalidRequestError("difficulty", self.difficulty, allowed)

    def fixed_cells(self) -> dict[tuple[int, int], Tile]:
        """Every cell that keeps its tile: the locked ones, and the base outside of the region."""
        fixed = {}
        if self.region is not None:
            for y, row in enumerate(self.base_rows):
                for x, glyph in enumerate(row):
                    if not self.region.holds(x, y):
                        fixed[x, y] = Tile(GLYPHS.index(glyph))
        return fixed | dict(self.locked_cells)

    def _check_fixed(self) -> None:
        """What the fixed cells and the numbers rule out together."""
        counts = Counter(self.fixed_cells().values())
        for tile in (Tile.START, Tile.EXIT, Tile.RED_KEY, Tile.YELLOW_KEY, Tile.BLUE_KEY):
            if counts[tile] > 1:
                raise InvalidRequestError("locked_cells", f"{counts[tile]} x {tile.name}", f"one {tile.name} at most")
        colors = {KEY_COLORS[tile] for tile in counts if tile in KEY_COLORS}
        for name, wished, fixed in (
            ("enemies", self.enemies, counts[Tile.ENEMY]),
            ("loot", self.loot, counts[Tile.LOOT]),
            ("keys", self.keys, len(colors)),
        ):
            if wished is not None and fixed > wished:
                raise InvalidRequestError(name, wished, f"at least {fixed}: that many are in cells that are kept")

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces. Equal requests give equal text."""
        document = {
            name: getattr(self, name)
            for name in ("seed", "size", "rooms", "room_edge", "loops", "enemies", "loot", "keys", "openness")
        } | {
            "difficulty": self.difficulty,
            "symmetry": None if self.symmetry is None else str(self.symmetry),
            "style": None if self.style is None else str(self.style),
            "locked_cells": [[x, y, tile.name.lower()] for (x, y), tile in self.locked_cells.items()],
            "base_rows": list(self.base_rows),
            "region": None
            if self.region is None
            else [self.region.left, self.region.top, self.region.width, self.region.height],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
