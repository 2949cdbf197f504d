"""What stands in a level, as plain models of the right size: to be replaced by a game's own."""

from collections.abc import Callable

import bmesh
import bpy
from mathutils import Matrix

from .material import nodes_of

Color = tuple[float, float, float, float]

_COLORS: dict[str, Color] = {
    "door": (0.27, 0.13, 0.05, 1.0), "red_door": (0.4, 0.02, 0.02, 1.0), "yellow_door": (0.6, 0.35, 0.02, 1.0),
    "blue_door": (0.03, 0.08, 0.45, 1.0), "red_key": (0.6, 0.03, 0.02, 1.0), "yellow_key": (0.8, 0.5, 0.03, 1.0),
    "blue_key": (0.03, 0.12, 0.7, 1.0), "enemy": (0.25, 0.01, 0.02, 1.0), "loot": (0.55, 0.3, 0.04, 1.0),
    "start": (0.05, 0.45, 0.1, 1.0), "exit": (0.1, 0.35, 0.6, 1.0),
}  # fmt: skip


def new_thing(name: str, cell_m: float) -> bpy.types.Collection | None:
    """A collection with the model of this tile, standing on its origin; None for tiles that are no things.

    Doors are `cell_m` wide, and close a way along Y.
    """
    build = _BUILDERS.get(name.rpartition("_")[2])
    if build is None:
        return None
    shape = bmesh.new()
    try:
        build(shape, cell_m)
        mesh = bpy.data.meshes.new(name)
        shape.to_mesh(mesh)
    finally:
        shape.free()
    mesh.materials.append(plain_material(name, _COLORS[name]))
    collection = bpy.data.collections.new(name)
    collection.objects.link(bpy.data.objects.new(f"{name} model", mesh))
    return collection


def plain_material(name: str, color: Color) -> bpy.types.Material:
    """A material of one color (linear)."""
    material = bpy.data.materials.new(name)
    shader = nodes_of(material).nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = color
    shader.inputs["Roughness"].default_value = 0.5
    material.diffuse_color = color
    return material


def _door(shape: bmesh.types.BMesh, cell_m: float) -> None:
    _box(shape, (cell_m - 0.3, 0.12, 2.4), (0.0, 0.0, 1.2))
    for side in (-1.0, 1.0):
        _box(shape, (0.15, 0.5, 3.0), (side * (cell_m / 2 - 0.075), 0.0, 1.5))
    _box(shape, (cell_m, 0.5, 0.6), (0.0, 0.0, 2.7))


def _key(shape: bmesh.types.BMesh, _: float) -> None:
    upright = Matrix.Translation((0.0, 0.0, 1.1)) @ Matrix.Rotation(1.5708, 4, "X")
    bmesh.ops.create_cone(shape, cap_ends=True, segments=24, radius1=0.2, radius2=0.2, depth=0.07, matrix=upright)
    _box(shape, (0.07, 0.07, 0.5), (0.0, 0.0, 0.7))
    for z in (0.5, 0.64):
        _box(shape, (0.16, 0.06, 0.06), (0.1, 0.0, z))


def _enemy(shape: bmesh.types.BMesh, _: float) -> None:
    bmesh.ops.create_cone(
        shape, cap_ends=True, segments=24, radius1=0.5, radius2=0.12, depth=1.2, matrix=Matrix.Translation((0, 0, 0.6))
    )
    bmesh.ops.create_icosphere(shape, subdivisions=2, radius=0.28, matrix=Matrix.Translation((0, 0, 1.35)))


def _loot(shape: bmesh.types.BMesh, _: float) -> None:
    _box(shape, (0.9, 0.6, 0.42), (0.0, 0.0, 0.21))
    _box(shape, (0.96, 0.66, 0.18), (0.0, 0.0, 0.51))


def _disc(shape: bmesh.types.BMesh, cell_m: float) -> None:
    bmesh.ops.create_cone(
        shape,
        cap_ends=True,
        segments=32,
        radius1=0.4 * cell_m,
        radius2=0.36 * cell_m,
        depth=0.08,
        matrix=Matrix.Translation((0, 0, 0.04)),
    )


def _gate(shape: bmesh.types.BMesh, cell_m: float) -> None:
    _disc(shape, cell_m)
    for side in (-1.0, 1.0):
        _box(shape, (0.2, 0.2, 2.2), (side * 0.7, 0.0, 1.1))
    _box(shape, (1.6, 0.2, 0.25), (0.0, 0.0, 2.3))


def _box(shape: bmesh.types.BMesh, size: tuple[float, ...], middle: tuple[float, ...]) -> None:
    placed = Matrix.Translation(middle) @ Matrix.Diagonal((*size, 1.0))
    bmesh.ops.create_cube(shape, size=1.0, matrix=placed)


_BUILDERS: dict[str, Callable[[bmesh.types.BMesh, float], None]] = {
    "door": _door, "key": _key, "enemy": _enemy, "loot": _loot, "start": _disc, "exit": _gate,
}  # fmt: skip
