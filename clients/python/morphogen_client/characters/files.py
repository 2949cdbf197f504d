"""What arrives of a character: its files."""

import json
from collections.abc import Mapping
from typing import Any

from morphogen_client.errors import BrokenStreamError, MissingMapsError
from morphogen_client.results.scene import SceneReader, SceneResult, SceneUpdate
from morphogen_client.streams.assembly import Header, Part, Trailer

DESCRIPTION_FILE = "description.json"


class CharacterResult(SceneResult):
    """A finished character.

    files  by name: description.json, character.glb (skinned mesh, materials, clips), preview.png
    """

    __slots__ = ()

    @property
    def description(self) -> Mapping[str, Any]:
        """All of description.json. Raises MissingMapsError without that file, BrokenStreamError if it is unreadable."""
        if DESCRIPTION_FILE not in self.files:
            raise MissingMapsError(f"{DESCRIPTION_FILE} came before the point from which the stream was continued")
        return parsed_description(self.files[DESCRIPTION_FILE])


class CharacterReader:
    """Collects the files."""

    def __init__(self) -> None:
        self._files = SceneReader()

    def read(self, header: Header, part: Part) -> SceneUpdate:
        """The file that `part` is. Raises BrokenStreamError for one that cannot be a character's."""
        return self._files.read(header, part)

    def result(self, header: Header, trailer: Trailer) -> CharacterResult:
        """The files with everything around them."""
        collected = self._files.result(header, trailer)
        return CharacterResult(header, trailer.sha256, trailer.timings, collected.files)


def parsed_description(data: bytes) -> Mapping[str, Any]:
    """The JSON object. Raises BrokenStreamError."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise BrokenStreamError("description: the part is no readable JSON") from error
    if not isinstance(document, dict):
        raise BrokenStreamError("description: the part is no object")
    return document
