"""A grid of cells as a place: floor, walls, pits, and a collection for every kind of thing that stands in it."""

from collections.abc import Iterator, Mapping

import bpy
import numpy as np
from numpy.typing import NDArray

from morphogen_client import TILES

from .things import new_thing, plain_material

CELL_M, WALL_M, PIT_M = 2.0, 3.0, 0.35
TILE_M = 2.0
"""Edge of a material's picture."""

_SOLID = ("void", "wall")
_DOORS = ("door", "red_door", "yellow_door", "blue_door")
_PIT_COLOR = (0.6, 0.06, 0.01, 1.0)
_SIDES = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Steps to the neighbours in columns and rows."""

Quad = tuple[tuple[float, float, float], ...]


def build_level(
    root: bpy.types.Object,
    collection: bpy.types.Collection,
    tiles: NDArray[np.uint8],
    materials: Mapping[str, bpy.types.Material],
) -> None:
    """Put a level below `root`, its middle there, row 0 in the north (+Y).

    tiles      [row, column], positions in `TILES`
    materials  of "floor" and "wall", with texture coordinates in meters
    """
    names = np.array(TILES)[np.pad(tiles, 1)]  # void around it
    pit_material = plain_material("pit", _PIT_COLOR)
    for name, quads, material in (
        ("floor", _floor(names), materials["floor"]),
        ("walls", _walls(names), materials["wall"]),
        ("pits", _pits(names), pit_material),
    ):
        faces = list(quads)
        if faces:
            each = bpy.data.objects.new(name, _mesh(name, faces, material))
            each.parent = root
            collection.objects.link(each)
    _place_things(root, collection, names)


def _floor(names: NDArray[np.str_]) -> Iterator[Quad]:
    for row, column in np.argwhere(_ground(names) & (names != "hazard")).tolist():
        yield _flat(names, row, column, 0.0)


def _walls(names: NDArray[np.str_]) -> Iterator[Quad]:
    ground = _ground(names)
    for row, column in np.argwhere(~ground & _beside(ground)).tolist():
        yield _flat(names, row, column, WALL_M)
        for across, down in _SIDES:
            if _at(ground, row + down, column + across):
                bottom = -PIT_M if names[row + down, column + across] == "hazard" else 0.0
                yield _upright(names, row, column, (across, down), (bottom, WALL_M))


def _pits(names: NDArray[np.str_]) -> Iterator[Quad]:
    pit, ground = names == "hazard", _ground(names)
    for row, column in np.argwhere(pit).tolist():
        yield _flat(names, row, column, -PIT_M)
    for row, column in np.argwhere(ground & ~pit).tolist():
        for across, down in _SIDES:
            if _at(pit, row + down, column + across):
                yield _upright(names, row, column, (across, down), (-PIT_M, 0.0))


def _place_things(root: bpy.types.Object, collection: bpy.types.Collection, names: NDArray[np.str_]) -> None:
    """One empty for each thing, all of a kind showing the same collection: another model in there, and all change."""
    ground = _ground(names)
    for name in TILES:
        places = np.argwhere(names == name).tolist()
        model = new_thing(name, CELL_M) if places else None
        if model is None:
            continue
        for row, column in places:
            each = bpy.data.objects.new(name, None)
            each.instance_type, each.instance_collection = "COLLECTION", model
            each.empty_display_size = 0.25
            each.parent = root
            x, y = _corner(names, row, column)
            each.location = x + CELL_M / 2, y - CELL_M / 2, 0.0
            if name in _DOORS and not (_at(ground, row - 1, column) and _at(ground, row + 1, column)):
                each.rotation_euler.z = np.pi / 2  # across the way, which runs from west to east
            collection.objects.link(each)


def _ground(names: NDArray[np.str_]) -> NDArray[np.bool_]:
    return ~np.isin(names, _SOLID)


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells that touch the mask, corners included; the outermost ones are always void."""
    padded = np.pad(mask, 1)
    rows, columns = mask.shape
    shifted = [padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    beside: NDArray[np.bool_] = np.logical_or.reduce(shifted)
    return beside


def _at(mask: NDArray[np.bool_], row: int, column: int) -> bool:
    rows, columns = mask.shape
    return bool(0 <= row < rows and 0 <= column < columns and mask[row, column])


def _corner(names: NDArray[np.str_], row: int, column: int) -> tuple[float, float]:
    """The north-west corner of a cell."""
    rows, columns = names.shape
    return (column - columns / 2) * CELL_M, (rows / 2 - row) * CELL_M


def _flat(names: NDArray[np.str_], row: int, column: int, z: float) -> Quad:
    x, y = _corner(names, row, column)
    return (x, y - CELL_M, z), (x + CELL_M, y - CELL_M, z), (x + CELL_M, y, z), (x, y, z)


def _upright(
    names: NDArray[np.str_], row: int, column: int, step: tuple[int, int], height_m: tuple[float, float]
) -> Quad:
    """The side of a cell that looks at its neighbour."""
    x, y = _corner(names, row, column)
    middle_x, middle_y = x + CELL_M / 2, y - CELL_M / 2
    outward_x, outward_y = step[0], -step[1]
    along_x, along_y = -outward_y, outward_x  # seen from outside: to the right
    at_x, at_y = middle_x + outward_x * CELL_M / 2, middle_y + outward_y * CELL_M / 2
    left = at_x - along_x * CELL_M / 2, at_y - along_y * CELL_M / 2
    right = at_x + along_x * CELL_M / 2, at_y + along_y * CELL_M / 2
    bottom, top = height_m
    return (*left, bottom), (*right, bottom), (*right, top), (*left, top)


def _mesh(name: str, quads: list[Quad], material: bpy.types.Material) -> bpy.types.Mesh:
    """A mesh whose texture coordinates are meters: across and up for walls, east and north for floors."""
    corners = np.array(quads, np.float64).reshape(-1, 3)
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners.tolist(), [], np.arange(len(corners)).reshape(-1, 4).tolist())
    upright = np.repeat(np.ptp(corners.reshape(-1, 4, 3)[..., 2], axis=1) > 0.0, 4)
    across = np.where(
        np.repeat(np.ptp(corners.reshape(-1, 4, 3)[..., 0], axis=1) > 0.0, 4), corners[:, 0], corners[:, 1]
    )
    flat = corners[:, :2]
    meters = np.where(upright[:, None], np.column_stack([across, corners[:, 2]]), flat)
    mesh.uv_layers.new(name="meters").uv.foreach_set("vector", meters.astype(np.float32).ravel())
    mesh.materials.append(material)
    mesh.validate()
    return mesh
