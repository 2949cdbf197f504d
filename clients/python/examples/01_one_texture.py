# ruff: noqa: INP001, T201 - a script that prints
"""One texture in one call, saved as a folder.

python 01_one_texture.py [HOST:PORT]
"""

import sys

from morphogen_client import DEFAULT_SERVER, Client

with Client(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER) as client:
    result = client.texture("stone", seed=3)

for path in result.save("out/01_stone"):
    print(path)
print("made in", round(result.timings.total_ms), "ms, SHA-256", result.sha256)
