"""A whole scene as one binary glTF file: models with levels of detail, instances that stay instances, the sun.

Extensions: EXT_mesh_gpu_instancing for what is placed more than once, MSFT_lod for coarser levels, KHR_lights_punctual
for the sun, KHR_texture_transform for repeated images, KHR_mesh_quantization on request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.document import Document, self_description
from engine.codecs.gltf.material import Materials
from engine.codecs.gltf.mesh import EXACT, Lattice, Meshes, lattice_of
from engine.geometry.rotation import rotated, rotation_onto
from engine.geometry.scene import Instances, Model, Scene, Sun
from engine.geometry.soundness import check_instances, check_model

_INSTANCING, _LEVELS = "EXT_mesh_gpu_instancing", "MSFT_lod"
_LIGHTS, _QUANTIZATION = "KHR_lights_punctual", "KHR_mesh_quantization"
_REQUIRED = (_INSTANCING, _QUANTIZATION)
"""Without these a reader would show one instance for all, or a cube of two meters: better it says that it cannot."""

_LIGHT_DIRECTION = (0.0, 0.0, -1.0)  # of a light's node that is not turned


@dataclass(slots=True)
class _Writer:
    """The document and its nodes while they are put together."""

    scene: Scene
    lods: bool
    instanced: bool
    quantized: bool
    document: Document
    meshes: Meshes
    nodes: list[dict[str, Any]] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    extensions: set[str] = field(default_factory=set)
    _models: dict[int, tuple[list[int], Lattice]] = field(default_factory=dict)

    def add_instances(self, instances: Instances) -> None:
        """Append the nodes that place one model: one for all placements, or one for each."""
        model = self.scene.models[instances.model]
        meshes, lattice = self._model(instances.model)
        translation, scale = _on_lattice(instances, lattice)
        count = len(translation)
        if count > 1 and self.instanced:
            self.extensions.add(_INSTANCING)
            attributes = {"TRANSLATION": self.document.add_accessor(translation)}
            if not np.array_equal(instances.rotation, np.broadcast_to((0, 0, 0, 1), (count, 4))):
                attributes["ROTATION"] = self.document.add_accessor(instances.rotation)
            if not (scale == 1).all():
                attributes["SCALE"] = self.document.add_accessor(scale)
            placement: dict[str, Any] = {"extensions": {_INSTANCING: {"attributes": attributes}}}
            self.roots.append(self._add_levels(instances.name, model, meshes, placement))
            return
        placements = _transforms(translation, instances.rotation, scale)
        if count == 1:
            self.roots.append(self._add_levels(instances.name, model, meshes, placements[0]))
            return
        children = [
            self._add_levels(f"{instances.name}_{index}", model, meshes, placement)
            for index, placement in enumerate(placements)
        ]
        self.nodes.append({"name": instances.name, "children": children})
        self.roots.append(len(self.nodes) - 1)

    def add_sun(self, sun: Sun) -> dict[str, Any]:
        """Append the sun's node; returns the properties of the extension that holds its light."""
        self.extensions.add(_LIGHTS)
        color = [float(value) for value in sun.color]
        light = {"name": "sun", "type": "directional", "color": color, "intensity": float(sun.illuminance)}
        rotation = rotation_onto(_LIGHT_DIRECTION, sun.direction)
        self.nodes.append({"name": "sun", "rotation": list(rotation), "extensions": {_LIGHTS: {"light": 0}}})
        self.roots.append(len(self.nodes) - 1)
        return {"lights": [light]}

    def _model(self, index: int) -> tuple[list[int], Lattice]:
        """The meshes of a model, from fine to coarse, and the lattice that they lie on. Written on first use."""
        if index not in self._models:
            model = self.scene.models[index]
            check_model(self.scene, model)
            model = model if self.lods else Model(model.name, model.lods[:1])
            lattice = lattice_of(model) if self.quantized else EXACT
            self._models[index] = self.meshes.add(self.scene, model, lattice), lattice
        return self._models[index]

    def _add_levels(self, name: str, model: Model, meshes: list[int], placement: dict[str, Any]) -> int:
        """Append a node with its coarser levels behind it; returns the index of the finest."""
        first = len(self.nodes)
        node: dict[str, Any] = {"name": name, "mesh": meshes[0], **placement}
        self.nodes.append(node)
        if len(meshes) > 1:
            self.extensions.add(_LEVELS)
            ids = list(range(first + 1, first + len(meshes)))
            node["extensions"] = {**node.get("extensions", {}), _LEVELS: {"ids": ids}}
            node["extras"] = {"MSFT_screencoverage": [float(lod.coverage) for lod in model.lods]}
            for level, mesh in enumerate(meshes[1:], start=1):
                self.nodes.append({"name": f"{name}_lod{level}", "mesh": mesh, **placement})
        return first


