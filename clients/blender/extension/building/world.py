"""Chunks of a world as meshes with materials, and their props as instances of collections."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from morphogen_client import BrokenStreamError, ChunkResult, WorldResult

from .ground import new_ground, new_tiles, new_water
from .models import hang_below, import_models
from .placing import PREFIX, note, provenance_of

GROUNDS = ("vegetation", "soil", "rock", "snow")
_MODEL = PREFIX + "model"
"""Custom property of a prop's collection: the world's asset id and the model's name, to find it again."""


@dataclass(frozen=True, slots=True)
class Land:
    """A world and which piece of it is shown.

    middle_m  its middle, in meters east and south of the world's origin
    edge_m    its width
    """

    world: WorldResult
    middle_m: tuple[float, float]
    edge_m: float

    @property
    def asset_id(self) -> str:
        """Of the world."""
        return self.world.header.asset_id


def show_chunk(root: bpy.types.Object, land: Land, chunk: ChunkResult, prop_limit: int) -> None:
    """Put a chunk below `root`: one mesh, one empty for each prop."""
    described = chunk.chunk.description
    parts = chunk.chunk.parts
    name = f"chunk {described['row']} {described['column']}"
    collection = bpy.data.collections.new(name)
    root.users_collection[0].children.link(collection)
    ground = new_ground(name, parts["ground"], chunk.chunk.vertices, described["edge_m"], _tiles_of(land))
    (terrain,) = import_models(parts["mesh"], collection)
    terrain.name = terrain.data.name = name
    old = [slot.material for slot in terrain.material_slots]
    terrain.data.materials.clear()
    terrain.data.materials.append(ground)
    bpy.data.batch_remove([material for material in set(old) if material is not None and material.users == 0])
    hang_below(root, [terrain])
    corner_m = described["x_m"] - land.middle_m[0], described["z_m"] - land.middle_m[1]
    terrain.location.x += corner_m[0]
    terrain.location.y -= corner_m[1]
    note(terrain, provenance_of(chunk.header, chunk.sha256))
    if "props" in parts:
        _place(root, collection, land, _thinned(chunk.chunk.placements(), prop_limit), corner_m)


def show_sea(root: bpy.types.Object, land: Land) -> None:
    """The surface of the sea below `root`; the land hides it where it lies higher."""
    half_m, level_m = land.edge_m / 2, float(land.world.document["sea_level_m"])
    corners = [(x * half_m, y * half_m, level_m) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    mesh = bpy.data.meshes.new("sea")
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    mesh.materials.append(new_water())
    sea = bpy.data.objects.new("sea", mesh)
    sea.parent = root
    root.users_collection[0].objects.link(sea)


def _place(
    root: bpy.types.Object,
    collection: bpy.types.Collection,
    land: Land,
    rows_of: Mapping[str, NDArray[np.float64]],
    corner_m: tuple[float, float],
) -> None:
    models = _models_of(land, set(rows_of))
    for name, rows in rows_of.items():
        for x, y, z, turn_deg, scale in rows.tolist():
            each = bpy.data.objects.new(name, None)
            each.instance_type, each.instance_collection = "COLLECTION", models[name]
            each.empty_display_size = 0.1
            each.parent = root
            each.location = corner_m[0] + x, -corner_m[1] - z, y  # glTF's axes to Blender's
            each.rotation_euler.z = math.radians(turn_deg)
            each.scale = scale, scale, scale
            collection.objects.link(each)


def _thinned(rows_of: Mapping[str, NDArray[np.float64]], limit: int) -> dict[str, NDArray[np.float64]]:
    """Evenly many of all, `limit` altogether at most."""
    count = sum(map(len, rows_of.values()))
    if count <= limit:
        return dict(rows_of)
    thinned = {}
    for name, rows in rows_of.items():
        left = len(rows) * limit // count
        if left:
            thinned[name] = rows[np.arange(left) * len(rows) // left]
    return thinned


def _models_of(land: Land, names: set[str]) -> dict[str, bpy.types.Collection]:
    """A collection for each model, in no scene by itself; those that are not there yet are imported."""
    known = {collection.get(_MODEL): collection for collection in bpy.data.collections if _MODEL in collection}
    missing = {name for name in names if _key(land, name) not in known}
    if missing:
        landing = bpy.data.collections.new("landing")
        for each in import_models(land.world.files["models.glb"], landing, only=missing):
            name = each.name.partition(".")[0]
            collection = bpy.data.collections.new(name)
            collection[_MODEL] = _key(land, name)
            each.location = (0.0, 0.0, 0.0)  # in the file they stand side by side
            collection.objects.link(each)
            landing.objects.unlink(each)
            known[_key(land, name)] = collection
        bpy.data.collections.remove(landing)
    absent = names - {name for name in names if _key(land, name) in known}
    if absent:
        raise BrokenStreamError(f"the world has no models {', '.join(sorted(absent))}")
    return {name: known[_key(land, name)] for name in names}


def _key(land: Land, name: str) -> str:
    return json.dumps([land.asset_id, name])


def _tiles_of(land: Land) -> bpy.types.NodeTree:
    """The ground's materials as a node group, one for each world."""
    key = _key(land, "grounds")
    group = next((group for group in bpy.data.node_groups if group.get(_MODEL) == key), None)
    if group is None:
        group = new_tiles("ground", {name: land.world.files[f"{name}.png"] for name in GROUNDS})
        group[_MODEL] = key
    return group
