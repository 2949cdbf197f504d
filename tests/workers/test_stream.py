"""A stream on the event loop, fed by hand."""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator

import pytest

from engine.assets import GeneratorInfo, Part
from engine.errors import GenerationError
from engine.runtime.messages import (
    AssetSummary,
    Cancel,
    Command,
    Failed,
    Finished,
    Made,
    Opened,
    Priority,
    Promote,
    ResumePoint,
    SealedPart,
    Steer,
    Tally,
)
from workers.stream import WorkerStream

INFO = GeneratorInfo("probe", "recording", "1", "S", "", "none")
SUMMARY = AssetSummary(Tally(), 1.0, 2.0)


class RecordingPort:
    """Remembers what it was asked to send, and how often somebody began to wait."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.granted: list[tuple[int, int]] = []
        self.forgotten: list[int] = []
        self.wait_count = 0
        self.waiting_count = 0

    def submit(self, command: Command) -> None:
        self.sent.append(command)

    def grant(self, ticket: int, part_count: int) -> None:
        self.granted.append((ticket, part_count))

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        self.wait_count += 1
        self.waiting_count += 1
        try:
            yield
        finally:
            self.waiting_count -= 1

    def forget(self, ticket: int) -> None:
        self.forgotten.append(ticket)


def made(sequence: int) -> Made:
    part = Part(sequence, "probe", 0, "application/octet-stream", b"x")
    return Made(7, SealedPart(part, hashlib.sha256(b"x").digest(), ResumePoint(sequence + 1, Tally(), b"", 0)))


@pytest.fixture
def port() -> RecordingPort:
    return RecordingPort()


@pytest.fixture
def stream(port: RecordingPort) -> WorkerStream:
    return WorkerStream(port, 7)


async def test_parts_come_in_order_and_then_the_account(stream: WorkerStream) -> None:
    for event in (Opened(7, INFO, 3), made(0), made(1), made(2), Finished(7, SUMMARY)):
        stream.receive(event)
    await stream.opened()
    assert (stream.info, stream.part_count, stream.undelivered_part_count) == (INFO, 3, 3)
    assert [sealed.part.sequence async for sealed in stream] == [0, 1, 2]
    assert (stream.summary(), stream.undelivered_part_count) == (SUMMARY, 0)


async def test_refusal_ends_the_opening(stream: WorkerStream) -> None:
    opening = asyncio.create_task(stream.opened())
    await asyncio.sleep(0)
    stream.receive(Failed(7, GenerationError("no")))
    with pytest.raises(GenerationError, match="no"):
        await opening


async def test_failure_comes_behind_the_parts_that_were_made(stream: WorkerStream) -> None:
    for event in (Opened(7, INFO, 3), made(0), Failed(7, GenerationError("broken")), made(1)):
        stream.receive(event)
    assert (await anext(stream)).part.sequence == 0
    for _ in range(2):
        with pytest.raises(GenerationError, match="broken"):
            await anext(stream)


async def test_part_that_comes_late_wakes_its_reader(stream: WorkerStream, port: RecordingPort) -> None:
    reading = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    assert port.waiting_count == 1
    stream.receive(made(0))
    assert (await reading).part.sequence == 0
    assert port.waiting_count == 0


async def test_cancelled_reader_waits_no_longer_and_loses_nothing(stream: WorkerStream, port: RecordingPort) -> None:
    reading = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert port.waiting_count == 0
    stream.receive(made(0))
    assert (await anext(stream)).part.sequence == 0


async def test_credit_for_a_reader_that_waits_already_makes_it_wait_anew(
    stream: WorkerStream, port: RecordingPort
) -> None:
    reading = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    stream.grant(2)
    await asyncio.sleep(0)
    assert (port.granted, port.wait_count, port.waiting_count) == ([(7, 2)], 2, 1)
    stream.receive(made(0))
    await reading


async def test_commands_are_sent_until_the_end(stream: WorkerStream, port: RecordingPort) -> None:
    for _ in range(2):
        stream.grant(1)
        stream.steer(1, b"left")
        stream.promote(Priority.INTERACTIVE)
        stream.receive(Finished(7, SUMMARY))
    assert port.sent == [Steer(7, 1, b"left"), Promote(7, Priority.INTERACTIVE)]
    assert port.granted == [(7, 1)]


@pytest.mark.parametrize(("ended", "sent"), [(False, [Cancel(7)]), (True, [])])
def test_closing_cancels_what_still_runs_once(
    stream: WorkerStream, port: RecordingPort, ended: bool, sent: list[Command]
) -> None:
    if ended:
        stream.receive(Finished(7, SUMMARY))
    stream.close()
    stream.close()
    assert (port.sent, port.forgotten) == (sent, [7])
