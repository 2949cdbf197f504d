"""Skies as files: the Radiance format keeps their whole range.

Format: Ward, "Real Pixels", Graphics Gems II, 1991: three mantissas that share an exponent, here without run lengths
(a sky has none worth keeping).
"""

import numpy as np

from engine.geometry.sky.panorama import Panorama

_LARGEST, _SMALLEST = 1.0e37, 1.0e-32


def encode_radiance(pixels: Panorama) -> bytes:
    """The Radiance file (.hdr) of linear colors float32 [height, width, 3]; precise to one part in 128.

    Raises ValueError for other shapes and for values that are negative, infinite or no numbers.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ValueError(f"pixels: {list(pixels.shape)} is not allowed; allowed: [height, width, 3], not empty")
    if not np.all((pixels >= 0) & (pixels <= _LARGEST)):
        raise ValueError(f"pixels: negative or unbounded values are not allowed; allowed: 0 to {_LARGEST:g}")
    height, width = pixels.shape[:2]
    brightest = pixels.max(axis=2)
    mantissa, exponent = np.frexp(brightest)
    scale = np.where(brightest > _SMALLEST, mantissa * 256.0 / np.maximum(brightest, _SMALLEST), 0.0)
    codes = np.zeros((height, width, 4), np.uint8)
    codes[..., :3] = np.minimum(pixels * scale[..., None], 255.0)
    codes[..., 3] = np.where(scale > 0.0, exponent + 128, 0)
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n"
    return header.encode() + codes.tobytes()
