"""One attached gateway: its commands go to the worker's lanes, its sessions' events go back, several to a message."""

import asyncio
import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

import grpc
from google.protobuf.message import DecodeError

from engine.assets import GeneratorInfo
from engine.errors import InvalidRequestError
from engine.runtime.messages import Cancel, Event, Failed, Finished, Grant, Made, Open, Promote, Steer
from morphogen.internal.v1 import worker_link_pb2
from workers.lane import Lane
from workers.lanes import Lanes
from workers.link.messages import command_of, events_data
from workers.link.ring import RingWriter
from workers.link.transport import EVENTS_MAX_COUNT, HEARTBEAT_INTERVAL_S, MESSAGE_GOAL_BYTES

Context = grpc.aio.ServicerContext[bytes, bytes]


class LinkMessageError(Exception):
    """The gateway sent what no gateway sends."""


class Attachment:
    """The sessions of one gateway.

    lanes    of the worker
    numbers  of the generators in the worker's catalog
    tickets  the worker's own numbers for sessions: the tickets of two gateways may be equal
    ring     for payloads, once the gateway has opened it
    """

    def __init__(
        self,
        lanes: Lanes,
        numbers: Mapping[GeneratorInfo, int],
        tickets: "itertools.count[int]",
        ring: RingWriter | None = None,
    ) -> None:
        self._ring = ring
        self._ring_open = False
        self._lanes = lanes
        self._numbers = numbers
        self._tickets = tickets
        self._sessions: dict[int, tuple[int, Lane]] = {}  # gateway's ticket -> worker's ticket, and where it runs
        self._gateway_tickets: dict[int, int] = {}  # worker's ticket -> gateway's ticket
        self._events: deque[tuple[int, Event]] = deque()
        self._heartbeat_due = True
        self._news = asyncio.Event()

    async def serve(self, context: Context) -> None:
        """Carry out commands and report events until the link breaks; then no session is left.

        Raises LinkMessageError for a message that no gateway sends.
        """
        duties = [asyncio.create_task(duty) for duty in (self._read(context), self._write(context), self._beat())]
        try:
            ended, _ = await asyncio.wait(duties, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for duty in duties:
                duty.cancel()
            await asyncio.gather(*duties, return_exceptions=True)
            for ticket in list(self._sessions):
                self._cancel(ticket)
        for duty in ended:
            duty.result()

    def take(self, event: Event) -> None:
        """An event of a session, under the worker's ticket; ignored if nobody wants that session any more."""
        ticket = self._gateway_tickets.get(event.ticket)
        if ticket is None:
            return
        if isinstance(event, Finished | Failed):
            self._forget(ticket)
        self._report(ticket, event)

    async def _read(self, context: Context) -> None:
        while isinstance(data := await context.read(), bytes):
            try:
                commands = worker_link_pb2.AttachRequest.FromString(data).commands
                if commands.ring_open and self._ring is not None:
                    self._ring.hide()
                    self._ring_open = True
                for message in commands.commands:
                    self._obey(message)
            except (DecodeError, ValueError) as error:
                raise LinkMessageError(str(error)) from error

    def _obey(self, message: worker_link_pb2.Command) -> None:
        try:
            command = command_of(message)
        except InvalidRequestError as error:
            self._report(message.open.ticket, Failed(message.open.ticket, error))
            return
        match command:
            case Open():
                self._open(command)
            case Grant(part_counts):
                self._grant(part_counts)
            case Cancel(gateway_ticket):
                self._cancel(gateway_ticket)
            case Steer() | Promote():
                if command.ticket in self._sessions:
                    ticket, lane = self._sessions[command.ticket]
                    lane.submit(replace(command, ticket=ticket))

    def _open(self, command: Open) -> None:
        if command.ticket in self._sessions:
            raise LinkMessageError(f"ticket {command.ticket} is taken")
        ticket, lane = next(self._tickets), self._lanes.of(command.request)
        self._sessions[command.ticket] = ticket, lane
        self._gateway_tickets[ticket] = command.ticket
        lane.submit(replace(command, ticket=ticket))

    def _grant(self, part_counts: Mapping[int, int]) -> None:
        """Pass credit on at once: the gateway has waited for company already."""
        owed: dict[Lane, dict[int, int]] = {}
        for gateway_ticket, part_count in part_counts.items():
            if gateway_ticket in self._sessions:
                ticket, lane = self._sessions[gateway_ticket]
                owed.setdefault(lane, {})[ticket] = part_count
        for lane, counts in owed.items():
            lane.submit(Grant(counts))

    def _cancel(self, gateway_ticket: int) -> None:
        """Drop a session, and what it has made and not sent."""
        if gateway_ticket in self._sessions:
            ticket, lane = self._sessions[gateway_ticket]
            self._forget(gateway_ticket)
            lane.submit(Cancel(ticket))
        self._events = deque(entry for entry in self._events if entry[0] != gateway_ticket)

    def _forget(self, gateway_ticket: int) -> None:
        ticket, _ = self._sessions.pop(gateway_ticket)
        del self._gateway_tickets[ticket]

    def _report(self, gateway_ticket: int, event: Event) -> None:
        self._events.append((gateway_ticket, event))
        self._news.set()

    async def _write(self, context: Context) -> None:
        """The one task that writes: what has come together while it wrote goes into its next message."""
        while True:
            if not self._events and not self._heartbeat_due:
                with self._lanes.waiting():
                    await self._news.wait()
            self._news.clear()
            if self._events or self._heartbeat_due:
                await context.write(self._next_message())

    def _next_message(self) -> bytes:
        events: list[tuple[int, Event]] = []
        size_bytes = 0
        while self._events and len(events) < EVENTS_MAX_COUNT:
            event = self._events[0][1]
            size_bytes += len(event.sealed.part.payload) if isinstance(event, Made) else 0
            if events and size_bytes > MESSAGE_GOAL_BYTES:
                break
            events.append(self._events.popleft())
        stats = self._lanes.stats() if self._heartbeat_due else None
        self._heartbeat_due = False
        return events_data(events, stats, self._numbers, self._ring if self._ring_open else None)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_INTERVAL_S)
            self._heartbeat_due = True
            self._news.set()
