import hashlib
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.assets import Part
from engine.codecs.video.packets import EncodedFrame
from engine.errors import GenerationError
from engine.runtime.messages import ResumePoint, SealedPart, Tally
from engine.server.video import VideoParts

POSE = b"pose" * 83


@dataclass
class Noting:
    """Writes down what it is asked; fails at one frame."""

    fails_at: int = -1
    asked: list[tuple[int, bool, int]] = field(default_factory=list)
    encoding: bool = False
    closed: bool = False

    def encode(self, pixels: NDArray[np.uint8], number: int, *, keyframe: bool = False) -> EncodedFrame:
        assert not self.encoding
        assert not self.closed
        self.encoding = True
        time.sleep(0.02)
        self.encoding = False
        if number == self.fails_at:
            raise GenerationError(f"the encoder failed at frame {number}")
        self.asked.append((number, keyframe, int(pixels[0, 0, 0])))
        return EncodedFrame(b"color", b"alpha!", keyframe, "video/x;keyframe=0;alpha_bytes=6")

    def close(self) -> None:
        assert not self.encoding
        self.closed = True


def sealed(sequence: int, name: str = "frame", payload: bytes = b"") -> SealedPart:
    part = Part(sequence, name, 2, "application/x-rgba8", payload or bytes([sequence]) * 16 + POSE)
    return SealedPart(part, part.digest(), ResumePoint(sequence + 1, Tally(), b"state", sequence + 1), 5)


async def test_picture_is_replaced_and_the_pose_stays_behind_it() -> None:
    video = VideoParts(Noting(), 2)
    made = await video.encoded(sealed(3))
    assert made.part.payload == b"coloralpha!" + POSE
    assert made.part.media_type == "video/x;keyframe=0;alpha_bytes=6;pose_bytes=332"
    assert made.sha256 == hashlib.sha256(made.part.payload).digest()
    assert (made.control_count, made.resume_point.checkpoint) == (5, b"state")


async def test_digest_and_resume_points_are_those_of_what_is_sent() -> None:
    video = VideoParts(Noting(), 2)
    video.tally = Tally(b"before" * 5 + b"xx", 7, 100)
    description = await video.encoded(sealed(0, "description", b"{}"))
    frame = await video.encoded(sealed(1))
    expected = Tally(b"before" * 5 + b"xx", 7, 100).plus(description.sha256, 2)
    expected = expected.plus(frame.sha256, len(frame.part.payload))
    assert description.part.payload == b"{}"
    assert frame.resume_point.tally == video.tally == expected


async def test_keyframe_is_asked_for_once() -> None:
    encoder = Noting()
    video = VideoParts(encoder, 2)
    await video.encoded(sealed(1))
    video.want_keyframe()
    await video.encoded(sealed(2))
    await video.encoded(sealed(3))
    assert encoder.asked == [(1, False, 1), (2, True, 2), (3, False, 3)]


async def test_encoder_that_fails_ends_the_stream_with_its_error() -> None:
    video = VideoParts(Noting(fails_at=2), 2)
    await video.encoded(sealed(1))
    with pytest.raises(GenerationError, match="failed at frame 2"):
        await video.encoded(sealed(2))
    assert video.tally.part_count == 1


def test_encoder_is_not_closed_in_the_middle_of_a_frame() -> None:
    encoder = Noting()
    video = VideoParts(encoder, 2)
    thread = threading.Thread(target=video._encode, args=(sealed(1).part, False))
    thread.start()
    while not encoder.encoding:
        time.sleep(0.001)
    video.close()
    thread.join()
    assert encoder.closed
