import io
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from engine.codecs.image import MAX_PIXELS, Pixels, decode_png, encode_png, read_provenance
from engine.errors import DataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PROVENANCE = {
    "Software": "Morphogen 1.2.3",
    "Request": '{"texture_class":"brick"}',
    "Title": "Grüße, 世界 🧱\nline two",
}


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def header(width_px: int, height_px: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0))


def chunk_kinds(data: bytes) -> list[bytes]:
    kinds, offset = [], len(SIGNATURE)
    while offset < len(data):
        (size,) = struct.unpack_from(">I", data, offset)
        kinds.append(data[offset + 4 : offset + 8])
        offset += size + 12
    return kinds


def random_pixels(shape: tuple[int, ...], dtype: type[np.uint8 | np.uint16], seed: int = 0) -> Pixels:
    top = np.iinfo(dtype).max + 1
    values: NDArray[np.int64] = np.random.default_rng(seed).integers(0, top, shape)
    return values.astype(np.uint16) if dtype is np.uint16 else values.astype(np.uint8)


@st.composite
def images(draw: st.DrawFn) -> Pixels:
    height_px, width_px = draw(st.integers(1, 37)), draw(st.integers(1, 37))
    seed = draw(st.integers(0, 1000))
    kind = draw(st.sampled_from(["grey", "grey16", "color"]))
    shape = (height_px, width_px, 3) if kind == "color" else (height_px, width_px)
    return random_pixels(shape, np.uint16 if kind == "grey16" else np.uint8, seed)


keywords = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=79)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200)


@given(images(), st.dictionaries(keywords, texts, max_size=4), st.integers(0, 9), st.booleans())
def test_pixels_and_provenance_survive_the_round_trip(
    pixels: Pixels, provenance: dict[str, str], level: int, srgb: bool
) -> None:
    data = encode_png(pixels, provenance, level, srgb=srgb)
    decoded = decode_png(data)
    assert decoded.dtype == pixels.dtype
    np.testing.assert_array_equal(decoded, pixels)
    assert read_provenance(data) == provenance


@pytest.mark.parametrize(
    ("shape", "dtype", "mode"),
    [((9, 14), np.uint8, "L"), ((9, 14), np.uint16, "I;16"), ((9, 14, 3), np.uint8, "RGB")],
)
def test_a_second_reader_sees_the_same_pixels_mode_and_text(
    shape: tuple[int, ...], dtype: type[np.uint8 | np.uint16], mode: str
) -> None:
    pixels = random_pixels(shape, dtype)
    with Image.open(io.BytesIO(encode_png(pixels, PROVENANCE))) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("PNG", mode, (14, 9))
        np.testing.assert_array_equal(np.asarray(image), pixels)
        assert {key: str(value) for key, value in image.info.items()} == PROVENANCE


def test_text_and_color_chunks_stand_before_the_pixels() -> None:
    data = encode_png(random_pixels((4, 4, 3), np.uint8), PROVENANCE, srgb=True)
    assert chunk_kinds(data) == [b"IHDR", b"sRGB", b"iTXt", b"iTXt", b"iTXt", b"IDAT", b"IEND"]


def test_linear_data_carries_no_color_chunk() -> None:
    assert chunk_kinds(encode_png(random_pixels((4, 4), np.uint16), {})) == [b"IHDR", b"IDAT", b"IEND"]


def test_equal_arguments_give_equal_bytes() -> None:
    pixels = random_pixels((33, 65, 3), np.uint8)
    assert encode_png(pixels, PROVENANCE, srgb=True) == encode_png(pixels.copy(), dict(PROVENANCE), srgb=True)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 3), np.uint16),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 1), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_other_shapes_and_types_are_refused(pixels: Pixels) -> None:
    with pytest.raises(ValueError, match=re.escape(f"pixels: {pixels.dtype} {list(pixels.shape)} is not allowed")):
        encode_png(pixels, {})


@pytest.mark.parametrize("keyword", ["", "k" * 80, " padded", "two  spaces", "Ключ", "line\nbreak"])
def test_keywords_that_png_does_not_allow_are_refused(keyword: str) -> None:
    with pytest.raises(ValueError, match=r"keyword .* is not allowed; allowed: 1 to 79"):
        encode_png(np.zeros((2, 2), np.uint8), {keyword: "text"})


def test_text_with_a_nul_character_is_refused() -> None:
    with pytest.raises(ValueError, match=r"provenance\.Title: .* without NUL"):
        encode_png(np.zeros((2, 2), np.uint8), {"Title": "a\x00b"})


def test_a_compression_level_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="compression_level: 10 is not allowed; allowed: 0 to 9"):
        encode_png(np.zeros((2, 2), np.uint8), {}, 10)


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"),
    [
        ("1", (4, 5), np.uint8),
        ("L", (4, 5), np.uint8),
        ("I;16", (4, 5), np.uint16),
        ("P", (4, 5, 3), np.uint8),
        ("RGB", (4, 5, 3), np.uint8),
        ("RGBA", (4, 5, 4), np.uint8),
    ],
)
def test_files_of_another_writer_are_read(mode: str, shape: tuple[int, ...], dtype: type[np.uint8 | np.uint16]) -> None:
    file = io.BytesIO()
    Image.new(mode, (5, 4)).save(file, "PNG")
    pixels = decode_png(file.getvalue())
    assert pixels.shape == shape
    assert pixels.dtype == dtype


def test_colors_of_another_writer_keep_their_order() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (1, 1), (10, 20, 30, 40)).save(file, "PNG")
    assert decode_png(file.getvalue()).tolist() == [[[10, 20, 30, 40]]]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 a JPEG", b"\x89PNG"])
def test_bytes_that_are_no_png_are_named_as_such(data: bytes) -> None:
    with pytest.raises(DataError, match=f"not a PNG image: the {len(data)} bytes"):
        decode_png(data)


@given(st.integers(8, 250))
def test_a_file_cut_short_is_incomplete(size: int) -> None:
    data = encode_png(random_pixels((9, 9, 3), np.uint8), PROVENANCE)
    with pytest.raises(DataError, match="PNG is incomplete"):
        decode_png(data[:size])


@given(st.integers(8, 250), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    data = bytearray(encode_png(random_pixels((9, 9, 3), np.uint8), PROVENANCE))
    data[position] ^= change
    with pytest.raises(DataError, match="PNG"):
        decode_png(bytes(data))


@pytest.mark.parametrize("pixel_data", [b"", b"garbage", zlib.compress(b"\x00" * 20)])
def test_damaged_pixel_data_behind_right_checksums_is_noticed(pixel_data: bytes) -> None:
    data = SIGNATURE + header(9, 9) + chunk(b"IDAT", pixel_data) + chunk(b"IEND", b"")
    with pytest.raises(DataError, match="damaged pixel data"):
        decode_png(data)


def test_a_small_file_that_claims_a_huge_image_is_refused() -> None:
    data = SIGNATURE + header(60000, 60000) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(DataError, match=f"PNG of 60000x60000 pixels is not allowed; allowed: {MAX_PIXELS} pixels"):
        decode_png(data)


def test_uncompressed_text_of_another_writer_is_read() -> None:
    title = chunk(b"tEXt", "Title\x00Stra\xdfe".encode("latin-1"))
    compressed = chunk(b"iTXt", b"Long\x00\x01\x00\x00\x00" + zlib.compress(b"text"))
    data = SIGNATURE + header(1, 1) + title + compressed + chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    assert read_provenance(data + chunk(b"IEND", b"")) == {"Title": "Straße"}
