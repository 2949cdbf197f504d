"""The same request gives the same bytes: repeated, among others, after a restart, and from the command line.

python -m benchmarks identity
"""

import hashlib
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.records import Record, machine, record, with_conditions
from morphogen_client import Client
from workers.demo import morphogen, running_server

TEXTURE_CLASS = "brick"
SEED = 23
SIZE_PX = 256
REPETITIONS = 20
NEIGHBOURS = 16
MAPS = ("albedo", "normal", "roughness", "metallic", "height", "ambient_occlusion")


def measure() -> list[Record]:
    """One record: the number of different digests over all ways to ask."""
    digests: list[str] = []
    with running_server() as address, Client(address) as client:
        digests += [streamed(client, SEED) for _ in range(REPETITIONS)]
        with ThreadPoolExecutor(NEIGHBOURS) as pool:
            asked = [SEED if index % 4 == 0 else index for index in range(NEIGHBOURS)]
            answers = list(pool.map(lambda seed: streamed(client, seed), asked))
            digests += [answer for answer, seed in zip(answers, asked, strict=True) if seed == SEED]
    with running_server() as address, Client(address) as client:
        digests.append(streamed(client, SEED))
        digests.append(written("--server", address))
    digests.append(written())
    conditions = {
        "answers": len(digests),
        "size_px": SIZE_PX,
        "asked": (
            f"{REPETITIONS} alone, {NEIGHBOURS // 4} among {NEIGHBOURS} concurrent ones, after a restart, "
            "command line with and without a server"
        ),
    }
    found = record("identity: different SHA-256 over all ways to ask", len(set(digests)), conditions, at_most=1)
    return with_conditions([found], machine())


def streamed(client: Client, seed: int) -> str:
    """Digest of the maps from a server."""
    result = client.texture(TEXTURE_CLASS, seed=seed, size_px=SIZE_PX)
    return digest({name: result.png[name] for name in MAPS})


def written(*options: str) -> str:
    """Digest of the maps that the command line writes."""
    with tempfile.TemporaryDirectory() as folder:
        command = f"texture {TEXTURE_CLASS} --seed {SEED} --size {SIZE_PX} --out {folder}"
        subprocess.run([*morphogen(command), *options], check=True, capture_output=True)
        return digest({name: (Path(folder) / f"{name}.png").read_bytes() for name in MAPS})


def digest(maps: dict[str, bytes]) -> str:
    """SHA-256 over the maps in delivery order."""
    return hashlib.sha256(b"".join(maps.values())).hexdigest()
