"""A step loop and the thread it runs in."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import structlog

from engine.runtime.loop import StepLoop, StepRecord
from engine.runtime.messages import Command, Event, Stop
from engine.runtime.pool import GeneratorSource
from engine.runtime.stats import WorkerStats

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StepOptions:
    """How steps are run.

    batch_size      most sessions moved on by one step; fewer where measurements show that more gain nothing
    encoder_count   threads that compress files beside the steps
    step_timeout_s  a step that takes longer hangs, and its thread is replaced
    trace           called, in the step thread, with every step of traced sessions
    """

    batch_size: int = 16
    encoder_count: int = 2
    step_timeout_s: float = 60.0
    trace: Callable[[StepRecord], None] | None = None


class StepThread:
    """Steps sessions in a thread of its own.

    emit   called with this object and every event, in this thread
    ended  called once with this object, in this thread, when no step follows any more, whatever the cause
    """

    def __init__(
        self,
        name: str,
        generators: GeneratorSource,
        options: StepOptions,
        emit: Callable[["StepThread", Event], None],
        ended: Callable[["StepThread"], None],
    ) -> None:
        self._encoders = ThreadPoolExecutor(options.encoder_count, thread_name_prefix=f"{name}-encode")
        self._step_loop = StepLoop(generators, options.batch_size, self._encoders, partial(emit, self), options.trace)
        self._ended = ended
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def session_count(self) -> int:
        """Sessions that have begun and not ended."""
        return self._step_loop.session_count

    def stats(self) -> WorkerStats:
        """What has been counted since the start."""
        return self._step_loop.stats()

    def start(self) -> None:
        """Begin to obey."""
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Hand in a command; from any thread, also before the start."""
        self._step_loop.submit(command)

    def suspects(self, running_for_s: float = 0.0) -> tuple[int, ...]:
        """The tickets of the step that runs now, if for that long, or that brought the thread down; () otherwise."""
        stepping = self._step_loop.stepping
        if stepping is None or time.perf_counter() - stepping[1] < running_for_s:
            return ()
        return stepping[0]

    def stop(self) -> None:
        """End the thread after the step that runs now; `ended` tells when."""
        self._step_loop.submit(Stop())

    def abandon(self) -> None:
        """Leave the thread to itself: whatever it does, it ends after that."""
        self.stop()
        self._encoders.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        try:
            self._step_loop.run()
        except BaseException:  # noqa: BLE001 (nobody above could do more; the pool hears of it by `ended`)
            _log.exception("step thread failed", thread=self._thread.name)
        finally:
            self._encoders.shutdown(wait=False, cancel_futures=True)
            self._ended(self)
