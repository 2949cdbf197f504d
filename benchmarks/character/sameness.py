"""The same seed and script give the same poses and pictures: alone, among 16 streams, and when the worker is killed.

python -m benchmarks character.sameness
"""

import asyncio
import os
import signal

import psutil  # type: ignore[import-untyped]  # ships no types

from benchmarks.character.servers import absent_weights, serving
from benchmarks.records import Claim, Record, machine, with_conditions
from morphogen_client import AsyncClient, FrameStreamOptions, Identity

STREAMS = 16
FRAMES = 60
KILL_AT = 20
LAG_TRIALS = 40
READY_TIMEOUT_S = 120.0
SCRIPT = [(0, {"speed_mps": 1.4}), (15, {"heading_deg": 90.0, "camera_yaw_deg": 40.0}), (40, {"action": "wave"})]
KINDS: dict[str, FrameStreamOptions] = {
    "poses": {"rate_hz": 90},
    "drawn pictures": {"rate_hz": 30, "format": "raw", "size_px": 128, "poses": True, "renderer": "mesh"},
    "painted pictures": {"rate_hz": 30, "format": "raw", "size_px": 128, "poses": True, "renderer": "network"},
}

DIGESTS = {kind: Claim(f"different digests of the same {kind}", at_most=1) for kind in KINDS}
LAG = Claim("frames between a control and the first one that shows it", at_most=0)


def measure() -> list[Record]:
    """Records of digests and of controls."""
    if reason := absent_weights(painted=False):
        return [claim.not_measured(reason) for claim in (*DIGESTS.values(), LAG)]
    with serving() as address:
        unpainted = absent_weights(painted=True)
        kinds = [kind for kind in KINDS if not (unpainted and kind.startswith("painted"))]
        alone = {kind: asyncio.run(_alone_and_among(address, kind)) for kind in kinds}
        lag = asyncio.run(_lag(address))
    with serving("--workers", "ray", "--worker-count", "2") as address:
        killed = {kind: asyncio.run(_killed(address, kind)) for kind in kinds}
    conditions = {"streams": STREAMS, "frames": FRAMES, "killed_at": KILL_AT}
    digests = [
        claim.measured(len(alone[kind] | killed[kind]), conditions) if kind in kinds else claim.not_measured(unpainted)
        for kind, claim in DIGESTS.items()
    ]
    return with_conditions([*digests, LAG.measured(lag, {"trials": LAG_TRIALS})], machine())


def _wanted(kind: str, seed: int = 0) -> FrameStreamOptions:
    shared: FrameStreamOptions = {
        "identity": Identity(seed),
        "frame_count": FRAMES,
        "best_effort": True,
        "script": SCRIPT,  # type: ignore[typeddict-item]  # dictionaries of these names
    }
    return shared | KINDS[kind]


async def _alone_and_among(address: str, kind: str) -> set[str]:
    async with AsyncClient(address) as client:
        alone = (await client.play_frames(**_wanted(kind)).result()).sha256
        streams = (client.play_frames(**_wanted(kind, seed)).result() for seed in range(STREAMS))
        among = (await asyncio.gather(*streams))[0].sha256
    return {alone, among}


async def _killed(address: str, kind: str) -> set[str]:
    """The digest of a stream whose worker is killed in its middle."""
    async with AsyncClient(address) as client:
        async with asyncio.timeout(READY_TIMEOUT_S):
            while sum(worker.state == "ready" for worker in await client.workers()) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        stream = client.play_frames(credit=2, **_wanted(kind))  # type: ignore[misc]  # `credit` is in none of them
        async for frame in stream:
            if frame.number == KILL_AT:
                busy = max(await client.workers(), key=lambda worker: worker.session_count)
                os.kill(_listening_on(busy.address), signal.SIGKILL)
        return {(await stream.result()).sha256}


def _listening_on(address: str) -> int:
    """The process behind a worker's link."""
    port = int(address.rpartition(":")[2])
    connections = psutil.net_connections("tcp")
    pids = (each.pid for each in connections if each.laddr and each.laddr.port == port and each.status == "LISTEN")
    return int(next(pids))


async def _lag(address: str) -> int:
    """Most frames that came between sending a control, before the room for the next frame, and its effect."""
    async with AsyncClient(address) as client:
        stream = client.stream_frames(auto_grant=False, credit=1, frame_count=LAG_TRIALS + 1, best_effort=True)
        most = sent = 0
        async for frame in stream:
            most = max(most, sent - frame.control_count)
            sent = await stream.steer(heading_deg=7.0 * frame.number)
            await stream.grant(1)
    return most
