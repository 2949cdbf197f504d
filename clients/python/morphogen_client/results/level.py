"""What arrives of a level: one look per step, then the files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morphogen_client.errors import BrokenStreamError, MissingMapsError
from morphogen_client.results.document import parsed
from morphogen_client.results.folder import write_folder
from morphogen_client.scenes.level import TILES
from morphogen_client.streams.assembly import Header, Timings, Trailer
from morphogen_client.streams.parts import Part

LEVEL_FILE = "level.json"
FILE_NAMES = {"level": LEVEL_FILE, "tiled": "level.tmj", "tiles": "level_tiles.png", "preview": "preview.png"}
"""Part -> file. The map finds its tiles by this name."""

_REFINEMENT = "refinement"


@dataclass(frozen=True, slots=True)
class LevelUpdate:
    """One step on the way.

    step, step_count  the number of the step, from 1, and how many there are
    hidden_cells      cells that are not settled yet
    candidate         of several layouts that are tried, the one that is shown
    rows              a line of glyphs for each row, "?" where a cell is not settled
    """

    step: int
    step_count: int
    hidden_cells: int
    candidate: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class LevelResult:
    """A finished level, which can be won.

    header   who made it and from which request
    sha256   digest over all parts in order, in hex; names the result
    timings  where the time went on the server
    files    by name: level.json, level.tmj (Tiled) with level_tiles.png, preview.png; each carries its provenance

    Of a stream that was continued with a stored token, `files` holds what came after it.
    """

    header: Header
    sha256: str
    timings: Timings
    files: Mapping[str, bytes]

    @property
    def complete(self) -> bool:
        """Whether every file is there. Not, if a stored token lay behind some of them."""
        return set(FILE_NAMES.values()) <= self.files.keys()

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """All of level.json. Raises MissingMapsError without that file, BrokenStreamError if it cannot be read."""
        if LEVEL_FILE not in self.files:
            raise MissingMapsError(f"{LEVEL_FILE} came before the point from which the stream was continued")
        return parsed("level", self.files[LEVEL_FILE], ("rows", "legend", "attributes", "witness_path"))

    @property
    def rows(self) -> tuple[str, ...]:
        """A line of glyphs for each row, top first; `document["legend"]` has the tile of each glyph."""
        return tuple(self.document["rows"])

    @cached_property
    def tiles(self) -> NDArray[np.uint8]:
        """The same as numbers, [row, column]: positions in `TILES`. Raises BrokenStreamError for an unknown tile."""
        try:
            numbers = {glyph: TILES.index(name) for glyph, name in self.document["legend"].items()}
            return np.array([[numbers[glyph] for glyph in row] for row in self.rows], np.uint8)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BrokenStreamError(f"level: the rows cannot be read with their legend ({error})") from error

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What was measured, by name: rooms, loops, enemies, keys, symmetry, openness, difficulty and others."""
        attributes: Mapping[str, Any] = self.document["attributes"]
        return attributes

    @property
    def witness_path(self) -> tuple[tuple[int, int], ...]:
        """The cells (x, y) of a shortest way that wins, from the start to the exit."""
        return tuple((x, y) for x, y in self.document["witness_path"])

    def save(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write the files into `folder`, which is made if it does not exist, all or none; their paths.

        Raises OSError if the folder cannot be written, MissingMapsError if the result is not `complete`.
        """
        if not self.complete:
            raise MissingMapsError(
                f"only {', '.join(self.files) or 'no files'} came: the stream was continued at part "
                f"{self.header.first_sequence} of {self.header.part_count}; ask without resume_token for all"
            )
        return write_folder(folder, self.files)


class LevelReader:
    """Reads each step, and collects the files."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def read(self, header: Header, part: Part) -> LevelUpdate | None:  # noqa: ARG002 - readers see the header
        """The step that `part` shows, if it does. Raises BrokenStreamError for a part that cannot be one of a level."""
        if part.map == _REFINEMENT:
            fields = ("step", "step_count", "hidden_cells", "candidate", "rows")
            document = parsed(f"part {part.sequence}", part.payload, fields)
            if not isinstance(document["rows"], list):
                raise BrokenStreamError(f"part {part.sequence}: the rows are no list")
            return LevelUpdate(**{name: document[name] for name in fields} | {"rows": tuple(document["rows"])})
        if part.map not in FILE_NAMES or FILE_NAMES[part.map] in self._files:
            raise BrokenStreamError(f"part {part.sequence}: a level has no {part.map!r}, or it came twice")
        self._files[FILE_NAMES[part.map]] = part.payload
        return None

    def result(self, header: Header, trailer: Trailer) -> LevelResult:
        """The files with everything around them."""
        return LevelResult(header, trailer.sha256, trailer.timings, self._files)
