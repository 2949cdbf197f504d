"""Animated pictures are read back by another reader."""

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.clips.webp import animated_webp, with_xmp


def test_frames_come_back_with_time_transparency_and_origin() -> None:
    frames = [np.zeros((48, 64, 4), np.uint8) for _ in range(6)]
    for number, frame in enumerate(frames):
        frame[8:40, 8 + 4 * number : 24 + 4 * number] = (200, 60, 40, 255)
    with Image.open(io.BytesIO(animated_webp(frames, 24, 80, "framegen/1/S"))) as read:
        assert (read.n_frames, read.size, read.info["loop"]) == (6, (64, 48), 0)  # type: ignore[attr-defined]
        assert b"trainedAlgorithmicMedia" in read.info["xmp"]
        assert b"framegen/1/S" in read.info["xmp"]
        lasting_ms = 0
        for number, frame in enumerate(frames):
            read.seek(number)
            pixels = np.asarray(read.convert("RGBA"))
            lasting_ms += read.info["duration"]
            assert np.array_equal(pixels[..., 3] > 127, frame[..., 3] > 127)
            assert abs(int(pixels[24, 16 + 4 * number, 0]) - 200) < 12
        assert abs(lasting_ms - 250) <= 2


def test_only_extended_files_can_say_where_they_came_from() -> None:
    with pytest.raises(ValueError, match="extended"):
        with_xmp(b"RIFF\x04\x00\x00\x00WEBPVP8 ", {"kind": "", "tool": ""})
