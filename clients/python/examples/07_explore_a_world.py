# ruff: noqa: INP001, T201 - a script that prints
"""A viewer flies over an endless world; chunks arrive before it sees them, and leave when it has passed.

python 07_explore_a_world.py [HOST:PORT]
"""

import sys
import threading
import time

from morphogen_client import (
    DEFAULT_SERVER,
    CancelledError,
    ChunkArrived,
    ChunksEvicted,
    Client,
    Landscape,
    WorldExplorer,
    WorldOpened,
    WorldSettled,
)

SPEED_M_PER_S, SECONDS = 40.0, 20.0


def fly(explorer: WorldExplorer, x_m: float, z_m: float) -> None:
    """Move the viewer east, ten times a second; any thread may do that."""
    began_at_s = time.monotonic()
    try:
        while (flown_s := time.monotonic() - began_at_s) < SECONDS:
            explorer.move(x_m + SPEED_M_PER_S * flown_s, z_m, velocity_x=SPEED_M_PER_S)
            time.sleep(0.1)
        explorer.close()
    except CancelledError:
        print("the stream ended before the flight did")


with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    try:
        with client.explore_world(Landscape(seed=5), view_distance_m=500.0) as explorer:
            for event in explorer:
                match event:
                    case WorldOpened(viewer, chunk_m):
                        print(f"begins at {viewer.x_m:g}, {viewer.z_m:g}; chunks of {chunk_m:g} m")
                        threading.Thread(target=fly, args=[explorer, viewer.x_m, viewer.z_m]).start()
                    case ChunkArrived(chunk, refines):
                        height_m = chunk.height_m  # float32 [vertices, vertices]
                        word = "finer" if refines else "new"
                        print(f"{word} {chunk.key} with {chunk.vertices} vertices, up to {height_m.max():.0f} m high")
                    case ChunksEvicted(chunks):
                        print("out of view:", *chunks)
                    case WorldSettled(count):
                        print(f"everything in view is there: {count} chunks")
    except CancelledError:
        print("landed")
