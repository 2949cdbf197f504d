"""Blocking calls stay within their number, and nothing that hangs outlives its welcome."""

import asyncio
import subprocess
import sys
import threading

import pytest

from engine.store.threads import BlockingCalls

HANG_AND_LEAVE = """
import asyncio, threading
from engine.store.threads import BlockingCalls

async def main():
    try:
        async with asyncio.timeout(0.1):
            await BlockingCalls("test", 1).run(threading.Event().wait)
    except TimeoutError:
        print("left")

asyncio.run(main())
"""


async def test_result_and_exception_arrive() -> None:
    calls = BlockingCalls("test", 2)
    assert await calls.run(lambda: threading.current_thread().name) == "test"
    with pytest.raises(ZeroDivisionError):
        await calls.run(lambda: 1 // 0)
    assert await calls.run(lambda: 5) == 5


async def test_no_more_calls_run_at_once_than_allowed() -> None:
    calls = BlockingCalls("test", 3)
    lock, running, most = threading.Lock(), 0, 0

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1

    await asyncio.gather(*(calls.run(call) for _ in range(30)))
    assert most == 3


async def test_call_cancelled_while_it_waits_never_runs() -> None:
    calls = BlockingCalls("test", 1)
    release = threading.Event()
    ran: list[str] = []
    first = asyncio.create_task(calls.run(release.wait))
    second = asyncio.create_task(calls.run(lambda: ran.append("second")))
    await asyncio.sleep(0.01)
    second.cancel()
    release.set()
    assert await first
    await calls.run(lambda: ran.append("third"))
    assert ran == ["third"]


async def test_abandoned_call_keeps_its_turn_until_it_ends() -> None:
    calls = BlockingCalls("test", 1)
    release = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await calls.run(release.wait)
    waiting = asyncio.create_task(calls.run(lambda: 7))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    release.set()
    assert await waiting == 7


def test_hanging_call_does_not_keep_the_process_alive() -> None:
    command = [sys.executable, "-c", HANG_AND_LEAVE]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert (result.returncode, result.stdout, result.stderr) == (0, "left\n", "")
