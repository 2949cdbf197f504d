"""The gateway's end of the process that manages workers, against small ones that do as they are told."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from workers.fleet.steward import Steward

ECHO = """
import json, os, sys
print(json.dumps({"event": "ready", "process_id": os.getpid()}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command == {"command": "start", "name": "fatal"}:
        os._exit(1)
    if command == {"command": "start", "name": "babbling"}:
        print("Ray says hello", flush=True)
        print("[1, 2]", flush=True)
    print(json.dumps({"event": "heard", **command}), flush=True)
open(sys.argv[1], "a").write("ended by itself\\n")
"""
NEVER_READY = """
import sys
open(sys.argv[1], "a").write("started\\n")
"""
STUBBORN = """
import json, os, time
print(json.dumps({"event": "ready", "process_id": os.getpid()}), flush=True)
time.sleep(3600)
"""


class Recorder:
    """Every event, in order."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []

    async def until(self, count: int, kind: str) -> list[Mapping[str, Any]]:
        """Wait for `count` events of a kind; those there are."""
        async with asyncio.timeout(20):
            while len(found := [event for event in self.events if event.get("event") == kind]) < count:  # noqa: ASYNC110 (nobody announces it)
                await asyncio.sleep(0.01)
        return found


Started = Callable[[str], AbstractAsyncContextManager[tuple[Steward, Recorder]]]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the processes leave word."""
    path = tmp_path / "notes"
    path.touch()
    return path


def lines(path: Path) -> list[str]:
    """What the processes wrote."""
    return path.read_text().splitlines()


@pytest.fixture
def started(tmp_path: Path, notes: Path) -> Started:
    @asynccontextmanager
    async def running(script: str) -> AsyncIterator[tuple[Steward, Recorder]]:
        path = tmp_path / "script.py"
        path.write_text(script)
        recorder = Recorder()
        steward = Steward({"address": None}, recorder.events.append, (sys.executable, str(path), str(notes)), 2.0)
        steward.start()
        try:
            yield steward, recorder
        finally:
            await steward.close()

    return running


async def test_commands_arrive_in_order_after_the_configuration(started: Started, notes: Path) -> None:
    async with started(ECHO) as (steward, recorder):
        await recorder.until(1, "ready")
        assert steward.ready
        steward.launch("worker-1")
        steward.end("worker-1")
        heard = [{**event} for event in await recorder.until(3, "heard")]
        for event in heard:
            del event["event"]
        assert heard == [
            {"command": "configure", "address": None},
            {"command": "start", "name": "worker-1"},
            {"command": "stop", "name": "worker-1"},
        ]
    assert not steward.ready
    assert lines(notes) == ["ended by itself"]


async def test_process_that_ends_is_started_again_and_configured_again(started: Started) -> None:
    async with started(ECHO) as (steward, recorder):
        await recorder.until(1, "ready")
        steward.launch("fatal")
        await recorder.until(1, "lost")
        assert not steward.ready
        steward.launch("nobody hears this")
        first, second = await recorder.until(2, "ready")
        assert first["process_id"] != second["process_id"]
        steward.launch("worker-2")
        heard = await recorder.until(3, "heard")
        assert [event["command"] for event in heard] == ["configure", "configure", "start"]


async def test_process_that_never_is_ready_is_started_ever_more_rarely(started: Started, notes: Path) -> None:
    async with started(NEVER_READY) as (steward, recorder):
        started_at_s = time.monotonic()
        await recorder.until(3, "lost")
        # After 0.5 s doubled, then doubled again: the first delay follows a failure already.
        assert time.monotonic() - started_at_s > 3.0
        assert len(lines(notes)) == 3
        assert not steward.ready


async def test_line_that_is_no_event_is_ignored(started: Started, capsys: pytest.CaptureFixture[str]) -> None:
    async with started(ECHO) as (steward, recorder):
        await recorder.until(1, "ready")
        steward.launch("babbling")
        await recorder.until(2, "heard")
    assert [event for event in recorder.events if "event" not in event] == [{}, {}]
    assert json.dumps("Ray says hello")[1:-1] in capsys.readouterr().out


async def test_stubborn_process_is_killed(started: Started) -> None:
    async with started(STUBBORN) as (_, recorder):
        (ready,) = await recorder.until(1, "ready")
    with pytest.raises(ProcessLookupError):
        os.kill(ready["process_id"], 0)


async def test_closing_before_the_process_has_said_anything_leaves_none(started: Started) -> None:
    async with started(STUBBORN.replace("print", "0 and print")) as (steward, recorder):
        await asyncio.sleep(0)
        await steward.close()
        assert recorder.events == []
