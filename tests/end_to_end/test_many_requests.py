"""Ten thousand requests that end in every way a request can end, and nothing of them that stays anywhere."""

import asyncio
import hashlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from engine.assets import DIGEST_START, running_digest
from engine.runtime.pool import WorkerPool
from engine.server.gateway import Gateway
from engine.settings.sections import (
    LogSettings,
    ServerSettings,
    SessionSettings,
    Settings,
    StoreSettings,
    TransportSettings,
)
from morphogen.v1 import diagnostics_pb2, diagnostics_pb2_grpc, texture_pb2, texture_pb2_grpc
from workers.fleet.pool import FleetPool
from workers.link.transport import HEARTBEAT_INTERVAL_S
from workers.local import LocalPool

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

REQUEST_COUNT = 10_000
CLIENT_COUNT = 100
CHANNEL_COUNT = 4
TIME_LIMIT_S = 90.0
TEXTURE_CLASSES = ("stone", "brick", "wood")
SETTINGS = Settings(
    server=ServerSettings(port=0, transport=TransportSettings(max_concurrent_streams=1000)),
    sessions=SessionSettings(max_running=24, queue_limit=1000, hint_limit=8),
    store=StoreSettings(memory_bytes=3000),  # two assets: both making and finding them happens all the time
    log=LogSettings(level="error"),
)
EXPECTED_FAILURES = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,  # what cannot be made by its deadline
}


def tickets_left(pool: WorkerPool) -> int:
    """Sessions that anybody on the way to the steps still knows of."""
    left = pool.stats().session_count + pool.undelivered_part_count()
    if isinstance(pool, LocalPool):
        left += len(pool._streams)
        for lane in pool._lanes:
            assert lane._thread is not None
            left += len(lane._credits) + len(lane._thread._step_loop._scheduler)
    if isinstance(pool, FleetPool):
        for member in pool._members.values():
            books = [book for book in vars(member.link).values() if isinstance(book, dict)]  # all of them by ticket
            left += member.session_count + sum(map(len, books))
    return left


@dataclass
class Received:
    """A stream as far as it has come: checks parts as they arrive."""

    digest: bytes = DIGEST_START
    next_sequence: int = 0
    token: bytes = b""
    finished: bool = False

    def take(self, message: Any) -> None:
        match message.WhichOneof("payload"):
            case "header":
                assert message.header.first_sequence == self.next_sequence
            case "part":
                assert message.part.sequence == self.next_sequence
                sha256 = hashlib.sha256(message.part.data).digest()
                assert message.part.part_sha256 == sha256
                self.digest = running_digest(self.digest, sha256)
                self.next_sequence += 1
                self.token = message.part.resume_token
            case "trailer":
                assert message.trailer.sha256 == self.digest
                assert message.trailer.part_count == self.next_sequence
                self.finished = True


class Client:
    """Makes requests one after the other, each of which it ends in another way. `ends` counts them."""

    def __init__(self, number: int, channels: Sequence[grpc.aio.Channel], address: str) -> None:
        self.ends: Counter[str] = Counter()
        self._chance = random.Random(number)
        self._address = address
        self._channel = channels[number % len(channels)]
        self._ways: tuple[tuple[Callable[[], Awaitable[None]], int], ...] = (
            (self.complete, 24),
            (self.leave_at_once, 8),
            (self.leave_in_the_queue, 16),
            (self.leave_between_parts, 16),
            (self.run_out_of_time, 8),
            (self.come_back, 8),
            (self.steer, 10),
            (self.hint, 2),
            (self.lose_the_connection, 1),
        )

    async def run(self, request_count: int) -> None:
        ways, weights = zip(*self._ways, strict=True)
        for way in self._chance.choices(ways, weights, k=request_count):
            self.ends[way.__name__] += 1
            try:
                async with asyncio.timeout(TIME_LIMIT_S):
                    await way()
            except grpc.aio.AioRpcError as error:
                assert error.code() in EXPECTED_FAILURES, error  # noqa: PT017 (one of several, or none)
                self.ends[str(error.code())] += 1

    async def complete(self) -> None:
        received = Received()
        async for message in self._call():
            received.take(message)
        assert received.finished
        self.ends["completed"] += 1

    async def leave_at_once(self) -> None:
        self._call().cancel()

    async def leave_in_the_queue(self) -> None:
        call = self._call()
        await asyncio.sleep(self._chance.choice((0.0, 0.0, 0.001, 0.004)))
        call.cancel()

    async def leave_between_parts(self) -> None:
        call, received = self._call(), Received()
        await self._read(call, received, self._chance.randrange(1, 8))
        call.cancel()

    async def run_out_of_time(self) -> None:
        received = Received()
        async for message in self._call(timeout=self._chance.uniform(0.001, 0.5)):
            received.take(message)

    async def come_back(self) -> None:
        request = self._probe_request()
        received = Received()
        request.options.resume_tokens = True
        while not received.finished:
            request.options.resume_token = received.token
            call = diagnostics_pb2_grpc.DiagnosticsServiceStub(self._channel).StreamProbe(request)
            await self._read(call, received, self._chance.randrange(2, 6))
            call.cancel()
        self.ends["completed"] += 1

    async def steer(self) -> None:
        call: Any = diagnostics_pb2_grpc.DiagnosticsServiceStub(self._channel).SteerProbe()
        probe = self._probe_request()
        start = diagnostics_pb2.ProbeStart(
            part_size_bytes=probe.part_size_bytes, part_count=probe.part_count, options={"credit": 1}
        )
        received = Received()
        try:
            await call.write(diagnostics_pb2.SteerProbeRequest(start=start))
            for _ in range(self._chance.randrange(1, 12)):
                if not await self._read(call, received, 1) or received.finished:
                    break
                control = diagnostics_pb2.ProbeControl(data=b"left")
                await call.write(diagnostics_pb2.SteerProbeRequest(control=control))
                if received.next_sequence:
                    await call.write(diagnostics_pb2.SteerProbeRequest(credit={"part_count": 1}))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # A stream may end behind its last part, which may still be unread here, while something is written to it.
            assert received.next_sequence >= probe.part_count - 1
        call.cancel()

    async def hint(self) -> None:
        hint = texture_pb2.GenerateTextureRequest(texture_class=self._chance.choice(TEXTURE_CLASSES), size_px=64)
        hints = texture_pb2.PrefetchTexturesRequest(requests=[hint])
        await texture_pb2_grpc.TextureServiceStub(self._channel).PrefetchTextures(hints)

    async def lose_the_connection(self) -> None:
        async with grpc.aio.insecure_channel(self._address) as channel:
            stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channel)
            await self._read(stub.StreamProbe(self._probe_request()), Received(), self._chance.randrange(1, 5))
            await channel.close(None)

    def _call(self, **options: Any) -> Any:
        """A probe of its own, or one of a few textures that others ask for too."""
        if self._chance.random() < 0.6:
            return diagnostics_pb2_grpc.DiagnosticsServiceStub(self._channel).StreamProbe(
                self._probe_request(), **options
            )
        request = texture_pb2.GenerateTextureRequest(
            texture_class=self._chance.choice(TEXTURE_CLASSES), seed=self._chance.randrange(2), size_px=64
        )
        return texture_pb2_grpc.TextureServiceStub(self._channel).GenerateTexture(request, **options)

    def _probe_request(self) -> diagnostics_pb2.StreamProbeRequest:
        return diagnostics_pb2.StreamProbeRequest(
            part_size_bytes=self._chance.randrange(1, 2000),
            part_count=self._chance.randrange(1, 10),
            step_ms=self._chance.choice((0.0, 0.0, 0.0, 0.5)),
        )

    @staticmethod
    async def _read(call: Any, received: Received, message_count: int) -> bool:
        """Take so many messages; False if the stream ended before."""
        for _ in range(message_count):
            message = await call.read()
            if message is grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its types
                return False
            received.take(message)
        return True


