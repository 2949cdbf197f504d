# ruff: noqa: INP001, T201 - a script that prints
"""A level that can be won, and a scene with its land, props and light.

python 06_level_and_scene.py [HOST:PORT]
"""

import sys

from morphogen_client import DEFAULT_SERVER, Client, Landscape

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    level = client.level(seed=3, size=24, keys=1, enemies=4)
    print("\n".join(level.rows))
    print("won in", len(level.witness_path) - 1, "steps;", level.save("out/level_3")[0])

    land = Landscape(seed=7, biomes={"forest": 1.0})
    stream = client.generate_scene(land, extent_m=256.0, hour=18.0, texture_px=1024)
    for update in stream:
        print(f"{update.sequence + 1:2} of {update.part_count}: {update.name}, {len(update.data) // 1024} KiB")
    print(stream.result().save("out/scene_7")[-1])
