"""Runs the drivers of the SDKs over all cases, prints what they passed, and writes it down.

    python clients/conformance/run.py [--sdk NAME ...] [--case PART ...] [--output FOLDER]
    python clients/conformance/run.py --driver "COMMAND" --transport grpc-web      a driver that is in no table

Exit code 1 if a case failed, 2 if there was nothing to run. Without filters it writes `results.json` beside this file
and `docs/conformance.md`; with --output these files go there instead.
"""

import argparse
import asyncio
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
from conformance_kit.report import document, failures, markdown, printed, slowest, write
from conformance_kit.servers import RealServer, guarded_server
from sdks import ROOT, SDKS, Sdk

FOLDER = Path(__file__).parent
LINE_LENGTH_MAX = 2500
Row = tuple[Sdk, str]


def main() -> int:
    """Run the command line; returns the exit code."""
    asked = _arguments()
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
    verdicts = asyncio.run(_run_all(rows, cases, max(1, min(asked.lanes, len(rows)))))
    named = {_name(row): verdicts[_name(row)] for row in rows}
    Console(width=max(100, 60 + 16 * len(rows))).print(printed(cases, named))
    for line in [*failures(named), *(f"{name}: not run; {reason}" for name, reason in missing.items())]:
        print(line[:LINE_LENGTH_MAX])
    if asked.times:
        print(slowest(named))
    whole = not (asked.case or asked.sdk or asked.driver)
    if whole or asked.output:
        results, page = (
            (FOLDER / "results.json", ROOT / "docs" / "conformance.md")
            if asked.output is None
            else (asked.output / "results.json", asked.output / "conformance.md")
        )
        write(results, document(cases, named, missing))
        write(page, markdown(cases, named, missing))
    return 1 if failures(named) else 0


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
    verdicts: dict[str, dict[str, Verdict]] = {}

    async def work(folder: Path, guarded: RealServer) -> None:
        async with Lane(folder, guarded) as lane:
            while waiting:
                row = waiting.pop(0)
                verdicts[_name(row)] = await _run_row(lane, row, cases)
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


async def _run_row(lane: Lane, row: Row, cases: Sequence[Case]) -> dict[str, Verdict]:
    sdk, transport = row
    fitting = [case for case in cases if transport in case.transports]
    lacking = {case.name: sdk.lacks.get(case.call, sdk.lacks.get(case.name, "")) for case in fitting}
    skipped = {name: Verdict(skipped=reason) for name, reason in lacking.items() if reason}
    runnable = [case for case in fitting if case.name not in skipped]
    if not runnable:
        return skipped
    if sdk.build:
        built = await asyncio.to_thread(
            subprocess.run, sdk.build, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if built.returncode:
            reason = f"the driver cannot be built:\n{(built.stdout + built.stderr)[-3000:]}"
            return {case.name: Verdict([reason]) for case in runnable}
    verdicts = await lane.run(sdk.command, transport, runnable, sdk.reads_ahead_bytes)
    for name, verdict in verdicts.items():
        if verdict.skipped:  # what an SDK lacks has to be in the table, with its reason
            verdicts[name] = Verdict([f"skipped by the driver, and not in its row's `lacks`: {verdict.skipped}"])
    return {**skipped, **verdicts}


if __name__ == "__main__":
    sys.exit(main())
