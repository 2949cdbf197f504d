# ruff: noqa: INP001, T201 - a script that prints
"""A texture that is usable before it is finished: each level of detail replaces the one before.

python 02_refinement.py [HOST:PORT]
"""

import sys
import time

from morphogen_client import DEFAULT_SERVER, Client

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    asked_at_s = time.perf_counter()
    stream = client.generate_texture("brick", seed=7, size_px=512)
    for update in stream:
        elapsed_ms = 1e3 * (time.perf_counter() - asked_at_s)
        mean_color = update.maps["albedo"].mean(axis=(0, 1)).round().tolist()
        print(f"{elapsed_ms:6.0f} ms  {update.lod_px:4} px  mean color {mean_color}")
    print("asset", stream.result().header.asset_id)

    # Leaving the loop stops the server's work: here after the coarsest level.
    for update in client.generate_texture("brick", seed=8, size_px=2048):
        print("enough:", update.lod_px, "px")
        break
