"""WorkerService on the wire: looking after the workers."""

import hmac
import ipaddress
from collections.abc import Sequence
from contextlib import aclosing

import grpc

from engine.runtime.pool import WorkerOperations, WorkerState
from engine.server.callers import bearer_token, host_of
from engine.server.status import ForbiddenError, NotFoundError, UnsupportedError
from engine.server.streaming import Context
from engine.wire.parsing import parsed
from morphogen.v1 import workers_pb2

STATES = {
    WorkerState.STARTING: workers_pb2.WORKER_STATE_STARTING,
    WorkerState.READY: workers_pb2.WORKER_STATE_READY,
    WorkerState.DRAINING: workers_pb2.WORKER_STATE_DRAINING,
    WorkerState.WAITING: workers_pb2.WORKER_STATE_WAITING,
}


class WorkerService:
    """Answers morphogen.v1.WorkerService.

    operations       None: this server has no worker processes
    operator_tokens  who may call; without any, loopback addresses may
    """

    name = "morphogen.v1.WorkerService"

    def __init__(self, operations: WorkerOperations | None, operator_tokens: Sequence[str]) -> None:
        self._operations = operations
        self._tokens = [token.encode() for token in operator_tokens]

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes."""
        methods = {
            "ListWorkers": grpc.unary_unary_rpc_method_handler(self.list_workers),
            "DrainWorker": grpc.unary_unary_rpc_method_handler(self.drain_worker),
            "ReplaceWorkers": grpc.unary_stream_rpc_method_handler(self.replace_workers),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def list_workers(self, data: bytes, context: Context) -> bytes:
        """All workers."""
        operations = self._allowed(context)
        parsed(workers_pb2.ListWorkersRequest, data)
        workers = [
            workers_pb2.Worker(
                name=entry.name,
                state=STATES[entry.state],
                address=entry.address,
                session_count=entry.session_count,
                step_count=entry.step_count,
                failure=entry.failure,
            )
            for entry in operations.workers()
        ]
        return workers_pb2.ListWorkersResponse(workers=workers).SerializeToString()

    async def drain_worker(self, data: bytes, context: Context) -> bytes:
        """Move the sessions of one worker away and stop it."""
        operations = self._allowed(context)
        name = parsed(workers_pb2.DrainWorkerRequest, data).name
        _check(operations, [name])
        moved_count = await operations.drain_worker(name)
        return workers_pb2.DrainWorkerResponse(moved_count=moved_count).SerializeToString()

    async def replace_workers(self, data: bytes, context: Context) -> None:
        """Replace workers one by one."""
        operations = self._allowed(context)
        names = list(parsed(workers_pb2.ReplaceWorkersRequest, data).names)
        _check(operations, names)
        async with aclosing(operations.replace_workers(names)) as replacements:
            async for made in replacements:
                response = workers_pb2.ReplaceWorkersResponse(
                    name=made.name, replacement=made.replacement, moved_count=made.moved_count
                )
                await context.write(response.SerializeToString())

    def _allowed(self, context: Context) -> WorkerOperations:
        if self._tokens:
            given = bearer_token(context).encode()
            if not sum(hmac.compare_digest(given, token) for token in self._tokens):
                raise ForbiddenError("this takes an operator's token (server.tokens.operators_file)")
        elif not _is_loopback(host_of(context.peer())):
            raise ForbiddenError("without operators' tokens this answers loopback addresses only")
        if self._operations is None:
            raise UnsupportedError("this server runs its steps in its own process; start it with --workers ray")
        return self._operations


def _check(operations: WorkerOperations, names: Sequence[str]) -> None:
    """Raises NotFoundError unless all are known; what waits for another attempt has no name yet."""
    known = [entry.name for entry in operations.workers() if entry.name]
    for name in names:
        if name not in known:
            raise NotFoundError("name", name, ", ".join(known))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "unix"
