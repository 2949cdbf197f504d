# ruff: noqa: INP001, T201 - a script that prints
"""A character that is steered while its poses come: it walks, turns, waves.

python 08_steered_character.py [HOST:PORT]
"""

import sys

from morphogen_client import DEFAULT_SERVER, Client, Identity

SPOKEN = {0: {"speed_mps": 1.4}, 60: {"heading_deg": 90.0}, 120: {"action": "wave"}}

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    stream = client.stream_frames(identity=Identity(3), rate_hz=60, frame_count=180, delivery="live", credit=2)
    for frame in stream:
        if frame.number in SPOKEN:
            stream.steer(**SPOKEN[frame.number])  # type: ignore[arg-type]
        if frame.pose is not None and frame.number % 20 == 0:
            x, y, z = frame.pose.root_m
            print(f"frame {frame.number:3}: pelvis at {x:5.2f} {y:5.2f} {z:5.2f} m, {frame.control_count} controls")
    print(stream.result().dropped_count, "frames were too late to be sent")
