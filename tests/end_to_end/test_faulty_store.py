"""A store whose disk fills up, becomes read-only or decays: clients get every texture all the same."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc

from engine.server.gateway import Gateway
from engine.settings.sections import LogSettings, ServerSettings, Settings, StoreSettings
from engine.store.place import PlaceCounters
from morphogen.v1 import texture_pb2, texture_pb2_grpc
from workers.local import LocalPool

LocalPoolOf = Callable[..., LocalPool]
GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

TEXTURE_COUNT = 20
PART_COUNT = 5


class Visitor:
    """A client of a gateway that keeps its assets in a folder and nowhere else."""

    def __init__(self, gateway: Gateway, pool: LocalPool, channel: grpc.aio.Channel) -> None:
        self._gateway, self._pool, self._channel = gateway, pool, channel

    async def takes_all(self) -> int:
        """Ask for every texture, all at once; each is as it should be. How many steps that cost."""
        before = self._pool.stats().step_count
        await asyncio.gather(*(self._takes(seed) for seed in range(TEXTURE_COUNT)))
        await self._gateway._sessions._store.flush()
        return self._pool.stats().step_count - before

    def disk(self) -> PlaceCounters:
        return self._gateway.sessions.store_counters.places["disk"]

    async def _takes(self, seed: int) -> None:
        request = texture_pb2.GenerateTextureRequest(texture_class="stone", seed=seed, size_px=64)
        call: Any = texture_pb2_grpc.TextureServiceStub(self._channel).GenerateTexture(request)
        payloads = [message.part.data async for message in call if message.HasField("part")]
        assert payloads == [b"stone" * (50 + sequence) for sequence in range(PART_COUNT)]


@asynccontextmanager
async def visiting(folder: Path, local_pool: LocalPoolOf, gateway_over: GatewayOver) -> AsyncIterator[Visitor]:
    settings = Settings(
        server=ServerSettings(port=0),
        store=StoreSettings(memory_bytes=0, disk_folder=folder),
        log=LogSettings(level="error"),
    )
    pool = local_pool("dot_generators:dots", batch_size=1)
    async with gateway_over(pool, settings) as (gateway, address), grpc.aio.insecure_channel(address) as channel:
        yield Visitor(gateway, pool, channel)


def fill(folder: Path) -> Path:
    """Take all the space there is."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
    except OSError:
        return ballast


def lose_half(folder: Path) -> None:
    """Delete every other entry."""
    kept = sorted(folder.rglob("*.asset"))
    assert len(kept) == TEXTURE_COUNT
    for path in kept[::2]:
        path.unlink()


def make_read_only(folder: Path) -> None:
    """As a file system becomes that has found errors."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def damage(folder: Path) -> None:
    """Spoil every entry, in one of several ways."""
    for number, path in enumerate(sorted(folder.rglob("*.asset"))):
        data = bytearray(path.read_bytes())
        match number % 4:
            case 0:
                data[-7] ^= 1  # in a payload
            case 1:
                data[len(data) // 2] ^= 0x80
            case 2:
                del data[-100:]
            case 3:
                data.clear()
        path.write_bytes(data)


async def test_full_disk_costs_no_texture_and_heals(
    small_disk: Path, local_pool: LocalPoolOf, gateway_over: GatewayOver
) -> None:
    ballast = fill(small_disk)
    async with visiting(small_disk / "store", local_pool, gateway_over) as visitor:
        for _ in range(2):
            assert await visitor.takes_all() == TEXTURE_COUNT * PART_COUNT
        assert visitor.disk() == PlaceCounters(write_failure_count=2 * TEXTURE_COUNT)
        ballast.unlink()
        await visitor.takes_all()
        assert await visitor.takes_all() == 0


async def test_read_only_disk_costs_no_texture_and_still_gives_what_it_has(
    small_disk: Path, local_pool: LocalPoolOf, gateway_over: GatewayOver
) -> None:
    async with visiting(small_disk / "store", local_pool, gateway_over) as visitor:
        await visitor.takes_all()
        lose_half(small_disk)
        make_read_only(small_disk)
        for _ in range(2):
            assert await visitor.takes_all() == TEXTURE_COUNT * PART_COUNT / 2
        assert visitor.disk().write_failure_count == TEXTURE_COUNT


async def test_damaged_entry_is_made_again_and_never_served(
    tmp_path: Path, local_pool: LocalPoolOf, gateway_over: GatewayOver
) -> None:
    async with visiting(tmp_path, local_pool, gateway_over) as visitor:
        await visitor.takes_all()
        damage(tmp_path)
        assert await visitor.takes_all() == TEXTURE_COUNT * PART_COUNT
        assert visitor.disk().corrupt_entry_count == TEXTURE_COUNT
        assert await visitor.takes_all() == 0
