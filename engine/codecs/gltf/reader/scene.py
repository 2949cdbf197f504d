"""A GLB file that `write_scene_glb` made, as the scene that it was made of: for other formats of the same scene.

What a level of detail, a material or an instance was, it is again, but for this: only the finest levels of detail are
read, and how often images repeat lies in the texture coordinates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.reader.container import Container
from engine.codecs.gltf.reader.fields import Fields
from engine.codecs.gltf.reader.prop import read_primitive
from engine.codecs.gltf.reader.surfaces import Surfaces
from engine.errors import DataError
from engine.geometry.rotation import rotated
from engine.geometry.scene import Instances, Lod, Material, Model, Primitive, Scene, Sun

INSTANCES_MAX = 1_000_000
_INSTANCING, _LIGHTS = "EXT_mesh_gpu_instancing", "KHR_lights_punctual"
_STILL: Mapping[str, tuple[float, ...]] = {
    "TRANSLATION": (0.0, 0.0, 0.0),
    "ROTATION": (0.0, 0.0, 0.0, 1.0),
    "SCALE": (1.0, 1.0, 1.0),
}


def read_scene(data: bytes) -> Scene:
    """The scene in a GLB file of this program. Raises DataError saying what is wrong with any other."""
    container = Container(data)
    document = container.document
    scenes, nodes = document.sections("scenes"), document.sections("nodes")
    if len(scenes) != 1:
        raise DataError(f"scenes: {len(scenes)} are not allowed; allowed: one")
    reader = _Reader(container, Surfaces(container))
    for index in scenes[0].integers("nodes", len(nodes) - 1):
        reader.add(nodes[index])
    extras = scenes[0].section("extras")
    return Scene(
        name=scenes[0].text("name", "scene"),
        materials=tuple(reader.materials),
        models=tuple(reader.models),
        instances=tuple(reader.instances),
        sun=reader.sun,
        extras={name: extras.value(name) for name in extras.names()},
    )


def read_glb_provenance(data: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """The provenance in a GLB file of this program, and what its scene says of itself ("morphogen" in the extras).

    Raises DataError for any other file.
    """
    document = Container(data).document
    provenance = document.section("asset").section("extras").section("provenance")
    scenes = document.sections("scenes")
    if len(scenes) != 1:
        raise DataError(f"scenes: {len(scenes)} are not allowed; allowed: one")
    own = scenes[0].section("extras").section("morphogen")
    return {name: provenance.text(name) for name in provenance.names()}, {name: own.value(name) for name in own.names()}


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    container: Container
    surfaces: Surfaces
    materials: list[Material] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    instances: list[Instances] = field(default_factory=list)
    sun: Sun | None = None
    _by_mesh: dict[int, int] = field(default_factory=dict)

    def add(self, node: Fields) -> None:
        """Take one node of the scene."""
        extensions = node.section("extensions")
        if _LIGHTS in extensions:
            self.sun = self._light(node, extensions.section(_LIGHTS))
        if "mesh" not in node:
            return
        placed = extensions.section(_INSTANCING).section("attributes")
        values = {name: self._placement(node, placed, name, still) for name, still in _STILL.items()}
        count = max(map(len, values.values()))
        rows = [np.repeat(each, count, axis=0) if len(each) < count else each for each in values.values()]
        if any(len(each) != count for each in rows):
            raise DataError(f"{placed.place}: numbers of instances differ")
        self.instances.append(Instances(node.text("name", "node"), self._model(node), *rows))

    def _placement(self, node: Fields, placed: Fields, name: str, still: tuple[float, ...]) -> NDArray[np.float32]:
        """Rows of an attribute of the instances; of a single node its own."""
        if name in placed:
            kind = "VEC4" if len(still) == 4 else "VEC3"
            rows = self.container.accessor(placed.integer(name, 2**31), (kind,), INSTANCES_MAX)
            return rows.astype(np.float32)
        return np.asarray([node.numbers(name.lower(), still)], np.float32)

    def _model(self, node: Fields) -> int:
        meshes = self.container.document.sections("meshes")
        index = node.integer("mesh", len(meshes) - 1)
        if index not in self._by_mesh:
            self._by_mesh[index] = len(self.models)
            mesh = meshes[index]
            primitives = [read_primitive(self.container, self.surfaces, each) for each in mesh.sections("primitives")]
            lod = Lod(tuple(Primitive(each, self._material(material)) for each, material in primitives))
            self.models.append(Model(mesh.text("name", "model"), (lod,)))
        return self._by_mesh[index]

    def _material(self, material: Material) -> int:
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    def _light(self, node: Fields, extension: Fields) -> Sun:
        lights = self.container.document.section("extensions").section(_LIGHTS).sections("lights")
        light = lights[extension.integer("light", len(lights) - 1)]
        rotation = np.asarray(node.numbers("rotation", _STILL["ROTATION"]))
        x, y, z = rotated(rotation, np.asarray((0.0, 0.0, -1.0))).reshape(-1).tolist()
        red, green, blue = light.numbers("color", (1.0, 1.0, 1.0))
        return Sun((x, y, z), (red, green, blue), light.number("intensity", 1.0))
