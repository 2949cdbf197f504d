"""The gateway's end of a link to one worker."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable

import grpc
import structlog
from google.protobuf.message import DecodeError

from engine.assets import GeneratorInfo
from engine.errors import InvalidRequestError, UnavailableError
from engine.runtime.messages import Cancel, Command, Event, Failed, Finished, Grant, Made, Open, Steer
from engine.runtime.stats import WorkerStats
from engine.wire.descriptions import generator_info
from morphogen.internal.v1 import worker_link_pb2
from workers.link.handshake import GatewayHandshake, HandshakeError
from workers.link.messages import command_message, events_of
from workers.link.ring import RingReader
from workers.link.transport import (
    COMMAND_MAX_BYTES,
    GATEWAY_OPTIONS,
    HEARTBEAT_INTERVAL_S,
    HEARTBEAT_MISSED_S,
    MESSAGE_GOAL_BYTES,
    METHOD,
    SERVICE,
)

Call = grpc.aio.StreamStreamCall[bytes, bytes]

_log = structlog.get_logger(__name__)


class WorkerLink:
    """An attached worker. Whoever attached it closes it, also after it was lost.

    infos       the worker's catalog
    process_id  on the worker's host
    stats       how the worker stood when it last told, a fraction of a second ago
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        call: Call,
        welcome: worker_link_pb2.Welcome,
        take: Callable[[Event], None],
    ) -> None:
        self.infos: tuple[GeneratorInfo, ...] = tuple(generator_info(message) for message in welcome.generators)
        self.process_id = welcome.process_id
        self.stats = WorkerStats()
        self._ring = RingReader.open(welcome.ring_path, welcome.ring_name) if welcome.ring_path else None
        self._ring_told = self._ring is None
        self._channel, self._call, self._take = channel, call, take
        self._commands: deque[Command] = deque()
        self._credits: dict[int, int] = {}
        self._left: Counter[int] = Counter()
        self._owed: Counter[int] = Counter()
        self._news = asyncio.Event()
        if self._ring is not None:
            self._news.set()  # the worker waits to hear that it is open
        self._silent_beats = 0
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._duties = [asyncio.create_task(duty) for duty in (self._read(), self._write(), self._listen())]
        for duty in self._duties:
            duty.add_done_callback(self._duty_ended)

    @classmethod
    async def attach(
        cls, address: str, secret: bytes, take: Callable[[Event], None], timeout_s: float = 5.0
    ) -> "WorkerLink":
        """Attach to the worker at `address` (HOST:PORT), of the cluster with this `secret`.

        `take` is called on the event loop with every event of a session, in order. Raises UnavailableError if the
        worker cannot be reached, does not prove itself, has a gateway already, or does not answer in time.
        """
        channel = grpc.aio.insecure_channel(address, options=GATEWAY_OPTIONS)
        try:
            async with asyncio.timeout(timeout_s):
                call: Call = channel.stream_stream(f"/{SERVICE}/{METHOD}", None, None)(None)
                return cls(channel, call, await _welcome(call, secret), take)
        except BaseException as error:
            await channel.close(None)
            if isinstance(error, TimeoutError):
                raise UnavailableError(f"worker {address}: no answer within {timeout_s:g} s") from error
            if isinstance(error, HandshakeError):
                raise UnavailableError(f"worker {address}: {error}") from error
            if isinstance(error, grpc.aio.AioRpcError):
                raise UnavailableError(f"worker {address}: {error.details()}") from error
            if isinstance(error, asyncio.InvalidStateError):  # from writing to a call that has ended
                raise UnavailableError(f"worker {address}: the worker ended the link") from error
            raise

    def submit(self, command: Command) -> None:
        """Send a command soon, together with others; never blocks. A link that is lost sends nothing."""
        match command:
            case Grant(part_counts):
                for ticket, part_count in part_counts.items():
                    self.grant(ticket, part_count)
                return
            case Open():
                self._credits[command.ticket] = self._left[command.ticket] = command.credit
            case Cancel(ticket):
                self._forget(ticket)
        if not self._lost.done():
            self._commands.append(command)
            self._news.set()

    def grant(self, ticket: int, part_count: int) -> None:
        """Credit for a session: sent when the worker has none left, or half of what it began with has come together."""
        credit = self._credits.get(ticket)
        if credit is None:
            return
        self._owed[ticket] += part_count
        if self._left[ticket] <= 0 or 2 * self._owed[ticket] >= credit:
            self._news.set()

    async def lost(self) -> str:
        """Wait until the link is broken, and say why: also a worker that has told nothing for too long is lost."""
        return await asyncio.shield(self._lost)

    async def close(self) -> None:
        """Let the worker go; it drops its sessions."""
        self._lose("closed")
        await asyncio.gather(*self._duties, return_exceptions=True)
        await self._channel.close(None)
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    async def _read(self) -> str:
        """Take every event; why there are no more."""
        try:
            while isinstance(data := await self._call.read(), bytes):
                self._silent_beats = 0
                events, stats = events_of(data, self.infos, self._ring)
                self.stats = stats or self.stats
                for event in events:
                    self._receive(event)
        except grpc.aio.AioRpcError as error:
            _log.warning("link broken", process_id=self.process_id, cause=error.details())
        except (DecodeError, LookupError, ValueError):
            _log.exception("link broken", process_id=self.process_id)
            return "the worker sent a message that cannot be read"
        return "the connection to the worker broke"

    def _receive(self, event: Event) -> None:
        ticket = event.ticket
        if isinstance(event, Finished | Failed):
            self._forget(ticket)
        elif isinstance(event, Made) and ticket in self._credits:
            self._left[ticket] -= 1
            if self._left[ticket] <= 0 and self._owed[ticket]:
                self._news.set()
        self._take(event)

    async def _write(self) -> str:
        """The one task that writes: what has come together while it wrote goes into its next message."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                if data := self._next_message():
                    await self._call.write(data)
                if self._commands:
                    self._news.set()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return "the connection to the worker broke"

    async def _listen(self) -> str:
        """Count beats since the last message, and not seconds: if this process was held up, so was its reading."""
        while self._silent_beats * HEARTBEAT_INTERVAL_S <= HEARTBEAT_MISSED_S:
            await asyncio.sleep(HEARTBEAT_INTERVAL_S)
            self._silent_beats += 1
        return f"the worker has told nothing for {HEARTBEAT_MISSED_S:g} s"

    def _next_message(self) -> bytes:
        """What waits, or as much of it as fits; empty if there is nothing."""
        commands: list[worker_link_pb2.Command] = []
        size_bytes = 0
        while self._commands and size_bytes < MESSAGE_GOAL_BYTES:
            commands.append(self._message_of(self._commands.popleft()))
            size_bytes += commands[-1].ByteSize()
        if self._owed and not self._commands:  # never before the session that it is for
            commands.append(command_message(Grant(self._owed)))
            self._left.update(self._owed)
            self._owed.clear()
        if not commands and self._ring_told:
            return b""
        message = worker_link_pb2.Commands(commands=commands, ring_open=not self._ring_told)
        self._ring_told = True
        return worker_link_pb2.AttachRequest(commands=message).SerializeToString()

    def _message_of(self, command: Command) -> worker_link_pb2.Command:
        """The command's message. One that is too large ends its session here, and there it is cancelled."""
        message = command_message(command)
        if isinstance(command, Open | Steer) and message.ByteSize() > COMMAND_MAX_BYTES:
            field = "control" if isinstance(command, Steer) else "request"
            allowed = f"at most {COMMAND_MAX_BYTES} bytes"
            self._forget(command.ticket)
            self._take(Failed(command.ticket, InvalidRequestError(field, f"{message.ByteSize()} bytes", allowed)))
            return command_message(Cancel(command.ticket))
        return message

    def _forget(self, ticket: int) -> None:
        self._credits.pop(ticket, None)
        self._left.pop(ticket, None)
        self._owed.pop(ticket, None)

    def _duty_ended(self, duty: "asyncio.Task[str]") -> None:
        if duty.cancelled():
            self._lose("closed")
        elif (error := duty.exception()) is not None:
            _log.error("link failed", process_id=self.process_id, exc_info=error)
            self._lose("the gateway failed to handle a message of the worker")
        else:
            self._lose(duty.result())

    def _lose(self, cause: str) -> None:
        if self._lost.done():
            return
        self._lost.set_result(cause)
        for duty in self._duties:
            duty.cancel()
        self._call.cancel()


async def _welcome(call: Call, secret: bytes) -> worker_link_pb2.Welcome:
    """Authenticate both sides. Raises HandshakeError, and AioRpcError if the worker ends the call."""
    handshake = GatewayHandshake(secret)
    await call.write(handshake.challenge())
    await call.write(handshake.answer(await _message(call)))
    try:
        return worker_link_pb2.AttachResponse.FromString(await _message(call)).welcome
    except DecodeError as error:
        raise HandshakeError("the worker's catalog cannot be read") from error


async def _message(call: Call) -> bytes:
    data = await call.read()
    if not isinstance(data, bytes):
        raise HandshakeError("the worker ended the link")
    return data
