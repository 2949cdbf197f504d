"""Requests for endless worlds: what a world is, and one chunk of it."""

import json
from dataclasses import dataclass, field
from typing import ClassVar

from engine.errors import InvalidRequestError
from engine.requests.landscape import COORDINATE_MAX_CELLS, Landscape

CHUNK_CELLS = 256
CHUNK_MAX = COORDINATE_MAX_CELLS // CHUNK_CELLS - 2
"""Largest row and column of a chunk, and the smallest with a minus in front."""

CHUNK_VERTICES = (33, 65, 129, 257)
"""Vertices along the edge of a chunk by level of detail, coarse to fine: each has every other vertex of the next."""

CHUNK_MAPS = ("height", "ground", "masks", "normal", "props", "cover", "mesh")
CHUNK_MAPS_DEFAULT = ("height", "ground", "props")


@dataclass(frozen=True, slots=True)
class WorldRequest:
    """What one needs once to show any part of a landscape: where it begins, its materials, its props."""

    ASSET_KIND: ClassVar[str] = "world"
    SHARED: ClassVar[bool] = True
    """Whether equal requests get one and the same generation, and its result is kept."""

    landscape: Landscape = field(default_factory=Landscape)

    @property
    def seed(self) -> int:
        """That of its landscape."""
        return self.landscape.seed

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        return json.dumps({"landscape": self.landscape.document()}, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """One square of a landscape, CHUNK_CELLS cells wide, edges included.

    row, column  the chunk begins at z = row * CHUNK_CELLS cells, x = column * CHUNK_CELLS cells; within CHUNK_MAX
    vertices     along its edge, one of CHUNK_VERTICES
    maps         what is wanted, some of CHUNK_MAPS
    """

    ASSET_KIND: ClassVar[str] = "chunk"
    SHARED: ClassVar[bool] = True

    landscape: Landscape = field(default_factory=Landscape)
    row: int = 0
    column: int = 0
    vertices: int = CHUNK_VERTICES[-1]
    maps: tuple[str, ...] = CHUNK_MAPS_DEFAULT

    def __post_init__(self) -> None:
        for name in ("row", "column"):
            if not -CHUNK_MAX <= getattr(self, name) <= CHUNK_MAX:
                raise InvalidRequestError(name, getattr(self, name), f"-{CHUNK_MAX} to {CHUNK_MAX}")
        if self.vertices not in CHUNK_VERTICES:
            raise InvalidRequestError("vertices", self.vertices, ", ".join(map(str, CHUNK_VERTICES)))
        object.__setattr__(self, "maps", checked_maps(self.maps))

    @property
    def seed(self) -> int:
        """That of its landscape."""
        return self.landscape.seed

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        document = {
            "landscape": self.landscape.document(),
            "row": self.row,
            "column": self.column,
            "vertices": self.vertices,
            "maps": list(self.maps),
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"))


def checked_maps(maps: tuple[str, ...]) -> tuple[str, ...]:
    """The maps in the order of CHUNK_MAPS. Raises InvalidRequestError for none, unknown ones and repeated ones."""
    if not maps or len(set(maps)) < len(maps) or not set(maps) <= set(CHUNK_MAPS):
        raise InvalidRequestError("maps", ", ".join(maps)[:200], f"one or more of {', '.join(CHUNK_MAPS)}, each once")
    return tuple(name for name in CHUNK_MAPS if name in maps)