def write_scene_glb(
    scene: Scene,
    provenance: Mapping[str, str],
    *,
    lods: bool = True,
    instanced: bool = True,
    quantized: bool = False,
) -> bytes:
    """The GLB file of a scene, with all its images inside; what is placed nowhere is left out.

    provenance  as for `self_description`
    lods        False leaves out all levels of detail but the finest
    instanced   False places every instance with a node of its own, for readers without EXT_mesh_gpu_instancing such as
                Godot's; the meshes are still shared
    quantized   True rounds positions to 1/65534 of the model's extent, normals and tangents to half a degree, and
                makes the geometry about half as large; not for terrain tiles whose edges must meet

    Tangents are derived where a material has a normal map and the mesh brings none. Equal scenes give equal bytes.
    Raises ValueError naming the field if the scene breaks a promise of its types.
    """
    document = Document()
    materials = Materials(document)
    meshes = Meshes(document, materials, quantized)
    writer = _Writer(scene, lods, instanced, quantized, document, meshes)
    for position, instances in enumerate(scene.instances):
        check_instances(scene, instances, f"instances.{position}")
        if len(instances.translation):
            writer.add_instances(instances)
    properties = self_description(provenance, scene.name)
    if scene.sun is not None:
        properties["extensions"][_LIGHTS] = writer.add_sun(scene.sun)
    if quantized and meshes.written:
        writer.extensions.add(_QUANTIZATION)
    used = writer.extensions | materials.extensions
    properties["extensionsUsed"] = sorted([*properties["extensionsUsed"], *used])
    required = [name for name in _REQUIRED if name in used]
    if required:
        properties["extensionsRequired"] = required
    root: dict[str, object] = {"name": scene.name}
    if writer.roots:
        root["nodes"] = writer.roots
    if scene.extras:
        # Sorted, so that equal extras give equal bytes whatever the order they were put together in.
        root["extras"] = json.loads(json.dumps(dict(scene.extras), sort_keys=True))
    lists = {"nodes": writer.nodes, "meshes": meshes.written, "materials": materials.written}
    return document.to_glb(
        {**properties, "scene": 0, "scenes": [root], **{name: values for name, values in lists.items() if values}}
    )


def _on_lattice(instances: Instances, lattice: Lattice) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Translation and scale [count, 3] that also carry the lattice's integers to meters."""
    if lattice == EXACT:
        return instances.translation, instances.scale
    center = instances.scale.astype(np.float64) * np.asarray(lattice.center_m)
    translation = instances.translation + rotated(instances.rotation, center)
    scale = instances.scale.astype(np.float64) * lattice.half_extent_m
    return translation.astype(np.float32), scale.astype(np.float32)


def _transforms(
    translation: NDArray[np.float32], rotation: NDArray[np.float32], scale: NDArray[np.float32]
) -> list[dict[str, Any]]:
    """The properties that place each node; what changes nothing is left out."""
    neutral = {"translation": [0.0, 0.0, 0.0], "rotation": [0.0, 0.0, 0.0, 1.0], "scale": [1.0, 1.0, 1.0]}
    rows = zip(translation.tolist(), rotation.tolist(), scale.tolist(), strict=True)
    return [{name: value for name, value in zip(neutral, row, strict=True) if value != neutral[name]} for row in rows]
