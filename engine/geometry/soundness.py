"""Whether a scene keeps the promises of its types, so that what is written opens everywhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.scene import Instances, Model, Scene

_ATTRIBUTES = {
    "position": (np.float32, 3),
    "normal": (np.float32, 3),
    "triangle": (np.uint32, 3),
    "texture_coordinate": (np.float32, 2),
    "tangent": (np.float32, 4),
    "color": (np.uint8, 4),
}
"""Type and numbers per row of what a mesh consists of."""


def check_model(scene: Scene, model: Model) -> None:
    """Raises ValueError, naming the field below `models`, unless every mesh of `model` can be stored.

    What cannot: a model without levels or a level without meshes, a material that does not exist, and see `check_mesh`.
    """
    if not model.lods:
        raise ValueError(f"models.{model.name}.lods: none is not allowed; allowed: at least one")
    for level, lod in enumerate(model.lods):
        if not lod.primitives:
            raise ValueError(f"models.{model.name}.lods.{level}.primitives: none is not allowed; allowed: at least one")
        for number, primitive in enumerate(lod.primitives):
            place = f"models.{model.name}.lods.{level}.primitives.{number}"
            if not 0 <= primitive.material < len(scene.materials):
                allowed = f"0 to {len(scene.materials) - 1}"
                raise ValueError(f"{place}.material: {primitive.material} is not allowed; allowed: {allowed}")
            material = scene.materials[primitive.material]
            images = (material.albedo, material.normal, material.orm)
            check_mesh(primitive.mesh, place, textured=images != (None, None, None))


def check_mesh(mesh: Mesh, place: str, *, textured: bool) -> None:
    """Raises ValueError, naming the field below `place`, for what no file format could store.

    That is a mesh without triangles, attributes of other types or lengths, numbers that are not finite, indices of
    vertices that do not exist, and no texture coordinates although the material is textured.
    """
    if not mesh.vertex_count or not mesh.triangle_count:
        raise ValueError(
            f"{place}: {mesh.vertex_count} vertices and {mesh.triangle_count} triangles are not allowed; "
            "allowed: at least one triangle"
        )
    if textured and mesh.texture_coordinate is None:
        raise ValueError(f"{place}.texture_coordinate: None is not allowed; allowed: one, as the material has images")
    for name, (kind, width) in _ATTRIBUTES.items():
        values = getattr(mesh, name)
        if values is not None:
            rows = len(values) if name == "triangle" else mesh.vertex_count
            _check_rows(values, f"{place}.{name}", np.dtype(kind), [rows, width])
    if mesh.triangle.max() >= mesh.vertex_count:
        allowed = f"0 to {mesh.vertex_count - 1}"
        raise ValueError(f"{place}.triangle: {mesh.triangle.max()} is not allowed; allowed: {allowed}")


def check_instances(scene: Scene, instances: Instances, place: str) -> None:
    """Raises ValueError, naming the field below `place`, unless the placements are complete, finite and turned right.

    place  e.g. "instances.3"
    """
    if not 0 <= instances.model < len(scene.models):
        allowed = f"0 to {len(scene.models) - 1}"
        raise ValueError(f"{place}.model: {instances.model} is not allowed; allowed: {allowed}")
    count = len(instances.translation)
    for name, width in {"translation": 3, "rotation": 4, "scale": 3}.items():
        _check_rows(getattr(instances, name), f"{place}.{name}", np.dtype(np.float32), [count, width])
    if count and np.abs(np.linalg.norm(instances.rotation, axis=1) - 1).max() > 1e-3:
        raise ValueError(f"{place}.rotation: lengths other than 1 are not allowed; allowed: unit quaternions")


def _check_rows(values: NDArray[Any], place: str, kind: np.dtype[Any], shape: list[int]) -> None:
    """Raises ValueError unless `values` have this type and shape and are finite."""
    if values.dtype != kind or list(values.shape) != shape:
        raise ValueError(f"{place}: {values.dtype} {list(values.shape)} is not allowed; allowed: {kind} {shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{place}: NaN or infinite is not allowed; allowed: finite numbers")
