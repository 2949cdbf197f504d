"""Runs the drivers of the SDKs over all cases, prints what they passed, and writes it down.

    python clients/conformance/run.py [--sdk NAME ...] [--case PART ...] [--output FOLDER]
    python clients/conformance/run.py --driver "COMMAND" --transport grpc-web      a driver that is in no table
    python clients/conformance/run.py --page                                       the page alone, from the last results

Exit code 1 if a case failed, 2 if there was nothing to run. Without filters it writes `results.json` beside this file
and `docs/conformance.md`; with --output these files go there instead.
"""

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from conformance_kit.cases import TRANSPORTS, Case, load_cases
from conformance_kit.lane import Lane, Verdict
from conformance_kit.report import Results, failures, markdown, printed, results_of, slowest, write
from conformance_kit.servers import RealServer, guarded_server
from sdks import NOT_RUN, ROOT, SDKS, Sdk

FOLDER = Path(__file__).parent
RESULTS, PAGE = FOLDER / "results.json", ROOT / "docs" / "conformance.md"
LINE_LENGTH_MAX = 2500
Row = tuple[Sdk, str]


def main() -> int:
    """Run the command line; returns the exit code."""
    asked = _arguments()
    if asked.page:
        _write_page(PAGE, json.loads(RESULTS.read_text()))
        return 0
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    cases = [
        case
        for case in load_cases(FOLDER / "cases.json")
        if not asked.case or any(part.lower() in case.name.lower() for part in asked.case)
    ]
    sdks = [Sdk("driver", asked.transport, shlex.split(asked.driver))] if asked.driver else _chosen(asked.sdk)
    missing = {sdk.name: f"missing: {sdk.missing}" for sdk in sdks if sdk.missing}
    rows = [(sdk, transport) for sdk in sdks if not sdk.missing for transport in sdk.transports]
    if not cases or not rows:
        print(f"nothing to run; {missing or 'no such case'}", file=sys.stderr)
        return 2
    if asked.output:
        asked.output.mkdir(parents=True, exist_ok=True)
    verdicts = asyncio.run(_run_all(rows, cases, max(1, min(asked.lanes, len(rows)))))
    named = {_name(row): verdicts[_name(row)] for row in rows}
    Console(width=max(100, 60 + 16 * len(rows))).print(printed(cases, named))
    for line in [*failures(named), *(f"{name}: not run; {reason}" for name, reason in missing.items())]:
        print(line[:LINE_LENGTH_MAX])
    if asked.times:
        print(slowest(named))
    whole = not (asked.case or asked.sdk or asked.driver)
    if whole or asked.output:
        folder = asked.output
        found = results_of(cases, named, missing)
        write(folder / RESULTS.name if folder else RESULTS, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        _write_page(folder / PAGE.name if folder else PAGE, found)
    return 1 if failures(named) else 0


def _write_page(path: Path, results: Results) -> None:
    write(path, markdown(load_cases(FOLDER / "cases.json"), results, NOT_RUN))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Run the conformance cases of Morphogen's clients.")
    parser.add_argument("--sdk", action="append", metavar="NAME", help=", ".join(sdk.name for sdk in SDKS))
    parser.add_argument("--case", action="append", metavar="PART", help="cases whose name contains this")
    parser.add_argument("--driver", metavar="COMMAND", help="a driver that is in no table; needs --transport")
    parser.add_argument("--transport", action="append", choices=TRANSPORTS, help="of --driver")
    parser.add_argument(
        "--lanes", type=int, default=3, metavar="N", help="drivers at a time, each with a server of its own"
    )
    parser.add_argument("--times", action="store_true", help="also tell which cases took longest")
    parser.add_argument("--page", action="store_true", help="run nothing; write the page from the last results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    asked = parser.parse_args()
    if bool(asked.driver) != bool(asked.transport):
        parser.error("--driver and --transport go together")
    if unknown := set(asked.sdk or ()) - {sdk.name for sdk in SDKS}:
        parser.error(f"no SDK is called {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in SDKS)}")
    return asked


def _chosen(names: Sequence[str] | None) -> list[Sdk]:
    return [sdk for sdk in SDKS if not names or sdk.name in names]


def _name(row: Row) -> str:
    sdk, transport = row
    return f"{sdk.name}, {transport}"


async def _run_all(rows: Sequence[Row], cases: Sequence[Case], lane_count: int) -> dict[str, dict[str, Verdict]]:
    """All rows, as many at a time as there are lanes."""
    waiting = list(rows)
    building = {row[0].name: asyncio.Lock() for row in rows}  # two transports share a driver
    verdicts: dict[str, dict[str, Verdict]] = {}

    async def work(folder: Path, guarded: RealServer) -> None:
        async with Lane(folder, guarded) as lane:
            while waiting:
                row = waiting.pop(0)
                verdicts[_name(row)] = await _run_row(lane, row, cases, building[row[0].name])
                print(f"{_name(row)}: {sum(v.failed for v in verdicts[_name(row)].values())} failed", flush=True)

    with tempfile.TemporaryDirectory(prefix="conformance.") as folder:
        guarded = guarded_server(Path(folder))
        try:
            await guarded.start()
            async with asyncio.TaskGroup() as lanes:
                for number in range(lane_count):
                    own = Path(folder) / str(number)
                    own.mkdir()
                    lanes.create_task(work(own, guarded))
        finally:
            await guarded.stop()
    return verdicts


async def _run_row(lane: Lane, row: Row, cases: Sequence[Case], building: asyncio.Lock) -> dict[str, Verdict]:
    sdk, transport = row
    fitting = [case for case in cases if transport in case.transports]
    if sdk.build:
        async with building:
            built = await asyncio.to_thread(
                subprocess.run, sdk.build, cwd=ROOT, capture_output=True, text=True, check=False
            )
        if built.returncode:
            reason = f"the driver cannot be built:\n{(built.stdout + built.stderr)[-3000:]}"
            return {case.name: Verdict([reason]) for case in fitting}
    return await lane.run(sdk.command, transport, fitting, sdk.reads_ahead_bytes)


if __name__ == "__main__":
    sys.exit(main())
