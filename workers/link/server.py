"""The worker's end of a link: lets one gateway in that knows the secret, and ends when none comes."""

import asyncio
import itertools
import os
from dataclasses import dataclass, field

import grpc
import structlog

from engine.errors import SettingsError
from engine.runtime.messages import Event
from engine.runtime.pool import GeneratorSource
from engine.wire.descriptions import generator_message
from morphogen.internal.v1 import worker_link_pb2
from workers.lanes import Lanes
from workers.link.attachment import Attachment, Context, LinkMessageError
from workers.link.handshake import HandshakeError, WorkerHandshake
from workers.link.ring import RingWriter
from workers.link.transport import HANDSHAKE_TIMEOUT_S, METHOD, SERVICE, UNAUTHENTICATED_CALLS_MAX, WORKER_OPTIONS
from workers.step_thread import StepOptions

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Where a worker listens, and for whom.

    port                  0 takes a free one
    unattached_timeout_s  without a gateway for so long, a worker is an orphan and ends
    """

    secret: bytes = field(repr=False)
    host: str
    port: int
    unattached_timeout_s: float


class LinkServer:
    """A worker's lanes, and the port where its gateway attaches. Start it once, then close it."""

    def __init__(self, generators: GeneratorSource, steps: StepOptions, options: LinkOptions) -> None:
        self._options = options
        self._lanes = Lanes(generators, steps, self._take, self._steps_ended)
        infos = generators.infos()
        self._numbers = {info: number for number, info in enumerate(infos)}
        self._welcome = worker_link_pb2.Welcome(
            generators=[generator_message(info, with_model_card=True) for info in infos], process_id=os.getpid()
        )
        self._tickets = itertools.count()
        self._attachment: Attachment | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._broken = self._closing = False
        self._ended = asyncio.Event()
        self._server: grpc.aio.Server | None = None

    async def start(self) -> str:
        """Listen, and return the bound address as HOST:PORT. Raises SettingsError if that is not possible."""
        server = grpc.aio.server(options=WORKER_OPTIONS, maximum_concurrent_rpcs=UNAUTHENTICATED_CALLS_MAX)
        method = grpc.stream_stream_rpc_method_handler(self._attach)
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, {METHOD: method})])
        host = f"[{self._options.host}]" if ":" in self._options.host else self._options.host
        try:
            port = server.add_insecure_port(f"{host}:{self._options.port}")
        except RuntimeError as error:
            raise SettingsError(f"worker.port: cannot listen on {host}:{self._options.port}") from error
        self._lanes.start()
        await server.start()
        self._server = server
        self._start_patience()
        return f"{host}:{port}"

    async def ended(self) -> bool:
        """Wait until it is of no use any more: True if steps cannot run any more, False if no gateway came."""
        await self._ended.wait()
        return self._broken

    async def close(self) -> None:
        """Break the link and stop the lanes after the steps that run now."""
        self._closing = True
        self._stop_patience()
        if self._server is not None:
            await self._server.stop(None)
        await self._lanes.stop()

    async def _attach(self, _messages: object, context: Context) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
                await self._authenticate(context)
        except (HandshakeError, TimeoutError):
            _log.warning("handshake failed", peer=context.peer())
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the handshake failed")
        if self._attachment is not None:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, "another gateway is attached")
        ring = RingWriter.create()
        attachment = self._attachment = Attachment(self._lanes, self._numbers, self._tickets, ring)
        self._stop_patience()
        try:
            await context.write(self._welcome_to(ring))
            await attachment.serve(context)
        except LinkMessageError as error:
            _log.error("link broken", cause=str(error))
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        finally:
            if ring is not None:
                ring.close()
            self._attachment = None
            if not self._closing:
                self._start_patience()

    def _welcome_to(self, ring: RingWriter | None) -> bytes:
        welcome = worker_link_pb2.Welcome()
        welcome.CopyFrom(self._welcome)
        if ring is not None:
            welcome.ring_path, welcome.ring_name = ring.path, ring.name
        return worker_link_pb2.AttachResponse(welcome=welcome).SerializeToString()

    async def _authenticate(self, context: Context) -> None:
        handshake = WorkerHandshake(self._options.secret)
        await context.write(handshake.greet(await _message(context)))
        handshake.check(await _message(context))

    def _take(self, event: Event) -> None:
        if self._attachment is not None:
            self._attachment.take(event)

    def _steps_ended(self) -> None:
        """Its gateway starts another worker."""
        if not self._closing:
            self._broken = True
            self._ended.set()

    def _start_patience(self) -> None:
        delay_s = self._options.unattached_timeout_s
        self._patience = asyncio.get_running_loop().call_later(delay_s, self._orphan)

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()

    def _orphan(self) -> None:
        _log.warning("no gateway attached", unattached_timeout_s=self._options.unattached_timeout_s)
        self._ended.set()


async def _message(context: Context) -> bytes:
    """The gateway's next message. Raises HandshakeError if it left."""
    data = await context.read()
    if not isinstance(data, bytes):
        raise HandshakeError("the gateway left")
    return data
