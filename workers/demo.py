"""What `make demo` shows: materials, a level and a scene made offline by the command line, then a material and the
chunks of a world streamed from a server.

Everything is done the way a user does it: the commands are printed and can be typed, the server is another process.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from morphogen_client import ChunkArrived, Client, Landscape, MorphogenError, WorldSettled

OUT = Path("out")
STREAMED_CLASS = "brick"
STREAMED_SEED = 7
OFFLINE, STREAMED = OUT / "brick", OUT / "streamed"
"""One request, made twice: by the command line, and by the server."""

SCENE, LEVEL, CHUNKS = OUT / "scene", OUT / "level", OUT / "world"

COMMANDS = {
    OFFLINE: f"texture {STREAMED_CLASS} --seed {STREAMED_SEED}",
    OUT / "planks": "texture wood --seed 3 --pattern planks",
    OUT / "metal": "texture metal --seed 5 --size 256",
    LEVEL: "level --seed 3 --size 24 --keys 1 --enemies 5",
    SCENE: "scene --seed 7 --biome forest --extent-m 192 --set texture_px=1024",
}
"""Folder -> the command that fills it."""

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0

console = Console(highlight=False, soft_wrap=True)


def morphogen(arguments: str) -> list[str]:
    """The argument vector of one `morphogen` command of the running interpreter's environment."""
    return [str(Path(sys.executable).with_name("morphogen")), *shlex.split(arguments)]


def make_offline() -> None:
    """Print and run the offline commands. Raises CalledProcessError if one fails."""
    for folder, command in COMMANDS.items():
        arguments = f"{command} --out {folder}"
        console.print(f"[bold]$ morphogen {arguments}[/]")
        subprocess.run(morphogen(arguments), check=True)


def number_format(folder: Path) -> str:
    """That of the network which made a material: "bf16" or "fp32". Each process measures which one is faster."""
    description = json.loads((folder / "material.json").read_text())
    return "bf16" if "-bf16-" in description["generator"]["kernel_class"] else "fp32"


@contextmanager
def running_server(precision: str = "auto") -> Iterator[str]:
    """Start a server on a free loopback port, yield HOST:PORT, stop it. Raises RuntimeError if it does not start.

    precision  of its networks: the same gives the same bytes as the command line
    """
    with tempfile.TemporaryDirectory() as scratch:
        ready_file = Path(scratch) / "address"
        environment = os.environ | {
            "MORPHOGEN__SERVER__PORT": "0",
            "MORPHOGEN__SERVER__READY_FILE": str(ready_file),
            "MORPHOGEN__LOG__LEVEL": "warning",
            "MORPHOGEN__WORKER__PRECISION": precision,
        }
        console.print("[bold]$ morphogen serve[/]")
        process = subprocess.Popen(morphogen("serve"), env=environment)
        try:
            yield listening_address(process, ready_file)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            console.print("server stopped\n")


def listening_address(process: "subprocess.Popen[bytes]", ready_file: Path) -> str:
    """HOST:PORT as soon as `process` has written it into `ready_file`. Raises RuntimeError if it ends or takes long."""
    gives_up_at_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < gives_up_at_s:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode} before it listened")
        if ready_file.exists() and (address := ready_file.read_text().strip()):
            return address
        time.sleep(0.05)
    raise RuntimeError(f"the server did not listen within {START_TIMEOUT_S:.0f} s")


def stream(address: str) -> None:
    """Stream the first material from the server, print each refinement as it arrives, save the result."""
    console.print(f"streaming {STREAMED_CLASS}, seed {STREAMED_SEED}, from {address}")
    with Client(address) as client:
        asked_at_s = time.perf_counter()
        updates = client.generate_texture(STREAMED_CLASS, seed=STREAMED_SEED)
        for update in updates:
            elapsed_ms = (time.perf_counter() - asked_at_s) * 1000.0
            size_kib = sum(map(len, update.png.values())) / 1024.0
            console.print(f"  {elapsed_ms:7.0f} ms  {update.lod_px:4} px  {len(update.png)} maps  {size_kib:6.0f} KiB")
        updates.result().save(STREAMED)


def explore(address: str) -> None:
    """Stream what a viewer sees of a world, print each chunk as it arrives, keep their heights."""
    console.print(f"exploring a world, seed 5, from {address}")
    with Client(address) as client, client.explore_world(Landscape(seed=5), view_distance_m=200.0) as explorer:
        asked_at_s = time.perf_counter()
        for event in explorer:
            if isinstance(event, WorldSettled):
                break
            if isinstance(event, ChunkArrived):
                chunk, elapsed_ms = event.chunk, (time.perf_counter() - asked_at_s) * 1000.0
                low_m, high_m = chunk.height_m.min(), chunk.height_m.max()
                place = f"chunk {chunk.row:2}, {chunk.column:2}  {chunk.vertices:3} vertices"
                console.print(f"  {elapsed_ms:7.0f} ms  {place}  {low_m:4.0f} to {high_m:4.0f} m")
        CHUNKS.mkdir(parents=True, exist_ok=True)
        for chunk in explorer.held.values():
            (CHUNKS / f"height_{chunk.row}_{chunk.column}.png").write_bytes(chunk.parts["height"])


def summary() -> Table:
    """What was made: one row per folder."""
    table = Table(title="made by this demo", title_justify="left")
    for heading in ("folder", "files", "size"):
        table.add_column(heading, justify="left" if heading == "folder" else "right")
    for folder in (*COMMANDS, STREAMED, CHUNKS):
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        table.add_row(f"{folder}/", str(len(sizes)), f"{sum(sizes) / 2**20:.1f} MiB")
    return table


def main() -> int:
    """Run the demo; returns the exit code."""
    started_at_s = time.monotonic()
    try:
        make_offline()
        with running_server(number_format(OFFLINE)) as address:
            stream(address)
            explore(address)
    except (subprocess.CalledProcessError, MorphogenError, RuntimeError) as error:
        console.print(f"[red]demo: {error}[/]")
        return 1
    console.print(summary())
    same = (STREAMED / "albedo.png").read_bytes() == (OFFLINE / "albedo.png").read_bytes()
    console.print(f"streamed and offline albedo are {'the same bytes' if same else 'DIFFERENT'}")
    console.print(
        f"open {SCENE / 'scene.glb'}, {LEVEL / 'level.glb'} and {OFFLINE / 'material.glb'} in any glTF viewer"
    )
    console.print(f"and {SCENE / 'preview.png'} anywhere; took {time.monotonic() - started_at_s:.0f} s")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
