"""A level as a scene in 3D: walls and ground in materials from TexGen, doors and things as instances, and a sun."""

from collections import OrderedDict

import numpy as np

from engine.codecs.image import Pixels, decode_png, encode_png
from engine.codecs.material import pack_orm
from engine.generators.texture import TextureGenerator
from engine.generators.whole import steps_of
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Image, Instances, Lod, Material, Model, Primitive, Scene
from engine.geometry.sky.panorama import sky_at
from engine.levels.building import CELL_M, WALL_M, floor_mesh, hazard_mesh, middle_of, walls_mesh
from engine.levels.furniture import FURNITURE_MATERIALS, furniture, placements
from engine.levels.grid import Cell, Grid
from engine.noise import derive_seed
from engine.requests.texture import Color, MapKind, TextureRequest

Surface = tuple[str, tuple[Color, ...]]

_GREYS = (112, 108, 100), (96, 98, 104), (126, 116, 100), (88, 86, 82)
_CLAYS = (146, 92, 70), (120, 78, 64), (158, 112, 84), (104, 84, 76)
_WOODS = (108, 78, 52), (86, 62, 44), (126, 94, 62), (98, 80, 62)
_SANDS = (168, 148, 116), (140, 132, 120), (120, 116, 112), (156, 134, 100)
_PALES = (186, 182, 172), (170, 160, 148), (160, 166, 170), (178, 168, 158)
THEMES: tuple[tuple[Surface, Surface], ...] = (
    (("stone", _GREYS), ("paving", _SANDS)),
    (("brick", _CLAYS), ("planks", _WOODS)),
    (("concrete", _GREYS), ("tiles", _SANDS)),
    (("brick", _GREYS), ("paving", _GREYS)),
    (("marble", _PALES), ("tiles", _CLAYS)),
)
"""Texture class of the walls and of the ground, with the mid tones of its looks in sRGB.

There are few looks, so that a level seldom waits for a new one.
"""

TILE_PX, REPEATS_PER_M = 256, 0.5
HOUR = 14.5
_MAPS = (MapKind.ALBEDO, MapKind.NORMAL, MapKind.ROUGHNESS, MapKind.METALLIC, MapKind.AMBIENT_OCCLUSION)
_REMEMBERED = 16


class LevelModels:
    """Builds levels. Without a texture generator, or with one that knows none of THEMES, surfaces are plain."""

    def __init__(self, textures: TextureGenerator | None = None) -> None:
        self._textures = textures
        classes = () if textures is None else textures.info.classes
        self._themes = [theme for theme in THEMES if {name for name, _ in theme} <= set(classes)]
        self._made: OrderedDict[tuple[str, Color], Material] = OrderedDict()

    def scene(self, grid: Grid, path: tuple[Cell, ...], seed: int) -> Scene:
        """The level in meters, its middle at the origin, north at -Z; `path` goes along as places for a player."""
        wall, floor = self._surfaces(seed)
        hazard = Material("hazard", (0.95, 0.20, 0.02, 1.0), roughness=0.4)
        materials = [wall, floor, hazard, *FURNITURE_MATERIALS]
        meshes: list[tuple[str, Mesh | None]] = [
            ("walls", walls_mesh(grid)), ("floor", floor_mesh(grid)), ("hazard", hazard_mesh(grid))
        ]  # fmt: skip
        models, instances = [], []
        for index, (name, mesh) in enumerate(meshes):
            if mesh is not None:
                instances.append(_once(name, len(models)))
                models.append(Model(name, (Lod((Primitive(mesh, index),)),)))
        for tile, parts in furniture().items():
            placed = placements(grid, tile, len(models))
            if placed is not None:
                instances.append(placed)
                primitives = tuple(Primitive(mesh, materials.index(material)) for mesh, material in parts)
                models.append(Model(tile.name.lower(), (Lod(primitives),)))
        size = len(grid)
        steps = [middle_of(y, x, size) for x, y in path]
        about = {"cell_m": CELL_M, "wall_m": WALL_M, "size": size, "witness_path_m": [[x, 0.0, z] for x, z in steps]}
        return Scene(
            "level", tuple(materials), tuple(models), tuple(instances), sky_at(HOUR).sun(), {"morphogen": about}
        )

    def _surfaces(self, seed: int) -> tuple[Material, Material]:
        """Walls and ground of a level."""
        if not self._themes:
            return Material("wall", (0.30, 0.28, 0.27, 1.0), roughness=0.9), Material("floor", (0.38, 0.33, 0.27, 1.0))
        theme = self._themes[derive_seed(seed, 0x7E3E) % len(self._themes)]
        wall, floor = (
            self._material(name, tints[derive_seed(seed, 0x7E3F, part) % len(tints)])
            for part, (name, tints) in enumerate(theme)
        )
        return wall, floor

    def _material(self, texture_class: str, tint: Color) -> Material:
        """One of the few materials of a class; the last ones made are remembered."""
        key = texture_class, tint
        if key not in self._made:
            self._made[key] = self._textured(texture_class, tint)
        self._made.move_to_end(key)
        while len(self._made) > _REMEMBERED:
            self._made.popitem(last=False)
        return self._made[key]

    def _textured(self, texture_class: str, tint: Color) -> Material:
        assert self._textures is not None
        seed = derive_seed(0x1E7E1, *tint)
        request = TextureRequest(texture_class, seed, TILE_PX, palette=(tint,), maps=_MAPS)
        finest = [part for step in steps_of(self._textures, request) for part in step if part.lod_px == TILE_PX]
        files = {MapKind(part.map): part.payload for part in finest}
        grey: dict[MapKind, Pixels] = {kind: np.asarray(decode_png(files[kind])) for kind in _MAPS[2:]}
        return Material(
            texture_class,
            roughness=1.0,
            metallic=1.0,
            albedo=Image(files[MapKind.ALBEDO]),
            normal=Image(files[MapKind.NORMAL]),
            orm=Image(encode_png(pack_orm(grey), {})),
            texture_scale=(REPEATS_PER_M, REPEATS_PER_M),
        )


def _once(name: str, model: int) -> Instances:
    still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
    return Instances(name, model, np.zeros((1, 3), np.float32), *still)
