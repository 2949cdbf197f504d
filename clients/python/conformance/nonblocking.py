"""Runs a case with `AsyncClient`."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from asked import VERBS, client_options, control_options, verb_arguments, viewer_of
from morphogen_client import AsyncClient
from steps import Steps
from tally import Tally

LEAVING_LIMIT_S = 2.0
Case = Mapping[str, Any]


async def run_case(case: Case) -> None:
    """Run one case and print its result."""
    before = asyncio.all_tasks()
    tally = Tally(case)
    client = _client(case)
    try:
        await _call(client, case, tally)
    except Exception as error:  # noqa: BLE001 (whatever it is: the kit judges)
        tally.fail(error)
    if "lingerMs" in case:
        tally.show(None)
        await asyncio.sleep(case["lingerMs"] / 1e3)
        await client.close()
    else:
        await client.close()
        tally.show(await _tasks_left(before))


def _client(case: Case) -> AsyncClient:
    return AsyncClient(case["target"], **client_options(case))


async def _call(client: AsyncClient, case: Case, tally: Tally) -> None:
    request = case.get("request", {})
    match case["call"]:
        case "catalog":
            tally.generators(await client.catalog(request.get("assetKind", "")))
        case "generator":
            tally.generators([await client.generator(request["name"])])
        case "healthy":
            tally.healthy(await client.healthy())
        case _:
            await _stream(client, case, tally, Steps(case))


async def _stream(client: AsyncClient, case: Case, tally: Tally, steps: Steps, resume_token: bytes = b"") -> None:
    positional, named = verb_arguments(case, resume_token)
    stream: Any = getattr(client, VERBS[case["call"]])(*positional, **named)
    timer = None
    if steps.cancel_after_s is not None:
        timer = asyncio.get_running_loop().call_later(steps.cancel_after_s, stream.close)
    try:
        async with aclosing(aiter(stream)) as updates:
            async for update in updates:
                tally.take(update)
                for step in steps.due(tally):
                    if "cancel" in step:
                        tally.cancelled()
                        return
                    if "reopen" in step:
                        stream.close()
                        async with _client(case) as other:
                            await _stream(other, case, tally, steps, stream.resume_token)
                        return
                    await _do(client, stream, step)
    finally:
        if timer is not None:
            timer.cancel()
    if case["call"] == "exploreWorld":
        tally.explored(len(stream.held))
    else:
        tally.finish(await stream.result())


async def _do(client: AsyncClient, stream: Any, step: Mapping[str, Any]) -> None:
    if "pauseMs" in step:
        await asyncio.sleep(step["pauseMs"] / 1e3)
    elif "viewer" in step:
        viewer = viewer_of(step["viewer"])
        stream.move(viewer.x_m, viewer.z_m, viewer.velocity_x, viewer.velocity_z)
    elif "finish" in step:
        stream.finish()
    elif hasattr(stream, "steer"):
        await stream.steer(**control_options(step["control"]))
    else:
        await client.control_session(stream.header.session_id, **control_options(step["control"]))


async def _tasks_left(before: set[asyncio.Task[Any]]) -> list[str]:
    loop = asyncio.get_running_loop()
    due_s = loop.time() + LEAVING_LIMIT_S
    while (left := asyncio.all_tasks() - before) and loop.time() < due_s:  # noqa: ASYNC110 (tasks end without telling)
        await asyncio.sleep(0.01)
    return [f"task {task.get_coro()}" for task in left]
