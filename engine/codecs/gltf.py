"""Binary glTF 2.0: a sphere wearing a material, complete in one file.

Conventions of the format (Khronos "glTF 2.0 Specification"): meters, +Y up, counter-clockwise front faces, texture
coordinates from the upper left corner, normal maps with +Y (green) towards the top of the image, roughness in the
green and metallic in the blue channel, everything aligned to four bytes.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.requests.texture import MapKind

RADIUS_M = 0.5
SEGMENT_COUNT = 96
RING_COUNT = 48
TILES_AROUND = 4
TILES_DOWN = 2
"""Four tiles around and two from pole to pole keep the texels square at the equator."""

ROUGHNESS_NEUTRAL = 0.8
"""Roughness of a material that has no map of it."""

_GLB_MAGIC, _GLB_VERSION = 0x46546C67, 2
_CHUNK_JSON, _CHUNK_BINARY = 0x4E4F534A, 0x004E4942
_FLOAT, _UNSIGNED_SHORT = 5126, 5123
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_LINEAR, _LINEAR_MIPMAP_LINEAR, _REPEAT = 9729, 9987, 10497


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


@dataclass(slots=True)
class _Document:
    """A glTF document while it is put together: its JSON lists and its binary chunk."""

    binary: bytearray = field(default_factory=bytearray)
    buffer_views: list[dict[str, object]] = field(default_factory=list)
    accessors: list[dict[str, object]] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)

    def add_view(self, data: bytes, **properties: object) -> int:
        """Append `data`, padded to four bytes; returns the index of its buffer view."""
        self.buffer_views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **properties})
        self.binary += data + bytes(-len(data) % 4)
        return len(self.buffer_views) - 1

    def add_attribute(self, values: NDArray[np.float32], *, bounds: bool = False) -> int:
        """Append a vertex attribute [vertices, components]; returns the index of its accessor."""
        accessor: dict[str, object] = {
            "bufferView": self.add_view(values.astype("<f4").tobytes(), target=_ARRAY_BUFFER),
            "componentType": _FLOAT,
            "count": len(values),
            "type": f"VEC{values.shape[1]}",
        }
        if bounds:
            accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def add_texture(self, name: str, png: bytes) -> int:
        """Append an image; returns the index of its texture, which equals the index of the image."""
        self.images.append({"name": name, "mimeType": "image/png", "bufferView": self.add_view(png)})
        return len(self.images) - 1


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
    document = _Document()
    primitive = _add_sphere(document, build_sphere())
    material = _add_material(document, maps, orm_png, name)
    gltf: dict[str, object] = {
        "asset": {
            "version": "2.0",
            "generator": provenance.get("Software", "Morphogen"),
            "extras": {"digitalSourceType": DIGITAL_SOURCE_TYPE, "provenance": dict(provenance)},
            "extensions": {"KHR_xmp_json_ld": {"packet": 0}},
        },
        "extensionsUsed": ["KHR_xmp_json_ld"],
        "extensions": {"KHR_xmp_json_ld": {"packets": [_xmp_packet(provenance, name)]}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0}],
        "meshes": [{"name": "sphere", "primitives": [primitive]}],
        "materials": [material],
        "accessors": document.accessors,
        "bufferViews": document.buffer_views,
        "buffers": [{"byteLength": len(document.binary)}],
    }
    if document.images:
        gltf["images"] = document.images
        gltf["samplers"] = [
            {"magFilter": _LINEAR, "minFilter": _LINEAR_MIPMAP_LINEAR, "wrapS": _REPEAT, "wrapT": _REPEAT}
        ]
        gltf["textures"] = [{"sampler": 0, "source": index} for index in range(len(document.images))]
    return _join_chunks(json.dumps(gltf, separators=(",", ":")).encode(), bytes(document.binary))


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


def _add_sphere(document: _Document, sphere: Sphere) -> dict[str, object]:
    """Append the mesh; returns its glTF primitive."""
    attributes = {
        "POSITION": document.add_attribute(sphere.position, bounds=True),
        "NORMAL": document.add_attribute(sphere.normal),
        "TANGENT": document.add_attribute(sphere.tangent),
        "TEXCOORD_0": document.add_attribute(sphere.texture_coordinate),
    }
    view = document.add_view(sphere.triangle.astype("<u2").tobytes(), target=_ELEMENT_ARRAY_BUFFER)
    indices = {
        "bufferView": view,
        "componentType": _UNSIGNED_SHORT,
        "count": sphere.triangle.size,
        "type": "SCALAR",
    }
    document.accessors.append(indices)
    return {"attributes": attributes, "indices": len(document.accessors) - 1, "material": 0}


def _add_material(
    document: _Document, maps: Mapping[MapKind, bytes], orm_png: bytes | None, name: str
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


def _xmp_packet(provenance: Mapping[str, str], name: str) -> dict[str, object]:
    """The provenance as XMP in JSON-LD, for readers that look for the standard properties."""
    return {
        "@context": {
            "dc": "http://purl.org/dc/elements/1.1/",
            "xmp": "http://ns.adobe.com/xap/1.0/",
            "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        },
        "@id": "",
        "dc:title": name,
        "dc:format": "model/gltf-binary",
        "xmp:CreatorTool": provenance.get("Software", "Morphogen"),
        "Iptc4xmpExt:DigitalSourceType": DIGITAL_SOURCE_TYPE,
    }


def _join_chunks(text: bytes, binary: bytes) -> bytes:
    """The GLB container: header, JSON chunk padded with spaces, binary chunk padded with zeros."""
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    size = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<III", _GLB_MAGIC, _GLB_VERSION, size),
            struct.pack("<II", len(text), _CHUNK_JSON),
            text,
            struct.pack("<II", len(binary), _CHUNK_BINARY),
            binary,
        ]
    )
