import errno
import io
from collections import deque
from collections.abc import Callable

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.codecs.video.codecs import CODECS
from engine.codecs.video.frames import VideoSettings
from engine.codecs.video.writer import PIPE_CONTAINERS, VideoWriter
from engine.errors import OutputError

Frame = Callable[[int], NDArray[np.uint8]]


class Pipe(io.RawIOBase):
    """Cannot go back; breaks after `limit` bytes."""

    def __init__(self, limit: int = 10**9) -> None:
        self.data = bytearray()
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if len(self.data) + len(data) > self._limit:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        self.data += data
        return len(data)


def writer(pipe: Pipe, container: str) -> VideoWriter:
    settings = VideoSettings(128, 128, 30)
    return VideoWriter(pipe, container, CODECS["h264"], settings, {}, gpl=True, live=True)  # type: ignore[arg-type]


def frame_count(pipe: Pipe) -> int:
    with av.open(io.BytesIO(bytes(pipe.data)), "r") as container:
        return len(list(container.decode(video=0)))


@pytest.mark.parametrize("container", PIPE_CONTAINERS)
def test_pipe_carries_the_frames_while_they_are_made(frame: Frame, container: str) -> None:
    pipe = Pipe()
    video = writer(pipe, container)
    for number, pixels in enumerate(map(frame, range(40))):
        video.write(pixels)
        if number == 35:
            assert frame_count(pipe) >= 30
    video.close()
    assert frame_count(pipe) == 40


@pytest.mark.parametrize("container", PIPE_CONTAINERS)
def test_pipe_that_breaks_ends_with_its_reason(frame: Frame, container: str) -> None:
    video = writer(Pipe(6000), container)
    with pytest.raises(OutputError, match="Broken pipe"):
        deque(map(video.write, map(frame, range(200))), 0)
    with pytest.raises(OutputError, match="Broken pipe"):
        video.close()
    video.close()
