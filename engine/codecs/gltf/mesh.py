"""A scene's models as glTF meshes: vertex attributes as floats or, smaller, on a lattice of 16-bit integers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.document import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, Document
from engine.codecs.gltf.material import Materials
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Model, Scene
from engine.geometry.tangents import vertex_tangents

_SHORT_INDEX_MAX = 65534  # 65535 restarts primitives


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where quantized positions lie: `center_m` + `half_extent_m` * integer / 32767, for a cube around the model.

    The same extent along all axes keeps normals right under the node's scale.
    """

    center_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    half_extent_m: float = 1.0


EXACT = Lattice()
"""The lattice of models that are not quantized: their nodes need no correction."""


def lattice_of(model: Model) -> Lattice:
    """The smallest lattice around all levels of detail of `model`."""
    bounds = [primitive.mesh.bounds() for lod in model.lods for primitive in lod.primitives]
    low = np.min([low for low, _ in bounds], axis=0).astype(np.float64)
    high = np.max([high for _, high in bounds], axis=0).astype(np.float64)
    x, y, z = ((low + high) / 2).tolist()
    return Lattice((x, y, z), max(float((high - low).max()) / 2, 1e-6))


@dataclass(slots=True)
class Meshes:
    """The meshes of a document while it is put together; what several models share is written once.

    quantized  positions as 16-bit, normals and tangents as 8-bit integers and, where they lie in 0 to 1, texture
               coordinates as 16-bit integers (KHR_mesh_quantization); the lattice goes into the nodes
    """

    document: Document
    materials: Materials
    quantized: bool
    written: list[dict[str, object]] = field(default_factory=list)
    _attributes: dict[tuple[int, bool, Lattice], tuple[dict[str, int], int]] = field(default_factory=dict)

    def add(self, scene: Scene, model: Model, lattice: Lattice) -> list[int]:
        """Append one mesh for each level of detail of `model`, which must be sound, and return their indices."""
        first = len(self.written)
        for level, lod in enumerate(model.lods):
            primitives: list[dict[str, object]] = []
            for primitive in lod.primitives:
                material = scene.materials[primitive.material]
                attributes, indices = self._geometry(primitive.mesh, material.normal is not None, lattice)
                entry = {"attributes": attributes, "indices": indices, "material": self.materials.index_of(material)}
                primitives.append(entry)
            name = model.name if level == 0 else f"{model.name}_lod{level}"
            self.written.append({"name": name, "primitives": primitives})
        return list(range(first, len(self.written)))

    def _geometry(self, mesh: Mesh, with_tangent: bool, lattice: Lattice) -> tuple[dict[str, int], int]:
        """The accessors of a mesh: attributes by name, and the indices. Written on first use."""
        key = id(mesh), with_tangent, lattice
        if key not in self._attributes:
            kind = np.uint16 if mesh.vertex_count <= _SHORT_INDEX_MAX else np.uint32
            indices = mesh.triangle.reshape(-1).astype(kind)
            self._attributes[key] = (
                self._add_attributes(mesh, with_tangent, lattice),
                self.document.add_accessor(indices, target=ELEMENT_ARRAY_BUFFER),
            )
        return self._attributes[key]

    def _add_attributes(self, mesh: Mesh, with_tangent: bool, lattice: Lattice) -> dict[str, int]:
        position: NDArray[Any] = mesh.position
        if self.quantized:
            position = _integers((mesh.position - np.asarray(lattice.center_m)) / lattice.half_extent_m, np.int16)
        attributes = {
            "POSITION": self.document.add_accessor(
                position, target=ARRAY_BUFFER, normalized=self.quantized, bounds=True
            ),
            "NORMAL": self._add_directions(mesh.normal),
        }
        if with_tangent:
            tangent = vertex_tangents(mesh) if mesh.tangent is None else mesh.tangent
            attributes["TANGENT"] = self._add_directions(tangent)
        coordinate = mesh.texture_coordinate
        if coordinate is not None:
            if self.quantized and coordinate.min() >= 0 and coordinate.max() <= 1:
                values = _integers(coordinate, np.uint16)
                attributes["TEXCOORD_0"] = self.document.add_accessor(values, target=ARRAY_BUFFER, normalized=True)
            else:
                attributes["TEXCOORD_0"] = self.document.add_accessor(coordinate, target=ARRAY_BUFFER)
        if mesh.color is not None:
            attributes["COLOR_0"] = self.document.add_accessor(mesh.color, target=ARRAY_BUFFER, normalized=True)
        return attributes

    def _add_directions(self, direction: NDArray[np.float32]) -> int:
        """Append normals or tangents."""
        if not self.quantized:
            return self.document.add_accessor(direction, target=ARRAY_BUFFER)
        return self.document.add_accessor(_integers(direction, np.int8), target=ARRAY_BUFFER, normalized=True)


def _integers(values: NDArray[np.floating], kind: type[np.int8 | np.int16 | np.uint16]) -> NDArray[np.integer]:
    """Values of -1 to 1 or 0 to 1 as normalized integers, rounded to nearest."""
    integers: NDArray[np.integer] = np.rint(values * np.iinfo(kind).max).astype(kind)
    return integers
