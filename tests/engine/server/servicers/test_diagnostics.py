"""DiagnosticsService over a real connection: probes, and probes that the client steers.

One module however long: probes of every kind are read by the same few functions.
"""

import asyncio
import hashlib
from typing import Any

import grpc
import pytest

from engine.assets import DIGEST_START, running_digest
from engine.sessions.continued import CONTROLS_MAX
from engine.settings.sections import ServerSettings, SessionSettings, Settings
from morphogen.v1 import common_pb2, diagnostics_pb2

LIVE = common_pb2.DELIVERY_LIVE


class Steered:
    """A steered stream, message by message."""

    def __init__(self, serving: Any, **start: Any) -> None:
        self.call = serving.diagnostics.SteerProbe()
        self._start = {"part_size_bytes": 100, "part_count": 1000, **start}

    async def begin(self) -> Any:
        """Send the start; the header."""
        await self.write(start=diagnostics_pb2.ProbeStart(**self._start))
        return (await self.call.read()).header

    async def write(self, **payload: Any) -> None:
        await self.call.write(diagnostics_pb2.SteerProbeRequest(**payload))

    async def grant(self, part_count: int) -> None:
        await self.write(credit=diagnostics_pb2.ProbeCredit(part_count=part_count))

    async def control(self, data: bytes = b"left") -> None:
        await self.write(control=diagnostics_pb2.ProbeControl(data=data))

    async def part(self) -> Any:
        return (await asyncio.wait_for(self.call.read(), 5)).part


async def test_probe_streams_the_asked_parts(serve: Any) -> None:
    serving = await serve()
    messages = [message async for message in serving.probe(20)]
    digest = DIGEST_START
    for message in messages[1:-1]:
        digest = running_digest(digest, hashlib.sha256(message.part.data).digest())
    assert messages[0].header.part_count == len(messages) - 2 == 20
    assert messages[-1].trailer.sha256 == digest


async def test_nothing_is_made_or_sent_beyond_the_credit(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, options={"credit": 3})
    assert (await steered.begin()).part_count == 1000
    assert [(await steered.part()).sequence for _ in range(3)] == [0, 1, 2]
    fourth = asyncio.create_task(steered.call.read())
    await asyncio.sleep(0.2)
    assert not fourth.done()
    assert serving.step_count() == 3
    await steered.grant(2)
    assert (await fourth).part.sequence == 3
    assert (await steered.part()).sequence == 4
    await asyncio.sleep(0.1)
    assert serving.step_count() == 5
    steered.call.cancel()
    await serving.until(lambda: serving.session_count() == serving.gateway.sessions.running_count == 0)


async def test_next_part_shows_the_control(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, options={"credit": 1})
    await steered.begin()
    assert (await steered.part()).control_count == 0
    for number in range(1, 20):
        await steered.control()
        await steered.grant(1)
        assert (await steered.part()).control_count == number
    steered.call.cancel()


async def test_control_takes_effect_within_one_part_of_a_paced_stream(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, interval_ms=20, delivery=LIVE, options={"credit": 64})
    await steered.begin()
    for number in range(1, 10):
        sequence = (await steered.part()).sequence
        await steered.control()
        await steered.grant(1)
        shown = await steered.part()
        while shown.control_count < number:
            shown = await steered.part()
        # One part may have been on its way when the control was sent; slow machines send another one meanwhile.
        assert shown.sequence <= sequence + 3
    steered.call.cancel()


async def test_live_stream_drops_what_its_reader_had_no_room_for(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, interval_ms=2, delivery=LIVE, options={"credit": 1})
    await steered.begin()
    assert (await steered.part()).sequence == 0
    await serving.until(lambda: serving.step_count() > 50)
    await steered.grant(1)
    newest = (await steered.part()).sequence
    assert newest >= 49
    assert serving.pool.stats().dropped_count >= 40
    assert serving.pool.undelivered_part_count() == 0
    steered.call.cancel()


async def test_lossless_paced_stream_waits_for_its_reader(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, interval_ms=2, options={"credit": 1})
    await steered.begin()
    assert (await steered.part()).sequence == 0
    await asyncio.sleep(0.1)
    await steered.grant(1)
    assert (await steered.part()).sequence == 1
    assert serving.step_count() == 2
    steered.call.cancel()


@pytest.mark.parametrize(
    ("part_count", "allowed"), [(0, "1 to 64"), (65, "1 to 64"), (2**32 - 1, "1 to 64"), (62, "3 are")]
)
async def test_credit_out_of_range_is_an_invalid_argument(serve: Any, part_count: int, allowed: str) -> None:
    serving = await serve()
    steered = Steered(serving, step_ms=1000, options={"credit": 3})
    await steered.begin()
    await steered.grant(part_count)
    error, found = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == "credit.part_count"
    assert allowed in found["ErrorInfo"].metadata["allowed"]
    await serving.until(lambda: serving.session_count() == serving.gateway.sessions.running_count == 0)


