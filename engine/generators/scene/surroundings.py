"""The land around a scene as it lies in its world, for pictures only: coarse, without props, out to the horizon.

Squares around the scene's edge, each larger than the one before by the same factor, so that the mesh is as fine as it
is near. The innermost one is the edge itself, to the bit.
"""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import encode_png
from engine.codecs.render.camera import Camera
from engine.codecs.shading import decode_srgb, encode_srgb
from engine.generators.terrain.biomes import GROUNDS
from engine.generators.terrain.land import Ground, Land
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Image, Instances, Lod, Material, Model, Primitive, Scene
from engine.requests.landscape import COORDINATE_MAX_CELLS

Floats = NDArray[np.float32]

VIEWS = ((3, 1.1), (5, 4.0), (7, 24.0))
"""Levels of the land from near to far, and how far each reaches from the scene's middle, over the extent."""

STAND, RISE_SHARE, FIELD_OF_VIEW_DEG = 0.93, 0.1, 34.0
"""Where the viewer stands on the diagonal, over half the extent; how high above the middle, over the extent."""

CLEARANCE_SHARE = 0.07
"""How far above the land the view passes, over the extent."""

FAR_PX, FAR_LEVEL = 512, 0.75
"""Edge of the picture that the land around repeats, and its mean brightness: there is room for what is lighter."""

CROWN_MIN_M = 2.5
"""Things so high are seen from afar."""

GROWTH = 1.075
EDGE_STEPS = 64
JOINT_SHARE = 0.5
"""Over how much of the way from the middle to the edge again the land joins up with the scene."""

Linear = tuple[float, float, float]


def with_surroundings(scene: Scene, land: Land, ground: Ground, tints: Mapping[str, Linear]) -> Scene:
    """The scene amid its world; `tints` are the mean linear colors of GROUNDS."""
    cell_m, sea_level_m = land.landscape.cell_m, land.landscape.sea_level_m
    extent_m, first = (len(ground.height_m) - 1) * cell_m, len(scene.materials)
    picture, mean = _far_picture(scene, extent_m)
    here = np.tensordot(ground.splat.mean(axis=(0, 1)), np.array([tints[name] for name in GROUNDS]), axes=1)
    colors = np.array([tints[name] for name in GROUNDS]) * (mean / np.maximum(here, 1e-3)) / FAR_LEVEL
    mesh = _land_around(land, ground, colors.astype(np.float32))
    models = [*scene.models, Model("surroundings", (Lod((Primitive(mesh, first),)),))]
    instances = [each for each in scene.instances if scene.models[each.model].name not in ("water", "plinth")]
    instances.append(_once("surroundings", len(models) - 1))
    if float(mesh.position[:, 1].min()) < sea_level_m or float(ground.masks.water.max()) > 0.0:
        sheet = level_sheet(VIEWS[-1][1] * extent_m, sea_level_m)
        models.append(Model("sea", (Lod((Primitive(sheet, first + 1),)),)))
        instances.append(_once("sea", len(models) - 1))
    water = next(material for material in scene.materials if material.name == "water")
    materials = (*scene.materials, Material("surroundings", roughness=0.95, albedo=picture), water)
    return replace(scene, materials=materials, models=tuple(models), instances=tuple(instances))


