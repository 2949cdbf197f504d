"""PNG and nothing else: pixels to bytes and back, with the provenance in text chunks.

OpenCV compresses the pixels; the chunks around them are written here, because OpenCV offers no control over them.
Format: W3C "Portable Network Graphics (PNG) Specification (Third Edition)", chunk layout in section 5.3, iTXt in
section 11.3.3.4.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
"""An image: grey [height, width] or color [height, width, channels], channels in the order R, G, B, A."""

FAST_LEVEL = 1
"""The level used while streaming: horizontal differences and run lengths instead of a search for repeats.

Measured on one core with photographed materials at 512 px, beside level 6: albedo 8 ms and 392 KiB (36 ms, 328 KiB),
normals 6 ms and 277 KiB (33 ms, 274 KiB), 16-bit height 5 ms and 337 KiB (31 ms, 334 KiB), roughness 2 ms and 119 KiB
(13 ms, 124 KiB).
"""

MAX_PIXELS = 64 * 1024 * 1024
"""Largest image that `decode_png` accepts, so that a small file cannot claim all memory."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = len(_SIGNATURE) + 4 + 4 + 13 + 4  # signature, then the IHDR chunk: length, type, 13 bytes, CRC


def encode_png(
    pixels: Pixels, provenance: Mapping[str, str], compression_level: int = FAST_LEVEL, *, srgb: bool = False
) -> bytes:
    """The complete PNG file of `pixels`; equal arguments give equal bytes.

    pixels             grey [height, width], uint8 or uint16, or RGB [height, width, 3], uint8
    provenance         keyword -> text; each becomes an iTXt chunk before the pixel data, in the mapping's order
    compression_level  0 (stored) to 9 (smallest); 1 is by far the best trade while streaming
    srgb               True marks the colors as sRGB (albedo); False leaves the file unmarked, which is how readers
                       expect linear data

    Raises ValueError for other shapes, types, levels or keywords that PNG does not allow.
    """
    grey = pixels.ndim == 2 and pixels.dtype in (np.uint8, np.uint16)
    color = pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8
    if not (grey or color) or pixels.size == 0:
        raise ValueError(
            f"pixels: {pixels.dtype} {list(pixels.shape)} is not allowed; allowed: grey [height, width] of uint8 or "
            "uint16, RGB [height, width, 3] of uint8, not empty"
        )
    if not 0 <= compression_level <= 9:
        raise ValueError(f"compression_level: {compression_level} is not allowed; allowed: 0 to 9")
    strategy = cv2.IMWRITE_PNG_STRATEGY_RLE if compression_level == FAST_LEVEL else cv2.IMWRITE_PNG_STRATEGY_DEFAULT
    settings = [cv2.IMWRITE_PNG_COMPRESSION, compression_level, cv2.IMWRITE_PNG_STRATEGY, strategy]
    settings += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    done, encoded = cv2.imencode(".png", pixels if grey else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise ValueError(f"pixels: {list(pixels.shape)} cannot be encoded as PNG")
    plain = encoded.tobytes()
    chunks = [_chunk(b"sRGB", b"\x00")] if srgb else []  # 0: perceptual intent
    chunks += [_text_chunk(keyword, text) for keyword, text in provenance.items()]
    return b"".join([plain[:_HEADER_END], *chunks, plain[_HEADER_END:]])


def decode_png(data: bytes) -> Pixels:
    """The pixels of a PNG file: [height, width] for grey, [height, width, 3] RGB, [height, width, 4] with alpha.

    8-bit files (and smaller depths) give uint8, 16-bit files uint16, unscaled. Palettes are resolved to RGB.

    Raises DataError if `data` is no PNG, is damaged or incomplete, or has more than MAX_PIXELS pixels.
    """
    for kind, payload in _read_chunks(data):
        if kind == b"IHDR":
            width_px, height_px = struct.unpack(">II", payload[:8])
            if width_px * height_px > MAX_PIXELS:
                raise DataError(f"PNG of {width_px}x{height_px} pixels is not allowed; allowed: {MAX_PIXELS} pixels")
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        decoded = None
    if decoded is None:
        raise DataError("PNG with damaged pixel data")
    if decoded.ndim == 3:
        decoded = cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA if decoded.shape[2] == 4 else cv2.COLOR_BGR2RGB)
    return decoded.astype(np.uint16) if decoded.dtype == np.uint16 else decoded.astype(np.uint8)


def read_provenance(data: bytes) -> dict[str, str]:
    """The text chunks of a PNG file that `encode_png` made, keyword -> text, in file order.

    Other programs' text is included as far as it is uncompressed. Raises DataError if `data` is no intact PNG.
    """
    texts: dict[str, str] = {}
    for kind, payload in _read_chunks(data):
        keyword, _, rest = payload.partition(b"\x00")
        if kind == b"tEXt":
            texts[keyword.decode("latin-1")] = rest.decode("latin-1")
        elif kind == b"iTXt" and rest[:1] == b"\x00":
            texts[keyword.decode("latin-1")] = rest[2:].split(b"\x00", 2)[-1].decode("utf-8", "replace")
    return texts


def _chunk(kind: bytes, payload: bytes) -> bytes:
    """A PNG chunk: length, type, payload, CRC over type and payload."""
    body = kind + payload
    return struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))


def _text_chunk(keyword: str, text: str) -> bytes:
    """An uncompressed iTXt chunk without language tag, so that any Unicode text survives."""
    try:
        name = keyword.encode("latin-1")
    except UnicodeEncodeError:
        name = b""
    printable = all(32 <= byte <= 126 or byte >= 161 for byte in name)
    if not 1 <= len(name) <= 79 or not printable or keyword != " ".join(keyword.split()):
        raise ValueError(
            f"provenance: keyword {keyword!r} is not allowed; allowed: 1 to 79 printable Latin-1 characters"
        )
    if "\x00" in text:
        raise ValueError(f"provenance.{keyword}: {text!r} is not allowed; allowed: text without NUL characters")
    return _chunk(b"iTXt", name + b"\x00\x00\x00\x00\x00" + text.encode())


def _read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All chunks as (type, payload), checked for length, CRC and the closing IEND."""
    if not data.startswith(_SIGNATURE):
        raise DataError(f"not a PNG image: the {len(data)} bytes do not start with the PNG signature")
    offset, kind = len(_SIGNATURE), b""
    while kind != b"IEND":
        if offset + 12 > len(data):
            raise DataError(f"PNG is incomplete: it ends after {len(data)} bytes without its closing chunk")
        (size,) = struct.unpack_from(">I", data, offset)
        kind, end = data[offset + 4 : offset + 8], offset + 12 + size
        if end > len(data):
            raise DataError(f"PNG is incomplete: it ends after {len(data)} bytes inside of a chunk")
        if offset == len(_SIGNATURE) and (kind, size) != (b"IHDR", 13):
            raise DataError("PNG is damaged: its first chunk is not a header")
        if zlib.crc32(data[offset + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise DataError(f"PNG is damaged: wrong checksum in chunk {kind.decode('latin-1')!r}")
        yield kind, data[offset + 8 : end - 4]
        offset = end
