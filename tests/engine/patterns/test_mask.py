import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import InvalidRequestError
from engine.patterns import structure_from_mask
from engine.patterns.mask import resized


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def tiles_mask(size_px: int = 128) -> bytes:
    """Sixteen white squares between dark joints; the joints do not lie on the seam, so four bodies cross it."""
    line = (np.arange(size_px) + 16) % 32 < 6
    body = ~(line[:, None] | line[None, :])
    return png_of(Image.fromarray(body.astype(np.uint8) * 200 + 20))


@pytest.mark.parametrize("size_px", [16, 64, 100, 256, 700])
def test_mask_becomes_structure_of_the_asked_size(size_px: int) -> None:
    structure = structure_from_mask(tiles_mask(), size_px)
    for channel, lowest in ((structure.height, 0.0), (structure.edge_distance, 0.0), (structure.cell_tone, -1.0)):
        assert channel.shape == (size_px, size_px)
        assert channel.dtype == np.float32
        assert lowest <= float(channel.min())
        assert float(channel.max()) <= 1.0
    assert float(structure.height.mean()) == pytest.approx((20 + 200 * (26 / 32) ** 2) / 255, abs=0.01)


def test_white_is_high_and_edges_are_where_it_turns_dark() -> None:
    structure = structure_from_mask(tiles_mask(), 512)
    # The first joint lies at 16 to 22 of 128 mask pixels; a body reaches across the seam from 118 to 16.
    assert float(structure.height[:, 76].max()) < 0.1
    assert float(structure.edge_distance[:, 76].max()) < 0.05
    assert float(structure.height[12, 12]) > 0.8
    assert float(structure.edge_distance[12, 12]) > 0.9


def test_bodies_that_meet_across_the_seam_share_a_tone() -> None:
    structure = structure_from_mask(tiles_mask(), 512)
    body = structure.edge_distance > 0.5
    assert len(np.unique(np.round(structure.cell_tone[body], 4))) == 16
    assert structure.cell_tone[0, 0] == structure.cell_tone[-1, 0] == structure.cell_tone[0, -1]


def test_rolling_the_mask_rolls_height_and_edges() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    here = structure_from_mask(png_of(Image.fromarray(grey)), 128)
    rolled = structure_from_mask(png_of(Image.fromarray(np.roll(grey, (16, 32), (0, 1)))), 128)
    assert np.allclose(np.roll(here.height, (32, 64), (0, 1)), rolled.height, atol=1e-6)
    assert np.allclose(np.roll(here.edge_distance, (32, 64), (0, 1)), rolled.edge_distance, atol=1e-5)


def test_plain_mask_has_no_edges() -> None:
    structure = structure_from_mask(png_of(Image.new("L", (32, 32), 128)), 64)
    assert np.allclose(structure.height, 128 / 255)
    assert (structure.edge_distance == 1.0).all()
    assert (structure.cell_tone == 0.0).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1", "I;16"])
def test_every_kind_of_png_is_read(mode: str) -> None:
    white = 65535 if mode == "I;16" else 255
    color = {"LA": (white, 255), "RGB": (white,) * 3, "RGBA": (white,) * 4}.get(mode, white)
    image = Image.new(mode, (20, 40), color)
    if mode == "P":
        image.putpalette([255, 255, 255] * 256)
    assert float(structure_from_mask(png_of(image), 16).height.min()) > 0.999


def damaged(png: bytes) -> list[bytes]:
    middle = len(png) // 2
    return [b"", b"not an image", png[:middle], png[:-4], png[:middle] + bytes([png[middle] ^ 255]) + png[middle + 1 :]]


@pytest.mark.parametrize("png", damaged(tiles_mask()))
def test_damaged_files_are_refused(png: bytes) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        structure_from_mask(png, 64)
    assert caught.value.field == "mask_png"


def test_other_formats_are_refused() -> None:
    buffer = io.BytesIO()
    Image.new("L", (32, 32)).save(buffer, "BMP")
    with pytest.raises(InvalidRequestError, match="mask_png"):
        structure_from_mask(buffer.getvalue(), 64)


@pytest.mark.parametrize("size", [(15, 64), (64, 15), (1, 1), (4097, 16)])
def test_images_too_small_or_too_large_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError, match="mask_png"):
        structure_from_mask(png_of(Image.new("L", size)), 64)


def test_header_that_promises_gigabytes_is_refused_before_decoding() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(InvalidRequestError, match="60000 x 60000"):
        structure_from_mask(png, 64)


def test_size_outside_its_range_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="size_px"):
        structure_from_mask(tiles_mask(), 8)


@settings(deadline=None, max_examples=50)
@given(st.integers(16, 60), st.integers(16, 60), st.integers(16, 90))
def test_resampling_keeps_the_mean_and_a_constant(height: int, width: int, size_px: int) -> None:
    field = np.random.default_rng(height * 100 + width).random((height, width), dtype=np.float32)
    assert np.allclose(resized(np.ones_like(field), size_px), 1.0, atol=1e-5)
    if size_px <= min(height, width):
        assert float(resized(field, size_px).mean()) == pytest.approx(float(field.mean()), abs=1e-4)


@pytest.mark.parametrize("surplus", [b"\0" * 3_000_000, b"\xff" * 600])
def test_pixel_data_that_unpacks_to_more_than_the_image_is_refused(surplus: bytes) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0))
    rows = b"".join(b"\0" + bytes(range(16)) for _ in range(16))
    whole, swollen = (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
        for data in (rows, rows + surplus)
    )
    assert structure_from_mask(whole, 16).height.shape == (16, 16)
    with pytest.raises(InvalidRequestError, match="mask_png"):
        structure_from_mask(swollen, 16)
