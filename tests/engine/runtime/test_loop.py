"""The step loop, driven in the test's own thread by commands given beforehand."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part, ProbeRequest
from engine.errors import GenerationError, InvalidRequestError
from engine.generators.protocol import Generator
from engine.runtime.loop import Cancel, Event, Failed, Finished, Grant, Made, Open, Opened, StepLoop, Stop
from engine.runtime.scheduler import FirstComeScheduler

INTERNAL_PATH = "/internal/weights"


@dataclass
class CountingState:
    request: ProbeRequest
    made_count: int = 0

    @property
    def finished(self) -> bool:
        return self.made_count == self.request.part_count

    @property
    def part_count(self) -> int:
        return self.request.part_count


class CountingGenerator:
    """One part per step. `part_bytes` selects the misbehaviour; `on_step` runs within each step."""

    BEGIN_FAILS, STEP_FAILS, REFUSED, FORGETS_ONE = 1001, 1002, 1003, 1004

    def __init__(self, on_step: Callable[[Sequence[CountingState]], None] = lambda _: None) -> None:
        self.on_step = on_step
        self.stepped: list[list[ProbeRequest]] = []

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo("probe", "counting", "1", "S", "", "none")

    def begin(self, request: ProbeRequest) -> CountingState:
        if request.part_bytes == self.BEGIN_FAILS:
            raise RuntimeError(INTERNAL_PATH)
        if request.part_bytes == self.REFUSED:
            raise InvalidRequestError("part_bytes", request.part_bytes, "anything else")
        return CountingState(request)

    def step(self, states: Sequence[CountingState]) -> list[tuple[Part, ...]]:
        self.stepped.append([state.request for state in states])
        self.on_step(states)
        made: list[tuple[Part, ...]] = []
        for state in states:
            if state.request.part_bytes == self.STEP_FAILS and state.made_count == 1:
                raise RuntimeError(INTERNAL_PATH)
            payload = bytes([state.made_count]) * state.request.part_bytes
            made.append((Part(state.made_count, "probe", 0, "application/octet-stream", payload),))
            state.made_count += 1
        return made[1:] if states[0].request.part_bytes == self.FORGETS_ONE else made


class OneGenerator:
    def __init__(self, generator: Generator[Any, Any]) -> None:
        self.generator = generator

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.generator.info,)

    def generator_for(self, _request: AssetRequest) -> Generator[Any, Any]:
        return self.generator


def started(generator: CountingGenerator, events: list[Event], batch_size: int = 1) -> StepLoop:
    return StepLoop(OneGenerator(generator), FirstComeScheduler(batch_size), events.append)


def run_to_the_end(generator: CountingGenerator, *commands: Open, batch_size: int = 1) -> list[Event]:
    """Run `commands` until each session has ended."""
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if sum(isinstance(known, Finished | Failed) for known in events) == len(commands):
            loop.submit(Stop())

    loop = StepLoop(OneGenerator(generator), FirstComeScheduler(batch_size), emit)
    for command in commands:
        loop.submit(command)
    loop.run()
    assert loop.session_count == 0
    return events


def of(events: list[Event], ticket: int) -> list[str]:
    return [type(event).__name__ for event in events if event.ticket == ticket]


def test_session_is_opened_made_and_finished_in_order() -> None:
    events = run_to_the_end(CountingGenerator(), Open(5, ProbeRequest(3, 2), credit=9))
    opened, first, second, finished = events
    assert isinstance(opened, Opened)
    assert opened.part_count == 2
    assert isinstance(first, Made)
    assert first.sealed.sha256 == hashlib.sha256(bytes(3)).digest()
    assert isinstance(second, Made)
    assert second.sealed.part.sequence == 1
    assert isinstance(finished, Finished)
    digests = (hashlib.sha256(payload).digest() for payload in (bytes(3), b"\1" * 3))
    assert finished.summary.sha256 == hashlib.sha256(b"".join(digests)).digest()
    assert (finished.summary.part_count, finished.summary.size_bytes) == (2, 6)


def test_failing_step_ends_its_own_session_only(capsys: pytest.CaptureFixture[str]) -> None:
    generator = CountingGenerator()
    bad = Open(0, ProbeRequest(CountingGenerator.STEP_FAILS, 5), credit=9)
    events = run_to_the_end(generator, bad, Open(1, ProbeRequest(3, 4), credit=9))
    assert of(events, 0) == ["Opened", "Made", "Failed"]
    assert of(events, 1) == ["Opened", "Made", "Made", "Made", "Made", "Finished"]
    failed = next(event for event in events if isinstance(event, Failed))
    assert isinstance(failed.error, GenerationError)
    assert INTERNAL_PATH not in str(failed.error)
    log = capsys.readouterr().out
    assert INTERNAL_PATH in log
    assert str(failed.error).split()[-1] in log
    assert sum(requests[0].part_bytes == CountingGenerator.STEP_FAILS for requests in generator.stepped) == 2


@pytest.mark.parametrize(
    ("part_bytes", "error"),
    [
        (CountingGenerator.BEGIN_FAILS, GenerationError),
        (CountingGenerator.REFUSED, InvalidRequestError),
        (CountingGenerator.FORGETS_ONE, GenerationError),
    ],
)
def test_misbehaving_generator_becomes_an_error_of_the_session(part_bytes: int, error: type[Exception]) -> None:
    events = run_to_the_end(CountingGenerator(), Open(0, ProbeRequest(part_bytes, 2), credit=9))
    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, error)


def test_cancel_during_a_step_allows_no_further_step() -> None:
    events: list[Event] = []
    generator = CountingGenerator()
    loop = started(generator, events)
    loop.submit(Open(0, ProbeRequest(1, 100), credit=100))

    def cancel_in_the_third_step(_states: Sequence[CountingState]) -> None:
        if len(generator.stepped) == 3:
            loop.submit(Cancel(0))
            loop.submit(Stop())

    generator.on_step = cancel_in_the_third_step
    loop.run()
    assert len(generator.stepped) == 3
    assert loop.session_count == 0


def test_session_waits_when_its_credit_is_spent() -> None:
    generator = CountingGenerator()
    events: list[Event] = []
    loop = started(generator, events)
    loop.submit(Open(0, ProbeRequest(1, 100), credit=4))
    loop.submit(Open(1, ProbeRequest(1, 7), credit=9))

    def stop_at_the_end(states: Sequence[CountingState]) -> None:
        if states[0].request.part_count == 7 and states[0].made_count == 6:
            loop.submit(Stop())

    generator.on_step = stop_at_the_end
    loop.run()
    assert of(events, 0).count("Made") == 4
    assert of(events, 1)[-1] == "Finished"


def test_grant_lets_a_waiting_session_go_on() -> None:
    events: list[Event] = []
    generator = CountingGenerator()
    loop = started(generator, events)
    loop.submit(Open(0, ProbeRequest(1, 6), credit=4))
    loop.submit(Grant({0: 2, 99: 1}))

    def stop_at_the_end(states: Sequence[CountingState]) -> None:
        if states[0].made_count == 5:
            loop.submit(Stop())

    generator.on_step = stop_at_the_end
    loop.run()
    assert of(events, 0) == ["Opened", *["Made"] * 6, "Finished"]


def test_sessions_of_one_batch_share_a_step() -> None:
    generator = CountingGenerator()
    run_to_the_end(generator, *(Open(ticket, ProbeRequest(1, 3), credit=9) for ticket in range(4)), batch_size=4)
    assert [len(requests) for requests in generator.stepped] == [4, 4, 4]


def test_failing_session_of_a_batch_leaves_the_others_whole(capsys: pytest.CaptureFixture[str]) -> None:
    generator = CountingGenerator()
    requests = [ProbeRequest(part_bytes, 3) for part_bytes in (5, CountingGenerator.STEP_FAILS, 7)]
    opens = [Open(ticket, request, credit=9) for ticket, request in enumerate(requests)]
    events = run_to_the_end(generator, *opens, batch_size=3)
    assert of(events, 1) == ["Opened", "Made", "Failed"]
    for ticket in (0, 2):
        assert of(events, ticket) == ["Opened", "Made", "Made", "Made", "Finished"]
        alone = run_to_the_end(CountingGenerator(), Open(ticket, requests[ticket], credit=9))
        assert sha256_of(events, ticket) == sha256_of(alone, ticket)
    assert [len(requests) for requests in generator.stepped] == [3, 3, 1, 1, 1, 2]
    assert "one by one" in capsys.readouterr().out


def sha256_of(events: list[Event], ticket: int) -> bytes:
    return next(event.summary.sha256 for event in events if isinstance(event, Finished) and event.ticket == ticket)
