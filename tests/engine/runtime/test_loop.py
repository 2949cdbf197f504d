"""The step loop, driven in the test's own thread by commands given beforehand.

One module however long: each test is a command or a fault of the one loop, over the same few generators.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from engine.assets import DIGEST_START, AssetRequest, Draft, GeneratorInfo, Part, running_digest
from engine.errors import GenerationError, InvalidRequestError, OverloadedError
from engine.generators.protocol import Generator, StepKinds
from engine.requests.probe import ProbeRequest
from engine.runtime.loop import StepLoop, StepRecord
from engine.runtime.messages import (
    AssetSummary,
    Cancel,
    Command,
    Delivery,
    Event,
    Failed,
    Finished,
    Grant,
    Made,
    Open,
    Opened,
    Priority,
    Promote,
    ResumePoint,
    SealedPart,
    Steer,
    Stop,
    Tally,
    Terms,
)

INTERNAL_PATH = "/internal/weights"
KEY = "counting 1: step"
STEP_S = 0.002


@dataclass
class CountingState:
    request: ProbeRequest
    made_count: int = 0
    control: bytes = b""

    @property
    def finished(self) -> bool:
        return self.made_count == self.request.part_count

    @property
    def part_count(self) -> int:
        return self.request.part_count


@dataclass
class CountingGenerator:
    """Makes `parts_per_step` drafts per step. A `part_bytes` above 1000 selects a misbehaviour.

    on_step  runs within each step
    """

    BEGIN_FAILS, STEP_FAILS, REFUSED, FORGETS_ONE = 1001, 1002, 1003, 1004
    ENCODER_FAILS, CHECKPOINT_FAILS, RESUME_FAILS, REFUSED_LATER = 1005, 1006, 1007, 1008

    parts_per_step: int = 1
    on_step: Callable[[Sequence[CountingState]], None] = lambda _: None
    stepped: list[list[ProbeRequest]] = field(default_factory=list)

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo("probe", "counting", "1", "S", "", "none")

    def begin(self, request: ProbeRequest) -> CountingState:
        if request.part_bytes == self.BEGIN_FAILS:
            raise RuntimeError(INTERNAL_PATH)
        if request.part_bytes == self.REFUSED:
            raise InvalidRequestError("part_bytes", request.part_bytes, "anything else")
        return CountingState(request)

    def checkpoint(self, state: CountingState) -> bytes:
        if state.request.part_bytes == self.CHECKPOINT_FAILS and state.made_count:
            raise RuntimeError(INTERNAL_PATH)
        return bytes([state.made_count]) + state.control

    def resume(self, request: ProbeRequest, checkpoint: bytes) -> CountingState:
        if request.part_bytes == self.RESUME_FAILS:
            raise RuntimeError(INTERNAL_PATH)
        return CountingState(request, checkpoint[0], checkpoint[1:])

    def steps_ahead(self, state: CountingState) -> StepKinds:
        return (("step", -(-(state.part_count - state.made_count) // self.parts_per_step)),)

    def step(self, states: Sequence[CountingState]) -> list[tuple[Part | Draft, ...]]:
        self.stepped.append([state.request for state in states])
        self.on_step(states)
        made = [self._drafts(state) for state in states]
        return made[1:] if states[0].request.part_bytes == self.FORGETS_ONE else made

    def _drafts(self, state: CountingState) -> tuple[Part | Draft, ...]:
        if state.request.part_bytes == self.STEP_FAILS and state.made_count == 1:
            raise RuntimeError(INTERNAL_PATH)
        if state.request.part_bytes == self.REFUSED_LATER and state.made_count == 1:
            raise InvalidRequestError("part_bytes", state.request.part_bytes, "anything else")
        first, last = state.made_count, min(state.made_count + self.parts_per_step, state.part_count)
        state.made_count = last
        return tuple(
            Draft(
                number, "probe", 0, "application/octet-stream", partial(self._encoded, state.request, number, control)
            )
            for number, control in ((number, state.control) for number in range(first, last))
        )

    def _encoded(self, request: ProbeRequest, number: int, control: bytes) -> bytes:
        if request.part_bytes == self.ENCODER_FAILS and number == 1:
            raise RuntimeError(INTERNAL_PATH)
        return control + bytes([number]) * request.part_bytes


@dataclass
class SteeredGenerator(CountingGenerator):
    """Its parts begin with the last control.

    on_skip  runs whenever it passes over parts
    """

    on_skip: Callable[[Sequence[CountingState]], None] = lambda _: None

    def steer(self, state: CountingState, control: bytes) -> None:
        if control == b"crash":
            raise RuntimeError(INTERNAL_PATH)
        if control == b"bad":
            raise InvalidRequestError("control", "bad", "anything else")
        state.control = control

    def skip(self, states: Sequence[CountingState], part_counts: Sequence[int]) -> None:
        self.on_skip(states)
        for state, part_count in zip(states, part_counts, strict=True):
            state.made_count += part_count


class OneGenerator:
    def __init__(self, generator: Generator[Any, Any]) -> None:
        self.generator = generator

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.generator.info,)

    def generator_for(self, _request: AssetRequest) -> Generator[Any, Any]:
        return self.generator


class Bench:
    """A loop, and all that it has emitted."""

    def __init__(self, generator: CountingGenerator, batch_size: int = 1) -> None:
        self.generator = generator
        self.events: list[Event] = []
        self.steps: list[StepRecord] = []
        self.on_event: Callable[[Event], None] = lambda _: None
        self._encoders = ThreadPoolExecutor(2)
        self.loop = StepLoop(OneGenerator(generator), batch_size, self._encoders, self._take, self.steps.append)

    def measured(self, *step_s: float) -> None:
        """Pretend that steps have been measured: how long they take with one session, two, four..."""
        for exponent, time_s in enumerate(step_s):
            for _ in range(2):
                self.loop._costs.record(KEY, 2**exponent, time_s)

    def run(self, *commands: Command, until: int | None = None) -> "Bench":
        """Until session `until`, or else every session, has ended."""
        self._awaited = {command.ticket for command in commands if isinstance(command, Open)}
        if until is not None:
            self._awaited = {until}
        for command in commands:
            self.loop.submit(command)
        self.loop.run()
        self._encoders.shutdown()
        return self

    def names(self, ticket: int) -> list[str]:
        return [type(event).__name__ for event in self.events if event.ticket == ticket]

    def parts(self, ticket: int) -> list[SealedPart]:
        return [event.sealed for event in self.events if isinstance(event, Made) and event.ticket == ticket]

    def payloads(self, ticket: int) -> list[bytes]:
        return [sealed.part.payload for sealed in self.parts(ticket)]

    def summary(self, ticket: int) -> AssetSummary:
        return next(event.summary for event in self.events if isinstance(event, Finished) and event.ticket == ticket)

    def error(self, ticket: int) -> Exception:
        return next(event.error for event in self.events if isinstance(event, Failed) and event.ticket == ticket)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)
        if isinstance(event, Finished | Failed):
            self._awaited.discard(event.ticket)
            if not self._awaited:
                self.loop.submit(Stop())


def sleeping_bench(batch_size: int) -> Bench:
    """Steps take the same time whatever their size, and it is known that full batches pay."""
    bench = Bench(CountingGenerator(on_step=lambda _: time.sleep(STEP_S)), batch_size)
    bench.measured(*[STEP_S] * batch_size.bit_length())
    return bench


def test_session_is_opened_made_and_finished_in_order() -> None:
    bench = Bench(CountingGenerator()).run(Open(5, ProbeRequest(3, 2), credit=9))
    opened, first, second, finished = bench.events
    assert isinstance(opened, Opened)
    assert (opened.part_count, opened.info.name) == (2, "counting")
    assert isinstance(first, Made)
    assert isinstance(second, Made)
    assert (first.sealed.part.payload, second.sealed.part.sequence) == (bytes(3), 1)
    assert isinstance(finished, Finished)
    chain = running_digest(running_digest(DIGEST_START, first.sealed.sha256), second.sealed.sha256)
    tally = finished.summary.tally
    assert (tally.digest, tally.part_count, tally.size_bytes) == (chain, 2, 6)
    assert bench.loop.session_count == 0


def test_failing_step_ends_its_own_session_only(capsys: pytest.CaptureFixture[str]) -> None:
    generator = CountingGenerator()
    bad = Open(0, ProbeRequest(CountingGenerator.STEP_FAILS, 5), credit=9)
    bench = Bench(generator).run(bad, Open(1, ProbeRequest(3, 4), credit=9))
    assert bench.names(0)[-1] == "Failed"
    assert bench.names(1) == ["Opened", *["Made"] * 4, "Finished"]
    error = bench.error(0)
    assert isinstance(error, GenerationError)
    assert INTERNAL_PATH not in str(error)
    log = capsys.readouterr().out
    assert INTERNAL_PATH in log
    assert str(error).split()[-1] in log
    assert sum(requests[0].part_bytes == CountingGenerator.STEP_FAILS for requests in generator.stepped) == 2


@pytest.mark.parametrize(
    ("part_bytes", "error"),
    [
        (CountingGenerator.BEGIN_FAILS, GenerationError),
        (CountingGenerator.REFUSED, InvalidRequestError),
        (CountingGenerator.REFUSED_LATER, InvalidRequestError),
        (CountingGenerator.FORGETS_ONE, GenerationError),
        (CountingGenerator.ENCODER_FAILS, GenerationError),
        (CountingGenerator.CHECKPOINT_FAILS, GenerationError),
    ],
)
def test_misbehaving_generator_becomes_an_error_of_the_session(part_bytes: int, error: type[Exception]) -> None:
    fine = Open(1, ProbeRequest(3, 20), credit=20)
    bench = Bench(CountingGenerator()).run(Open(0, ProbeRequest(part_bytes, 3), credit=9), fine)
    assert isinstance(bench.error(0), error)
    assert INTERNAL_PATH not in str(bench.error(0))
    assert bench.names(1) == ["Opened", *["Made"] * 20, "Finished"]
    assert bench.loop.session_count == 0


def test_cancel_during_a_step_allows_no_further_step() -> None:
    generator = CountingGenerator()
    bench = Bench(generator)

    def cancel_in_the_third_step(_states: Sequence[CountingState]) -> None:
        if len(generator.stepped) == 3:
            bench.loop.submit(Cancel(0))
            bench.loop.submit(Stop())

    generator.on_step = cancel_in_the_third_step
    bench.run(Open(0, ProbeRequest(1, 100), credit=100))
    assert len(generator.stepped) == 3
    assert bench.names(0).count("Made") <= 3
    assert bench.loop.session_count == 0


@pytest.mark.parametrize(("parts_per_step", "made_count"), [(1, 4), (3, 6)])
def test_session_waits_when_its_credit_is_spent(parts_per_step: int, made_count: int) -> None:
    stalled, other = Open(0, ProbeRequest(1, 99), credit=4), Open(1, ProbeRequest(2, 99), credit=99)
    generator = CountingGenerator(parts_per_step)
    bench = Bench(generator).run(stalled, other, until=1)
    steps = sum(requests[0].part_bytes == 1 for requests in generator.stepped)
    assert steps * parts_per_step == made_count
    stats = bench.loop.stats()
    assert (stats.session_count, stats.ready_count, stats.stalled_count) == (1, 0, 1)


def test_grant_lets_a_waiting_session_go_on() -> None:
    bench = Bench(CountingGenerator()).run(Open(0, ProbeRequest(1, 6), credit=4), Grant({0: 2, 99: 1}))
    assert bench.names(0) == ["Opened", *["Made"] * 6, "Finished"]


def test_sessions_of_one_batch_share_a_step() -> None:
    bench = sleeping_bench(4).run(*(Open(ticket, ProbeRequest(1, 3), credit=9) for ticket in range(4)))
    assert [len(requests) for requests in bench.generator.stepped] == [4, 4, 4]
    stats = bench.loop.stats()
    assert (stats.batch_sizes, stats.step_count) == ({4: 3}, 3)
    assert 3 * STEP_S <= stats.busy_s <= stats.uptime_s


def test_failing_session_of_a_batch_leaves_the_others_whole(capsys: pytest.CaptureFixture[str]) -> None:
    misbehaviours = (CountingGenerator.STEP_FAILS, CountingGenerator.RESUME_FAILS)
    requests = [ProbeRequest(part_bytes, 3) for part_bytes in (5, *misbehaviours, 8)]
    opens = [Open(ticket, request, credit=9) for ticket, request in enumerate(requests)]
    bench = sleeping_bench(4).run(*opens)
    assert (bench.names(1)[-1], bench.names(2)[-1]) == ("Failed", "Failed")
    for ticket in (0, 3):
        assert bench.names(ticket) == ["Opened", *["Made"] * 3, "Finished"]
        alone = Bench(CountingGenerator()).run(opens[ticket])
        assert bench.payloads(ticket) == alone.payloads(ticket)
        assert bench.summary(ticket).tally == alone.summary(ticket).tally
    assert [len(requests) for requests in bench.generator.stepped] == [4, 4, 1, 1, 1, 2]
    assert "one by one" in capsys.readouterr().out


def test_slow_encoder_holds_up_neither_steps_nor_the_order_of_parts() -> None:
    generator = CountingGenerator()
    encode, stepped_when_encoded = generator._encoded, []

    def slow_at_first(request: ProbeRequest, number: int, control: bytes) -> bytes:
        while number == 0 and len(generator.stepped) < 5:
            time.sleep(0.001)
        stepped_when_encoded.append(len(generator.stepped))
        return encode(request, number, control)

    generator._encoded = slow_at_first  # type: ignore[method-assign]  # its own, only slower
    bench = Bench(generator).run(Open(0, ProbeRequest(1, 5), credit=9))
    assert [sealed.part.sequence for sealed in bench.parts(0)] == list(range(5))
    assert max(stepped_when_encoded) == 5


@pytest.mark.parametrize("parts_per_step", [1, 3])
@pytest.mark.parametrize("part_count", [6, 7])
def test_session_resumed_behind_any_part_gives_the_same_bytes_and_digest(parts_per_step: int, part_count: int) -> None:
    request = ProbeRequest(3, part_count)
    whole = Bench(CountingGenerator(parts_per_step)).run(Open(0, request, credit=9))
    points = [sealed.resume_point for sealed in whole.parts(0)]
    assert [point.next_sequence for point in points] == list(range(1, part_count + 1))
    start = ResumePoint(0, Tally(), b"", 0)
    for point in (start, *points):
        resumed = Bench(CountingGenerator(parts_per_step)).run(Open(0, request, credit=9, resume_point=point))
        assert resumed.parts(0) == whole.parts(0)[point.next_sequence :]
        assert resumed.summary(0).tally == whole.summary(0).tally


def test_parts_that_were_delivered_before_use_no_credit() -> None:
    request = ProbeRequest(3, 9)
    (sealed,) = (
        each for each in Bench(CountingGenerator(3)).run(Open(0, request, 9)).parts(0) if each.part.sequence == 1
    )
    others = Open(1, ProbeRequest(1, 30), credit=30)
    bench = Bench(CountingGenerator(3)).run(Open(0, request, 2, resume_point=sealed.resume_point), others, until=1)
    assert [sealed.part.sequence for sealed in bench.parts(0)] == [2, 3, 4, 5]


def test_control_acts_on_the_next_step_and_once() -> None:
    bench = Bench(SteeredGenerator())

    def steer_after_the_second_part(event: Event) -> None:
        if isinstance(event, Made) and event.sealed.part.sequence == 1:
            for number, control in ((1, b"a"), (2, b"b"), (1, b"late"), (2, b"again")):
                bench.loop.submit(Steer(0, number, control))
            bench.loop.submit(Grant({0: 9}))

    bench.on_event = steer_after_the_second_part
    bench.run(Open(0, ProbeRequest(1, 4), credit=2))
    assert bench.payloads(0) == [b"\0", b"\1", b"b\2", b"b\3"]
    assert [sealed.control_count for sealed in bench.parts(0)] == [0, 0, 2, 2]
    resumed = Bench(SteeredGenerator()).run(
        Open(0, ProbeRequest(1, 4), credit=4, resume_point=bench.parts(0)[2].resume_point), Steer(0, 2, b"again")
    )
    assert resumed.payloads(0) == [b"b\3"]
    assert resumed.summary(0).tally == bench.summary(0).tally


@pytest.mark.parametrize(
    ("generator", "control", "error"),
    [
        (SteeredGenerator(), b"bad", InvalidRequestError),
        (SteeredGenerator(), b"crash", GenerationError),
        (CountingGenerator(), b"any", InvalidRequestError),
    ],
)
def test_control_that_cannot_be_taken_ends_the_session(
    generator: CountingGenerator, control: bytes, error: type[Exception]
) -> None:
    bench = Bench(generator).run(Open(0, ProbeRequest(1, 2), 1), Steer(0, 1, control), Steer(99, 1, control))
    assert isinstance(bench.error(0), error)
    assert bench.loop.session_count == 0


def live(interval_s: float) -> Terms:
    return Terms(delivery=Delivery.LIVE, interval_s=interval_s)


def test_live_session_goes_on_without_credit_and_ends_with_its_last_part() -> None:
    bench = Bench(CountingGenerator())

    def grant_while_it_runs(states: Sequence[CountingState]) -> None:
        if states[0].made_count in (10, 19):
            bench.loop.submit(Grant({0: 1 if states[0].made_count == 10 else 9}))

    bench.generator.on_step = grant_while_it_runs
    began_at_s = time.perf_counter()
    bench.run(Open(0, ProbeRequest(1, 20), credit=2, terms=live(0.005)))
    assert time.perf_counter() - began_at_s >= 19 * 0.005
    first, second, third, *others = (sealed.part.sequence for sealed in bench.parts(0))
    assert (first, second, others[-1]) == (0, 1, 19)
    assert 2 < third <= 10  # the newest when the grant was heard of
    assert bench.summary(0).tally.part_count == len(bench.parts(0)) == 20 - bench.loop.stats().dropped_count


def test_live_sessions_of_a_slow_worker_skip_parts_and_stay_in_time() -> None:
    bench = Bench(SteeredGenerator(), batch_size=2)
    bench.measured(0.005, 0.005)  # as they were when both were promised their pace
    failing = [True]
    made_at_s: dict[int, float] = {}

    def slow(states: Sequence[CountingState]) -> None:
        time.sleep(0.05)
        if len(states) == 2 and states[0].made_count > 20 and failing:
            failing.clear()
            raise RuntimeError(INTERNAL_PATH)

    def note(event: Event) -> None:
        if isinstance(event, Made) and event.ticket == 0:
            made_at_s[event.sealed.part.sequence] = time.perf_counter()

    bench.generator.on_step, bench.on_event = slow, note
    bench.run(*[Open(ticket, ProbeRequest(1, 60), credit=64, terms=live(0.02)) for ticket in range(2)])
    *numbers, last = made_at_s
    assert (numbers[0], last) == (0, 59)
    late_s = [made_at_s[number] - made_at_s[0] - 0.02 * number for number in numbers]
    assert max(late_s) < 0.5
    assert not failing
    assert bench.payloads(1) == [bytes([sealed.part.sequence]) for sealed in bench.parts(1)]
    assert bench.loop.stats().dropped_count == 120 - len(bench.parts(0)) - len(bench.parts(1)) > 40


@pytest.mark.parametrize(("pass_s", "make_s"), [(0.0, 0.02), (0.02, 0.004)])
def test_steps_cost_what_making_takes_whatever_late_sessions_pass_over(pass_s: float, make_s: float) -> None:
    generator = SteeredGenerator(on_step=lambda _: time.sleep(make_s), on_skip=lambda _: time.sleep(pass_s))
    bench = Bench(generator)
    bench.run(Open(0, ProbeRequest(1, 200), credit=200, terms=live(0.002)))
    assert bench.loop.stats().dropped_count > 100
    cost_s = bench.loop._costs.step_s(KEY, 1)
    assert cost_s == pytest.approx(make_s, rel=0.5)
    steps_s = (pass_s + make_s) * (len(generator.stepped) - 2)
    assert bench.loop.stats().busy_s > steps_s
    assert bench.summary(0).step_ms > 1e3 * steps_s


def test_session_that_fails_to_pass_over_parts_leaves_the_others_whole(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench(SteeredGenerator(on_step=lambda _: time.sleep(0.02)), batch_size=2)
    bench.measured(0.005, 0.005)
    seen: list[object] = []

    def fail_for_the_second(states: Sequence[CountingState]) -> None:
        seen.append(bench.loop.stepping and bench.loop.stepping[0])
        if states[-1].request.part_bytes == 2:
            raise RuntimeError(INTERNAL_PATH)

    bench.generator.on_skip = fail_for_the_second  # type: ignore[attr-defined]  # a steered one
    bench.run(*[Open(ticket, ProbeRequest(1 + ticket, 60), credit=64, terms=live(0.005)) for ticket in range(2)])
    assert isinstance(bench.error(1), GenerationError)
    assert bench.names(0)[-1] == "Finished"
    assert bench.payloads(0) == [bytes([sealed.part.sequence]) for sealed in bench.parts(0)]
    assert (0, 1) in seen
    assert INTERNAL_PATH in capsys.readouterr().out


def test_promoted_session_overtakes() -> None:
    background = Terms(priority=Priority.BACKGROUND)
    opens = [Open(ticket, ProbeRequest(1 + ticket, 3), credit=3, terms=background) for ticket in range(2)]
    generator = CountingGenerator()
    Bench(generator).run(*opens, Promote(1, Priority.INTERACTIVE), Promote(99, Priority.INTERACTIVE))
    assert [requests[0].part_bytes for requests in generator.stepped] == [2, 2, 2, 1, 1, 1]


def test_session_that_cannot_be_made_in_time_is_refused() -> None:
    bench = Bench(CountingGenerator())
    bench.measured(0.1)
    bench.run(
        Open(0, ProbeRequest(1, 5), credit=9, terms=Terms(due_in_s=0.2)),
        Open(1, ProbeRequest(1, 5), credit=9, terms=Terms(due_in_s=20.0)),
    )
    assert bench.names(0) == ["Failed"]
    error = bench.error(0)
    assert isinstance(error, OverloadedError)
    assert 0.1 <= error.retry_after_s <= 30
    assert bench.names(1)[-1] == "Finished"
    assert bench.loop.stats().on_time_count == 5


def test_late_steps_are_counted() -> None:
    bench = Bench(CountingGenerator(on_step=lambda _: time.sleep(0.003)))
    bench.run(Open(0, ProbeRequest(1, 5), credit=9, terms=Terms(interval_s=0.001)))
    assert bench.loop.stats().late_count == 5


def test_traced_steps_are_reported_with_their_kind_size_and_time() -> None:
    bench = sleeping_bench(2)
    before_ns = time.time_ns()
    bench.run(Open(0, ProbeRequest(1, 1), 1, Terms(trace="00-ab-cd-01")), Open(1, ProbeRequest(1, 2), 2))
    (step,) = bench.steps
    assert (step.kind, step.batch_size, step.traces) == (KEY, 2, ("00-ab-cd-01",))
    assert before_ns <= step.started_ns <= step.ended_ns - 1e9 * STEP_S


def test_watchdog_sees_who_is_in_the_step_that_runs() -> None:
    generator = CountingGenerator()
    bench = Bench(generator)
    seen: list[object] = []
    generator.on_step = lambda _: seen.append(bench.loop.stepping and bench.loop.stepping[0])
    bench.run(Open(7, ProbeRequest(1, 1), 1))
    assert seen == [(7,)]
    assert bench.loop.stepping is None
