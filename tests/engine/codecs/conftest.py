"""What the codecs are tested with: bricks by formula, all maps in the depths that the generators deliver; a village."""

from dataclasses import replace

import numpy as np
import pytest

from engine.codecs.image import Pixels, encode_png
from engine.codecs.material import pack_orm
from engine.geometry.mesh import Mesh
from engine.geometry.scene import AlphaMode, Image, Instances, Lod, Material, Model, Primitive, Scene, Sun
from engine.requests.texture import MapKind

PROVENANCE = {"Software": "Morphogen 1.2.3", "Seed": "7", "Request": '{"texture_class":"brick"}'}


def brick_maps(size_px: int = 64) -> dict[MapKind, Pixels]:
    y, x = np.mgrid[0:size_px, 0:size_px] / size_px
    across = x * 2 + 0.5 * (np.floor(y * 4) % 2)
    joint = np.minimum(0.5 - np.abs(across % 1 - 0.5), 0.5 * (0.5 - np.abs((y * 4) % 1 - 0.5)))
    height = np.clip(joint / 0.08, 0, 1)
    slope_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * 2
    slope_up = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) * 2
    normal = np.stack([-slope_x, -slope_up, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    brick, mortar = np.array([0.62, 0.30, 0.22]), np.array([0.7, 0.68, 0.63])
    albedo = mortar + (brick - mortar) * height[..., None]
    return {
        MapKind.ALBEDO: np.round(albedo * 255).astype(np.uint8),
        MapKind.NORMAL: np.round((normal * 0.5 + 0.5) * 255).astype(np.uint8),
        MapKind.ROUGHNESS: np.round((0.9 - 0.2 * height) * 255).astype(np.uint8),
        MapKind.METALLIC: np.zeros((size_px, size_px), np.uint8),
        MapKind.HEIGHT: np.round(height * 65535).astype(np.uint16),
        MapKind.AMBIENT_OCCLUSION: np.round((0.6 + 0.4 * height) * 255).astype(np.uint8),
    }


@pytest.fixture
def maps() -> dict[MapKind, Pixels]:
    return brick_maps()


@pytest.fixture
def files(maps: dict[MapKind, Pixels]) -> dict[MapKind, bytes]:
    return {kind: encode_png(image, PROVENANCE, srgb=kind == MapKind.ALBEDO) for kind, image in maps.items()}


@pytest.fixture
def provenance() -> dict[str, str]:
    return dict(PROVENANCE)


def hilly_grid(vertex_count: int = 129, extent_m: float = 256.0) -> Mesh:
    """A terrain-like square of hills around the origin; texture coordinates run once across it."""
    step = np.arange(vertex_count) / (vertex_count - 1)
    v, u = np.meshgrid(step, step, indexing="ij")
    height = 9 * np.sin(5 * u) * np.cos(7 * v)
    along_x, along_z = 45 * np.cos(5 * u) * np.cos(7 * v), -63 * np.sin(5 * u) * np.sin(7 * v)
    normal = np.stack([-along_x / extent_m, np.ones_like(u), -along_z / extent_m], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    position = np.stack([(u - 0.5) * extent_m, height, (v - 0.5) * extent_m], axis=-1)
    index = np.arange(vertex_count**2, dtype=np.uint32).reshape(vertex_count, vertex_count)
    corners = index[:-1, :-1], index[1:, :-1], index[:-1, 1:], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    return Mesh(
        position=position.reshape(-1, 3).astype(np.float32),
        normal=normal.reshape(-1, 3).astype(np.float32),
        triangle=np.stack(corners, axis=-1).reshape(-1, 3),
        texture_coordinate=np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32),
    )


def box(width_m: float, height_m: float, *, colored: bool = False) -> Mesh:
    """A box that stands on the ground, four vertices to a side."""
    sides = []
    for axis in range(3):
        for sign in (-1, 1):
            normal, first = sign * np.eye(3)[axis], np.eye(3)[(axis + 1) % 3]
            second = np.cross(normal, first)
            corners = [normal - first - second, normal + first - second, normal + first + second]
            sides.append((normal, np.stack([*corners, normal - first + second])))
    position = np.concatenate([corners for _, corners in sides]) * (width_m / 2, height_m / 2, width_m / 2)
    start = 4 * np.arange(6, dtype=np.uint32)[:, None]
    triangle = np.concatenate([start + np.asarray(corner, np.uint32) for corner in ([0, 1, 2], [0, 2, 3])])
    return Mesh(
        position=(position + np.asarray([0, height_m / 2, 0])).astype(np.float32),
        normal=np.repeat([normal for normal, _ in sides], 4, axis=0).astype(np.float32),
        triangle=triangle,
        texture_coordinate=np.tile(np.asarray([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32), (6, 1)),
        color=np.tile(np.asarray([200, 150, 100, 255], np.uint8), (24, 1)) if colored else None,
    )


def scattered(name: str, model: int, count: int, seed: int) -> Instances:
    """Placements all over the grid, turned around the vertical and scaled along each axis."""
    random = np.random.Generator(np.random.Philox(key=seed))
    half_turn = random.uniform(0, np.pi, count)
    rotation = np.stack([0 * half_turn, np.sin(half_turn), 0 * half_turn, np.cos(half_turn)], axis=-1)
    return Instances(
        name=name,
        model=model,
        translation=random.uniform(-120, 120, (count, 3)).astype(np.float32),
        rotation=rotation.astype(np.float32),
        scale=random.uniform(0.5, 2, (count, 3)).astype(np.float32),
    )


def once(name: str, model: int, *place: float) -> Instances:
    """One placement, neither turned nor scaled."""
    translation = np.asarray([place or (0, 0, 0)], np.float32)
    return Instances(name, model, translation, np.asarray([[0, 0, 0, 1]], np.float32), np.ones((1, 3), np.float32))


@pytest.fixture
def village(maps: dict[MapKind, Pixels], files: dict[MapKind, bytes]) -> Scene:
    """A terrain, a hut with a coarser level, 50 trees with two and a pond: four materials, three images."""
    ground = Material(
        "ground",
        albedo=Image(files[MapKind.ALBEDO]),
        normal=Image(files[MapKind.NORMAL]),
        orm=Image(encode_png(pack_orm(maps), PROVENANCE)),
        texture_scale=(32.0, 16.0),
    )
    wall = replace(ground, name="wall", texture_scale=(1.0, 1.0))
    leaf = Material("leaf", (0.2, 0.6, 0.1, 1.0), 0.9, albedo=ground.albedo, alpha_mode=AlphaMode.MASK)
    water = Material("water", (0.1, 0.2, 0.4, 0.5), 0.1, alpha_mode=AlphaMode.BLEND, double_sided=True)
    tall, low = box(1, 3), box(1.2, 2.8)
    return Scene(
        name="village",
        materials=(ground, wall, leaf, water),
        models=(
            Model("terrain", (Lod((Primitive(hilly_grid(), 0),)),)),
            Model("hut", (Lod((Primitive(box(6, 4), 1), Primitive(box(7, 0.5), 2)), 0.2), Lod((Primitive(low, 1),)))),
            Model("tree", (Lod((Primitive(tall, 2),), 0.3), Lod((Primitive(low, 2),), 0.1), Lod((Primitive(low, 1),)))),
            Model("pond", (Lod((Primitive(box(20, 0.1, colored=True), 3),)),)),
        ),
        instances=(
            once("terrain", 0),
            once("hut", 1, 10, 3, -20),
            scattered("trees", 2, 50, seed=7),
            once("pond", 3, -30, 1, 5),
        ),
        sun=Sun((0.6, -0.8, 0.0), (1.0, 0.95, 0.9), 80_000.0),
        extras={"biome": "meadow", "seed": 7},
    )


@pytest.fixture
def large_terrain(village: Scene) -> Scene:
    """Half a million triangles in one mesh."""
    model = Model("terrain", (Lod((Primitive(hilly_grid(501, 1000.0), 0),)),))
    return replace(village, models=(model,), instances=(once("terrain", 0),))
