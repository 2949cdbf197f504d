"""Frames as an animated WebP, which pages show as any picture, with transparency."""

import io
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

import av
import numpy as np
from numpy.typing import NDArray

from engine.codecs.provenance import DIGITAL_SOURCE_TYPE

ALPHA_STEPS = 15
"""Transparency is kept without loss, and fine shades of it take most of a file: it is rounded to these many."""

_XMP_FLAG, _ALPHA_FLAG, _FLAGS_AT = 0x04, 0x10, 20
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" Iptc4xmpExt:DigitalSourceType={kind} xmp:CreatorTool={tool}/>'
    "</rdf:RDF></x:xmpmeta>"
)


def animated_webp(frames: Sequence[NDArray[np.uint8]], rate_hz: int, quality: int, tool: str) -> bytes:
    """RGBA frames of one size as a WebP that plays over and over, and says what made it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webp", options={"loop": "0"}) as file:
        stream = file.add_stream("libwebp_anim", rate=rate_hz)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "bgra"
        stream.options = {"quality": str(quality), "compression_level": "4", "lossless": "0"}
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(stepped(pixels), format="rgba")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return with_xmp(buffer.getvalue(), {"kind": DIGITAL_SOURCE_TYPE, "tool": tool})


def stepped(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA with alpha in ALPHA_STEPS steps, and no color where nothing is seen."""
    alpha = np.rint(pixels[..., 3:] * (ALPHA_STEPS / 255.0)) * (255.0 / ALPHA_STEPS)
    return np.concatenate([np.where(alpha > 0.0, pixels[..., :3], 0), alpha], -1).astype(np.uint8)


def with_xmp(webp: bytes, facts: Mapping[str, str]) -> bytes:
    """An extended WebP with these facts about it. Raises ValueError for any other file."""
    if webp[:4] != b"RIFF" or webp[8:16] != b"WEBPVP8X":
        raise ValueError("webp: not an extended WebP file")
    text = _XMP.format(**{name: quoteattr(value) for name, value in facts.items()}).encode()
    text += b" " * (len(text) % 2)
    body = bytearray(webp[8:]) + b"XMP " + len(text).to_bytes(4, "little") + text
    # Alpha is flagged even if all pieces of frames are opaque: readers take the rest of the canvas for black otherwise.
    body[_FLAGS_AT - 8] |= _XMP_FLAG | _ALPHA_FLAG
    return b"RIFF" + len(body).to_bytes(4, "little") + bytes(body)
