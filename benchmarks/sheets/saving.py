"""How sheets reach the disk, and what their commands say."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.files import publish_file
from engine.codecs.image import encode_png
from engine.errors import MorphogenError, OutputError

SMALLEST = 9
JPEG_QUALITY = 82


def save(path: Path, picture: NDArray[np.uint8], provenance: Mapping[str, str]) -> None:
    """The picture, RGB, as a PNG with its provenance or, named .jpg, as a JPEG; replaces `path` at once.

    Raises OutputError.
    """
    jpeg = path.suffix == ".jpg"
    publish_file(path, encode_jpeg(picture) if jpeg else encode_png(picture, provenance, SMALLEST, srgb=True))


def encode_jpeg(picture: NDArray[np.uint8]) -> bytes:
    """The picture, RGB, as a JPEG."""
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise OutputError("the sheet: cannot be encoded as JPEG")
    return data.tobytes()


def saved(command: str, path: Path, draw: Callable[[], tuple[NDArray[np.uint8], Mapping[str, str]]]) -> int:
    """Draw a sheet and its provenance and save them; the command's exit code."""
    try:
        save(path, *draw())
    except MorphogenError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    print(f"wrote {path}, {path.stat().st_size / 2**20:.1f} MiB")
    return 0
