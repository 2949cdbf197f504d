"""Ground, water, props and sun as one scene."""

import numpy as np

from engine.generators.scene.dressing import Kit, dress
from engine.generators.scene.grounds import Cover
from engine.generators.scene.plinth import plinth_mesh
from engine.generators.scene.surroundings import level_sheet
from engine.generators.terrain.land import Ground, Land
from engine.geometry.scene import AlphaMode, Instances, Lod, Material, Model, Primitive, Scene
from engine.geometry.sky.panorama import Sky, describe
from engine.requests.scene import SceneRequest
from engine.terrain.surface import Surface, chunk_mesh

CHUNK_CELLS = 128
STRIDES = (1, 2, 4)
"""Levels of detail: every vertex, every second, every fourth."""

COVERAGES = (0.35, 0.12, 0.0)
GROUND_MATERIAL, WATER_MATERIAL, EARTH_MATERIAL, FIRST_PROP_MATERIAL = 0, 1, 2, 3
WATER_COLOR = (0.05, 0.14, 0.16, 0.78)


def cells_of(request: SceneRequest) -> int:
    """Cells along the scene's edge: a whole number of 32."""
    return max(32, round(request.extent_m / request.landscape.cell_m / 32) * 32)


def ground_of(land: Land, request: SceneRequest) -> Ground:
    """The vertices of the scene."""
    cells, cell_m = cells_of(request), request.landscape.cell_m
    if request.x_m is None or request.z_m is None:
        y, x = land.spawn()
    else:
        y, x = round(request.z_m / cell_m), round(request.x_m / cell_m)
    y, x = (middle // 8 * 8 - cells // 2 for middle in (y, x))
    return land.ground(y, x, cells + 1, cells + 1)


def assemble(land: Land, request: SceneRequest, kit: Kit, ground: Ground, cover: Cover, sky: Sky) -> Scene:
    """The whole scene, its middle at the origin."""
    models = list(_terrain(ground, request.landscape.cell_m))
    wall = plinth_mesh(ground.height_m, request.landscape.cell_m)
    models.append(Model("plinth", (Lod((Primitive(wall, EARTH_MATERIAL),)),)))
    names = [model.name for model in models]
    if float(ground.masks.water.max()) > 0.0:
        models.append(_water(request, len(ground.height_m) - 1))
        names.append("water")
    dressing = dress(land, ground, request, kit, len(models), FIRST_PROP_MATERIAL)
    materials = (
        Material("ground", roughness=0.95, albedo=cover.albedo, normal=cover.normal),
        Material("water", WATER_COLOR, roughness=0.08, alpha_mode=AlphaMode.BLEND),
        Material("earth", roughness=1.0),
        *dressing.materials,
    )
    placed = [_once(name, index) for index, name in enumerate(names)]
    extras = {
        "morphogen": {
            "extent_m": (len(ground.height_m) - 1) * request.landscape.cell_m,
            "cell_m": request.landscape.cell_m,
            "sea_level_m": request.landscape.sea_level_m,
            "x_m": (ground.x + (len(ground.height_m) - 1) / 2) * request.landscape.cell_m,
            "z_m": (ground.y + (len(ground.height_m) - 1) / 2) * request.landscape.cell_m,
            "lowest_m": float(ground.height_m.min()),
            "highest_m": float(ground.height_m.max()),
            "prop_count": dressing.count,
            "props_without_limit": dressing.wanted_count,
            "sky": describe(sky),
        }
    }
    return Scene(
        name="scene",
        materials=materials,
        models=(*models, *dressing.models),
        instances=(*placed, *dressing.instances),
        sun=sky.sun(),
        extras=extras,
    )


def _terrain(ground: Ground, cell_m: float) -> tuple[Model, ...]:
    surface = Surface(ground.height_m, ground.masks.normal, cell_m)
    cells = len(ground.height_m) - 1
    edge = next(size for size in (CHUNK_CELLS, 96, 64, 32) if cells % size == 0)
    models = []
    for y in range(0, cells, edge):
        for x in range(0, cells, edge):
            lods = tuple(
                Lod((Primitive(chunk_mesh(surface, y, x, edge, stride, rim=False), GROUND_MATERIAL),), coverage)
                for stride, coverage in zip(STRIDES, COVERAGES, strict=True)
            )
            models.append(Model(f"terrain_{y // edge}_{x // edge}", lods))
    return tuple(models)


def _water(request: SceneRequest, cells: int) -> Model:
    """A level sheet at the sea's height."""
    sheet = level_sheet(cells * request.landscape.cell_m / 2, request.landscape.sea_level_m)
    return Model("water", (Lod((Primitive(sheet, WATER_MATERIAL),)),))


def _once(name: str, model: int) -> Instances:
    """A model where it is."""
    return Instances(
        name,
        model,
        np.zeros((1, 3), np.float32),
        np.array([[0.0, 0.0, 0.0, 1.0]], np.float32),
        np.ones((1, 3), np.float32),
    )