@asynccontextmanager
async def connections(address: str) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Connections of their own, where gRPC would make one of them."""
    options = [[("grpc.use_local_subchannel_pool", 1)] for _ in range(CHANNEL_COUNT)]
    channels = [grpc.aio.insecure_channel(address, each) for each in options]
    try:
        yield channels
    finally:
        for channel in channels:
            await channel.close(None)


def outcomes_of(gateway: Gateway) -> Counter[str]:
    """Calls by their end, as the server saw it."""
    outcomes: Counter[str] = Counter()
    for metric in gateway._metrics.calls.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                outcomes[sample.labels["outcome"]] += int(sample.value)
    return outcomes


async def nothing_left(gateway: Gateway, pool: WorkerPool) -> None:
    """Wait until everything has been given back, 10 s at most, and workers have said so more than once."""
    sessions = gateway.sessions
    left: tuple[int, ...] = ()
    clean_since_s: float | None = None
    for _ in range(1000):
        waiting_count = sessions.waiting_count + sessions._prefetcher.waiting_count
        left = (sessions.running_count, waiting_count, len(sessions._flights), tickets_left(pool))
        now_s = time.monotonic()
        clean_since_s = None if any(left) else clean_since_s or now_s
        if clean_since_s is not None and now_s - clean_since_s > 3 * HEARTBEAT_INTERVAL_S:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"sessions, queue, flights, tickets left: {left}")


async def test_ten_thousand_requests_that_end_in_every_way_leave_nothing_behind(
    pool_of: Callable[..., WorkerPool], gateway_over: GatewayOver
) -> None:
    started_at_s = time.perf_counter()
    pool = pool_of("dot_generators:dots")
    async with gateway_over(pool, SETTINGS) as (gateway, address), connections(address) as channels:
        clients = [Client(number, channels, address) for number in range(CLIENT_COUNT)]
        await asyncio.gather(*(client.run(REQUEST_COUNT // CLIENT_COUNT) for client in clients))
        await nothing_left(gateway, pool)
        ends: Counter[str] = sum((client.ends for client in clients), Counter())
        assert ends["completed"] > 2000
        counters, outcomes = gateway.sessions.counters, outcomes_of(gateway)
        assert min(outcomes["OK"], outcomes["CANCELLED"]) > 1000
        assert outcomes["DEADLINE_EXCEEDED"] >= 1
        assert outcomes["INTERNAL"] == outcomes["UNKNOWN"] == outcomes["UNAVAILABLE"] == 0
        assert min(counters.flight_count, counters.join_count) > 10
        assert counters.migration_count == 0
        assert gateway.sessions.store_counters.places["memory"].hit_count > 100
        # Whatever has been cut off, the next one finds everything as the first one did.
        received = Received()
        stub = diagnostics_pb2_grpc.DiagnosticsServiceStub(channels[0])
        async for message in stub.StreamProbe(diagnostics_pb2.StreamProbeRequest(part_size_bytes=9, part_count=9)):
            received.take(message)
        assert received.finished
        async with asyncio.timeout(10):
            await gateway.sessions.drain(10)
    # gRPC's client never hears the end of a call to which a write has failed; those tasks are its own.
    tasks = {task for task in asyncio.all_tasks() if "_AioCall" not in getattr(task.get_coro(), "__qualname__", "")}
    assert tasks == {asyncio.current_task()}
    assert time.perf_counter() - started_at_s < TIME_LIMIT_S
