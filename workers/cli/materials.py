"""A finished material, whoever made it, and how it becomes a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.codecs.image import read_provenance
from engine.codecs.material import write_material
from engine.codecs.provenance import material_description
from engine.requests.texture import MapKind, TextureRequest


@dataclass(frozen=True, slots=True)
class Material:
    """What a request gave.

    maps    PNG files at the requested size, with provenance
    sha256  over the SHA-256 of all parts of all levels of detail in order, in hex: what a server's trailer says
    """

    maps: Mapping[MapKind, bytes]
    sha256: str


class MaterialSource(Protocol):
    """Makes materials: in this process or on a server."""

    def make(self, request: TextureRequest, on_parts: Callable[[int], None]) -> Material:
        """Make one material; tells `on_parts` how many parts came. Raises MorphogenError."""
        ...


def save_material(folder: Path, request: TextureRequest, material: Material) -> tuple[Path, ...]:
    """Write all files of the material. The maps are written byte for byte; the rest is made from them.

    What made the maps is read from the maps, so the files are the same wherever they were made. Raises OutputError.
    """
    provenance = read_provenance(next(iter(material.maps.values())))
    description = material_description(provenance) | {
        "name": f"{request.texture_class}_{request.seed}",
        "sha256": material.sha256,
    }
    return write_material(folder, material.maps, provenance, description)
