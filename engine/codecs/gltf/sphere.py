"""Binary glTF 2.0: a sphere wearing a material, complete in one file.

Conventions of the format (Khronos "glTF 2.0 Specification"): meters, +Y up, counter-clockwise front faces, texture
coordinates from the upper left corner, normal maps with +Y (green) towards the top of the image, roughness in the
green and metallic in the blue channel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.document import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, Document, self_description
from engine.requests.texture import MapKind

RADIUS_M = 0.5
SEGMENT_COUNT = 96
RING_COUNT = 48
TILES_AROUND = 4
TILES_DOWN = 2
"""Four tiles around and two from pole to pole keep the texels square at the equator."""

ROUGHNESS_NEUTRAL = 0.8
"""Roughness of a material that has no map of it."""


@dataclass(frozen=True, slots=True)
class Sphere:
    """A closed triangle mesh, vertices shared along the rings.

    position, normal     float32 [vertices, 3]; positions in meters, normals of length 1
    tangent              float32 [vertices, 4]; direction of growing u, then the sign of the bitangent
    texture_coordinate   float32 [vertices, 2]; v grows downwards
    triangle             uint16 [triangles, 3]; counter-clockwise seen from outside
    """

    position: NDArray[np.float32]
    normal: NDArray[np.float32]
    tangent: NDArray[np.float32]
    texture_coordinate: NDArray[np.float32]
    triangle: NDArray[np.uint16]


def write_material_glb(
    maps: Mapping[MapKind, bytes],
    orm_png: bytes | None,
    provenance: Mapping[str, str],
    name: str = "material",
) -> bytes:
    """A GLB file: a sphere of one meter across that wears the material, with all its images inside.

    maps        PNG files; albedo and normal are used as they are, absent ones are replaced by neutral factors
    orm_png     occlusion, roughness and metallic in red, green and blue; None leaves out all three
    provenance  goes into `asset.extras` and, as XMP, into the extension KHR_xmp_json_ld
    name        of the material and its node

    Equal arguments give equal bytes.
    """
    document = Document()
    primitive = _add_sphere(document, build_sphere())
    material = _add_material(document, maps, orm_png, name)
    return document.to_glb(
        {
            **self_description(provenance, name),
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"name": name, "mesh": 0}],
            "meshes": [{"name": "sphere", "primitives": [primitive]}],
            "materials": [material],
        }
    )


def build_sphere() -> Sphere:
    """A sphere of radius RADIUS_M around the origin; the left edge of the image faces +Z, its right edge follows +X."""
    column = np.arange(SEGMENT_COUNT + 1)[None, :]
    row = np.arange(RING_COUNT + 1)[:, None]
    pole = (row == 0) | (row == RING_COUNT)
    # A triangle at a pole has one vertex there: with u in the middle of its base the image does not shear.
    turn = (column + np.where(pole, 0.5, 0.0)) / SEGMENT_COUNT
    fall = (row + 0 * column) / RING_COUNT
    # The last column repeats the first; equal angles make equal positions, so that no crack opens between them.
    longitude = 2 * np.pi * (turn % 1.0)
    ring, up = np.where(pole, 0.0, np.sin(np.pi * fall)), np.cos(np.pi * fall)
    sine, cosine = np.sin(longitude), np.cos(longitude)
    normal = np.stack([ring * sine, up, ring * cosine], axis=-1).reshape(-1, 3)
    tangent = np.stack([cosine, 0 * sine, -sine, 1 + 0 * sine], axis=-1).reshape(-1, 4)
    coordinate = np.stack([TILES_AROUND * turn, TILES_DOWN * fall], axis=-1).reshape(-1, 2)
    return Sphere(
        position=(RADIUS_M * normal).astype(np.float32),
        normal=normal.astype(np.float32),
        tangent=tangent.astype(np.float32),
        texture_coordinate=coordinate.astype(np.float32),
        triangle=_sphere_triangles(),
    )


def _sphere_triangles() -> NDArray[np.uint16]:
    """Indices [triangles, 3]: two per field of the grid, one where the field touches a pole."""
    grid = np.arange((RING_COUNT + 1) * (SEGMENT_COUNT + 1)).reshape(RING_COUNT + 1, SEGMENT_COUNT + 1)
    upper_left, upper_right = grid[:-1, :-1], grid[:-1, 1:]
    lower_left, lower_right = grid[1:, :-1], grid[1:, 1:]
    north = np.stack([upper_left, lower_left, lower_right], axis=-1)[0]
    first = np.stack([upper_left, lower_left, upper_right], axis=-1)[1:].reshape(-1, 3)
    second = np.stack([upper_right, lower_left, lower_right], axis=-1)[1:-1].reshape(-1, 3)
    return np.concatenate([north, first, second]).astype(np.uint16)


def _add_sphere(document: Document, sphere: Sphere) -> dict[str, object]:
    """Append the mesh; returns its glTF primitive."""
    attributes = {
        "POSITION": document.add_accessor(sphere.position, target=ARRAY_BUFFER, bounds=True),
        "NORMAL": document.add_accessor(sphere.normal, target=ARRAY_BUFFER),
        "TANGENT": document.add_accessor(sphere.tangent, target=ARRAY_BUFFER),
        "TEXCOORD_0": document.add_accessor(sphere.texture_coordinate, target=ARRAY_BUFFER),
    }
    indices = document.add_accessor(sphere.triangle.reshape(-1), target=ELEMENT_ARRAY_BUFFER)
    return {"attributes": attributes, "indices": indices, "material": 0}


def _add_material(
    document: Document, maps: Mapping[MapKind, bytes], orm_png: bytes | None, name: str
) -> dict[str, object]:
    """Append the images; returns the glTF material."""
    surface: dict[str, object] = {"metallicFactor": 0.0, "roughnessFactor": ROUGHNESS_NEUTRAL}
    material: dict[str, object] = {"name": name, "pbrMetallicRoughness": surface}
    if MapKind.ALBEDO in maps:
        surface["baseColorTexture"] = {"index": document.add_texture("albedo", maps[MapKind.ALBEDO])}
    if orm_png is not None:
        texture = document.add_texture("orm", orm_png)
        surface |= {"metallicFactor": 1.0, "roughnessFactor": 1.0, "metallicRoughnessTexture": {"index": texture}}
        material["occlusionTexture"] = {"index": texture}
    if MapKind.NORMAL in maps:
        material["normalTexture"] = {"index": document.add_texture("normal", maps[MapKind.NORMAL])}
    return material
