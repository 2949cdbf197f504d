"""The container of binary glTF 2.0: JSON lists that point into one block of bytes, and what every file says of itself.

Format: Khronos "glTF 2.0 Specification", chapters 3.6 (buffers, views, accessors) and 4 (GLB); everything is aligned to
four bytes, numbers are little-endian.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.provenance import DIGITAL_SOURCE_TYPE

GLB_MAGIC, GLB_VERSION = 0x46546C67, 2
CHUNK_JSON, CHUNK_BINARY = 0x4E4F534A, 0x004E4942
COMPONENT_TYPES: dict[int, np.dtype[Any]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963

_COMPONENT_CODES = {dtype: code for code, dtype in COMPONENT_TYPES.items()}
_LINEAR, _LINEAR_MIPMAP_LINEAR, _REPEAT = 9729, 9987, 10497


@dataclass(slots=True)
class Document:
    """A glTF document while it is put together: its JSON lists and its binary chunk."""

    binary: bytearray = field(default_factory=bytearray)
    buffer_views: list[dict[str, object]] = field(default_factory=list)
    accessors: list[dict[str, object]] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)

    def add_view(self, data: bytes, **properties: object) -> int:
        """Append `data`, padded to four bytes; returns the index of its buffer view."""
        self.buffer_views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **properties})
        self.binary += data
        self.binary += bytes(-len(data) % 4)
        return len(self.buffer_views) - 1

    def add_accessor(
        self,
        values: NDArray[Any],
        *,
        target: int | None = None,
        normalized: bool = False,
        bounds: bool = False,
        kind: str | None = None,
    ) -> int:
        """Append numbers and return the index of their accessor.

        values      [count] or [count, components] of a type in COMPONENT_TYPES; rows are padded to four bytes, except
                    those of single numbers
        target      ARRAY_BUFFER for vertex attributes, ELEMENT_ARRAY_BUFFER for indices, None for all else
        normalized  integers stand for -1 to 1 or 0 to 1
        bounds      also write the smallest and the largest value of each component, as positions need it
        kind        what a row is, where that is not a vector of its components: "MAT4"
        """
        dtype = values.dtype.newbyteorder("<")
        row_bytes = dtype.itemsize * (values.shape[1] if values.ndim == 2 else 1)
        properties = {} if target is None else {"target": target}
        stored = values.astype(dtype, copy=False)
        if values.ndim == 2 and row_bytes % 4:
            stored = np.zeros((len(values), (row_bytes + 3) // 4 * 4 // dtype.itemsize), dtype)
            stored[:, : values.shape[1]] = values
            properties = {"byteStride": stored.strides[0], **properties}
        accessor: dict[str, object] = {
            "bufferView": self.add_view(stored.tobytes(), **properties),
            "componentType": _COMPONENT_CODES[dtype],
            "count": len(values),
            "type": kind or (f"VEC{values.shape[1]}" if values.ndim == 2 else "SCALAR"),
        }
        if normalized:
            accessor["normalized"] = True
        if bounds:
            extremes = {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
            accessor |= {name: value if values.ndim == 2 else [value] for name, value in extremes.items()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def add_texture(self, name: str, data: bytes, media_type: str = "image/png") -> int:
        """Append an image; returns the index of its texture, which equals the index of the image."""
        self.images.append({"name": name, "mimeType": media_type, "bufferView": self.add_view(data)})
        return len(self.images) - 1

    def to_glb(self, properties: Mapping[str, object]) -> bytes:
        """The GLB file: `properties`, which name everything but the lists kept here, then these and the binary chunk.

        All textures repeat and are filtered linearly over mip levels. Raises ValueError for NaN and infinite numbers.
        """
        gltf = dict(properties)
        if self.accessors:
            gltf["accessors"] = self.accessors
        if self.binary:
            gltf["bufferViews"] = self.buffer_views
            gltf["buffers"] = [{"byteLength": len(self.binary)}]
        if self.images:
            gltf["images"] = self.images
            gltf["samplers"] = [
                {"magFilter": _LINEAR, "minFilter": _LINEAR_MIPMAP_LINEAR, "wrapS": _REPEAT, "wrapT": _REPEAT}
            ]
            gltf["textures"] = [{"sampler": 0, "source": index} for index in range(len(self.images))]
        return _join_chunks(json.dumps(gltf, separators=(",", ":"), allow_nan=False).encode(), self.binary)


def self_description(provenance: Mapping[str, str], title: str) -> dict[str, Any]:
    """What a file says of itself: the properties `asset`, `extensionsUsed` and `extensions`.

    The provenance goes into `asset.extras` and, as XMP, into the extension KHR_xmp_json_ld.
    """
    return {
        "asset": {
            "version": "2.0",
            "generator": provenance.get("Software", "Morphogen"),
            "extras": {"digitalSourceType": DIGITAL_SOURCE_TYPE, "provenance": dict(provenance)},
            "extensions": {"KHR_xmp_json_ld": {"packet": 0}},
        },
        "extensionsUsed": ["KHR_xmp_json_ld"],
        "extensions": {"KHR_xmp_json_ld": {"packets": [_xmp_packet(provenance, title)]}},
    }


def _xmp_packet(provenance: Mapping[str, str], title: str) -> dict[str, object]:
    """The provenance as XMP in JSON-LD, for readers that look for the standard properties."""
    return {
        "@context": {
            "dc": "http://purl.org/dc/elements/1.1/",
            "xmp": "http://ns.adobe.com/xap/1.0/",
            "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        },
        "@id": "",
        "dc:title": title,
        "dc:format": "model/gltf-binary",
        "xmp:CreatorTool": provenance.get("Software", "Morphogen"),
        "Iptc4xmpExt:DigitalSourceType": DIGITAL_SOURCE_TYPE,
    }


def _join_chunks(text: bytes, binary: bytearray) -> bytes:
    """The GLB container: header, JSON chunk padded with spaces, binary chunk padded with zeros."""
    text += b" " * (-len(text) % 4)
    size = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<III", GLB_MAGIC, GLB_VERSION, size),
            struct.pack("<II", len(text), CHUNK_JSON),
            text,
            struct.pack("<II", len(binary), CHUNK_BINARY),
            binary,
        ]
    )
