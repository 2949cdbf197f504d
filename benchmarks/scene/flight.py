"""A viewer flies over an endless world that a server streams: does it ever see a hole?

A hole is a chunk that the viewer sees a part of and that it does not hold at any level of detail. The server runs in a
process of its own, the viewer speaks plain gRPC to it, in real time.

    python -m benchmarks scene.flight
    python -m benchmarks.scene.flight SECONDS     a flight of another length, printed as JSON
"""

import asyncio
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from benchmarks.records import Record, machine, record, with_conditions
from morphogen.v1 import scene_pb2, world_pb2, world_pb2_grpc

SPEED_M_S, VIEW_M, DURATION_S = 20.0, 500.0, 300.0
GRACE_S = 1.0
TICK_S = 0.1
TURN_RAD_S = 0.02
"""The way bends: a straight flight along a row of chunks would be too easy."""

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[world_pb2.ExploreWorldRequest, world_pb2.ExploreWorldResponse]

ROOT = Path(__file__).parents[2]
SEED = 6


@dataclass(slots=True)
class Flight:
    """What happened.

    held         chunks by (row, column), as vertices along the edge
    holes        times at which something was missing, in seconds from the first chunk's world being known
    """

    held: dict[tuple[int, int], int] = field(default_factory=dict)
    chunk_m: float = 0.0
    view_m: float = 0.0
    x_m: float = 0.0
    z_m: float = 0.0
    opened_s: float = 0.0
    first_chunk_s: float = 0.0
    filled_s: float = math.inf
    chunks: int = 0
    payload_bytes: int = 0
    ticks: int = 0
    holes: list[float] = field(default_factory=list)


def measure() -> list[Record]:
    """The records of this benchmark."""
    flight = fly(DURATION_S)
    conditions = {
        "speed_m_s": SPEED_M_S,
        "view_m": VIEW_M,
        "flight_s": DURATION_S,
        "looks": flight.ticks,
        "chunks": flight.chunks,
        "megabytes": round(flight.payload_bytes / 2**20, 1),
        "world_opened_after_s": round(flight.opened_s, 2),
        "first_chunk_s_after_that": round(flight.first_chunk_s, 2),
        "everything_in_view_s_after_that": round(flight.filled_s, 2),
        "last_hole_s": round(max(flight.holes, default=0.0), 2),
        "unit": f"looks with a hole later than {GRACE_S:g} s after the world was opened, ten looks a second",
    }
    late = sum(when > GRACE_S for when in flight.holes)
    found = record("holes that a viewer sees", late, conditions, at_most=0)
    return with_conditions([found], machine())


def fly(duration_s: float) -> Flight:
    """A flight over a server of its own."""
    with local_server() as address:
        return asyncio.run(_flown(address, duration_s))


@contextmanager
def local_server() -> Iterator[str]:
    """`morphogen serve` on a free port; its HOST:PORT."""
    with tempfile.TemporaryDirectory(prefix="morphogen-") as folder:
        config = Path(folder) / "serve.yaml"
        config.write_text("server:\n  port: 0\n")
        command = [str(Path(sys.executable).parent / "morphogen"), "serve", str(config)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if "listening on" in line), "")
            yield line.split("listening on")[1].split()[0]
        finally:
            process.terminate()
            process.wait(timeout=30)


