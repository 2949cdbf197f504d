"""How fast the SDKs receive, by the drivers of the conformance kit.

Throughput is a ratio: parts of 256 KiB from one real server, each SDK in turns with the Python client. Frames come at
30 a second from a real server, live: into a page by the TypeScript SDK's own benchmark, elsewhere by the driver. A
scripted stream, as fast as its reader, shows how fast an SDK decodes. What cannot run here is recorded as not
measured, with the reason; a driver that cannot be built or whose run fails does not hold.
"""

import asyncio
import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.records import Claim, Record, machine, median, with_conditions
from conformance_kit.drivers import Driver
from conformance_kit.scripted import NativeScript, Play, WebScripts
from conformance_kit.scripts import script_of
from conformance_kit.servers import RealServer, open_server
from sdks import ROOT, SDKS

BASE = ("python", "native")
THROUGHPUT_GOALS = {
    ("c++", "grpc-web"): 1.0,
    ("unity core on mono", "grpc-web"): 0.2,
    ("godot 3", "grpc-web"): 0.2,
    ("typescript in chromium", "connect"): 0.12,
}
"""(SDK, transport) -> least share of the Python client's throughput."""

PAGE_RATE_GOAL_HZ, PAGE_LATENCY_GOAL_MS = 29.5, 35.0
"""Frames drawn a second by a page in Chromium, and the 95th percentile of how long after its time one is drawn."""

PACED_GOALS = {("unity core on mono", "grpc-web"): 30.0}
"""(SDK, transport) -> least frames a second, of 30, none of them dropped."""

DECODING_GOALS = {("godot 3", "grpc-web"): 400.0}
"""(SDK, transport) -> least frames of 256 x 256 JPEG a second."""

PART_BYTES = 256 * 1024
PART_COUNT = 1024
ROUNDS = 5
SECONDS = 60
RATE_HZ = 30
DECODED_FRAMES = 2000

Row = tuple[str, str]
PAGE: Row = ("typescript in chromium", "connect")
FRAMES = {"format": "FRAME_FORMAT_JPEG", "sizePx": 256, "rateHz": RATE_HZ, "identity": {"seed": 3}}


def measure(rounds: int = ROUNDS, seconds: int = SECONDS) -> list[Record]:
    """All records."""
    return with_conditions(asyncio.run(_measure(rounds, seconds)), machine())


async def _measure(rounds: int, seconds: int) -> list[Record]:
    with tempfile.TemporaryDirectory(prefix="benchmark-clients.") as folder:
        runs = Runs(Path(folder))
        server = await open_server().start()
        try:
            return [
                *await _throughput(runs, server, rounds),
                *await _page(runs, server, seconds),
                *[each for row, goal in PACED_GOALS.items() for each in await _paced(runs, server, row, goal, seconds)],
                *[await _decoding(runs, row, goal) for row, goal in DECODING_GOALS.items()],
            ]
        finally:
            await server.stop()


class Runs:
    """Drivers by name, run in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sdks = {sdk.name: sdk for sdk in SDKS}

    def missing(self, row: Row) -> str:
        """Why a row cannot be measured here; empty if it can."""
        absent = self._sdks[row[0]].missing
        return f"missing: {absent}" if absent else ""

    def rows(self) -> list[Row]:
        """All rows that can be measured here."""
        every = [(sdk.name, transport) for sdk in SDKS for transport in sdk.transports]
        return [row for row in every if not self.missing(row)]

    async def build(self, row: Row) -> str:
        """Make a row's driver; why that failed, empty if it did not."""
        command = self._sdks[row[0]].build
        if not command:
            return ""
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        return "" if await process.wait() == 0 else f"{' '.join(command)} failed"

    async def last(self, row: Row, cases: Sequence[Mapping[str, Any]], limit_s: float) -> Mapping[str, Any]:
        """The result of the last of `cases`; those before it warm up."""
        name, transport = row
        told = [{"name": f"case {number}", "transport": transport, **case} for number, case in enumerate(cases)]
        driver = Driver(self._sdks[name].command, self._folder)
        return [result async for result in driver.run([(each, limit_s) for each in told])][-1]


async def _throughput(runs: Runs, server: RealServer, rounds: int) -> list[Record]:
    absent = {row: why for row in THROUGHPUT_GOALS if (why := runs.missing(row))}
    there = [row for row in runs.rows() if row != BASE]
    broken = {row: why for row in there if (why := await runs.build(row))}
    rates: dict[Row, list[float]] = {row: [] for row in (BASE, *there) if row not in broken}
    for _ in range(rounds):
        for row, measured in rates.items():
            measured.append(await _mib_per_s(runs, server, row))
    records = []
    for row in (*there, *absent):
        title = f"throughput / that of the Python client: {', '.join(row)}"
        claim = Claim(title, at_least=THROUGHPUT_GOALS.get(row))
        if row in absent:
            records.append(claim.not_measured(absent[row]))
            continue
        if row in broken or not all((*rates[row], *rates[BASE])):
            records.append(claim.failed(broken.get(row, "a run of its driver or of the Python client's failed")))
            continue
        ratios = [own / base for own, base in zip(rates[row], rates[BASE], strict=True)]
        conditions = {
            "part_bytes": PART_BYTES,
            "parts_per_run": PART_COUNT,
            "runs": rounds,
            "mib_per_s": round(statistics.median(rates[row])),
            "python_mib_per_s": round(statistics.median(rates[BASE])),
            "ratio_min": round(min(ratios), 3),
            "ratio_max": round(max(ratios), 3),
        }
        records.append(claim.measured(median(ratios), conditions))
    return records


