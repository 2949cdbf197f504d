# ruff: noqa: INP001, T201 - a script that prints
"""A character in a video: frames with alpha over the pictures of a camera or a film, by OpenCV.

python 10_opencv_frames.py [HOST:PORT] [VIDEO]     # a file, or the number of a camera; without one over a checkerboard
"""

import sys
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from morphogen_client import DEFAULT_SERVER, Client, FrameDecoder, Identity

FRAME_COUNT, RATE_HZ = 48, 24
OUT = Path("out/10_over_video.mp4")

Picture = NDArray[np.uint8]


def backgrounds(source: str) -> Iterator[Picture]:
    """BGR pictures [height, width, 3]: those of a camera or file, the last one for ever; or a checkerboard."""
    if not source:
        row, column = np.mgrid[:360, :640] // 40
        yield from repeat(np.repeat(np.where((row + column) % 2, 90, 130).astype(np.uint8)[..., None], 3, axis=2))
    film = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    read, picture = film.read()
    if not read:
        sys.exit(f"{source} cannot be read")
    while read:
        last = picture.astype(np.uint8, copy=False)
        yield last
        read, picture = film.read()
        if not read:
            yield from repeat(last)


def laid_over(rgba: Picture, below: Picture, left: int, top: int) -> Picture:
    """A copy of `below` with the frame on it; its alpha is straight. What does not fit is cut off."""
    result = below.copy()
    part = result[top : top + len(rgba), left : left + rgba.shape[1]]
    shown = rgba[: part.shape[0], : part.shape[1]].astype(np.float32)
    alpha = shown[..., 3:] / 255.0
    part[:] = np.rint(alpha * shown[..., 2::-1] + (1.0 - alpha) * part).astype(np.uint8)  # RGB to OpenCV's BGR
    return result


arguments = sys.argv[1:]
pictures = backgrounds(arguments[1] if len(arguments) > 1 else "")
first = next(pictures)
height_px, width_px = first.shape[:2]
OUT.parent.mkdir(parents=True, exist_ok=True)
film = cv2.VideoWriter(str(OUT), cv2.VideoWriter.fourcc(*"mp4v"), RATE_HZ, (width_px, height_px))
with Client(arguments[0] if arguments else DEFAULT_SERVER) as client:
    decoder = FrameDecoder()
    stream = client.play_frames(
        identity=Identity(3),
        format="webp",  # an image with alpha: any frame can be shown without the others
        rate_hz=RATE_HZ,
        frame_count=FRAME_COUNT,
        script=[(0, {"speed_mps": 1.4, "camera_yaw_deg": 60.0})],
        best_effort=True,
    )
    for frame, below in zip(stream, chain([first], pictures), strict=False):
        film.write(laid_over(decoder.pixels(frame), below, width_px // 2 - 128, max(0, height_px - 266)))
film.release()
print(f"{stream.result().frame_count} frames in {OUT}, {OUT.stat().st_size // 1024} KiB")
