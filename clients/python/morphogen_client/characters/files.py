"""What arrives of a character: its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from morphogen_client.results.document import parsed
from morphogen_client.results.files import FilesReader, FilesResult

DESCRIPTION_FILE = "description.json"


@dataclass(frozen=True)
class CharacterResult(FilesResult):
    """A finished character.

    `files`: description.json, character.glb (skinned mesh, materials, clips), preview.png.
    """

    @property
    def description(self) -> Mapping[str, Any]:
        """All of description.json. Raises MissingMapsError without that file, BrokenStreamError if it is unreadable."""
        return parsed("description", self._file(DESCRIPTION_FILE), ("identity", "joints"))


def character_reader() -> FilesReader[CharacterResult]:
    """Collects the files of one character."""
    return FilesReader("character", CharacterResult)
