"""Turns drafts into parts beside the steps: the device goes on while files are compressed."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.assets import Draft, Part


class Position(NamedTuple):
    """Where in its stream a step stood: the generator's state before it, the parts made and the controls taken."""

    checkpoint: bytes
    sequence: int
    control_count: int


class Readied(NamedTuple):
    """A part whose bytes are there.

    before, after  positions around the step that made it
    last           whether it is the last part of its step
    """

    part: Part
    before: Position
    after: Position
    last: bool


_Waiting = tuple[Part | Future[Part], Position, Position, bool]
"""As Readied, but the part may still be in the making."""


@dataclass(slots=True)
class EncodingQueue:
    """The parts of one session on their way, in order. Used by the loop's thread only.

    executor  where drafts are encoded
    wake      called from the executor's threads whenever a draft is done
    """

    executor: Executor
    wake: Callable[[], None]
    _waiting: deque[_Waiting] = field(default_factory=deque)

    def __len__(self) -> int:
        """Number of parts that have not been taken."""
        return len(self._waiting)

    def put(self, made: tuple[Part | Draft, ...], before: Position, after: Position) -> None:
        """Add what a step made."""
        for index, item in enumerate(made):
            self._waiting.append((self._started(item), before, after, index == len(made) - 1))

    def take(self) -> Iterator[Readied]:
        """Those at the front that are ready. Raises whatever an encoder raised."""
        while self._waiting:
            item, before, after, last = self._waiting[0]
            if not isinstance(item, Part):
                if not item.done():
                    return
                item = item.result()
            self._waiting.popleft()
            yield Readied(item, before, after, last)

    def overtake(self) -> int:
        """Forget the encodings that have not begun, because newer parts are coming; how many."""
        waiting_count = len(self._waiting)
        self._waiting = deque(entry for entry in self._waiting if isinstance(entry[0], Part) or not entry[0].cancel())
        return waiting_count - len(self._waiting)

    def drop(self) -> None:
        """Forget everything; encodings that have not begun never will."""
        for item, *_ in self._waiting:
            if isinstance(item, Future):
                item.cancel()
        self._waiting.clear()

    def _started(self, item: Part | Draft) -> "Part | Future[Part]":
        if isinstance(item, Part):
            return item
        encoding = self.executor.submit(item.part)
        encoding.add_done_callback(lambda _: self.wake())
        return encoding
