# ruff: noqa: INP001, T201 - a script that prints
"""A scripted character as video: frames arrive encoded and are decoded to pixels. Needs `morphogen-client[video]`.

python 09_character_video.py [HOST:PORT]
"""

import sys

from morphogen_client import DEFAULT_SERVER, Client, FrameDecoder, Identity

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    decoder = FrameDecoder()
    stream = client.play_frames(
        identity=Identity(5, kind="goblin"),
        format="vp9",
        alpha=True,
        frame_count=60,
        script=[(0, {"speed_mps": 1.4, "camera_yaw_deg": 40.0}), (30, {"action": "jump"})],
        best_effort=True,
    )
    sent = shown = 0
    for frame in stream:  # goes on by itself at the next frame if the connection breaks
        pixels = decoder.pixels(frame)
        sent += len(frame.data) + len(frame.alpha)
        shown += pixels.nbytes
    print(f"{stream.result().frame_count} frames: {sent} bytes arrived, {shown} bytes of pixels")
