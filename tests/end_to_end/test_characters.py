"""Characters over real networks and workers: one digest alone, among others, and after a worker is killed."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen, FrameGenConfig
from engine.nets.framegen.weights_file import FrameGenHeader, save_framegen
from engine.server.gateway import Gateway
from engine.settings.sections import LogSettings, ServerSettings, SessionSettings, Settings
from morphogen_client import AsyncClient, Frame, FrameStreamOptions, Identity
from workers.fleet.pool import FleetPool
from workers.local import LocalPool

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

SETTINGS = Settings(
    server=ServerSettings(port=0), sessions=SessionSettings(migration_timeout_s=60.0), log=LogSettings(level="error")
)
SCRIPT: list[tuple[int, Any]] = [
    (0, {"speed_mps": 1.4}),
    (20, {"heading_deg": 90.0, "camera_yaw_deg": 40.0}),
    (50, {"action": "wave"}),
]


POSED: FrameStreamOptions = {"frame_count": 90, "rate_hz": 60, "script": SCRIPT, "best_effort": True}
FILMED: FrameStreamOptions = {**POSED, "format": "raw", "size_px": 128, "poses": True}


def of_seed(wanted: FrameStreamOptions, seed: int = 0) -> FrameStreamOptions:
    return {**wanted, "identity": Identity(seed)}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of a small painter that has learned nothing."""
    folder = tmp_path_factory.mktemp("characters")
    config = FrameGenConfig(size_px=128, widths=(16, 16, 16, 16), code_width=16, part_width=4)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        frames, encoder = FrameGen(config), FrameEncoder(config.code_width)
    save_framegen(folder / "frames.safetensors", FrameGenHeader("1", "S", config, ("own",)), frames, encoder)
    return folder


@pytest.fixture(autouse=True)
def environment(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("END_TO_END_CHARACTERS", str(networks))


async def digest(client: AsyncClient, options: FrameStreamOptions) -> str:
    return (await client.play_frames(**options).result()).sha256


async def test_same_seed_and_script_give_one_digest_alone_and_among_sixteen(
    local_pool: Callable[..., LocalPool], gateway_over: GatewayOver
) -> None:
    pool = local_pool("moving_generators:moving")
    async with gateway_over(pool, SETTINGS) as (_, address), AsyncClient(address) as client:
        short: FrameStreamOptions = {**FILMED, "frame_count": 20}
        alone = await digest(client, of_seed(POSED))
        filmed = await digest(client, of_seed(short))
        among = await asyncio.gather(
            *(digest(client, of_seed(POSED, seed)) for seed in range(15)), digest(client, of_seed(short))
        )
        batch_sizes = pool.stats().batch_sizes
    assert (among[0], among[-1]) == (alone, filmed)
    assert len(set(among)) == 16
    assert max(batch_sizes) > 1


@pytest.mark.parametrize("wanted", [POSED, FILMED], ids=["poses", "pictures"])
async def test_killed_worker_changes_no_bit_of_a_stream(
    fleet_pool: Callable[..., FleetPool], gateway_over: GatewayOver, wanted: FrameStreamOptions
) -> None:
    pool = fleet_pool("moving_generators:moving")
    options = of_seed(wanted)
    async with gateway_over(pool, SETTINGS) as (gateway, address), AsyncClient(address) as client:
        undisturbed = await digest(client, options)
        stream = client.play_frames(**options)
        numbers = []
        async for frame in stream:
            numbers.append(frame.number)
            if frame.number == 30:
                (busy,) = (member for member in pool._members.values() if member.session_count)
                os.kill(busy.link.process_id, signal.SIGKILL)
        result = await stream.result()
        assert gateway.sessions.counters.migration_count == 1
    assert numbers == list(range(90))
    assert result.sha256 == undisturbed


async def test_controls_survive_the_worker_that_took_them(
    fleet_pool: Callable[..., FleetPool], gateway_over: GatewayOver
) -> None:
    pool = fleet_pool("moving_generators:moving")

    async def steered(client: AsyncClient, kill_at: int) -> list[Frame]:
        stream = client.stream_frames(frame_count=60, credit=1, auto_grant=False, best_effort=True)
        frames = []
        async for frame in stream:
            frames.append(frame)
            if frame.number in (5, 20, 21):
                await stream.steer(speed_mps=frame.number / 8, heading_deg=10.0 * frame.number)
            if frame.number == kill_at:
                (busy,) = (member for member in pool._members.values() if member.session_count)
                os.kill(busy.link.process_id, signal.SIGKILL)
            await stream.grant(1)
        return frames

    async with gateway_over(pool, SETTINGS) as (_, address), AsyncClient(address) as client:
        undisturbed, moved = await steered(client, -1), await steered(client, 21)
    assert [frame.control_count for frame in moved] == [frame.control_count for frame in undisturbed]
    for before, after in zip(undisturbed, moved, strict=True):
        assert before.pose is not None
        assert after.pose is not None
        assert np.array_equal(before.pose.rotation, after.pose.rotation)
        assert np.array_equal(before.pose.root_m, after.pose.root_m)
