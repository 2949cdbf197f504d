"""A level as a scene in three dimensions: its shell, and a model wherever something stands, as instances."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.geometry.mesh import Mesh
from engine.geometry.scene import Instances, Lod, Material, Model, Primitive, Scene, Sun
from engine.levels.building.shell import CELL_M, PIT_M, WALL_M, place_of, shell_of
from engine.levels.building.things import model_of
from engine.levels.grid import DOORS, Cell, Grid, walkable
from engine.requests.level import LevelStyle, Tile
from engine.requests.texture import MapKind, TextureRequest

TILE_M = 2.0
"""Edge of a material's picture in the level."""

TEXTURE_PX = 512
MAPS = (MapKind.ALBEDO, MapKind.NORMAL, MapKind.ROUGHNESS, MapKind.METALLIC, MapKind.AMBIENT_OCCLUSION)

CLASSES: Mapping[LevelStyle, tuple[str, str]] = {
    LevelStyle.ROOMS: ("paving", "brick"),
    LevelStyle.HALLS: ("tiles", "marble"),
    LevelStyle.CAVES: ("ground", "stone"),
    LevelStyle.MAZE: ("gravel", "concrete"),
}
"""What floor and walls are made of."""

FLOOR, WALL, PIT, THING = "floor", "wall", "pit", "thing"
PIT_COLOR = (0.85, 0.18, 0.03, 1.0)


def material_requests(style: LevelStyle, seed: int) -> dict[str, TextureRequest]:
    """What the texture generator is asked for: the materials of floor and walls."""
    floor, wall = CLASSES[style]
    return {
        name: TextureRequest(texture_class=texture_class, seed=seed, size_px=TEXTURE_PX, maps=MAPS)
        for name, texture_class in ((FLOOR, floor), (WALL, wall))
    }


def build_level(grid: Grid, path: Sequence[Cell], materials: Mapping[str, Material], sun: Sun | None = None) -> Scene:
    """The level in meters, its middle at the origin, row 0 in the north (-Z).

    path       cells of a way that wins; goes into the scene's extras in meters
    materials  those of FLOOR and WALL; their images cover TILE_M
    """
    shell = shell_of(grid)
    every = (
        materials[FLOOR],
        materials[WALL],
        Material(PIT, PIT_COLOR, roughness=0.35),
        Material(THING, roughness=0.6),
    )
    models: list[Model] = []
    instances: list[Instances] = []
    for name, mesh, material in ((FLOOR, shell.floor, 0), (WALL, shell.wall, 1), (PIT, shell.pit, 2)):
        if mesh is not None:
            models.append(_model(name, mesh, material))
            still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
            instances.append(Instances(name, len(models) - 1, np.zeros((1, 3), np.float32), *still))
    for tile in Tile:
        mesh = model_of(tile)
        if mesh is not None and (grid == tile).any():
            models.append(_model(tile.name.lower(), mesh, 3))
            instances.append(_placed(grid, tile, len(models) - 1))
    return Scene("level", every, tuple(models), tuple(instances), sun, {"morphogen": _facts(grid, path)})


def _model(name: str, mesh: Mesh, material: int) -> Model:
    return Model(name, (Lod((Primitive(mesh, material),)),))


def _placed(grid: Grid, tile: Tile, model: int) -> Instances:
    """A tile's model in every cell that holds it; doors stand across the way."""
    y, x = np.nonzero(grid == tile)
    rotation = np.tile(np.array([0.0, 0.0, 0.0, 1.0], np.float32), (len(x), 1))
    if tile in DOORS:
        open_cells = np.pad(walkable(grid), 1)
        sideways = open_cells[y + 1, x].astype(int) + open_cells[y + 1, x + 2] > (
            open_cells[y, x + 1].astype(int) + open_cells[y + 2, x + 1]
        )
        rotation[sideways] = np.array([0.0, 0.5**0.5, 0.0, 0.5**0.5], np.float32)
    place = place_of(len(grid), x, y).astype(np.float32)
    return Instances(tile.name.lower(), model, place, rotation, np.ones((len(x), 3), np.float32))


def _facts(grid: Grid, path: Sequence[Cell]) -> dict[str, object]:
    cells = np.asarray(path, np.int64).reshape(-1, 2)
    places = place_of(len(grid), cells[:, 0], cells[:, 1])
    return {
        "size": len(grid),
        "cell_m": CELL_M,
        "wall_m": WALL_M,
        "pit_m": PIT_M,
        "witness_path_m": [[x, z] for x, _, z in places.tolist()],
    }
