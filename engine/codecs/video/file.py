"""Video files on disk: whole or not there."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.video.codecs import Codec
from engine.codecs.video.frames import VideoSettings
from engine.codecs.video.writer import CONTAINERS, VideoWriter
from engine.errors import OutputError


class VideoFile:
    """A video file that is whole or not there: written beside its place, then moved.

    An encoder that fails leaves what it made as a complete file; a disk that is full leaves nothing. Use it with
    `with`; leaving that with another error keeps what there is, if there is anything. Raises OutputError if the place
    cannot be written.
    """

    def __init__(
        self, path: Path, codec: Codec, settings: VideoSettings, provenance: Mapping[str, str], *, gpl: bool
    ) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._temporary.open("xb")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
        try:
            self.writer = VideoWriter(self._file, CONTAINERS[path.suffix.lower()], codec, settings, provenance, gpl=gpl)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, OutputError):
            with suppress(OutputError):
                self.writer.close()
            self._discard()
            return
        self.close()

    def write(self, pixels: NDArray[np.uint8], *, keyframe: bool = False) -> None:
        """As `VideoWriter.write`."""
        self.writer.write(pixels, keyframe=keyframe)

    def close(self) -> None:
        """Complete the file and put it in its place. Raises OutputError; then nothing is left of it."""
        if self._file.closed:
            return
        try:
            self.writer.close()
            if not self.writer.frame_count:
                self._discard()
                return
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
        except OSError as error:
            self._discard()
            raise OutputError(f"{self._path}: cannot be written: {error.strerror or error}") from error
        except OutputError as error:
            self._discard()
            raise OutputError(f"{self._path}: {error}") from error

    def _discard(self) -> None:
        with suppress(OSError):
            self._file.close()  # what it could not write any more is not wanted either
        self._temporary.unlink(missing_ok=True)
