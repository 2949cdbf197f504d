# ruff: noqa: INP001, T201 - a script that prints
"""Many textures at once over one connection, with asyncio.

python 04_many_at_once.py [HOST:PORT]
"""

import asyncio
import sys

from morphogen_client import DEFAULT_SERVER, AsyncClient


async def main(server: str) -> None:
    """Make eight stones side by side."""
    async with AsyncClient(server) as client:
        results = await asyncio.gather(*(client.texture("stone", seed=seed, size_px=256) for seed in range(8)))
    for seed, result in enumerate(results):
        print(seed, result.sha256, f"waited {result.timings.queue_ms:.0f} ms for its turn")


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_SERVER))
