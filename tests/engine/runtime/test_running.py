"""One session in a worker: where it can be continued, what a LIVE reader gets, which controls it has taken."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from engine.assets import Draft, GeneratorInfo
from engine.errors import InvalidRequestError
from engine.generators.protocol import StepKinds
from engine.requests.probe import ProbeRequest
from engine.runtime.encoding import EncodingQueue
from engine.runtime.messages import Delivery, Open, ResumePoint, SealedPart, Terms
from engine.runtime.running import RunningSession

LOSSLESS = Terms()
LIVE = Terms(delivery=Delivery.LIVE, interval_s=0.01)


@dataclass
class Letters:
    part_count: int
    made_count: int = 0
    letter: bytes = b"a"

    @property
    def finished(self) -> bool:
        return self.made_count >= self.part_count


class LetterGenerator:
    """Two drafts per step; a control changes the letter that they hold.

    held_back  numbers of parts that are encoded only once `release` is set
    """

    def __init__(self, held_back: Sequence[int] = ()) -> None:
        self.held_back = held_back
        self.release = threading.Event()

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo("probe", "letters", "3", "S", "", "none")

    def begin(self, request: ProbeRequest) -> Letters:
        return Letters(request.part_count)

    def checkpoint(self, state: Letters) -> bytes:
        return bytes([state.made_count]) + state.letter

    def resume(self, request: ProbeRequest, checkpoint: bytes) -> Letters:
        return Letters(request.part_count, checkpoint[0], checkpoint[1:])

    def steps_ahead(self, state: Letters) -> StepKinds:
        return (("two", (state.part_count - state.made_count + 1) // 2),)

    def steer(self, state: Letters, control: bytes) -> None:
        state.letter = control

    def skip(self, states: Sequence[Letters], part_counts: Sequence[int]) -> None:
        for state, part_count in zip(states, part_counts, strict=True):
            state.made_count += part_count

    def step(self, states: Sequence[Letters]) -> list[tuple[Draft, ...]]:
        return [self._drafts(state) for state in states]

    def _drafts(self, state: Letters) -> tuple[Draft, ...]:
        numbers = range(state.made_count, min(state.made_count + 2, state.part_count))
        state.made_count = numbers.stop
        return tuple(
            Draft(number, "probe", 0, "text/plain", partial(self._encoded, number, state.letter)) for number in numbers
        )

    def _encoded(self, number: int, letter: bytes) -> bytes:
        if number in self.held_back:
            self.release.wait(10)
        return letter


@pytest.fixture
def encoders() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


@dataclass
class Running:
    """A session, and the parts that it has delivered."""

    session: RunningSession
    generator: LetterGenerator
    encoded: threading.Semaphore

    def step(self, started_at_s: float = 5.0) -> list[SealedPart]:
        """One step; what is delivered when its drafts are encoded."""
        (made,) = self.generator.step([self.session.state])
        self.session.stepped(made, started_at_s, 0.25)
        for draft in made:
            if draft.sequence not in self.generator.held_back:
                assert self.encoded.acquire(timeout=10)
        return list(self.session.deliveries())

    def skip(self, part_count: int) -> None:
        """Pass over parts before the next step."""
        self.generator.skip([self.session.state], [part_count])
        self.session.skipped(part_count)

    def sequences(self) -> list[int]:
        return [sealed.part.sequence for sealed in self.session.deliveries()]


def running(
    encoders: ThreadPoolExecutor,
    part_count: int,
    terms: Terms = LOSSLESS,
    credit: int = 99,
    point: ResumePoint | None = None,
    generator: LetterGenerator | None = None,
) -> Running:
    generator = generator or LetterGenerator()
    encoded = threading.Semaphore(0)
    command = Open(0, ProbeRequest(1, part_count), credit, terms, point)
    session = RunningSession(command, generator, EncodingQueue(encoders, encoded.release), opened_at_s=3.0)
    return Running(session, generator, encoded)


def test_steps_of_different_generators_have_different_names(encoders: ThreadPoolExecutor) -> None:
    assert running(encoders, 5).session.steps_ahead() == (("letters 3: two", 3),)


def test_inside_a_step_it_is_the_step_that_is_made_again(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 5)
    points = [sealed.resume_point for _ in range(3) for sealed in made.step()]
    assert [point.next_sequence for point in points] == [1, 2, 3, 4, 5]
    assert [point.checkpoint_sequence for point in points] == [0, 2, 2, 4, 4]
    assert [point.checkpoint[0] for point in points] == [0, 2, 2, 4, 4]
    assert [point.tally.part_count for point in points] == [1, 2, 3, 4, 5]


def test_parts_that_were_delivered_elsewhere_are_made_and_dropped(encoders: ThreadPoolExecutor) -> None:
    whole = running(encoders, 4)
    sealed = [sealed for _ in range(2) for sealed in whole.step()]
    resumed = running(encoders, 4, point=sealed[2].resume_point)
    (made,) = resumed.generator.step([resumed.session.state])
    assert resumed.session.stepped(made, 5.0, 0.25) == 1
    for _ in made:
        assert resumed.encoded.acquire(timeout=10)
    assert list(resumed.session.deliveries()) == sealed[3:]
    assert resumed.session.finished
    assert resumed.session.summary().tally == whole.session.summary().tally


def test_session_resumed_behind_its_last_part_ends_with_the_same_account(encoders: ThreadPoolExecutor) -> None:
    whole = running(encoders, 2)
    last = whole.step()[-1]
    resumed = running(encoders, 2, point=last.resume_point)
    assert not resumed.session.finished
    assert resumed.step() == []
    assert resumed.session.finished
    assert resumed.session.summary().tally == whole.session.summary().tally


def test_account_tells_the_wait_for_the_first_step_and_the_sum_of_steps(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 4)
    made.step(started_at_s=3.5)
    made.step(started_at_s=9.0)
    summary = made.session.summary()
    assert (summary.queue_ms, summary.step_ms) == (500.0, 500.0)


def test_lossless_parts_wait_for_nobody_but_those_before_them(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 6, credit=1, generator=LetterGenerator(held_back=(2,)))
    assert [sealed.part.sequence for sealed in made.step()] == [0, 1]
    assert (made.step(), made.step()) == ([], [])
    assert made.session.state.finished
    assert not made.session.finished
    made.generator.release.set()
    assert made.encoded.acquire(timeout=10)
    assert made.sequences() == [2, 3, 4, 5]
    assert made.session.finished


def test_live_reader_without_room_gets_the_newest_part_when_it_has_some(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 8, LIVE, credit=1)
    assert [sealed.part.sequence for sealed in made.step()] == [0]
    assert (made.step(), made.step()) == ([], [])
    assert made.session.dropped_count == 4
    made.session.granted(1)
    assert made.sequences() == [5]
    assert made.sequences() == []
    made.session.granted(1)
    assert made.sequences() == []
    assert [sealed.part.sequence for sealed in made.step()] == [6]
    assert not made.session.finished
    made.session.granted(1)
    assert made.sequences() == [7]
    assert made.session.finished
    assert (made.session.dropped_count, made.session.summary().tally.part_count) == (4, 4)


def test_live_session_can_be_continued_behind_any_delivered_part(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 6, LIVE, credit=1)
    (first,) = made.step()
    made.step()
    made.session.granted(1)
    (third,) = made.session.deliveries()
    assert third.part.sequence == 3
    for sealed, rest in ((first, [1, 2, 3, 4, 5]), (third, [4, 5])):
        resumed = running(encoders, 6, LIVE, point=sealed.resume_point)
        sequences: list[int] = []
        while not resumed.session.finished:
            sequences += [sealed.part.sequence for sealed in resumed.step()]
        assert sequences == rest
        assert resumed.session.summary().tally.part_count == sealed.resume_point.tally.part_count + len(rest)


def test_what_is_skipped_counts_as_dropped_and_is_not_made_after_a_resume(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 12, LIVE)
    made.step()
    made.skip(3)
    sealed = made.step()
    assert [each.part.sequence for each in sealed] == [5, 6]
    assert made.session.dropped_count == 3
    made.skip(0)
    assert [each.part.sequence for each in made.step()] == [7, 8]
    points = [each.resume_point for each in sealed]
    assert [(point.next_sequence, point.checkpoint_sequence) for point in points] == [(6, 2), (7, 7)]
    assert running(encoders, 12, LIVE, point=points[1]).step()[0].part.sequence == 7


def test_every_part_says_which_controls_it_shows(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 6)
    made.session.steer(1, b"b")
    made.session.steer(2, b"c")
    first = made.step()
    made.session.steer(2, b"again")
    made.session.steer(1, b"late")
    made.session.steer(3, b"d")
    second = made.step()
    assert [(sealed.part.payload, sealed.control_count) for sealed in first + second] == [(b"c", 2)] * 2 + [
        (b"d", 3)
    ] * 2
    resumed = running(encoders, 6, point=first[-1].resume_point)
    assert first[-1].resume_point.control_count == 2
    resumed.session.steer(2, b"again")
    resumed.session.steer(3, b"d")
    assert resumed.step() == second


def test_controls_survive_a_step_that_has_to_be_made_again(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 4)
    made.step()
    made.session.steer(1, b"b")
    made.generator.step([made.session.state])  # moved, and then failed
    made.session.rewind()
    assert [(sealed.part.sequence, sealed.part.payload) for sealed in made.step()] == [(2, b"b"), (3, b"b")]


def test_step_that_failed_has_passed_over_nothing(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 12, LIVE)
    made.step()
    made.skip(3)
    made.generator.step([made.session.state])  # moved, and then failed
    made.session.rewind()
    made.skip(4)
    assert [each.part.sequence for each in made.step()] == [6, 7]
    assert made.session.dropped_count == 4


def test_generator_that_takes_no_controls_refuses_them(encoders: ThreadPoolExecutor) -> None:
    class Unsteered:
        """A generator without `steer`."""

        def __init__(self) -> None:
            inner = LetterGenerator()
            self.info, self.begin, self.checkpoint = inner.info, inner.begin, inner.checkpoint

    command = Open(0, ProbeRequest(1, 1), 1)
    session = RunningSession(command, Unsteered(), EncodingQueue(encoders, lambda: None), 0.0)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError) as caught:
        session.steer(1, b"left")
    assert (caught.value.field, caught.value.allowed) == ("control", "none: letters takes none")


def test_closed_session_delivers_nothing_more(encoders: ThreadPoolExecutor) -> None:
    made = running(encoders, 4, generator=LetterGenerator(held_back=(0,)))
    assert made.step() == []
    made.session.close()
    made.generator.release.set()
    assert made.sequences() == []
