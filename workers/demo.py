"""What `make demo` shows: materials made offline by the command line, then one streamed from a server.

Everything is done the way a user does it: the commands are printed and can be typed, the server is another process.
"""

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

from morphogen_client import Client, MorphogenError

OUT = Path("out")
STREAMED_CLASS = "brick"
STREAMED_SEED = 7
OFFLINE, STREAMED = OUT / "brick", OUT / "streamed"
"""One request, made twice: by the command line, and by the server."""

COMMANDS = {
    OFFLINE: f"texture {STREAMED_CLASS} --seed {STREAMED_SEED}",
    OUT / "planks": "texture wood --seed 3 --pattern planks",
    OUT / "metal": "texture metal --seed 5 --size 256",
}
"""Folder -> the command that fills it."""

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0

console = Console(highlight=False)


def morphogen(arguments: str) -> list[str]:
    """The argument vector of one `morphogen` command of the running interpreter's environment."""
    return [str(Path(sys.executable).with_name("morphogen")), *shlex.split(arguments)]


def make_offline() -> None:
    """Print and run the offline commands. Raises CalledProcessError if one fails."""
    for folder, command in COMMANDS.items():
        arguments = f"{command} --out {folder}"
        console.print(f"[bold]$ morphogen {arguments}[/]")
        subprocess.run(morphogen(arguments), check=True)


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server on a free loopback port, yield HOST:PORT, stop it. Raises RuntimeError if it does not start."""
    with tempfile.TemporaryDirectory() as scratch:
        ready_file = Path(scratch) / "address"
        environment = os.environ | {
            "MORPHOGEN__SERVER__PORT": "0",
            "MORPHOGEN__SERVER__READY_FILE": str(ready_file),
            "MORPHOGEN__LOG__LEVEL": "warning",
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


def summary() -> Table:
    """What was made: one row per material."""
    table = Table(title="made by this demo", title_justify="left")
    for heading in ("folder", "files", "size"):
        table.add_column(heading, justify="left" if heading == "folder" else "right")
    for folder in (*COMMANDS, STREAMED):
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        table.add_row(f"{folder}/", str(len(sizes)), f"{sum(sizes) / 2**20:.1f} MiB")
    return table


def main() -> int:
    """Run the demo; returns the exit code."""
    started_at_s = time.monotonic()
    try:
        make_offline()
        with running_server() as address:
            stream(address)
    except (subprocess.CalledProcessError, MorphogenError, RuntimeError) as error:
        console.print(f"[red]demo: {error}[/]")
        return 1
    console.print(summary())
    same = (STREAMED / "albedo.png").read_bytes() == (OFFLINE / "albedo.png").read_bytes()
    console.print(f"streamed and offline albedo are {'the same bytes' if same else 'DIFFERENT'}")
    console.print(f"open {OFFLINE / 'material.glb'} in any glTF viewer; took {time.monotonic() - started_at_s:.0f} s")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