async def _flown(address: str, duration_s: float) -> Flight:
    flight, outbox = Flight(), asyncio.Queue[world_pb2.ExploreWorldRequest | None]()
    start = world_pb2.ExploreStart(
        landscape=scene_pb2.Landscape(seed=SEED, biomes={"grassland": 1.0}), view_distance_m=VIEW_M, credit=32
    )
    outbox.put_nowait(world_pb2.ExploreWorldRequest(start=start))

    async def requests() -> AsyncIterator[world_pb2.ExploreWorldRequest]:
        while (message := await outbox.get()) is not None:
            yield message

    async with grpc.aio.insecure_channel(address) as channel:
        began = time.monotonic()
        call = world_pb2_grpc.WorldServiceStub(channel).ExploreWorld(requests())
        opened = (await call.read()).opened
        flight.opened_s = time.monotonic() - began
        flight.chunk_m, flight.view_m = opened.chunk_m, opened.view_distance_m
        flight.x_m, flight.z_m = opened.viewer.x_m, opened.viewer.z_m
        origin = time.monotonic()
        moving = asyncio.create_task(_move(flight, outbox, origin, duration_s))
        reading = asyncio.create_task(_read(flight, call, outbox, origin))
        await asyncio.wait((moving, reading), return_when=asyncio.FIRST_COMPLETED)
        call.cancel()
        moving.cancel()
        for ended in await asyncio.gather(reading, moving, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
    return flight


async def _move(
    flight: Flight, outbox: "asyncio.Queue[world_pb2.ExploreWorldRequest | None]", origin: float, duration_s: float
) -> None:
    """Ten looks a second: go on, look around, tell the server."""
    heading, before = 0.3, 0.0
    while (now := time.monotonic() - origin) < duration_s:
        passed, before = now - before, now
        heading += TURN_RAD_S * passed
        east, south = math.cos(heading) * SPEED_M_S, math.sin(heading) * SPEED_M_S
        flight.x_m, flight.z_m = flight.x_m + east * passed, flight.z_m + south * passed
        flight.ticks += 1
        if any(key not in flight.held for key in in_view(flight)):
            flight.holes.append(now)
        elif flight.filled_s == math.inf:
            flight.filled_s = now
        viewer = world_pb2.Viewer(x_m=flight.x_m, z_m=flight.z_m, velocity_x=east, velocity_z=south)
        outbox.put_nowait(world_pb2.ExploreWorldRequest(viewer=viewer))
        await asyncio.sleep(TICK_S)


def in_view(flight: Flight) -> list[tuple[int, int]]:
    """The chunks that the viewer sees a part of."""
    edge, reach = flight.chunk_m, flight.view_m
    rows, columns = (
        range(math.floor((place - reach) / edge), math.floor((place + reach) / edge) + 1)
        for place in (flight.z_m, flight.x_m)
    )
    seen = []
    for row in rows:
        for column in columns:
            east = max(column * edge - flight.x_m, flight.x_m - (column + 1) * edge, 0.0)
            south = max(row * edge - flight.z_m, flight.z_m - (row + 1) * edge, 0.0)
            if math.hypot(east, south) < reach:
                seen.append((row, column))
    return seen


async def _read(
    flight: Flight,
    call: "Call",
    outbox: "asyncio.Queue[world_pb2.ExploreWorldRequest | None]",
    origin: float,
) -> None:
    """Take chunks in, give credit back, let go of what the server lets go of."""
    complete = 0
    while isinstance(message := await call.read(), world_pb2.ExploreWorldResponse):
        match message.WhichOneof("payload"):
            case "evicted":
                for chunk in message.evicted.chunks:
                    flight.held.pop((chunk.row, chunk.column), None)
            case "part":
                piece = message.part
                flight.payload_bytes += len(piece.part.data)
                complete += piece.part.chunk_index == piece.part.chunk_count - 1
                if complete == piece.part_count:
                    complete = 0
                    if not flight.chunks:
                        flight.first_chunk_s = time.monotonic() - origin
                    flight.chunks += 1
                    flight.held[piece.row, piece.column] = piece.part.lod_px
                    credit = world_pb2.ExploreCredit(chunk_count=1)
                    outbox.put_nowait(world_pb2.ExploreWorldRequest(credit=credit))


if __name__ == "__main__":
    flown = fly(float(sys.argv[1]))
    print(
        json.dumps(
            {
                "hole_count": len(flown.holes),
                "last_hole_s": max(flown.holes, default=0.0),
                "ticks": flown.ticks,
                "chunks": flown.chunks,
                "opened_s": flown.opened_s,
                "filled_s": flown.filled_s,
            }
        )
    )
