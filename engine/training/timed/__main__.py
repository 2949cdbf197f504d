"""All trainings of the shipped texture weights in one call that ends in time.

    python -m engine.training.timed configs/texture.yaml --seconds 570 --output OUT

Three processes share the device: tier M; tier S, which tries the settings of the finishing stage for both; and the
spatial GAN that they are compared with. OUT gets texgen-m.safetensors, texgen-s.safetensors, runs.csv, and runs.zip
with sheets, the spatial GAN's weights and what tier M was before its finishing stage. Calls below a minute take a part
of the data: they show that everything runs.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import torch

from engine.training.plan import TexturePlan
from engine.training.plan_file import read_plan
from engine.training.timed.clock import Clock
from engine.training.timed.provisions import provide
from engine.training.timed.record import merge, say
from engine.training.timed.role import PROVISIONS, ROLES, Call

SHORT_S = 60.0
ARCHIVE_S, KILL_S = 45.0, 3.0
ARCHIVE_MAX_BYTES = 15 * 1024 * 1024


def archive(call: Call) -> None:
    """Bring table and archive in the output folder up to date."""
    merge(call.scratch, call.output / "runs.csv")
    staged, total = call.scratch / "runs.zip", 0
    with zipfile.ZipFile(staged, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(call.scratch.iterdir(), key=lambda path: path.stat().st_size):
            total += path.stat().st_size
            if path.suffix in (".jpg", ".txt", ".json", ".safetensors") and total < ARCHIVE_MAX_BYTES:
                file.write(path, path.name)
    target = call.output / "runs.zip"
    target.with_suffix(".part").write_bytes(staged.read_bytes())
    target.with_suffix(".part").replace(target)
    staged.unlink()


def attend(call: Call, processes: list[subprocess.Popen[bytes]], end_s: float) -> None:
    """Keep the archive up to date until all processes are done or it is time."""
    archived_s = time.monotonic()
    while any(process.poll() is None for process in processes) and time.monotonic() < end_s:
        time.sleep(0.25)
        if time.monotonic() - archived_s > ARCHIVE_S:
            with contextlib.suppress(OSError):  # a file that is being replaced; the next turn has it
                archive(call)
            archived_s = time.monotonic()


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m engine.training.timed", description="Train texture weights in time."
    )
    parser.add_argument("plan", type=Path)
    parser.add_argument("--seconds", type=float, required=True, metavar="N", help="of the whole call")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--processes", type=int, default=6, metavar="N", help="for reading; default 6")
    parser.add_argument("--batch", type=int, metavar="N", help="crops per step; default: the plan's")
    parser.add_argument(
        "--every", type=int, metavar="N", help="every so many materials; default all, 16 in short calls"
    )
    parser.add_argument("--started", type=float, metavar="S", help="Unix time at which the call's seconds began")
    options = parser.parse_args()
    start_s = time.monotonic() - (0.0 if options.started is None else time.time() - options.started)
    plan = replace(read_plan(TexturePlan, options.plan), device=options.device)
    if options.batch:
        plan = replace(plan, batch_size=options.batch, enlarged_batch_size=max(1, options.batch // 3))
    options.output.mkdir(parents=True, exist_ok=True)
    every = options.every or (16 if options.seconds < SHORT_S else 1)
    provisions = provide(plan, options.processes, *((24, 10) if every == 1 else (3, 2)), every=every)
    say(f"read {len(provisions.materials)} materials after {time.monotonic() - start_s:.1f} s")
    reserve_s = min(28.0, 0.25 * options.seconds)
    training = Clock(time.monotonic(), start_s + options.seconds - reserve_s)
    with tempfile.TemporaryDirectory() as scratch:
        call = Call(plan, options.output, Path(scratch), start_s, training)
        torch.save((call, provisions), call.scratch / PROVISIONS)
        say(f"starting after {time.monotonic() - start_s:.1f} s")
        command = [sys.executable, "-m", "engine.training.timed.role"]
        processes = [subprocess.Popen([*command, role, scratch]) for role in ROLES]  # noqa: S603 - our own module
        try:
            attend(call, processes, start_s + options.seconds - KILL_S)
        finally:
            for process in processes:
                process.kill()
                process.wait()
        archive(call)
    say(f"done after {time.monotonic() - start_s:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
