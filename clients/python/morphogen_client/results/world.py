"""What arrives of a world: what is needed once, and single chunks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

from morphogen_client.results.document import parsed
from morphogen_client.results.files import FilesReader, FilesResult
from morphogen_client.worlds.chunk import Chunk
from morphogen_client.worlds.requests import Viewer

WORLD_FILE, CHUNK_FILE = "world.json", "chunk.json"
WORLD_FIELDS = ("spawn", "chunk_m", "cell_m", "sea_level_m")


@dataclass(frozen=True)
class WorldResult(FilesResult):
    """What is needed once to show any part of a world.

    `files`: world.json; a tile (PNG) for each of the ground's materials; models.glb, every model that chunks place.
    """

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """All of world.json. Raises MissingMapsError without that file, BrokenStreamError if it cannot be read."""
        return parsed("world", self._file(WORLD_FILE), WORLD_FIELDS)

    @property
    def spawn(self) -> Viewer:
        """A place on dry land, near the origin."""
        return Viewer(**self.document["spawn"])

    @property
    def chunk_m(self) -> float:
        """Edge length of a chunk in meters."""
        return float(self.document["chunk_m"])


@dataclass(frozen=True)
class ChunkResult(FilesResult):
    """One finished chunk: `files` as they came, `chunk` for what they hold."""

    @cached_property
    def chunk(self) -> Chunk:
        """The files as numbers. Raises MissingMapsError without chunk.json, BrokenStreamError if it is unreadable."""
        described = parsed("chunk", self._file(CHUNK_FILE), ("row", "column", "vertices"))
        parts = {PurePath(name).stem: data for name, data in self.files.items()}
        return Chunk(described["row"], described["column"], described["vertices"], parts)


def world_reader() -> FilesReader[WorldResult]:
    """Collects the files of one world."""
    return FilesReader("world", WorldResult)


def chunk_reader() -> FilesReader[ChunkResult]:
    """Collects the files of one chunk."""
    return FilesReader("chunk", ChunkResult)