async def _mib_per_s(runs: Runs, server: RealServer, row: Row) -> float:
    """MiB a second behind the first part; 0 if the run failed."""
    case = {"call": "probe", "arrivals": True, **_addresses(server.native, server.web)}
    request = {"partSizeBytes": PART_BYTES, "options": {"credit": 64}}
    cases = [{**case, "request": {**request, "partCount": count}} for count in (64, PART_COUNT)]
    result = await runs.last(row, cases, 120.0)
    if result.get("outcome") != "ok" or result["parts"] != PART_COUNT:
        return 0.0
    streaming_s = (result["elapsedMs"] - result["firstPartMs"]) / 1e3
    return float((result["bytes"] - PART_BYTES) / 2**20 / streaming_s)


async def _page(runs: Runs, server: RealServer, seconds: int) -> list[Record]:
    """What the TypeScript SDK's own benchmark finds in Chromium."""
    title = f"live frames at {RATE_HZ} Hz, drawn by a page in Chromium"
    rate = Claim(f"{title}, frames a second", at_least=PAGE_RATE_GOAL_HZ)
    latency = Claim(f"{title}, latency p95 in ms", at_most=PAGE_LATENCY_GOAL_MS)
    if why := runs.missing(PAGE):
        return [rate.not_measured(why), latency.not_measured(why)]
    url = "http://{}:{}".format(*server.web)
    process = await asyncio.create_subprocess_exec(
        *("npm", "--prefix", str(ROOT / "clients" / "web"), "--silent", "run", "bench"),
        *("--", url, "--seconds", str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        why = f"its benchmark ended with {process.returncode}"
        return [rate.failed(why), latency.failed(why)]
    found = json.loads(output.decode().splitlines()[-1])
    measured = ("frame_count", "dropped_count", "latency_ms", "steering_ms", "interval_ms", "chromium", "renderer")
    conditions = {"seconds": seconds, **{name: found[name] for name in measured}}
    return [rate.measured(found["fps"], conditions), latency.measured(found["latency_ms"]["p95"], conditions)]


async def _paced(runs: Runs, server: RealServer, row: Row, goal: float, seconds: int) -> list[Record]:
    """Frames a second, and those that were dropped."""
    title = f"live frames at {RATE_HZ} Hz: {', '.join(row)}"
    rate = Claim(f"{title}, frames a second", at_least=goal)
    dropped = Claim(f"{title}, frames dropped", at_most=0)
    if why := runs.missing(row):
        return [rate.not_measured(why), dropped.not_measured(why)]
    if why := await runs.build(row):
        return [rate.failed(why), dropped.failed(why)]
    stream = {**FRAMES, "frameCount": RATE_HZ * seconds, "delivery": "DELIVERY_LIVE"}
    case = {"call": "playFrames", "request": {"stream": stream}, "arrivals": True, "retry": _ONCE}
    result = await runs.last(row, [{**case, **_addresses(server.native, server.web)}], seconds + 60.0)
    if result.get("outcome") != "ok":
        return [rate.failed(_told(result)), dropped.failed(_told(result))]
    conditions = {"size_px": 256, "format": "JPEG", "seconds": seconds, "frames": result["parts"]}
    return [rate.measured(round(_rate_hz(result), 1), conditions), dropped.measured(result["dropped"], conditions)]


async def _decoding(runs: Runs, row: Row, goal: float) -> Record:
    claim = Claim(f"JPEG frames of 256 x 256 received and decoded a second: {', '.join(row)}", at_least=goal)
    if why := runs.missing(row):
        return claim.not_measured(why)
    if why := await runs.build(row):
        return claim.failed(why)
    play = Play(script_of({"name": "frames", "count": DECODED_FRAMES}))
    web, native = WebScripts(), NativeScript(play)
    addresses = _addresses(await native.start(), web.add(play))
    await web.start()
    try:
        case = {"call": "playFrames", "request": {"stream": FRAMES}, "arrivals": True, "retry": _ONCE, **addresses}
        result = await runs.last(row, [case], 120.0)
    finally:
        await web.stop()
        await native.stop()
    if result.get("outcome") != "ok":
        return claim.failed(_told(result))
    return claim.measured(round(_rate_hz(result)), {"frames": DECODED_FRAMES})


def _rate_hz(result: Mapping[str, Any]) -> float:
    arrivals_ms = result["arrivalsMs"]
    return float((len(arrivals_ms) - 1) * 1e3 / (arrivals_ms[-1] - arrivals_ms[0]))


def _told(result: Mapping[str, Any]) -> str:
    return str(result.get("message") or result.get("lost") or result.get("outcome"))


_ONCE = {"attempts": 1, "firstDelayMs": 100, "longestDelayMs": 100}


def _addresses(native: tuple[str, int], web: tuple[str, int]) -> dict[str, str]:
    return {"target": f"{native[0]}:{native[1]}", "url": f"http://{web[0]}:{web[1]}"}