def _far_picture(scene: Scene, extent_m: float) -> tuple[Image, NDArray[np.float64]]:
    """The ground with its trees from above over its mean color, mirrored so that it repeats; and that color."""
    albedo = next(material.albedo for material in scene.materials if material.name == "ground")
    assert albedo is not None
    codes = cv2.imdecode(np.frombuffer(albedo.data, np.uint8), cv2.IMREAD_COLOR)
    assert codes is not None
    small = cv2.resize(codes, (FAR_PX, FAR_PX), interpolation=cv2.INTER_AREA)[..., ::-1]
    color = np.ascontiguousarray(decode_srgb(np.ascontiguousarray(small).astype(np.uint8)))
    mean = color.mean(axis=(0, 1)).astype(np.float64)
    for each in scene.instances:
        finest = scene.models[each.model].lods[0].primitives
        high = max(float(part.mesh.position[:, 1].max()) for part in finest)
        if (len(each.translation) == 1 and np.abs(each.translation).max() == 0.0) or high < CROWN_MIN_M:
            continue
        top = max(finest, key=lambda part: float(part.mesh.position[:, 1].mean()))
        tint = np.array(scene.materials[top.material].base_color[:3])
        if top.mesh.color is not None:
            tint = tint * top.mesh.color[:, :3].mean(axis=0) / 255.0
        reach = float(np.abs(top.mesh.position[:, [0, 2]]).max()) * FAR_PX / extent_m
        for x, _, z in each.translation.tolist():
            place = round((x / extent_m + 0.5) * FAR_PX), round((z / extent_m + 0.5) * FAR_PX)
            cv2.circle(color, place, max(1, round(0.8 * reach)), (0.7 * tint).tolist(), -1)
    ratio = np.clip(color / np.maximum(mean, 1e-3) * FAR_LEVEL, 0.0, 1.0).astype(np.float32)
    upper = np.concatenate([ratio, ratio[:, ::-1]], axis=1)
    whole = encode_srgb(np.concatenate([upper, upper[::-1]]))
    return Image(encode_png(np.ascontiguousarray(whole), {}, 1)), mean


def viewpoint(shown: Scene, ground: Ground, extent_m: float) -> Camera:
    """Where the picture is taken from: above the south-western corner, over every hill that would be in the way.

    From there, looking along the diagonal, the edges at hand are out of sight.
    """
    half, middle = extent_m / 2, len(ground.height_m) // 2
    target = np.array([0.0, float(ground.height_m[middle, middle]), 0.0])
    eye = np.array([-STAND * half, target[1] + RISE_SHARE * extent_m, STAND * half])
    around = next(model for model in shown.models if model.name == "surroundings").lods[0].primitives[0].mesh.position
    index = np.arange(len(ground.height_m), step=4)
    at = index * (extent_m / (len(ground.height_m) - 1)) - half
    x, z = np.meshgrid(at, at)
    own = np.stack([x.ravel(), ground.height_m[np.ix_(index, index)].ravel(), z.ravel()], axis=1)
    land = np.concatenate([around, own])
    for share in np.linspace(0.0, 0.6, 13):
        spot, room = eye + share * (target - eye), CLEARANCE_SHARE * extent_m * (1.0 - share)
        near = np.hypot(land[:, 0] - spot[0], land[:, 2] - spot[2]) < room
        if near.any():
            eye[1] = max(eye[1], (float(land[near, 1].max()) + room - share * target[1]) / (1.0 - share))
    return Camera((float(eye[0]), float(eye[1]), float(eye[2])), (0.0, float(target[1]), 0.0), FIELD_OF_VIEW_DEG)


def level_sheet(half_m: float, level_m: float) -> Mesh:
    """A level square around the origin."""
    corner = [
        [-half_m, level_m, -half_m],
        [half_m, level_m, -half_m],
        [-half_m, level_m, half_m],
        [half_m, level_m, half_m],
    ]
    up = np.tile(np.array([0.0, 1.0, 0.0], np.float32), (4, 1))
    return Mesh(np.array(corner, np.float32), up, np.array([[0, 2, 1], [1, 2, 3]], np.uint32))


