"""Single frames as files: raw RGBA, PNG, WebP, JPEG. Each stands for itself, so any of them may be lost."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.video.frames import QUALITY_DEFAULT, over

MEDIA_TYPES: Mapping[str, str] = {
    "raw": "application/x-rgba8",
    "png": "image/png",
    "webp": "image/webp",
    "jpeg": "image/jpeg",
}
"""Format -> media type. Raw: rows from the top, four bytes R, G, B, A per pixel, straight alpha, nothing else."""

LOSSLESS = 101
"""A quality beyond 100 makes OpenCV write WebP without loss."""


def encode_still(
    pixels: NDArray[np.uint8],
    kind: str,
    quality: int = QUALITY_DEFAULT,
    background: tuple[int, int, int] = (32, 36, 40),
) -> bytes:
    """The file of RGBA [height, width, 4] with straight alpha; equal arguments give equal bytes.

    kind        "raw", "png" and "webp" keep transparency; "jpeg" is opaque, before `background`
    quality     1 to 100 of webp and jpeg; 100 is lossless for webp

    Raises ValueError for other shapes or kinds.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise ValueError(f"pixels: {pixels.dtype} {list(pixels.shape)} is not allowed; allowed: uint8 RGBA")
    match kind:
        case "raw":
            return pixels.tobytes()
        case "png":
            settings = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
            settings += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
            return _encoded(".png", cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA), settings)
        case "webp":
            level = LOSSLESS if quality == 100 else quality
            return _encoded(".webp", cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_WEBP_QUALITY, level])
        case "jpeg":
            opaque = cv2.cvtColor(over(pixels, background), cv2.COLOR_RGB2BGR)
            return _encoded(".jpg", opaque, [cv2.IMWRITE_JPEG_QUALITY, quality])
    raise ValueError(f"kind: {kind!r} is not allowed; allowed: {', '.join(MEDIA_TYPES)}")


def _encoded(suffix: str, pixels: cv2.typing.MatLike, settings: list[int]) -> bytes:
    done, encoded = cv2.imencode(suffix, pixels, settings)
    if not done:
        raise ValueError(f"pixels: {list(pixels.shape)} cannot be encoded as {suffix}")
    return encoded.tobytes()
