"""Parts leave in order, whenever their encoders are done."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.assets import Draft, Part
from engine.runtime.encoding import EncodingQueue, Position

BEFORE, AFTER = Position(b"0", 0, 0), Position(b"1", 2, 1)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


def draft(sequence: int, gate: threading.Event | None = None, error: Exception | None = None) -> Draft:
    """Encoded once `gate` is open."""

    def encode() -> bytes:
        if gate is not None:
            assert gate.wait(10)
        if error is not None:
            raise error
        return bytes([sequence])

    return Draft(sequence, "albedo", 64, "image/png", encode)


def part(sequence: int) -> Part:
    return Part(sequence, "albedo", 64, "image/png", bytes([sequence]))


class Waker:
    """Counts the drafts that are done."""

    def __init__(self) -> None:
        self._done = threading.Semaphore(0)

    def __call__(self) -> None:
        self._done.release()

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self._done.acquire(timeout=10)

    def idle(self) -> bool:
        return not self._done.acquire(blocking=False)


def test_finished_parts_wait_behind_a_draft(executor: ThreadPoolExecutor, gate: threading.Event) -> None:
    wake = Waker()
    encodings = EncodingQueue(executor, wake)
    encodings.put((part(0), draft(1, gate), part(2)), BEFORE, AFTER)
    assert [readied.part for readied in encodings.take()] == [part(0)]
    assert (list(encodings.take()), len(encodings)) == ([], 2)
    gate.set()
    wake.wait(1)
    assert [readied.part for readied in encodings.take()] == [part(1), part(2)]
    assert len(encodings) == 0


def test_every_draft_wakes_once(executor: ThreadPoolExecutor) -> None:
    wake = Waker()
    encodings = EncodingQueue(executor, wake)
    encodings.put((draft(0), draft(1), part(2)), BEFORE, AFTER)
    wake.wait(2)
    assert [readied.part.sequence for readied in encodings.take()] == [0, 1, 2]
    assert wake.idle()


def test_only_the_last_part_of_a_step_says_so(executor: ThreadPoolExecutor) -> None:
    encodings = EncodingQueue(executor, lambda: None)
    encodings.put((part(0), part(1)), BEFORE, AFTER)
    encodings.put((), AFTER, AFTER)
    encodings.put((part(2),), AFTER, BEFORE)
    readied = list(encodings.take())
    assert [each.last for each in readied] == [False, True, True]
    assert [(each.before, each.after) for each in readied] == [(BEFORE, AFTER), (BEFORE, AFTER), (AFTER, BEFORE)]


def test_failure_comes_when_it_is_the_failing_parts_turn(executor: ThreadPoolExecutor) -> None:
    wake = Waker()
    encodings = EncodingQueue(executor, wake)
    encodings.put((draft(0), draft(1, error=ZeroDivisionError("no height"))), BEFORE, AFTER)
    wake.wait(2)
    taken = encodings.take()
    assert next(taken).part == part(0)
    with pytest.raises(ZeroDivisionError, match="no height"):
        next(taken)


def test_dropped_drafts_that_have_not_begun_never_do(executor: ThreadPoolExecutor, gate: threading.Event) -> None:
    encoded: list[int] = []

    def remember() -> bytes:
        encoded.append(1)
        return b""

    encodings = EncodingQueue(executor, lambda: None)
    encodings.put((draft(0, gate), Draft(1, "albedo", 64, "image/png", remember)), BEFORE, AFTER)
    encodings.drop()
    gate.set()
    executor.submit(bool).result(10)  # behind both
    assert (encoded, len(encodings), list(encodings.take())) == ([], 0, [])


def test_newer_parts_overtake_encodings_that_have_not_begun(
    executor: ThreadPoolExecutor, gate: threading.Event
) -> None:
    waker = Waker()
    queue = EncodingQueue(executor, waker)
    overtaken_count = 0
    for sequence in range(50):
        overtaken_count += queue.overtake()
        queue.put((draft(sequence, gate),), BEFORE, AFTER)
        assert len(queue) <= 2  # one in the only encoder, one that waits for it
    gate.set()
    waker.wait(50)  # also those that have been cancelled
    delivered = [readied.part.sequence for readied in queue.take()]
    assert (delivered[-1], len(delivered), overtaken_count) == (49, 50 - overtaken_count, 50 - len(delivered))
