"""A scene as one list of triangles in world coordinates: instances placed, levels of detail chosen by their size."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.camera import Bounds, Camera
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Instances, Model, Scene

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Soup:
    """Vertices and the triangles between them.

    position, normal, color  float32 [vertices, 3]; colors linear, without the material's
    texture_coordinate       float32 [vertices, 2]; zeros where the mesh has none
    triangle                 int64 [triangles, 3]
    material                 int32 [triangles], index in the scene
    """

    position: Floats
    normal: Floats
    color: Floats
    texture_coordinate: Floats
    triangle: NDArray[np.int64]
    material: NDArray[np.int32]


def scene_bounds(scene: Scene) -> Bounds:
    """The smallest and the largest corner of everything in the scene. Raises ValueError for an empty one."""
    lows, highs = [], []
    for instances in scene.instances:
        low, high = _model_bounds(scene.models[instances.model])
        center, half = 0.5 * (low + high), 0.5 * (high - low)
        rotation = rotations(instances.rotation) * instances.scale[:, None, :]
        middle = instances.translation + rotation @ center
        reach = np.abs(rotation) @ half
        if len(middle):
            lows.append((middle - reach).min(axis=0))
            highs.append((middle + reach).max(axis=0))
    if not lows:
        raise ValueError("scene: one without instances is not allowed; allowed: at least one instance")
    return np.min(lows, axis=0).astype(np.float32), np.max(highs, axis=0).astype(np.float32)


def gather(scene: Scene, camera: Camera, *, beside: bool = False, detail: float = 1.0) -> Soup:
    """The triangles that a picture needs.

    beside  True keeps what is outside of the picture too: its shadows may reach into it
    detail  factor of the size in the picture by which levels of detail are chosen
    """
    parts: list[Soup] = []
    for instances in scene.instances:
        model = scene.models[instances.model]
        level, seen = _levels(model, instances, camera, detail)
        for number, lod in enumerate(model.lods):
            wanted = level == number
            chosen = np.flatnonzero(wanted if beside else wanted & seen)
            if len(chosen):
                parts += [_placed(part.mesh, part.material, instances, chosen) for part in lod.primitives]
    return _joined(parts)


def rotations(quaternion: Floats) -> Floats:
    """Rotation matrices [n, 3, 3] of unit quaternions [n, 4] x, y, z, w."""
    x, y, z, w = quaternion.astype(np.float64).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrices: Floats = np.moveaxis(np.array(rows), -1, 0).astype(np.float32)
    return matrices


def _model_bounds(model: Model) -> Bounds:
    bounds = [primitive.mesh.bounds() for primitive in model.lods[0].primitives]
    return np.min([low for low, _ in bounds], axis=0), np.max([high for _, high in bounds], axis=0)


def _levels(
    model: Model, instances: Instances, camera: Camera, detail: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Level of detail [n] of each instance, and whether it can be in the picture (of up to 3:1)."""
    low, high = _model_bounds(model)
    center, radius = 0.5 * (low + high), 0.5 * float(np.linalg.norm(high - low))
    scale = np.abs(instances.scale).max(axis=1)
    rotation = rotations(instances.rotation)
    middle = instances.translation + np.einsum("nij,nj->ni", rotation, center * instances.scale)
    view = (middle - np.asarray(camera.position, np.float32)) @ camera.axes().T.astype(np.float32)
    reach, depth = radius * scale, -view[:, 2]
    distance = np.maximum(np.linalg.norm(view, axis=1), 1e-3)
    focal = camera.focal_px(2)  # in half heights of the picture
    coverage = np.where(distance > reach, detail * focal * reach / distance, np.inf)
    level = np.zeros(len(distance), np.int64)
    for lod in model.lods[:-1]:
        level += coverage < lod.coverage
    wide = 3.0 / focal
    seen = (depth > -reach) & (np.abs(view[:, 0]) - reach * np.hypot(1, wide) < np.maximum(depth, 0) * wide)
    seen &= np.abs(view[:, 1]) - reach * np.hypot(1, 1 / focal) < np.maximum(depth, 0) / focal
    return level, seen


def _placed(mesh: Mesh, material: int, instances: Instances, chosen: NDArray[np.int64]) -> Soup:
    """Some instances of one mesh."""
    count, vertices = len(chosen), mesh.vertex_count
    rotation = rotations(instances.rotation[chosen])
    scale = instances.scale[chosen]
    position = mesh.position @ np.swapaxes(rotation * scale[:, None, :], 1, 2) + instances.translation[chosen][:, None]
    normal = (mesh.normal @ np.swapaxes(rotation / scale[:, None, :], 1, 2)).reshape(-1, 3)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    color = np.ones((vertices, 3), np.float32) if mesh.color is None else mesh.color[:, :3] / np.float32(255)
    coordinate = mesh.texture_coordinate
    coordinate = np.zeros((vertices, 2), np.float32) if coordinate is None else coordinate
    starts = np.arange(count, dtype=np.int64)[:, None, None] * vertices
    return Soup(
        position=np.ascontiguousarray(position.reshape(-1, 3), np.float32),
        normal=normal.astype(np.float32),
        color=np.tile(color, (count, 1)),
        texture_coordinate=np.tile(coordinate, (count, 1)),
        triangle=(mesh.triangle.astype(np.int64)[None] + starts).reshape(-1, 3),
        material=np.full(count * mesh.triangle_count, material, np.int32),
    )


def _joined(parts: list[Soup]) -> Soup:
    """All vertices and triangles in the order of the parts."""
    empty = np.zeros((0, 3), np.float32)
    parts = [Soup(empty, empty, empty, empty[:, :2], np.zeros((0, 3), np.int64), np.zeros(0, np.int32)), *parts]
    return Soup(
        position=np.concatenate([part.position for part in parts]),
        normal=np.concatenate([part.normal for part in parts]),
        color=np.concatenate([part.color for part in parts]),
        texture_coordinate=np.concatenate([part.texture_coordinate for part in parts]),
        triangle=np.concatenate(list(_shifted(parts))),
        material=np.concatenate([part.material for part in parts]),
    )


def _shifted(parts: list[Soup]) -> Iterator[NDArray[np.int64]]:
    start = 0
    for part in parts:
        yield part.triangle + start
        start += len(part.position)
