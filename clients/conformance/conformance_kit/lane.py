"""A real server of its own, on which one driver after the other runs its cases."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from conformance_kit.cases import Case
from conformance_kit.drivers import Driver
from conformance_kit.proxy import Address, Proxy
from conformance_kit.reference import Reference
from conformance_kit.scripted import NativeScript, Play, WebScripts
from conformance_kit.scripts import script_of
from conformance_kit.servers import RealServer, open_server
from conformance_kit.verdict import faults

LOG_TAIL_BYTES = 1500
POLL_S = 0.02
LEAVING_LIMIT_MS = 5000.0
"""For sessions, after the last case of a driver."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case: why it failed (nothing: it passed)."""

    faults: Sequence[str] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    """What the driver said."""

    @property
    def failed(self) -> bool:
        """Whether it is not as it has to be."""
        return bool(self.faults)


@dataclass(slots=True)
class Stage:
    """Everything of one case between its server and its driver."""

    case: Case
    told: dict[str, Any]
    expect: dict[str, Any]
    proxy: Proxy
    play: Play | None


class Lane:
    """Use it as an asynchronous context manager; `run` is for one driver at a time.

    guarded  the server that takes a token, which all lanes share
    """

    def __init__(self, folder: Path, guarded: RealServer) -> None:
        self._folder = folder
        self._open = open_server()
        self._guarded = guarded
        self._reference: Reference | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._open.start()
        except BaseException:
            await self._open.stop()
            raise
        self._reference = Reference(self._open.native)
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._reference is not None:
            await self._reference.close()
        await self._open.stop()

    async def run(
        self, command: Sequence[str], transport: str, cases: Sequence[Case], reads_ahead_bytes: int
    ) -> dict[str, Verdict]:
        """The verdicts of cases that all apply to `transport`, by name."""
        async with AsyncExitStack() as stack:
            web = WebScripts()
            stages = [await self._stage(case, transport, web, stack) for case in cases]
            stack.push_async_callback(web.stop)
            await web.start()
            driver = Driver(command, self._folder)
            verdicts = {}
            results = driver.run([(stage.told, stage.case.limit_ms / 1e3) for stage in stages])
            place = iter(stages)
            async for result in results:
                stage = next(place)
                verdicts[stage.case.name] = await self._judged(stage, result, driver, reads_ahead_bytes)
        left = await self._sessions_left(LEAVING_LIMIT_MS)
        if not driver.ended_well:
            left.append(f"the driver did not end with 0 by itself{_tail(driver.log)}")
        last = stages[-1].case.name
        if left and not verdicts[last].failed:
            verdicts[last] = Verdict([f"after the last case: {'; '.join(left)}"])
        return verdicts

    async def _stage(self, case: Case, transport: str, web: WebScripts, stack: AsyncExitStack) -> Stage:
        play = None
        if isinstance(case.server, str):
            server = self._guarded if case.server == "guarded" else self._open
            upstream = server.native if transport == "native" else server.web
        else:
            play = Play(script_of(case.server))
            upstream = await _scripted(play, transport, web, stack)
        proxy = Proxy(upstream, case.fault)
        host, port = await proxy.start()
        stack.push_async_callback(proxy.close)
        told = {"name": case.name, "transport": transport, **case.driver}
        told |= {"target": f"{host}:{port}"} if transport == "native" else {"url": f"http://{host}:{port}"}
        expect = dict(case.expect)
        if asked := expect.pop("reference", ()):
            assert self._reference is not None
            right = await self._reference.result(case.call, case.driver.get("request", {}))
            expect |= {name: right[name] for name in asked}
        return Stage(case, told, expect, proxy, play)

    async def _judged(self, stage: Stage, result: dict[str, Any], driver: Driver, reads_ahead_bytes: int) -> Verdict:
        if "lost" in result:
            return Verdict([f"{result['lost']}{_tail(driver.log)}"], result=result)
        found = faults(stage.expect, result)
        found += await self._watched(stage, reads_ahead_bytes)
        return Verdict(found, result=result)

    async def _watched(self, stage: Stage, reads_ahead_bytes: int) -> list[str]:
        """What the kit saw and should not have."""
        watch = stage.case.watch
        found: list[str] = []
        calls = 0 if stage.play is None else stage.play.call_count
        seen = {"calls": calls, "connections": stage.proxy.connection_count}
        found += [
            f"it made {seen[name]} {name}, expected {watch[name]}"
            for name in ("calls", "connections")
            if name in watch and watch[name] != seen[name]
        ]
        if "readsAhead" in watch and stage.proxy.bytes_down > reads_ahead_bytes:
            found.append(f"it took {stage.proxy.bytes_down} bytes ahead of its reader, not {reads_ahead_bytes} at most")
        if "sessionsGoneWithinMs" in watch:
            found += await self._sessions_left(watch["sessionsGoneWithinMs"])
        return found

    async def _sessions_left(self, within_ms: float) -> list[str]:
        due_s = time.monotonic() + within_ms / 1e3
        while (count := await self._open.figure("morphogen_sessions_running")) > 0:
            if time.monotonic() > due_s:
                return [f"{count:.0f} sessions still run on the server {within_ms:.0f} ms later"]
            await asyncio.sleep(POLL_S)
        return []


async def _scripted(play: Play, transport: str, web: WebScripts, stack: AsyncExitStack) -> Address:
    if transport != "native":
        return web.add(play)
    server = NativeScript(play)
    stack.push_async_callback(server.stop)
    return await server.start()


def _tail(log: Path) -> str:
    """The end of what a driver said to standard error."""
    text = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
    return f"; its standard error ends with:\n{text}" if text else ""