def _land_around(land: Land, ground: Ground, colors: Floats) -> Mesh:
    cells, cell_m = len(ground.height_m) - 1, land.landscape.cell_m
    step = cells // EDGE_STEPS or 1
    ring = np.arange(0, cells + 1, step)
    edge_y = np.concatenate([np.zeros(len(ring) - 1, int), ring[:-1], np.full(len(ring) - 1, cells), ring[:0:-1]])
    edge_x = np.concatenate([ring[:-1], np.full(len(ring) - 1, cells), ring[:0:-1], np.zeros(len(ring) - 1, int)])
    half = cells / 2
    count = int(np.log(2.0 * VIEWS[-1][1]) / np.log(GROWTH))
    factor = GROWTH ** np.arange(count)[:, None]
    y, x = ((edge - half) * factor + half for edge in (edge_y, edge_x))
    height, color = _looked_up(land, ground, y, x, colors)
    # Where the coarse land misses the scene's edge, it is lifted or lowered to it, less and less outwards.
    miss = ground.height_m[edge_y, edge_x] - height[0]
    height += miss * np.clip(1.0 - (factor - 1.0) / JOINT_SHARE, 0.0, 1.0) ** 2
    position = np.stack([(x - half) * cell_m, height, (y - half) * cell_m], axis=-1).astype(np.float32)
    index = np.arange(position.shape[0] * position.shape[1], dtype=np.uint32).reshape(position.shape[:2])
    index = np.concatenate([index, index[:, :1]], axis=1)  # around and back to the first
    inner, outer = index[:-1], index[1:]
    corners = (outer[:, :-1], inner[:, :-1], inner[:, 1:]), (outer[:, :-1], inner[:, 1:], outer[:, 1:])
    triangle = np.concatenate([np.stack(each, axis=-1).reshape(-1, 3) for each in corners])
    flat = position.reshape(-1, 3)
    codes = np.column_stack([color.reshape(-1, 3), np.ones(len(flat))])
    # The picture covers two extents, its first quarter the scene's own place.
    coordinate = (flat[:, [0, 2]] / np.float32(2 * cells * cell_m) + np.float32(0.25)).astype(np.float32)
    return Mesh(
        flat, _normals(flat, triangle), triangle, coordinate, color=np.rint(np.clip(codes, 0, 1) * 255).astype(np.uint8)
    )


def _looked_up(
    land: Land, ground: Ground, y: NDArray[np.float64], x: NDArray[np.float64], colors: Floats
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Height [rings, around] and linear color [rings, around, 3] at cells from the scene's first vertex on."""
    cells = len(ground.height_m) - 1
    height, color = np.zeros(y.shape), np.zeros((*y.shape, 3))
    middle_y, middle_x = ground.y + cells // 2, ground.x + cells // 2
    away = np.maximum(np.abs(y - cells / 2), np.abs(x - cells / 2)) / cells
    near = 0.0
    for level, reach in VIEWS:
        step, span = 2**level, int(reach * cells) // 2**level + 2
        first_y, first_x = (_inside(middle // step - span, span, step) for middle in (middle_y, middle_x))
        view = land.outlook(level, first_y, first_x, 2 * span + 1, 2 * span + 1)
        at_y, at_x = (ground.y + y - first_y * step) / step, (ground.x + x - first_x * step) / step
        share = np.clip((away - 0.75 * near) / max(0.25 * near, 1e-6), 0.0, 1.0) if near else np.ones_like(away)
        height += share * (_sampled(view.height_m, at_y, at_x) - height)
        shown = view.splat @ colors
        color += share[..., None] * (_sampled(shown, at_y, at_x) - color)
        near = reach
    return height, color


def _inside(first: int, span: int, step: int) -> int:
    """The nearest window to the one wanted that does not leave the world."""
    most = COORDINATE_MAX_CELLS // step - 2 * span - 2
    return max(-COORDINATE_MAX_CELLS // step + 2, min(first, most))


def _sampled(grid: Floats, y: NDArray[np.float64], x: NDArray[np.float64]) -> Floats:
    place = x.astype(np.float32), y.astype(np.float32)
    return np.asarray(cv2.remap(grid, *place, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _normals(position: Floats, triangle: NDArray[np.uint32]) -> Floats:
    """Mean normals of the triangles around each vertex."""
    a, b, c = (position[triangle[:, corner]] for corner in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(position)
    for corner in range(3):
        np.add.at(total, triangle[:, corner], face)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9), np.float32)


def _once(name: str, model: int) -> Instances:
    still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
    return Instances(name, model, np.zeros((1, 3), np.float32), *still)
