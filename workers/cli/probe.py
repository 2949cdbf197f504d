"""`morphogen probe`: how fast parts come from a server, over one stream or several at once."""

import asyncio
import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from morphogen_client import AsyncClient, ProbeResult
from workers.cli.making.remote import engine_errors, tls_from, token_from
from workers.cli.options import (
    ClientCertificateOption,
    ClientKeyOption,
    JsonOption,
    RootCertificatesOption,
    ServerAccess,
    TokenFileOption,
)
from workers.cli.progress import progress_bar

app = typer.Typer(add_completion=False)


@app.command()
def probe(  # noqa: PLR0913 - a command has as many arguments as it has options
    *,
    server: Annotated[str, typer.Option("--server", metavar="HOST:PORT", help="The server to measure.")],
    part_bytes: Annotated[int, typer.Option(min=1, help="Size of each part.")] = 48 * 1024,
    parts: Annotated[int, typer.Option(min=1, help="Number of parts per stream.")] = 500,
    step_ms: Annotated[float, typer.Option(min=0.0, help="Time that each simulated step takes.")] = 0.0,
    streams: Annotated[int, typer.Option(min=1, help="Number of streams at once.")] = 1,
    token_file: TokenFileOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the path to a server: synthetic parts through its real scheduler, worker and link."""
    access = ServerAccess(server, token_file, root_certificates, client_certificate, client_key)
    started_s = time.perf_counter()
    with progress_bar("probe", parts * streams) as advance, engine_errors(server):
        results = asyncio.run(run_probes(access, part_bytes, parts, step_ms, streams, advance))
    record = summary(results, time.perf_counter() - started_s)
    if as_json:
        typer.echo(json.dumps(record | {"streams": [dataclasses.asdict(result) for result in results]}, indent=2))
        return
    table = Table(box=None, show_header=False)
    for label, value in record.items():
        table.add_row(label, f"{value:,.2f}" if isinstance(value, float) else str(value))
    Console(highlight=False).print(table)


async def run_probes(
    access: ServerAccess,
    part_bytes: int,
    part_count: int,
    step_ms: float,
    stream_count: int,
    advance: Callable[[int], None],
) -> list[ProbeResult]:
    """Run all streams at once over one connection; if one fails, the others are cancelled."""
    async with AsyncClient(access.server, tls=tls_from(access), token=token_from(access)) as client:

        async def run_one() -> ProbeResult:
            stream = client.probe(part_size_bytes=part_bytes, part_count=part_count, step_ms=step_ms)
            async with stream, aclosing(aiter(stream)) as arrivals:
                async for _ in arrivals:
                    advance(1)
            return await stream.result()

        tasks = [asyncio.create_task(run_one()) for _ in range(stream_count)]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()


def summary(results: Sequence[ProbeResult], elapsed_s: float) -> dict[str, object]:
    """The figures over all streams: sums of rates, medians of times, the worst gap."""
    return {
        "stream_count": len(results),
        "part_count": sum(result.part_count for result in results),
        "size_bytes": sum(result.size_bytes for result in results),
        "elapsed_s": elapsed_s,
        "parts_per_s": sum(result.parts_per_s for result in results),
        "mib_per_s": sum(result.mib_per_s for result in results),
        "first_part_ms": statistics.median(result.first_part_ms for result in results),
        "gap_median_ms": statistics.median(result.gap_median_ms for result in results),
        "gap_p99_ms": statistics.median(result.gap_p99_ms for result in results),
        "gap_longest_ms": max(result.gap_longest_ms for result in results),
    }