async def test_negative_credit_is_an_invalid_argument(serve: Any) -> None:
    """It has no number in the protos; on the wire -1 is ten bytes, of which an unsigned field keeps 32 bits."""
    serving = await serve()
    call = serving.channel.stream_stream("/morphogen.v1.DiagnosticsService/SteerProbe")()
    start = diagnostics_pb2.ProbeStart(part_size_bytes=1, part_count=10)
    await call.write(diagnostics_pb2.SteerProbeRequest(start=start).SerializeToString())
    credit = b"\x08" + b"\xff" * 9 + b"\x01"
    await call.write(b"\x12" + bytes([len(credit)]) + credit)
    error, found = await serving.failure(call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == "credit.part_count"


@pytest.mark.parametrize(
    ("start", "field"),
    [
        ({"part_count": 0}, "part_count"),
        ({"interval_ms": -1.0}, "interval_ms"),
        ({"interval_ms": 60_001.0}, "interval_ms"),
        ({"interval_ms": float("nan")}, "interval_ms"),
        ({"delivery": LIVE}, "interval_ms"),
        ({"delivery": 9}, "delivery"),
        ({"options": {"credit": 65}}, "options.credit"),
    ],
)
async def test_start_out_of_range_is_an_invalid_argument(serve: Any, start: dict[str, Any], field: str) -> None:
    serving = await serve()
    steered = Steered(serving, **start)
    await steered.write(start=diagnostics_pb2.ProbeStart(**steered._start))
    error, found = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == field


async def test_stream_that_begins_without_a_start_is_an_invalid_argument(serve: Any) -> None:
    serving = await serve()
    for first in ("credit", "control", "nothing", "end"):
        steered = Steered(serving)
        match first:
            case "credit":
                await steered.grant(1)
            case "control":
                await steered.control()
            case "nothing":
                await steered.write()
            case "end":
                await steered.call.done_writing()
        error, found = await serving.failure(steered.call)
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert found["BadRequest"].field_violations[0].field == "start"


@pytest.mark.parametrize("second", [{"start": diagnostics_pb2.ProbeStart(part_size_bytes=1, part_count=1)}, {}])
async def test_second_start_is_an_invalid_argument(serve: Any, second: dict[str, Any]) -> None:
    serving = await serve()
    steered = Steered(serving)
    await steered.begin()
    await steered.write(**second)
    error, found = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == "payload"


async def test_control_that_is_too_large_is_an_invalid_argument(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving)
    await steered.begin()
    await steered.control(bytes(65))
    error, found = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == "control"


async def test_client_that_has_said_everything_gets_what_it_has_granted(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, part_count=20)
    await steered.begin()
    await steered.grant(16)
    await steered.call.done_writing()
    assert [(await steered.part()).sequence for _ in range(20)] == list(range(20))
    assert (await steered.call.read()).trailer.part_count == 20


async def test_client_that_grants_nothing_is_let_go(serve: Any) -> None:
    serving = await serve(Settings(server=ServerSettings(port=0), sessions=SessionSettings(idle_timeout_s=1.0)))
    steered = Steered(serving, options={"credit": 1})
    await steered.begin()
    error, found = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert found["ErrorInfo"].reason == "IDLE_TIMEOUT"
    assert serving.gateway.sessions.running_count == 0


async def test_steered_stream_is_continued_with_its_controls(serve: Any) -> None:
    serving = await serve()
    start = {"part_count": 12, "options": {"credit": 1, "resume_tokens": True}}
    steered = Steered(serving, **start)
    await steered.begin()
    token = b""
    for number in range(1, 7):
        part = await steered.part()
        token = part.resume_token
        assert part.control_count == number - 1
        await steered.control()
        await steered.grant(1)
    steered.call.cancel()
    again = Steered(serving, part_count=12, options={"credit": 64, "resume_token": token})
    assert (await again.begin()).first_sequence == 6
    assert [(await again.part()).sequence for _ in range(6)] == list(range(6, 12))
    assert (await again.call.read()).trailer.part_count == 12


async def test_continued_stream_takes_every_new_control(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, options={"credit": 1, "resume_tokens": True})
    await steered.begin()
    for _ in range(3):
        await steered.part()
        await steered.control()
        await steered.grant(1)
    part = await steered.part()
    assert part.control_count == 3
    steered.call.cancel()
    again = Steered(serving, options={"credit": 1, "resume_token": part.resume_token})
    await again.begin()
    for number in range(4, 9):
        await again.part()
        await again.control()
        await again.grant(1)
        assert (await again.part()).control_count == number
        await again.grant(1)
    again.call.cancel()


async def test_controls_without_credit_are_limited(serve: Any) -> None:
    serving = await serve()
    steered = Steered(serving, options={"credit": 1})
    await steered.begin()
    await steered.part()
    for _ in range(CONTROLS_MAX + 1):
        await steered.control()
    error, found = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == "control"
    await serving.until(lambda: serving.session_count() == serving.gateway.sessions.running_count == 0)


async def test_at_most_one_step_follows_a_cancelled_steered_stream(serve: Any) -> None:
    serving = await serve()
    for _ in range(5):
        steered = Steered(serving, step_ms=30, options={"credit": 64})
        await steered.begin()
        await steered.part()
        steered.call.cancel()
        before = serving.step_count()  # counts the one that runs
        await serving.until(lambda: serving.session_count() == 0)
        await asyncio.sleep(0.1)
        assert serving.step_count() <= before + 1


class Watched:
    """A stream of WatchProbe, message by message."""

    def __init__(self, serving: Any, **start: Any) -> None:
        self._serving = serving
        request = diagnostics_pb2.WatchProbeRequest(start={"part_size_bytes": 100, "part_count": 1000, **start})
        self.call = serving.diagnostics.WatchProbe(request)
        self.session_id = ""
        self.received_count = 0

    async def begin(self) -> None:
        """Read the header."""
        self.session_id = (await self.call.read()).header.session_id

    async def part(self) -> Any:
        part = (await asyncio.wait_for(self.call.read(), 5)).part
        self.received_count += 1
        return part

    def control(self, number: int, data: bytes | None = None, **fields: Any) -> Any:
        """A call of ControlProbe that acknowledges what has been read."""
        message = diagnostics_pb2.ControlProbeRequest(
            session_id=self.session_id,
            control_number=number,
            control=None if data is None else diagnostics_pb2.ProbeControl(data=data),
            **{"received_count": self.received_count, **fields},
        )
        return self._serving.diagnostics.ControlProbe(message)


async def test_watched_stream_goes_on_as_parts_are_acknowledged(serve: Any) -> None:
    serving = await serve()
    watched = Watched(serving, options={"credit": 3})
    await watched.begin()
    assert len(watched.session_id) >= 21
    assert [(await watched.part()).sequence for _ in range(3)] == [0, 1, 2]
    fourth = asyncio.create_task(watched.part())
    await asyncio.sleep(0.2)
    assert not fourth.done()
    assert serving.step_count() == 3
    for number in (1, 2, 3):
        await watched.control(number, received_count=3)  # says the same again, which makes no more room
    assert (await fourth).sequence == 3
    assert [(await watched.part()).sequence for _ in range(2)] == [4, 5]
    await asyncio.sleep(0.1)
    assert serving.step_count() == 6  # credit of 3, and 3 acknowledged
    watched.call.cancel()
    await serving.until(lambda: serving.session_count() == serving.gateway.sessions.running_count == 0)
    error, found = await serving.failure(watched.control(4))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert found["ErrorInfo"].metadata["field"] == "session_id"


async def test_watched_stream_shows_each_control_once_and_none_that_was_overtaken(serve: Any) -> None:
    serving = await serve()
    watched = Watched(serving, options={"credit": 1})
    await watched.begin()
    assert (await watched.part()).control_count == 0
    assert (await watched.control(1, b"left")).control_count == 1
    assert (await watched.part()).control_count == 1
    assert (await watched.control(5, b"right")).control_count == 2
    for number in (4, 5):
        answer = await watched.control(number, b"late")
        assert (answer.control_number, answer.control_count) == (5, 2)
    assert (await watched.part()).control_count == 2
    watched.call.cancel()


async def test_watched_live_stream_drops_what_is_not_acknowledged_for(serve: Any) -> None:
    serving = await serve()
    watched = Watched(serving, interval_ms=2, delivery=LIVE, options={"credit": 1})
    await watched.begin()
    assert (await watched.part()).sequence == 0
    await serving.until(lambda: serving.step_count() > 50)
    await watched.control(1)
    assert (await watched.part()).sequence >= 49
    watched.call.cancel()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": 0}, "control_number"),
        ({"number": 1, "received_count": 2}, "received_count"),
        ({"number": 1, "data": bytes(65)}, "control.data"),
    ],
)
async def test_control_of_a_watched_stream_that_does_not_fit_changes_nothing(
    serve: Any, fields: dict[str, Any], field: str
) -> None:
    serving = await serve()
    watched = Watched(serving, options={"credit": 1})
    await watched.begin()
    await watched.part()
    error, found = await serving.failure(watched.control(**fields))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert found["BadRequest"].field_violations[0].field == field
    assert (await watched.control(1)).control_number == 1
    assert (await watched.part()).sequence == 1
    watched.call.cancel()


async def test_watched_stream_without_acknowledgements_is_let_go(serve: Any) -> None:
    settings = Settings(server=ServerSettings(port=0), sessions=SessionSettings(idle_timeout_s=1.0))
    serving = await serve(settings)
    watched = Watched(serving, options={"credit": 1})
    await watched.begin()
    await watched.part()
    error, found = await serving.failure(watched.call)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert found["ErrorInfo"].reason == "IDLE_TIMEOUT"
