"""What happens while a world is explored, and how chunks come out of the messages that say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from morphogen.v1 import world_pb2
from morphogen_client.errors import BrokenStreamError
from morphogen_client.streams.parts import PartAssembler
from morphogen_client.worlds.chunk import VERTICES, Chunk, Key
from morphogen_client.worlds.requests import MAPS, Viewer

PARTS_MAX = 1 + len(MAPS)
"""A chunk's description, and all maps."""


@dataclass(frozen=True, slots=True)
class WorldOpened:
    """The first event.

    viewer           where it begins
    chunk_m          edge length of a chunk in meters
    view_distance_m  how far the viewer sees
    world            the part "world" of the landscape: spawn, scale, materials, where it comes from
    """

    viewer: Viewer
    chunk_m: float
    view_distance_m: float
    world: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChunkArrived:
    """A chunk is there, whole and checked; `refines` tells whether it replaces a coarser one."""

    chunk: Chunk
    refines: bool


@dataclass(frozen=True, slots=True)
class ChunksEvicted:
    """Chunks that have gone out of view. The server takes them for dropped: they are sent again if they come back."""

    chunks: Mapping[Key, Chunk]


@dataclass(frozen=True, slots=True)
class WorldSettled:
    """Everything that the viewer sees now is there; so many chunks are held."""

    chunk_count: int


ExploreEvent = WorldOpened | ChunkArrived | ChunksEvicted | WorldSettled


class ChunkAssembler:
    """Takes the pieces of chunks in order and gives the chunks that they complete."""

    def __init__(self) -> None:
        self._key: Key | None = None
        self._part_count = 0
        self._parts: dict[str, bytes] = {}
        self._vertices = 0
        self._assembler = PartAssembler()

    @property
    def begun(self) -> bool:
        """Whether a chunk has begun that is not complete yet."""
        return self._key is not None

    def receive(self, message: world_pb2.WorldPart) -> Chunk | None:
        """Take the next piece; the chunk, if this piece completes it.

        Raises BrokenStreamError for a piece that must not come here and ChecksumMismatchError for damaged bytes.
        """
        key = message.row, message.column
        if self._key is None:
            if not 1 <= message.part_count <= PARTS_MAX:
                raise BrokenStreamError(f"chunk {key} announces {message.part_count} parts, not 1 to {PARTS_MAX}")
            self._key, self._part_count, self._parts = key, message.part_count, {}
        if (key, message.part_count) != (self._key, self._part_count):
            raise BrokenStreamError(f"a piece of chunk {key} came in the middle of chunk {self._key}")
        part = self._assembler.receive(message.part, len(self._parts))
        if part is None:
            return None
        if part.lod_px not in VERTICES or (self._parts and part.lod_px != self._vertices) or part.map in self._parts:
            raise BrokenStreamError(f"chunk {key}: {part.map!r} with {part.lod_px} vertices does not belong to it")
        self._vertices = part.lod_px
        self._parts[part.map] = part.payload
        if len(self._parts) < self._part_count:
            return None
        self._key = None
        return Chunk(*key, self._vertices, self._parts)
