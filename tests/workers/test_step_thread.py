"""A step thread from start to end."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.generators.probe import ProbeGenerator, ProbeState
from engine.generators.protocol import Generator
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Event, Failed, Finished, Made, Open
from workers.step_thread import StepOptions, StepThread


class ThreadEndError(BaseException):
    """Passes every handler that is meant for a generator's mistakes."""


class GatedGenerator(ProbeGenerator):
    """Steps wait for `gate`; parts of one byte bring the thread down."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.stepping = threading.Event()

    def step(self, states: Sequence[ProbeState]) -> list[tuple[Part, ...]]:
        self.stepping.set()
        assert self.gate.wait(10)
        if len(states[0].payload) == 1:
            raise ThreadEndError
        return super().step(states)


class Gated:
    """A thread over a gated generator, and what it told."""

    def __init__(self) -> None:
        self.generator = GatedGenerator()
        self.events: list[Event] = []
        self.emitters: set[str] = set()
        self.ended: list[StepThread] = []
        self._ended_or_finished = threading.Semaphore(0)
        self.thread = StepThread("steps", self, StepOptions(encoder_count=1), self._emit, self._end)

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self.generator.info,)

    def generator_for(self, _request: AssetRequest) -> Generator[Any, Any]:
        return self.generator

    def wait(self) -> None:
        """Until a session or the thread has ended."""
        assert self._ended_or_finished.acquire(timeout=10)

    def _emit(self, thread: StepThread, event: Event) -> None:
        assert thread is self.thread
        self.events.append(event)
        self.emitters.add(threading.current_thread().name)
        if isinstance(event, Finished | Failed):
            self._ended_or_finished.release()

    def _end(self, thread: StepThread) -> None:
        self.ended.append(thread)
        self._ended_or_finished.release()


@pytest.fixture
def gated() -> Gated:
    return Gated()


def test_commands_given_before_the_start_are_obeyed_in_the_thread(gated: Gated) -> None:
    gated.generator.gate.set()
    gated.thread.submit(Open(0, ProbeRequest(10, 2), 2))
    assert gated.events == []
    gated.thread.start()
    gated.wait()
    assert [type(event) for event in gated.events[1:]] == [Made, Made, Finished]
    assert gated.emitters == {"steps"}
    assert (gated.thread.session_count, gated.thread.stats().step_count) == (0, 2)
    gated.thread.stop()
    gated.wait()
    assert gated.ended == [gated.thread]


def test_who_is_in_a_long_step_is_told(gated: Gated) -> None:
    gated.thread.start()
    assert gated.thread.suspects() == ()
    gated.thread.submit(Open(3, ProbeRequest(10, 1), 1))
    assert gated.generator.stepping.wait(10)
    time.sleep(0.02)
    assert gated.thread.suspects() == gated.thread.suspects(0.01) == (3,)
    assert gated.thread.suspects(60.0) == ()
    gated.generator.gate.set()
    gated.wait()
    assert gated.thread.suspects() == ()
    gated.thread.stop()
    gated.wait()


def test_thread_that_dies_tells_who_was_in_its_last_step(gated: Gated, capsys: pytest.CaptureFixture[str]) -> None:
    gated.generator.gate.set()
    gated.thread.start()
    gated.thread.submit(Open(4, ProbeRequest(1, 1), 1))
    gated.wait()
    assert gated.ended == [gated.thread]
    assert gated.thread.suspects() == (4,)
    assert "step thread failed" in capsys.readouterr().out


def test_abandoned_thread_ends_after_its_step(gated: Gated) -> None:
    gated.thread.start()
    gated.thread.submit(Open(0, ProbeRequest(10, 1000), 64))
    assert gated.generator.stepping.wait(10)
    gated.thread.abandon()
    gated.generator.gate.set()
    gated.wait()
    assert gated.ended == [gated.thread]
    assert gated.thread.stats().step_count == 1
