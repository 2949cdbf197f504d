"""WorldService on the wire."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import grpc

from engine.errors import InvalidRequestError
from engine.requests.world import CHUNK_MAPS_DEFAULT, CHUNK_VERTICES
from engine.server.callers import Callers
from engine.server.convert import PRIORITIES, wishes
from engine.server.framing import part_pieces
from engine.server.streaming import AssetStreamer, Context, IdleLimit, open_answer
from engine.server.web.live import Acknowledgement, LiveStreams
from engine.sessions.exploring.exploration import (
    CREDIT_DEFAULT,
    CREDIT_MAX,
    Arrived,
    Complete,
    Event,
    Exploration,
    Left,
    Opened,
    Start,
)
from engine.sessions.exploring.plan import Viewer
from engine.sessions.sessions import Sessions
from engine.wire.parsing import known, parsed
from engine.wire.requests.landscape import landscape_of
from engine.wire.requests.world import chunk_request, world_request
from morphogen.v1 import world_pb2

LIMIT_DEFAULT = 256


class WorldService:
    """Answers morphogen.v1.WorldService."""

    name = "morphogen.v1.WorldService"

    def __init__(self, sessions: Sessions, streamer: AssetStreamer, callers: Callers) -> None:
        self._callers = callers
        self._sessions = sessions
        self._streamer = streamer
        self._idle_timeout_s = streamer.idle_timeout_s
        self._watched = LiveStreams[Watched]()

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes: requests are parsed here to report what is wrong with them."""
        methods = {
            "GenerateWorld": grpc.unary_stream_rpc_method_handler(self.generate_world),
            "GenerateChunk": grpc.unary_stream_rpc_method_handler(self.generate_chunk),
            "ExploreWorld": grpc.stream_stream_rpc_method_handler(self.explore_world),
            "WatchWorld": grpc.unary_stream_rpc_method_handler(self.watch_world),
            "ControlWorld": grpc.unary_unary_rpc_method_handler(self.control_world),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def generate_world(self, data: bytes, context: Context) -> None:
        """Stream what is needed once."""
        message = parsed(world_pb2.GenerateWorldRequest, data)
        chosen = wishes(message.options, self._callers.terms_of(context))
        await self._streamer.stream(world_request(message), chosen, context)

    async def generate_chunk(self, data: bytes, context: Context) -> None:
        """Stream one chunk."""
        message = parsed(world_pb2.GenerateChunkRequest, data)
        chosen = wishes(message.options, self._callers.terms_of(context))
        await self._streamer.stream(chunk_request(message), chosen, context)

    async def explore_world(self, _requests: object, context: Context) -> None:
        """Stream the chunks around a viewer, and follow it."""
        message = await _read(context)
        if message is None or message.WhichOneof("payload") != "start":
            raise InvalidRequestError("start", message and message.WhichOneof("payload"), "a start first")
        exploration = self._exploration(message.start, context)
        await open_answer(context)
        sending = asyncio.create_task(self._send(exploration, context))
        following = asyncio.create_task(_follow(exploration, context))
        try:
            await asyncio.wait((sending, following), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
            await sending
        finally:
            for task in (sending, following):
                task.cancel()
            await asyncio.gather(sending, following, return_exceptions=True)

    async def watch_world(self, data: bytes, context: Context) -> None:
        """Stream the chunks around a viewer that unary calls move."""
        message = parsed(world_pb2.WatchWorldRequest, data)
        watched = Watched(self._exploration(message.start, context), self._idle_timeout_s)
        with self._watched.opened(self._callers.tenant_of(context), watched) as session_id:
            await open_answer(context)
            async with watched.idle.watching():
                await self._send(watched.exploration, context, session_id, watched.acknowledgement)

    async def control_world(self, data: bytes, context: Context) -> bytes:
        """Move the viewer, and take the client's acknowledgement."""
        message = parsed(world_pb2.ControlWorldRequest, data)
        watched = self._watched.find(self._callers.tenant_of(context), message.session_id)
        watched.control(message)
        number = watched.acknowledgement.control_number
        return world_pb2.ControlWorldResponse(control_number=number).SerializeToString()

    def _exploration(self, start: world_pb2.ExploreStart, context: Context) -> Exploration:
        priority = known(PRIORITIES, "priority", start.priority)
        terms = replace(self._callers.terms_of(context), priority=priority, due_in_s=None)
        return Exploration(self._sessions, _start_of(start), terms)

    async def _send(
        self,
        exploration: Exploration,
        context: Context,
        session_id: str = "",
        acknowledgement: Acknowledgement | None = None,
    ) -> None:
        """Write events; a stream of WatchWorld numbers them as one of ExploreWorld does."""
        async with aclosing(exploration.events()) as events:
            async for event in events:
                if acknowledgement is not None and isinstance(event, Arrived):
                    acknowledgement.sent_count += 1  # before the client can have it
                for message in _messages(event, session_id):
                    await self._streamer.write(context, message.SerializeToString())


class Watched:
    """A viewer that unary calls move. Let go when it owes an acknowledgement, and no control comes for a while."""

    def __init__(self, exploration: Exploration, idle_timeout_s: float) -> None:
        self.exploration = exploration
        self.acknowledgement = Acknowledgement("received_count")
        self.idle = IdleLimit(idle_timeout_s, lambda: self.acknowledgement.complete)

    def control(self, message: world_pb2.ControlWorldRequest) -> None:
        """Carry out a control, all of it or nothing. Raises InvalidRequestError."""
        if message.HasField("viewer"):
            self.exploration.check(_viewer_of(message.viewer))
        newer, new_count = self.acknowledgement.take(message.control_number, message.received_count)
        if new_count:
            self.exploration.grant(new_count)
        if newer and message.HasField("viewer"):
            self.exploration.move(_viewer_of(message.viewer))
        if message.finish:
            self.exploration.finish()
        self.idle.progress()


async def _follow(exploration: Exploration, context: Context) -> None:
    """Carry out the client's messages until it has no more. Raises InvalidRequestError."""
    while (message := await _read(context)) is not None:
        match message.WhichOneof("payload"):
            case "viewer":
                exploration.move(_viewer_of(message.viewer))
            case "credit":
                chunk_count = message.credit.chunk_count
                if not 1 <= chunk_count <= CREDIT_MAX - exploration.credit:
                    allowed = f"1 to {CREDIT_MAX} chunks granted and not yet sent, {exploration.credit} are"
                    raise InvalidRequestError("credit.chunk_count", chunk_count, allowed)
                exploration.grant(chunk_count)
            case other:
                raise InvalidRequestError("payload", other, "viewer or credit after the start")
    exploration.finish()


async def _read(context: Context) -> world_pb2.ExploreWorldRequest | None:
    """The client's next message, None after its last."""
    data = await context.read()
    return None if not isinstance(data, bytes) else parsed(world_pb2.ExploreWorldRequest, data)


def _start_of(message: world_pb2.ExploreStart) -> Start:
    return Start(
        landscape=landscape_of(message.landscape),
        viewer=_viewer_of(message.viewer) if message.HasField("viewer") else None,
        view_distance_m=message.view_distance_m,
        chunk_limit=message.chunk_limit or LIMIT_DEFAULT,
        vertices_max=message.vertices_max or CHUNK_VERTICES[-1],
        maps=tuple(message.maps) or CHUNK_MAPS_DEFAULT,
        held={(each.row, each.column): each.vertices for each in message.held},
        credit=message.credit or CREDIT_DEFAULT,
    )


def _viewer_of(message: world_pb2.Viewer) -> Viewer:
    return Viewer(message.x_m, message.z_m, message.velocity_x, message.velocity_z)


def _messages(event: Event, session_id: str) -> list[world_pb2.ExploreWorldResponse]:
    match event:
        case Opened(viewer, view, world_json):
            opened = world_pb2.WorldOpened(
                viewer=world_pb2.Viewer(
                    x_m=viewer.x_m, z_m=viewer.z_m, velocity_x=viewer.velocity_x, velocity_z=viewer.velocity_z
                ),
                chunk_m=view.chunk_m,
                view_distance_m=view.distance_m,
                world_json=world_json,
                session_id=session_id,
            )
            return [world_pb2.ExploreWorldResponse(opened=opened)]
        case Left(chunks):
            gone = [
                world_pb2.HeldChunk(row=row, column=column, vertices=vertices)
                for (row, column), vertices in chunks.items()
            ]
            return [world_pb2.ExploreWorldResponse(evicted=world_pb2.Evicted(chunks=gone))]
        case Complete(chunk_count):
            return [world_pb2.ExploreWorldResponse(settled=world_pb2.Settled(chunk_count=chunk_count))]
        case Arrived((row, column), _, parts):
            count = len(parts)
            return [
                world_pb2.ExploreWorldResponse(
                    part=world_pb2.WorldPart(row=row, column=column, part_count=count, part=piece)
                )
                for sealed in parts
                for piece in part_pieces(sealed)
            ]
