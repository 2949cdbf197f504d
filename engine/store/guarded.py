"""A slow place as the event loop sees it: it never blocks, never raises, and is never waited for long."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from engine.store.place import Place, PlaceCounters
from engine.store.record import CorruptEntryError, StoredAsset
from engine.store.threads import BlockingCalls

READ_THREAD_COUNT, WRITE_THREAD_COUNT = 8, 2

WAITING_MAX_BYTES = 64 * 1024 * 1024
"""Payloads that may wait for being written to one place; beyond it assets are not written there."""

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a place may take, waiting for a thread included.

    slow_s   a call that fails after more than this time shows that the place hangs
    pause_s  a place that hangs is passed over for this time; then one call finds out whether it is back
    """

    read_timeout_s: float = 5.0
    write_timeout_s: float = 30.0
    slow_s: float = 1.0
    pause_s: float = 30.0


class GuardedPlace:
    """Reads from and writes to `place` in threads. Failures are counted, and logged once until it works again."""

    def __init__(self, name: str, place: Place, patience: Patience) -> None:
        self.name = name
        self._place = place
        self._patience = patience
        self._read_calls = BlockingCalls(f"store-{name}-read", READ_THREAD_COUNT)
        self._write_calls = BlockingCalls(f"store-{name}-write", WRITE_THREAD_COUNT)
        self._waiting_bytes = 0
        self._resume_s: float | None = None
        self._known_causes: dict[str, set[str]] = {"read": set(), "write": set()}
        self._counts: Counter[str] = Counter()

    @property
    def counters(self) -> PlaceCounters:
        """What happened here, hits aside: those are counted by whoever asked."""
        return PlaceCounters(**self._counts)

    async def read(self, asset_id: str) -> StoredAsset | None:
        """The asset; None if it is not there, damaged, or the place does not answer."""
        if self._is_passed_over():
            return None
        call = partial(self._place.read, asset_id)
        try:
            return await self._attempt("read", self._read_calls, call, self._patience.read_timeout_s)
        except CorruptEntryError as error:
            self._counts["corrupt_entry_count"] += 1
            _log.warning("corrupt entry in the asset store", place=self.name, asset_id=asset_id, cause=str(error))
            return None

    async def write(self, asset: StoredAsset) -> None:
        """Keep the asset if the place takes it."""
        size_bytes = asset.size_bytes
        is_full = self._waiting_bytes > 0 and self._waiting_bytes + size_bytes > WAITING_MAX_BYTES
        if is_full or self._is_passed_over():
            self._counts["skipped_write_count"] += 1
            return
        self._waiting_bytes += size_bytes
        call = partial(self._place.write, asset)
        try:
            is_kept = await self._attempt("write", self._write_calls, call, self._patience.write_timeout_s)
        finally:
            self._waiting_bytes -= size_bytes
        if is_kept is not None:
            self._counts["write_count" if is_kept else "skipped_write_count"] += 1

    async def _attempt(
        self, operation: str, calls: BlockingCalls, call: Callable[[], Result], timeout_s: float
    ) -> Result | None:
        """The call's result, None if it failed or took too long. Raises CorruptEntryError only."""
        start_s = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                result = await calls.run(call)
        except CorruptEntryError:
            self._note_success(operation)
            raise
        except Exception as error:  # noqa: BLE001  # remote file systems raise what they like
            self._note_failure(operation, error, time.monotonic() - start_s)
            return None
        self._note_success(operation)
        return result

    def _is_passed_over(self) -> bool:
        if self._resume_s is None:
            return False
        now_s = time.monotonic()
        if now_s < self._resume_s:
            return True
        self._resume_s = now_s + self._patience.pause_s  # this call finds out, the others go on passing it over
        return False

    def _note_success(self, operation: str) -> None:
        self._resume_s = None
        if self._known_causes[operation]:
            self._known_causes[operation].clear()
            _log.info("the asset store works again", place=self.name, operation=operation)

    def _note_failure(self, operation: str, error: Exception, duration_s: float) -> None:
        if duration_s > self._patience.slow_s:
            self._resume_s = time.monotonic() + self._patience.pause_s
        self._counts[f"{operation}_failure_count"] += 1
        # An OSError's own text names the file, which is another one every time.
        cause = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        if cause not in self._known_causes[operation]:
            self._known_causes[operation].add(cause)
            _log.warning("the asset store fails", place=self.name, operation=operation, cause=cause, error=str(error))
