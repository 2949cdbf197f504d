"""The bytes of a foreign GLB file: header, JSON, and the numbers that accessors point to."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.document import CHUNK_BINARY, CHUNK_JSON, COMPONENT_TYPES, GLB_MAGIC, GLB_VERSION
from engine.codecs.gltf.reader.fields import Fields, refusal
from engine.errors import DataError

_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_STRIDE_MAX = 252


class Container:
    """A GLB file that is taken apart.

    document  its JSON

    Raises DataError if `data` is no GLB file of version 2, incomplete, or its JSON is not readable.
    """

    def __init__(self, data: bytes) -> None:
        text, self._binary = _split(data)
        try:
            self.document = Fields(json.loads(text, parse_constant=_refuse_constant))
        except (ValueError, RecursionError) as error:
            raise DataError(f"its JSON is not readable ({error})") from error
        for index, buffer in enumerate(self.document.sections("buffers")):
            if index > 0 or "uri" in buffer:
                raise DataError(
                    f"buffers.{index}: data outside of the file is not allowed; allowed: the GLB's own chunk"
                )
        self._views = self.document.sections("bufferViews")
        self._accessors = self.document.sections("accessors")

    def view(self, index: int) -> memoryview:
        """The bytes of a buffer view. `index` must exist or DataError is raised, as for views beyond the chunk."""
        if index >= len(self._views):
            raise refusal("bufferView", index, f"0 to {len(self._views) - 1}")
        fields = self._views[index]
        fields.integer("buffer", 0, default=0)
        start = fields.integer("byteOffset", len(self._binary), default=0)
        size = fields.integer("byteLength", len(self._binary) - start)
        return self._binary[start : start + size]

    def accessor(self, index: int, types: tuple[str, ...], count_max: int) -> NDArray[Any]:
        """The numbers of an accessor, [count, components], or [count] for SCALAR, in their own type.

        types  allowed values of its `type`

        Normalized integers come as float32 from -1 to 1 or 0 to 1. Raises DataError if it does not exist, points
        beyond its view, holds more than `count_max` elements or is sparse.
        """
        if index >= len(self._accessors):
            raise refusal("accessor", index, f"0 to {len(self._accessors) - 1}")
        fields = self._accessors[index]
        if "sparse" in fields or "bufferView" not in fields:
            raise DataError(f"{fields.place}: sparse or without data is not allowed; allowed: a buffer view")
        kind, code = fields.text("type"), fields.integer("componentType", max(COMPONENT_TYPES))
        if kind not in types or code not in COMPONENT_TYPES:
            raise refusal(f"{fields.place}.type", f"{kind} of {code}", f"{' or '.join(types)} of a known type")
        count = fields.integer("count", count_max)
        values = self._strided(fields, COMPONENT_TYPES[code], count, _WIDTHS[kind])
        if fields.flag("normalized") and values.dtype.kind in "iu":
            values = np.maximum(values.astype(np.float32) / np.iinfo(values.dtype).max, -1)
        return values[:, 0] if kind == "SCALAR" else values

    def _strided(self, fields: Fields, dtype: np.dtype[Any], count: int, width: int) -> NDArray[Any]:
        """A copy of `count` rows of `width` numbers."""
        number = fields.integer("bufferView", max(len(self._views) - 1, 0))
        view = self.view(number)
        row_bytes = dtype.itemsize * width
        stride = self._views[number].integer("byteStride", _STRIDE_MAX, default=row_bytes)
        start = fields.integer("byteOffset", len(view), default=0)
        if stride < row_bytes or start + max(count - 1, 0) * stride + row_bytes * (count > 0) > len(view):
            allowed = f"what fits into the {len(view)} bytes of the view"
            raise DataError(
                f"{fields.place}: {count} elements every {stride} bytes are not allowed; allowed: {allowed}"
            )
        return np.ndarray((count, width), dtype, view, start, (stride, dtype.itemsize)).copy()


def _split(data: bytes) -> tuple[bytes, memoryview]:
    """The JSON text and the binary chunk, empty if there is none."""
    if len(data) < 20 or struct.unpack_from("<I", data)[0] != GLB_MAGIC:
        raise DataError(f"not a GLB file: the {len(data)} bytes do not start with its header")
    _, version, size = struct.unpack_from("<III", data)
    if version != GLB_VERSION:
        raise DataError(f"GLB version {version} is not allowed; allowed: {GLB_VERSION}")
    if size > len(data):
        raise DataError(f"incomplete: {len(data)} bytes of {size}")
    chunks: dict[int, memoryview] = {}
    offset = 12
    while offset + 8 <= size:
        chunk_size, kind = struct.unpack_from("<II", data, offset)
        offset += 8
        if offset + chunk_size > size:
            raise DataError(f"incomplete: a chunk of {chunk_size} bytes at byte {offset} of {size}")
        chunks.setdefault(kind, memoryview(data)[offset : offset + chunk_size])
        offset += chunk_size
    if CHUNK_JSON not in chunks:
        raise DataError("no JSON chunk in the file")
    return bytes(chunks[CHUNK_JSON]), chunks.get(CHUNK_BINARY, memoryview(b""))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
