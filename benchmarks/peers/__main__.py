"""Measures other serving systems beside Morphogen and plain grpc.aio, in one run on one machine with the same parts.

    python -m benchmarks.peers                    all of them; writes benchmarks/results/peers.json
    python -m benchmarks.peers --only NAME ...    only these; writes nothing
    python -m benchmarks.peers --quick            few parts, one run of each; writes nothing

One server after the other is started, measured and stopped; a plain grpc.aio server runs beside each and is measured in
turns with it. Servers of others are installed on first use, each in an environment of its own under `.venv-peers/`. One
that cannot be installed, started or measured leaves a record that does not hold, without a value, and says why.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.__main__ import shown, table, write
from benchmarks.peers.environments import PeerError, versions_of
from benchmarks.peers.faults import cancelling, killing, stalling
from benchmarks.peers.load import Connect, StreamError
from benchmarks.peers.measures import Effort, batching, throughput
from benchmarks.peers.servers import RAY_TITLE, Peer, known_peers, progress_path, start_yardstick
from benchmarks.records import Claim, Record, machine, record, with_conditions
from benchmarks.serving.throughput import STREAM_COUNTS

RAY_SERVE_GOAL = 1.5

QUICK = Effort(run_count=1, part_count=480, batch_part_count=20, trial_count=1)

PACKAGES = {"ray_serve": "ray", "triton": "nvidia-pytriton", "litserve": "litserve"}
"""Environment -> the package whose version says which peer it was."""

MEASURE_LIMIT_S = 180.0
"""How long one measure of one server may take."""


def measure_peer(peer: Peer, plain: Connect, effort: Effort) -> list[Record]:
    """Everything that is asked of one server, which is started and stopped."""
    version = {}
    if package := PACKAGES.get(peer.environment):
        version = {package: versions_of(peer.environment)[package]}
    records: list[Record] = []
    try:
        with (
            tempfile.TemporaryDirectory(prefix="peer-", ignore_cleanup_errors=True) as folder,
            peer.start(Path(folder)) as connect,
        ):
            for measure in peer.measures:
                records += _attempt(peer, measure, connect, plain, progress_path(Path(folder)), effort)
    except PeerError as error:
        records.append(Claim(peer.title).failed(str(error)))
    return with_conditions(records, version)


def _attempt(
    peer: Peer, measure: str, connect: Connect, plain: Connect, progress: Path, effort: Effort
) -> list[Record]:
    """One measure. A failure is a record."""
    measures: dict[str, Callable[[], Coroutine[Any, Any, list[Record]]]] = {
        "throughput": lambda: throughput(peer.title, connect, plain, effort),
        "batching": lambda: batching(peer.title, connect, effort),
        "cancelling": lambda: cancelling(peer.title, connect, progress, effort),
        "stalling": lambda: stalling(peer.title, connect, progress, effort),
        "killing": lambda: killing(peer.title, connect, progress),
    }

    async def limited() -> list[Record]:
        async with asyncio.timeout(MEASURE_LIMIT_S):
            return await measures[measure]()

    claim = Claim(f"{peer.title}: {measure}")
    try:
        return asyncio.run(limited())
    except (PeerError, StreamError) as error:
        return [claim.failed(str(error)[:200])]
    except TimeoutError:
        return [claim.failed(f"no result within {MEASURE_LIMIT_S:.0f} s")]


def measure(peers: Sequence[Peer], effort: Effort) -> list[Record]:
    """The records of all `peers`."""
    records: list[Record] = []
    with start_yardstick() as plain:
        for peer in peers:
            started_s = time.monotonic()
            records += measure_peer(peer, plain, effort)
            print(f"{peer.title}: measured in {time.monotonic() - started_s:.0f} s", flush=True)
    return [*records, *_against_ray_serve(records)]


def _against_ray_serve(records: Sequence[Record]) -> list[Record]:
    """Morphogen's rate from Ray workers over that of the best mode of Ray Serve, both as shares of plain grpc.aio's."""
    compared = []
    for stream_count in STREAM_COUNTS:
        ending = f" / plain grpc.aio, parts per second, streams: {stream_count}"
        shares = {
            entry["name"].removesuffix(ending): entry["value"]
            for entry in records
            if entry["name"].endswith(ending) and entry["value"]
        }
        own = shares.get(RAY_TITLE)
        modes = {title: share for title, share in shares.items() if title.startswith("Ray Serve")}
        if own and modes:
            best = max(modes, key=modes.__getitem__)
            name = f"{RAY_TITLE} / the best mode of Ray Serve, streams: {stream_count}"
            conditions = {"best_mode": best, "best_share": modes[best], "own_share": own}
            compared.append(record(name, round(own / modes[best], 3), conditions, at_least=RAY_SERVE_GOAL))
    return compared


def main() -> int:
    """Run the command line; returns the exit code."""
    known = {peer.name: peer for peer in known_peers()}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description="Measure other serving systems beside Morphogen and plain gRPC."
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=known, help=f"of {', '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="few parts, one run of each")
    options = parser.parse_args()
    facts = machine()
    chosen = [known[name] for name in options.only or known]
    records = measure(chosen, QUICK if options.quick else Effort())
    console = Console()
    console.print(table(records))
    console.print(shown(facts))
    if not options.quick and not options.only:
        console.print(f"wrote {write('peers', with_conditions(records, facts))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
