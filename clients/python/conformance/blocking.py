"""Runs a case with `Client`."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from asked import VERBS, client_options, control_options, verb_arguments, viewer_of
from morphogen_client import Client
from steps import Steps
from tally import Tally

LEAVING_LIMIT_S = 2.0
Case = Mapping[str, Any]


def run_case(case: Case) -> None:
    """Run one case and print its result."""
    before = set(threading.enumerate())
    tally = Tally(case)
    client = _client(case)
    try:
        _call(client, case, tally)
    except Exception as error:  # noqa: BLE001 (whatever it is: the kit judges)
        tally.fail(error)
    if "lingerMs" in case:
        tally.show(None)
        time.sleep(case["lingerMs"] / 1e3)
        client.close()
    else:
        client.close()
        tally.show(_threads_left(before))


def _client(case: Case) -> Client:
    return Client(case["target"], **client_options(case))


def _call(client: Client, case: Case, tally: Tally) -> None:
    request = case.get("request", {})
    match case["call"]:
        case "catalog":
            tally.generators(client.catalog(request.get("assetKind", "")))
        case "generator":
            tally.generators([client.generator(request["name"])])
        case "healthy":
            tally.healthy(client.healthy())
        case _:
            _stream(client, case, tally, Steps(case))


def _stream(client: Client, case: Case, tally: Tally, steps: Steps, resume_token: bytes = b"") -> None:
    positional, named = verb_arguments(case, resume_token)
    stream: Any = getattr(client, VERBS[case["call"]])(*positional, **named)
    timer = threading.Timer(steps.cancel_after_s or 0.0, stream.close)
    if steps.cancel_after_s is not None:
        timer.start()
    try:
        for update in stream:
            tally.take(update)
            for step in steps.due(tally):
                if "cancel" in step:
                    tally.cancelled()
                    return
                if "reopen" in step:
                    stream.close()
                    with _client(case) as other:
                        _stream(other, case, tally, steps, stream.resume_token)
                    return
                _do(client, stream, step)
    finally:
        timer.cancel()
    if case["call"] == "exploreWorld":
        tally.explored(len(stream.held))
    else:
        tally.finish(stream.result())


def _do(client: Client, stream: Any, step: Mapping[str, Any]) -> None:
    if "pauseMs" in step:
        time.sleep(step["pauseMs"] / 1e3)
    elif "viewer" in step:
        viewer = viewer_of(step["viewer"])
        stream.move(viewer.x_m, viewer.z_m, viewer.velocity_x, viewer.velocity_z)
    elif "finish" in step:
        stream.finish()
    elif hasattr(stream, "steer"):
        stream.steer(**control_options(step["control"]))
    else:
        client.control_session(stream.header.session_id, **control_options(step["control"]))


def _threads_left(before: set[threading.Thread]) -> list[str]:
    due_s = time.monotonic() + LEAVING_LIMIT_S
    while (left := set(threading.enumerate()) - before) and time.monotonic() < due_s:
        time.sleep(0.01)
    return [f"thread {thread.name}" for thread in left]
