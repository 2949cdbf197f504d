"""Readers of glTF files that know nothing of the code that writes them."""

import io
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

COMPONENT_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
COMPONENT_COUNTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class GlbReader:
    """A reader of its own, written from the format's specification."""

    def __init__(self, data: bytes) -> None:
        magic, version, size = struct.unpack_from("<4sII", data)
        assert (magic, version, size) == (b"glTF", 2, len(data))
        text_size, text_kind = struct.unpack_from("<I4s", data, 12)
        binary_size, binary_kind = struct.unpack_from("<I4s", data, 20 + text_size)
        assert (text_kind, binary_kind) == (b"JSON", b"BIN\x00")
        assert (text_size % 4, binary_size % 4) == (0, 0)
        self.document: dict[str, Any] = json.loads(data[20 : 20 + text_size])
        self.binary = data[28 + text_size :]
        assert len(self.binary) == binary_size

    def view(self, index: int) -> bytes:
        view = self.document["bufferViews"][index]
        assert view["byteOffset"] % 4 == 0
        return self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def accessor(self, index: int) -> NDArray[Any]:
        """Values [count, components], normalized integers as floats."""
        accessor = self.document["accessors"][index]
        dtype, width = np.dtype(COMPONENT_TYPES[accessor["componentType"]]), COMPONENT_COUNTS[accessor["type"]]
        view = self.document["bufferViews"][accessor["bufferView"]]
        stride = view.get("byteStride", dtype.itemsize * width)
        rows = np.frombuffer(self.view(accessor["bufferView"]), np.uint8).reshape(accessor["count"], stride)
        values = np.ascontiguousarray(rows[:, : dtype.itemsize * width]).view(dtype)
        return np.maximum(values / np.iinfo(dtype).max, -1) if accessor.get("normalized") else values

    def image(self, texture: dict[str, int]) -> NDArray[np.uint8]:
        source = self.document["textures"][texture["index"]]["source"]
        image = self.document["images"][source]
        assert image["mimeType"] == "image/png"
        with Image.open(io.BytesIO(self.view(image["bufferView"]))) as opened:
            return np.asarray(opened)


@pytest.fixture
def open_glb() -> Callable[[bytes], Any]:
    """Opens a GLB file: `document`, `accessor(index)` and `image(texture)` of GlbReader."""
    return GlbReader
