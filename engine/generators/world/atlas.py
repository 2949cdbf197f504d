"""The land that chunks are cut from, and a memory of the last pieces of it.

Land is made in blocks of BLOCK_CHUNKS x BLOCK_CHUNKS chunks, and these from the coarse land of a region of
REGION_BLOCKS x REGION_BLOCKS blocks: the rims that every window needs are shared, the widest ones most, so a chunk
costs a fraction of what it would alone. Blocks have one shape and parity, and so have regions: a chunk has the same
bytes whichever of its neighbours was asked for first.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import Base, Ground, Land
from engine.geometry.placement.scatter import margin_m
from engine.geometry.props.library import PROPS
from engine.requests.landscape import Landscape
from engine.requests.world import CHUNK_CELLS, ChunkRequest

BLOCK_CHUNKS, REGION_BLOCKS = 2, 3
BLOCK_OFFSET = 1
"""The origin, where most worlds are entered, lies in the middle of a block."""

RIM_STEP_CELLS = 4
LANDS_MAX, REGIONS_MAX, BLOCKS_MAX = 32, 12, 12

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some land and where it lies.

    ground       with `rim_cells` more vertices on every side than the block itself, for props to look around
    row, column  world cell of the block's first vertex
    """

    ground: Ground
    row: int
    column: int
    rim_cells: int


def home_of(request: ChunkRequest) -> tuple[int, int]:
    """Row and column of a chunk; in a world that repeats, those of the same land nearest to the origin's south-east."""
    turn = request.landscape.period_cells // CHUNK_CELLS
    return (request.row % turn, request.column % turn) if turn else (request.row, request.column)


class Atlas:
    """Lands by landscape, and blocks of them. Used by one thread."""

    def __init__(self, decoders: Decoders) -> None:
        self._decoders = decoders
        self._lands: _Recent[str, Land] = _Recent(LANDS_MAX)
        self._regions: _Recent[tuple[str, int, int], Base] = _Recent(REGIONS_MAX)
        self._blocks: _Recent[tuple[str, int, int], Block] = _Recent(BLOCKS_MAX)

    def land(self, landscape: Landscape) -> Land:
        """A landscape's land. Raises InvalidRequestError for an unknown biome or an unusable sketch."""
        return self._lands.get(_key(landscape), lambda: Land(self._decoders, landscape))

    def block(self, request: ChunkRequest) -> Block:
        """The block that holds a chunk."""
        edge = BLOCK_CHUNKS * CHUNK_CELLS
        down, right = ((chunk + BLOCK_OFFSET) // BLOCK_CHUNKS for chunk in home_of(request))
        key, land = _key(request.landscape), self.land(request.landscape)

        def made() -> Block:
            row, column = (block * edge - BLOCK_OFFSET * CHUNK_CELLS for block in (down, right))
            rim = _rim_cells(request.landscape)
            square = row - rim, column - rim, edge + 1 + 2 * rim, edge + 1 + 2 * rim
            return Block(land.ground(*square, self._region(key, land, down, right)), row, column, rim)

        return self._blocks.get((key, down, right), made)

    def _region(self, key: str, land: Land, row: int, column: int) -> Base:
        """The coarse land under a block."""
        edge = REGION_BLOCKS * BLOCK_CHUNKS * CHUNK_CELLS
        place = row // REGION_BLOCKS, column // REGION_BLOCKS

        def made() -> Base:
            rim = _rim_cells(land.landscape)
            y, x = (each * edge - BLOCK_OFFSET * CHUNK_CELLS - rim for each in place)
            return land.base(y, x, edge + 1 + 2 * rim, edge + 1 + 2 * rim)

        return self._regions.get((key, *place), made)


class _Recent(Generic[Key, Value]):
    """Values by key, no more than `limit`: the one that was not asked for longest goes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value, made if it is not there."""
        if key not in self._values:
            self._values[key] = make()
        self._values.move_to_end(key)
        while len(self._values) > self._limit:
            self._values.popitem(last=False)
        return self._values[key]


def _rim_cells(landscape: Landscape) -> int:
    """Land around a block, for its props to look at."""
    widest_m = margin_m(tuple(PROPS.values()))
    return -(-round(widest_m / landscape.cell_m + 2) // RIM_STEP_CELLS) * RIM_STEP_CELLS


def _key(landscape: Landscape) -> str:
    return json.dumps(landscape.document(), sort_keys=True)
