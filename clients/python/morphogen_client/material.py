"""What arrives: the maps of a material, level of detail by level of detail, as PNG bytes and as arrays."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from morphogen_client.errors import BrokenStreamError, MissingMapsError
from morphogen_client.results.folder import write_folder
from morphogen_client.results.pictures import decoded
from morphogen_client.streams.assembly import Header, Timings, Trailer
from morphogen_client.streams.parts import Part

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
"""[height, width, 3] RGB for albedo and normal; [height, width] for the others; uint16 for height, else uint8."""


class DecodedMaps(Mapping[str, Pixels]):
    """Maps by name as arrays. Each PNG is decoded when it is first asked for."""

    def __init__(self, png: Mapping[str, bytes]) -> None:
        self._png = png
        self._decoded: dict[str, Pixels] = {}

    def __getitem__(self, name: str) -> Pixels:
        if name not in self._decoded:
            self._decoded[name] = _decode(name, self._png[name])
        return self._decoded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._png)

    def __len__(self) -> int:
        return len(self._png)


@dataclass(frozen=True, slots=True)
class TextureUpdate:
    """One complete level of detail: usable at once, replaced by the next update.

    lod_px  edge length in pixels
    final   whether this is the requested size
    png     the map files by name
    maps    the same as arrays, see `Pixels`
    """

    lod_px: int
    final: bool
    png: Mapping[str, bytes]
    maps: Mapping[str, Pixels]


@dataclass(frozen=True, slots=True)
class TextureResult:
    """A finished material at the requested size.

    header   who made it and from which request
    sha256   digest over all parts of all levels of detail in order, in hex; names the result
    timings  where the time went on the server
    png      the map files by name; each carries its provenance
    maps     the same as arrays, see `Pixels`

    Of a stream that was continued with a stored token, `png` and `maps` hold what came after it, and the digest, which
    covers what came before as well, is the server's word.
    """

    header: Header
    sha256: str
    timings: Timings
    png: Mapping[str, bytes]
    maps: Mapping[str, Pixels]

    @property
    def complete(self) -> bool:
        """Whether every map is there. Not, if a stored token lay behind some of them."""
        return len(self.png) == self.header.part_count // len(self.header.lods_px)

    def save(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write `<map>.png` for each map and `material.json` into `folder`, which is made if it does not exist.

        All files are staged before the first takes its name, so that a failure leaves none half-written. Raises
        OSError if the folder cannot be written, MissingMapsError if the result is not `complete`.
        """
        if not self.complete:
            raise MissingMapsError(
                f"only {', '.join(self.png) or 'no maps'} came at {self.header.lods_px[-1]} px: the stream was "
                f"continued at part {self.header.first_sequence} of {self.header.part_count}; ask without resume_token "
                "for all"
            )
        files = {f"{name}.png": png for name, png in self.png.items()}
        files["material.json"] = json.dumps(self._description(), indent=2, sort_keys=True).encode() + b"\n"
        return write_folder(folder, files)

    def _description(self) -> dict[str, object]:
        generator = self.header.generator
        return {
            "asset_id": self.header.asset_id,
            "sha256": self.sha256,
            "generator": {
                "name": generator.name,
                "version": generator.version,
                "tier": generator.tier,
                "weights_sha256": generator.weights_sha256,
                "kernel_class": generator.kernel_class,
            },
            "request": json.loads(self.header.canonical_request),
            "normal_convention": "OpenGL (+Y)",
            "digital_source_type": "trainedAlgorithmicMedia",
            "maps": {
                name: {"file": f"{name}.png", "sha256": hashlib.sha256(png).hexdigest()}
                for name, png in self.png.items()
            },
        }


class MaterialReader:
    """Collects parts into levels of detail. Every level has the same maps."""

    def __init__(self) -> None:
        self._levels: dict[int, dict[str, bytes]] = {}

    def read(self, header: Header, part: Part) -> TextureUpdate | None:
        """The level of detail that `part` completes, if it does. Raises BrokenStreamError for an unannounced one."""
        if part.lod_px not in header.lods_px or header.part_count % len(header.lods_px) != 0:
            raise BrokenStreamError(f"part {part.sequence}: {part.lod_px} px is none of {list(header.lods_px)}")
        level = self._levels.setdefault(part.lod_px, {})
        if part.map in level:
            raise BrokenStreamError(f"part {part.sequence}: {part.map} at {part.lod_px} px came twice")
        level[part.map] = part.payload
        if len(level) < header.part_count // len(header.lods_px):
            return None
        return TextureUpdate(part.lod_px, part.lod_px == header.lods_px[-1], level, DecodedMaps(level))

    def result(self, header: Header, trailer: Trailer) -> TextureResult:
        """The finest level of detail with everything around it."""
        if not header.lods_px:
            raise BrokenStreamError("the header announces no levels of detail")
        finest = self._levels.get(header.lods_px[-1], {})
        return TextureResult(header, trailer.sha256, trailer.timings, finest, DecodedMaps(finest))


def _decode(name: str, png: bytes) -> Pixels:
    pixels = decoded(png)
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise BrokenStreamError(f"{name}: the part is no readable PNG")
    return pixels.astype(np.uint16) if pixels.dtype == np.uint16 else pixels.astype(np.uint8, copy=False)
