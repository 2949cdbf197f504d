import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codecs.render.panorama import encode_radiance
from engine.geometry.sky.panorama import sky_at


def decode(data: bytes) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return np.asarray(decoded[..., ::-1], np.float32)


@pytest.mark.parametrize("hour", [0.0, 6.0, 12.0])
def test_another_reader_sees_the_same_sky(hour: float) -> None:
    pixels = sky_at(hour).panorama(64)
    found = decode(encode_radiance(pixels))
    assert found.shape == pixels.shape
    allowed = pixels.max(axis=2, keepdims=True) / 120.0
    assert (np.abs(found - pixels) <= allowed).all()


@given(st.lists(st.floats(0.0, 2.0**99, width=32), min_size=48, max_size=48))
def test_any_range_survives(values: list[float]) -> None:
    pixels = np.array(values, np.float32).reshape(2, 8, 3)
    found = decode(encode_radiance(pixels))
    assert (np.abs(found - pixels) <= pixels.max(axis=2, keepdims=True) / 120.0 + 1e-30).all()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((0, 4, 3), np.float32),
        np.full((2, 2, 3), -1.0, np.float32),
        np.full((2, 2, 3), np.nan, np.float32),
        np.full((2, 2, 3), np.inf, np.float32),
    ],
)
def test_what_the_format_cannot_hold_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pixels"):
        encode_radiance(pixels)
