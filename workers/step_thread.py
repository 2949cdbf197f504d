"""A step loop and the thread it runs in."""

import asyncio
import threading
from collections.abc import Callable

import structlog

from engine.runtime.loop import Command, Event, StepLoop, Stop
from engine.runtime.pool import GeneratorSource
from engine.runtime.scheduler import FirstComeScheduler

_log = structlog.get_logger(__name__)


class StepThread:
    """Steps sessions in a thread of its own.

    emit   called with every event, in this thread
    ended  called once, in this thread, when no step follows any more, whatever the cause
    """

    def __init__(
        self,
        name: str,
        generators: GeneratorSource,
        batch_size: int,
        emit: Callable[[Event], None],
        ended: Callable[[], None],
    ) -> None:
        self._step_loop = StepLoop(generators, FirstComeScheduler(batch_size), emit)
        self._ended = ended
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @property
    def step_count(self) -> int:
        """Steps run since the start."""
        return self._step_loop.step_count

    @property
    def session_count(self) -> int:
        """Sessions that have begun and not ended."""
        return self._step_loop.session_count

    def start(self) -> None:
        """Begin to obey."""
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Hand in a command; from any thread, also before the start."""
        self._step_loop.submit(command)

    async def stop(self) -> None:
        """End the thread after the step that runs now, and wait for that; does nothing where none runs."""
        if self._thread.is_alive():
            self._step_loop.submit(Stop())
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        try:
            self._step_loop.run()
        except BaseException:  # noqa: BLE001 (nobody above could do more; the pool hears of it by `ended`)
            _log.exception("step thread failed", thread=self._thread.name)
        finally:
            self._ended()
