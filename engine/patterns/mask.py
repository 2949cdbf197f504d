"""Structure from a designer's own grey PNG instead of a pattern."""

import struct
import zlib
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.patterns.canvas import FloatField, IntField, Layer, hash_values
from engine.patterns.library import SIZE_MAX_PX, SIZE_MIN_PX
from engine.patterns.structure import Structure

ANALYSIS_PX = 512
"""Edges and cells are found at this size whatever size is asked for, so that all levels of detail agree."""

CONTRAST_MIN = 0.05
"""A mask with less contrast has no edges."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel by PNG color type."""

INFLATE_PIECE_BYTES = 1024 * 1024
ALLOWED = f"a whole grey or color PNG with edges of {SIZE_MIN_PX} to {SIZE_MAX_PX} px"


def structure_from_mask(png: bytes, size_px: int) -> Structure:
    """Structure from a PNG (white = high; colors count by luma, transparency is ignored), taken as a tile that wraps.

    The image is stretched to `size_px` x `size_px` (16 to 4096) by area averaging or linear interpolation across the
    seam. Joints are what is darker than the middle between the darkest and the brightest value; edge_distance is the
    distance to the nearest joint, 1 at the farthest point of the tile, and every connected body has a tone of its own.
    Raises InvalidRequestError: field "mask_png" for anything but a whole PNG with edges of 16 to 4096 px, "size_px".
    """
    if not SIZE_MIN_PX <= size_px <= SIZE_MAX_PX:
        raise InvalidRequestError("size_px", size_px, f"{SIZE_MIN_PX} to {SIZE_MAX_PX}")
    grey, edge, tone = _analysed(png)
    return Structure(
        np.clip(resized(grey, size_px), 0.0, 1.0),
        np.clip(resized(edge, size_px), 0.0, 1.0),
        np.clip(resized(tone, size_px), -1.0, 1.0),
    )


@lru_cache(maxsize=1)
def _analysed(png: bytes) -> tuple[FloatField, FloatField, FloatField]:
    """Grey at full size, edge distance and cell tone; kept for the next size that the same request asks for."""
    grey = _decoded(png)
    edge, tone = _edges_and_cells(resized(grey, ANALYSIS_PX))
    return grey, edge, tone


def resized(field: FloatField, size_px: int) -> FloatField:
    """`field` resampled to `size_px` x `size_px` on the torus: means over areas downwards, linear upwards."""
    for _ in range(2):
        # Transposing makes each pass resample rows, and two passes restore the axes.
        field = _resized_rows(field, size_px).T
    return np.ascontiguousarray(field)


def _resized_rows(field: FloatField, count: int) -> FloatField:
    length = field.shape[0]
    if length == count:
        return field
    step = length / count
    # The kernel is the source's pixel for enlarging (a box blurred to a triangle) and the target's for reducing.
    start = (np.arange(count) + 0.5) * step - 0.5 * max(step, 1.0)
    first = np.floor(start)
    total = np.zeros((count, field.shape[1]), dtype=np.float32)
    for tap in range(int(np.ceil(max(step, 1.0))) + 1):
        overlap = np.minimum(start + max(step, 1.0), first + tap + 1.0) - np.maximum(start, first + tap)
        weight = (np.maximum(overlap, 0.0) / max(step, 1.0)).astype(np.float32)
        total += field[(first.astype(np.int64) + tap) % length] * weight[:, None]
    return total


def _decoded(png: bytes) -> FloatField:
    """The image in grey, [height, width] in [0, 1]."""
    width, height = _declared_size(png)
    if not (SIZE_MIN_PX <= width <= SIZE_MAX_PX and SIZE_MIN_PX <= height <= SIZE_MAX_PX):
        raise InvalidRequestError("mask_png", f"{width} x {height} px", ALLOWED)
    image = cv2.imdecode(np.frombuffer(png, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise InvalidRequestError("mask_png", f"{len(png)} bytes", ALLOWED)
    full = 65535.0 if image.dtype == np.uint16 else 255.0
    values: FloatField = image.astype(np.float32) / np.float32(full)
    if values.ndim == 2:
        return values
    blue, green, red = values[:, :, 0], values[:, :, 1], values[:, :, 2]
    grey: FloatField = red * np.float32(0.2126) + green * np.float32(0.7152) + blue * np.float32(0.0722)
    return grey


def _declared_size(png: bytes) -> tuple[int, int]:
    """Width and height from the header, after checking that all chunks are there and undamaged.

    Looking before decoding keeps a small file that unpacks to gigabytes out.
    """
    broken = InvalidRequestError("mask_png", f"{len(png)} bytes", ALLOWED)
    if not png.startswith(PNG_SIGNATURE) or png[12:16] != b"IHDR":
        raise broken
    position, kind, packed = len(PNG_SIGNATURE), b"", b""
    while kind != b"IEND":
        if position + 12 > len(png):
            raise broken
        (length,) = struct.unpack_from(">I", png, position)
        kind = png[position + 4 : position + 8]
        checksum = png[position + 8 + length : position + 12 + length]
        if checksum != struct.pack(">I", zlib.crc32(png[position + 4 : position + 8 + length])):
            raise broken
        if kind == b"IDAT":
            packed += png[position + 8 : position + 8 + length]
        position += 12 + length
    width, height, depth, color_type = struct.unpack_from(">IIBB", png, 16)
    row_bytes = 1 + (width * depth * CHANNELS.get(color_type, 4) + 7) // 8
    # Interlaced rows come in seven passes of their own; twice the plain size is more than they can need.
    if max(width, height) <= SIZE_MAX_PX and _inflates_beyond(packed, 2 * height * row_bytes + 64):
        raise broken
    return width, height


def _inflates_beyond(packed: bytes, limit_bytes: int) -> bool:
    """Whether a zlib stream is damaged or holds more than `limit_bytes`, without unpacking more than that."""
    unpacker, size = zlib.decompressobj(), 0
    try:
        while packed and not unpacker.eof and size <= limit_bytes:
            size += len(unpacker.decompress(packed, INFLATE_PIECE_BYTES))
            packed = unpacker.unconsumed_tail
    except zlib.error:
        return True
    return size > limit_bytes


def _edges_and_cells(grey: FloatField) -> tuple[FloatField, FloatField]:
    """Edge distance and cell tone of a tile that wraps."""
    low, high = float(grey.min()), float(grey.max())
    if high - low < CONTRAST_MIN:
        return np.ones_like(grey), np.zeros_like(grey)
    body = (grey > 0.5 * (low + high)).astype(np.uint8)
    # Half a tile all around: no point of a torus is farther from anything.
    half = grey.shape[0] // 2
    around = np.pad(body, half, mode="wrap")
    distance = cv2.distanceTransform(around, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[half:-half, half:-half]
    edge = distance.astype(np.float32) / np.float32(max(float(distance.max()), 1.0))
    labels = _torus_components(body)
    tones = hash_values(0, Layer.TONE, int(labels.max()) + 1)
    return edge, tones[labels] * body


def _torus_components(body: NDArray[np.uint8]) -> IntField:
    """Connected bodies, numbered; bodies that meet across the seam have one number."""
    count, labels = cv2.connectedComponents(body, connectivity=4)
    parent = list(range(count))

    def root(label: int) -> int:
        while parent[label] != label:
            label = parent[label]
        return label

    for first, last in ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1])):
        for one, other in zip(first.tolist(), last.tolist(), strict=True):
            if one and other:
                small, large = sorted((root(one), root(other)))
                parent[large] = small
    merged: IntField = np.array([root(label) for label in range(count)], dtype=np.int64)[labels]
    return merged
