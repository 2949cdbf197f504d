"""What happens around every call: tokens are checked, time limits kept, failures told, calls logged and counted."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias, cast

import grpc
import structlog

from engine.server.callers import Metadata, authorization_of, traceparent_of
from engine.server.status import DeadlineError, UnauthenticatedError, abort, status_of
from engine.server.streaming import Context
from engine.server.telemetry.metrics import Metrics
from engine.server.telemetry.tracing import Tracing

OWN_METHODS = "/morphogen.v1."
HEALTH_METHODS = "/grpc.health.v1."

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic to mypy only
Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[Handler]]"
Behavior = Callable[[bytes, Context], Awaitable[bytes | None]]

_log = structlog.get_logger(__name__)


class BearerTokens(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic to mypy only
    """Lets calls with one of `tokens` through. Health checks need none: load balancers and supervisors ask for them."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._expected = [f"Bearer {token}".encode() for token in tokens]

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler":
        """The handler itself, or one that refuses."""
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith(HEALTH_METHODS):
            return handler
        try:
            self.check(handler_call_details.invocation_metadata)
        except UnauthenticatedError as error:
            status = status_of(error)
        else:
            return handler

        async def refuse(_request: object, context: Context) -> None:
            await abort(context, status)

        return _rebuilt(handler, refuse)

    def check(self, metadata: Metadata) -> None:
        """Raises UnauthenticatedError."""
        given = authorization_of(metadata)
        # Compared with every token to its end: the time taken tells nothing about how much of one was right.
        if not sum(hmac.compare_digest(given, expected) for expected in self._expected):
            raise UnauthenticatedError("a valid bearer token is required")


class CallGuard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic to mypy only
    """Around Morphogen's own methods: time limit, error mapping, one log line and one count per call.

    stream_limit_s  longest time a call may take, whatever its client allows
    """

    def __init__(self, metrics: Metrics, stream_limit_s: float, tracing: Tracing | None = None) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._stream_limit_s = stream_limit_s

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> "Handler":
        """The handler with the guard around it."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not method.startswith(OWN_METHODS):
            return handler
        behavior = cast(Behavior, handler.unary_stream or handler.unary_unary or handler.stream_stream)

        async def guarded(request: bytes, context: Context) -> bytes | None:
            return await self._call(method.removeprefix(OWN_METHODS), behavior, request, context)

        return _rebuilt(handler, guarded)

    async def _call(self, method: str, behavior: Behavior, request: bytes, context: Context) -> bytes | None:
        started_at_s = time.perf_counter()
        outcome = "OK"
        try:
            with self._traced(method, context):
                return await self._within_limit(behavior, request, context)
        except asyncio.CancelledError:
            outcome = _cancel_cause(context)
            raise
        except grpc.aio.InternalError as error:
            # The transport refuses writes between the client's disappearance and the cancelling of this task.
            outcome = _cancel_cause(context)
            raise asyncio.CancelledError from error
        except Exception as error:
            status = status_of(error)
            outcome = status.code.name
            await abort(context, status)
            raise
        finally:
            duration_s = time.perf_counter() - started_at_s
            self._metrics.calls.labels(method, outcome).inc()
            _log.info(
                "call", method=method, outcome=outcome, duration_ms=round(1e3 * duration_s, 1), peer=context.peer()
            )

    def _traced(self, method: str, context: Context) -> AbstractContextManager[None]:
        return nullcontext() if self._tracing is None else self._tracing.call(method, traceparent_of(context))

    async def _within_limit(self, behavior: Behavior, request: bytes, context: Context) -> bytes | None:
        remaining_s = context.time_remaining()
        limit_s = self._stream_limit_s if remaining_s is None else min(self._stream_limit_s, remaining_s)
        limit = asyncio.timeout(limit_s)
        try:
            async with limit:
                return await behavior(request, context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineError(f"the call took longer than {limit_s:.3g} s") from None


def _cancel_cause(context: Context) -> str:
    remaining_s = context.time_remaining()
    return "DEADLINE_EXCEEDED" if remaining_s is not None and remaining_s <= 0 else "CANCELLED"


def _rebuilt(handler: Handler, behavior: Callable[[Any, Context], Awaitable[Any]]) -> Handler:
    """`handler` with another behavior, of the same kind."""
    build = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    return build(behavior, handler.request_deserializer, handler.response_serializer)
