"""Images on surfaces: linear values, smaller copies for what is far away."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.shading import decode_srgb
from engine.errors import DataError
from engine.geometry.scene import Image, Material

Floats = NDArray[np.float32]
Pyramid = tuple[Floats, ...]

_LARGEST_PX = 2048


@lru_cache(maxsize=24)
def pyramid(image: Image, *, srgb: bool = True) -> Pyramid:
    """Linear values float32 [height, width, 3] of an image and of ever smaller copies, down to one pixel.

    srgb  whether the image holds colors; others (normals) are linear already, 0 to 1

    Raises DataError if the image cannot be read.
    """
    try:
        codes = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        codes = None
    if codes is None:
        raise DataError(f"material: {len(image.data)} bytes of {image.media_type} are no readable image")
    share = _LARGEST_PX / max(codes.shape[:2])
    if share < 1.0:
        codes = cv2.resize(codes, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    pixels = np.ascontiguousarray(codes[..., ::-1]).astype(np.uint8)
    level = decode_srgb(pixels) if srgb else (pixels / np.float32(255)).astype(np.float32)
    levels = []
    while True:
        height, width = level.shape[:2]
        levels.append(level)
        if height == width == 1:
            return tuple(levels)
        smaller = (max(1, width // 2), max(1, height // 2))
        level = cv2.resize(level, smaller, interpolation=cv2.INTER_AREA).astype(np.float32)


def sample(levels: Pyramid, coordinate: Floats, footprint: Floats) -> Floats:
    """Colors [n, 3] at texture coordinates [n, 2], which repeat.

    footprint  float32 [n], width of a pixel of the picture in texture coordinates
    """
    blur = np.log2(np.maximum(footprint * max(levels[0].shape[:2]), 1.0))
    number = np.clip(np.round(blur), 0, len(levels) - 1).astype(np.int64)
    color = np.empty((len(coordinate), 3), np.float32)
    for level in np.unique(number):
        chosen = np.flatnonzero(number == level)
        color[chosen] = _bilinear(levels[level], coordinate[chosen])
    return color


def repeated(material: Material, coordinate: Floats) -> Floats:
    """Texture coordinates after the material's scale."""
    return coordinate * np.asarray(material.texture_scale, np.float32)


def _bilinear(image: Floats, coordinate: Floats) -> Floats:
    height, width = image.shape[:2]
    x = (coordinate[:, 0] - np.floor(coordinate[:, 0])) * width - np.float32(0.5)
    y = (coordinate[:, 1] - np.floor(coordinate[:, 1])) * height - np.float32(0.5)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, down = (x - left)[:, None], (y - top)[:, None]
    one, two, upper, lower = left % width, (left + 1) % width, top % height, (top + 1) % height
    above = image[upper, one] * (1 - right) + image[upper, two] * right
    below = image[lower, one] * (1 - right) + image[lower, two] * right
    color: Floats = above * (1 - down) + below * down
    return color
