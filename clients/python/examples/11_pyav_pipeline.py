# ruff: noqa: INP001, T201 - a script that prints
"""Frames into a pipeline of your own, with exact timestamps. Needs `morphogen-client[video]`.

The server's video goes into a Matroska file as it is, without being encoded again; raw frames go through an encoder
of yours. Either way a frame's number is its time: a cut, or a frame that is left out, shifts nothing.

python 11_pyav_pipeline.py [HOST:PORT]
"""

import sys
from fractions import Fraction
from pathlib import Path

import av

from morphogen_client import DEFAULT_SERVER, Client, ControlOptions, FrameDecoder, Identity

RATE_HZ, FRAME_COUNT = 30, 45
SCRIPT: list[tuple[int, ControlOptions]] = [(0, {"speed_mps": 1.4, "camera_yaw_deg": 40.0}), (20, {"action": "wave"})]
TICK = Fraction(1, RATE_HZ)
COPIED, ENCODED = Path("out/11_copied.mkv"), Path("out/11_encoded.mp4")


def copy(client: Client, path: Path) -> None:
    """The server's H.264 into a container; packets only change their wrapping."""
    stream = client.play_frames(
        identity=Identity(5), format="h264", rate_hz=RATE_HZ, frame_count=FRAME_COUNT, script=SCRIPT, best_effort=True
    )
    with av.open(str(path), "w", format="matroska") as container:
        track = container.add_stream("h264", rate=RATE_HZ, options={})
        track.width = track.height = 256
        track.time_base = TICK
        for frame in stream:
            packet = av.Packet(frame.data)
            packet.stream, packet.time_base = track, TICK
            packet.pts = packet.dts = frame.number  # no frame refers to a later one
            packet.is_keyframe = frame.keyframe
            container.mux(packet)


def encode(client: Client, path: Path) -> None:
    """Pixels through an encoder of one's own."""
    stream = client.play_frames(
        identity=Identity(5), format="raw", rate_hz=RATE_HZ, frame_count=FRAME_COUNT, script=SCRIPT, best_effort=True
    )
    decoder = FrameDecoder()
    with av.open(str(path), "w") as container:
        track = container.add_stream("libvpx-vp9", rate=RATE_HZ, options={"deadline": "realtime", "cpu-used": "8"})
        track.width, track.height, track.pix_fmt = 256, 256, "yuv420p"
        track.codec_context.time_base = TICK
        for frame in stream:
            picture = av.VideoFrame.from_ndarray(decoder.pixels(frame), format="rgba")
            picture.pts, picture.time_base = frame.number, TICK
            container.mux(track.encode(picture))
        container.mux(track.encode())


COPIED.parent.mkdir(parents=True, exist_ok=True)
with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    for make, path in ((copy, COPIED), (encode, ENCODED)):
        make(client, path)
        with av.open(str(path)) as container:
            times_s = [picture.time or 0.0 for picture in container.decode(video=0)]
        late_ms = max(abs(time_s - number / RATE_HZ) for number, time_s in enumerate(times_s)) * 1e3
        print(f"{path}: {len(times_s)} frames, none more than {late_ms:.1f} ms from its time")
