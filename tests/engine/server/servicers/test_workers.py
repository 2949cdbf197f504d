"""WorkerService over a real connection, before operations that only take notes."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from engine.errors import UnavailableError
from engine.runtime.pool import Replacement, WorkerEntry, WorkerState
from engine.settings.sections import ServerSettings, Settings, TokenSettings
from morphogen.v1 import workers_pb2, workers_pb2_grpc

OPERATOR = "operators-token-of-length"
PERSON = "a-persons-token-of-length"


class RecordingOperations:
    """Two workers that can be drained and replaced; worker-2 cannot be replaced."""

    def __init__(self) -> None:
        self.drained: list[str] = []
        self.replaced: list[str] = []

    def workers(self) -> Sequence[WorkerEntry]:
        return (
            WorkerEntry("worker-1", WorkerState.READY, "127.0.0.1:9", 3, 2**40, ""),
            WorkerEntry("worker-2", WorkerState.WAITING, "", 0, 0, "no weights"),
        )

    async def drain_worker(self, name: str) -> int:
        self.drained.append(name)
        return 3

    async def replace_workers(self, names: Sequence[str]) -> AsyncGenerator[Replacement, None]:
        for name in names or ("worker-1", "worker-2"):
            if name == "worker-2":
                raise UnavailableError("the new worker did not start")
            self.replaced.append(name)
            yield Replacement(name, "worker-3", 5)


class WaitingOperations(RecordingOperations):
    """One worker, and the place of another one, which could not be started."""

    def workers(self) -> Sequence[WorkerEntry]:
        return (
            WorkerEntry("worker-1", WorkerState.READY, "127.0.0.1:9", 3, 2**40, ""),
            WorkerEntry("", WorkerState.WAITING, "", 0, 0, "no weights"),
        )


def stub_of(serving: Any) -> Any:
    return workers_pb2_grpc.WorkerServiceStub(serving.channel)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def with_tokens(folder: Path) -> Settings:
    (folder / "people").write_text(f"{PERSON}\n", encoding="ascii")
    (folder / "operators").write_text(f"{OPERATOR}\n", encoding="ascii")
    tokens = TokenSettings(file=folder / "people", operators_file=folder / "operators")
    return Settings(server=ServerSettings(port=0, tokens=tokens))


async def test_workers_are_listed_with_their_state(serve: Any) -> None:
    serving = await serve(operations=RecordingOperations())
    listed = (await stub_of(serving).ListWorkers(workers_pb2.ListWorkersRequest())).workers
    assert [worker.name for worker in listed] == ["worker-1", "worker-2"]
    assert (listed[0].state, listed[0].address) == (workers_pb2.WORKER_STATE_READY, "127.0.0.1:9")
    assert (listed[0].session_count, listed[0].step_count) == (3, 2**40)
    assert (listed[1].state, listed[1].failure) == (workers_pb2.WORKER_STATE_WAITING, "no weights")


async def test_drain_says_how_many_sessions_moved(serve: Any) -> None:
    operations = RecordingOperations()
    serving = await serve(operations=operations)
    response = await stub_of(serving).DrainWorker(workers_pb2.DrainWorkerRequest(name="worker-1"))
    assert (response.moved_count, operations.drained) == (3, ["worker-1"])


async def test_replacing_tells_after_each_worker_and_ends_with_the_failure(serve: Any) -> None:
    operations = RecordingOperations()
    serving = await serve(operations=operations)
    call = stub_of(serving).ReplaceWorkers(workers_pb2.ReplaceWorkersRequest())
    assert (await call.read()) == workers_pb2.ReplaceWorkersResponse(
        name="worker-1", replacement="worker-3", moved_count=5
    )
    error, _ = await serving.failure(call)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert operations.replaced == ["worker-1"]


@pytest.mark.parametrize("method", ["drain", "replace"])
async def test_unknown_worker_is_not_found_and_nothing_is_done(serve: Any, method: str) -> None:
    operations = RecordingOperations()
    serving = await serve(operations=operations)
    if method == "drain":
        call = stub_of(serving).DrainWorker(workers_pb2.DrainWorkerRequest(name="worker-9"))
    else:
        call = stub_of(serving).ReplaceWorkers(workers_pb2.ReplaceWorkersRequest(names=["worker-1", "worker-9"]))
    error, found = await serving.failure(call)
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert found["ErrorInfo"].metadata["allowed"] == "worker-1, worker-2"
    assert operations.drained == operations.replaced == []


@pytest.mark.parametrize("method", ["drain", "replace"])
async def test_worker_that_waits_for_another_attempt_has_no_name_to_call_it_by(serve: Any, method: str) -> None:
    operations = WaitingOperations()
    serving = await serve(operations=operations)
    if method == "drain":
        call = stub_of(serving).DrainWorker(workers_pb2.DrainWorkerRequest())
    else:
        call = stub_of(serving).ReplaceWorkers(workers_pb2.ReplaceWorkersRequest(names=[""]))
    error, _ = await serving.failure(call)
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert operations.drained == operations.replaced == []


async def test_server_without_worker_processes_does_not_support_it(serve: Any) -> None:
    serving = await serve()
    for call in (
        stub_of(serving).ListWorkers(workers_pb2.ListWorkersRequest()),
        stub_of(serving).DrainWorker(workers_pb2.DrainWorkerRequest(name="worker-1")),
        stub_of(serving).ReplaceWorkers(workers_pb2.ReplaceWorkersRequest()),
    ):
        error, found = await serving.failure(call)
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED
        assert found["ErrorInfo"].reason == "UNSUPPORTED"


async def test_only_an_operators_token_may_look_after_workers(serve: Any, tmp_path: Path) -> None:
    operations = RecordingOperations()
    serving = await serve(with_tokens(tmp_path), operations=operations)
    stub = stub_of(serving)
    error, found = await serving.failure(
        stub.DrainWorker(workers_pb2.DrainWorkerRequest(name="worker-1"), metadata=bearer(PERSON))
    )
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert found["ErrorInfo"].reason == "PERMISSION_DENIED"
    error, _ = await serving.failure(stub.ListWorkers(workers_pb2.ListWorkersRequest()))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert operations.drained == []
    listed = await stub.ListWorkers(workers_pb2.ListWorkersRequest(), metadata=bearer(OPERATOR))
    assert len(listed.workers) == 2


async def test_operators_token_also_opens_everything_else(serve: Any, tmp_path: Path) -> None:
    serving = await serve(with_tokens(tmp_path))
    request = workers_pb2.ListWorkersRequest()
    error, _ = await serving.failure(stub_of(serving).ListWorkers(request, metadata=bearer(PERSON)))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED  # says nothing about what is supported
    error, _ = await serving.failure(stub_of(serving).ListWorkers(request, metadata=bearer(OPERATOR)))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_without_tokens_only_loopback_may_look_after_workers(serve: Any) -> None:
    """Every address of a connection to this machine itself is a loopback one or the machine's own."""
    serving = await serve(Settings(server=ServerSettings(host="0.0.0.0", port=0, insecure=True)))  # noqa: S104
    port = serving.address.rpartition(":")[2]
    async with grpc.aio.insecure_channel(f"127.0.0.2:{port}") as channel:
        stub: Any = workers_pb2_grpc.WorkerServiceStub(channel)
        error, _ = await serving.failure(stub.ListWorkers(workers_pb2.ListWorkersRequest()))
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED
