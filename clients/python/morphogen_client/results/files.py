"""What arrives of an asset that is a set of files: file after file."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from morphogen_client.errors import BrokenStreamError, MissingMapsError
from morphogen_client.results.folder import write_folder
from morphogen_client.streams.assembly import Header, Timings, Trailer
from morphogen_client.streams.parts import Part

EXTENSIONS = {
    "image/png": "png",
    "model/gltf-binary": "glb",
    "application/json": "json",
    "image/vnd.radiance": "hdr",
}


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """One file of an asset, as soon as it is made.

    name        e.g. "outline.png", the first look at a scene, or "scene.glb"
    data        its bytes
    media_type  e.g. "image/png"
    sequence    its number among the `part_count` files, from 0
    """

    name: str
    data: bytes
    media_type: str
    sequence: int
    part_count: int


@dataclass(frozen=True)
class FilesResult:
    """A finished asset.

    header   who made it and from which request
    sha256   digest over all parts in order, in hex; names the result
    timings  where the time went on the server
    files    by name

    Of a stream that was continued with a stored token, `files` holds what came after it, and the digest, which covers
    what came before as well, is the server's word.
    """

    header: Header
    sha256: str
    timings: Timings
    files: Mapping[str, bytes]

    @property
    def complete(self) -> bool:
        """Whether every file is there. Not, if a stored token lay behind some of them."""
        return len(self.files) == self.header.part_count

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

    def _file(self, name: str) -> bytes:
        if name not in self.files:
            raise MissingMapsError(f"{name} came before the point from which the stream was continued")
        return self.files[name]


Files_co = TypeVar("Files_co", bound=FilesResult, covariant=True)


class FilesReader(Generic[Files_co]):
    """Collects the files.

    kind   what they belong to, for errors
    whole  makes the result of header, digest, timings and files
    """

    def __init__(self, kind: str, whole: Callable[[Header, str, Timings, Mapping[str, bytes]], Files_co]) -> None:
        self._kind = kind
        self._whole = whole
        self._files: dict[str, bytes] = {}

    def read(self, header: Header, part: Part) -> FileUpdate:
        """The file that `part` is. Raises BrokenStreamError for one that cannot be one."""
        extension = EXTENSIONS.get(part.media_type)
        if extension is None:
            kind = f"{part.map!r} of type {part.media_type[:80]!r}"
            raise BrokenStreamError(f"part {part.sequence}: {kind} is no file of a {self._kind}")
        name = f"{part.map}.{extension}"
        if name in self._files:
            raise BrokenStreamError(f"part {part.sequence}: {name} came twice")
        self._files[name] = part.payload
        return FileUpdate(name, part.payload, part.media_type, part.sequence, header.part_count)

    def result(self, header: Header, trailer: Trailer) -> Files_co:
        """The files with everything around them."""
        return self._whole(header, trailer.sha256, trailer.timings, self._files)
