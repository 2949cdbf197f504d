"""Commands and events as the messages of a link, and back."""

import json
from collections.abc import Iterator, Mapping, Sequence

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.errors import GenerationError, InvalidRequestError, MorphogenError, OverloadedError, UnavailableError
from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import CharacterRequest
from engine.requests.level import LevelRequest
from engine.requests.probe import ProbeRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from engine.requests.world import ChunkRequest, WorldRequest
from engine.runtime.messages import (
    AssetSummary,
    Cancel,
    Command,
    Delivery,
    Event,
    Failed,
    Finished,
    Grant,
    Made,
    Open,
    Opened,
    Priority,
    Promote,
    ResumePoint,
    SealedPart,
    Steer,
    Stop,
    Tally,
    Terms,
)
from engine.runtime.pool import WorkerLostError
from engine.runtime.stats import WorkerStats
from engine.wire.fields import read_varint, tag, varint
from engine.wire.requests.character import character_message, character_request, frames_message, frames_request
from engine.wire.requests.level import level_message, level_request
from engine.wire.requests.probe import probe_message, probe_request
from engine.wire.requests.scene import scene_message, scene_request
from engine.wire.requests.texture import texture_message, texture_request
from engine.wire.requests.world import chunk_message, chunk_request, world_message, world_request
from morphogen.internal.v1 import worker_link_pb2 as link
from workers.link.ring import RingReader, RingWriter

QUOTE_MAX_CHARACTERS = 1024
"""What an error quotes of a request is cut: a message full of refused requests must not outgrow its limit."""

_EVENTS_TAG = tag(link.AttachResponse.EVENTS_FIELD_NUMBER)
_PAYLOADS_TAG = tag(link.Events.PAYLOADS_FIELD_NUMBER)


def command_message(command: Command) -> link.Command:
    """The message of a command. Raises ValueError for Stop: whoever stops a worker ends its process.

    `Terms.generator` stays behind: the gateway has chosen the worker by it.
    """
    match command:
        case Open():
            return link.Command(open=_open_message(command))
        case Grant(part_counts):
            return link.Command(grant=link.Grant(tickets=part_counts.keys(), part_counts=part_counts.values()))
        case Steer(ticket, number, control):
            return link.Command(steer=link.Steer(ticket=ticket, number=number, control=control))
        case Promote(ticket, priority):
            return link.Command(promote=link.Promote(ticket=ticket, priority=priority))
        case Cancel(ticket):
            return link.Command(cancel=ticket)
        case Stop():
            raise ValueError("Stop does not travel")


def command_of(message: link.Command) -> Command:
    """The command of a message. Raises ValueError for no command, InvalidRequestError as the request in it does."""
    match message.WhichOneof("payload"):
        case "open":
            return _open_of(message.open)
        case "grant":
            return Grant(dict(zip(message.grant.tickets, message.grant.part_counts, strict=True)))
        case "steer":
            return Steer(message.steer.ticket, message.steer.number, message.steer.control)
        case "promote":
            return Promote(message.promote.ticket, Priority(message.promote.priority))
        case "cancel":
            return Cancel(message.cancel)
        case kind:
            raise ValueError(f"no command: {kind}")


def events_data(
    events: Sequence[tuple[int, Event]],
    stats: WorkerStats | None,
    numbers: Mapping[GeneratorInfo, int],
    ring: RingWriter | None = None,
) -> bytes:
    """An encoded AttachResponse with events, each under the gateway's ticket. Payloads go to the `ring` if it has room.

    Put together by hand from a serialized head and the payloads themselves: a message that holds them copies each of
    them several times while it is built and serialized.

    numbers  of the generators in the worker's catalog
    """
    head = link.Events(stats=None if stats is None else _stats_message(stats))
    pieces: list[bytes] = []
    for ticket, event in events:
        message = _event_message(ticket, event, numbers)
        if isinstance(event, Made):
            payload = event.sealed.part.payload
            position = None if ring is None else ring.put(payload)
            if position is None:
                pieces += (_PAYLOADS_TAG, varint(len(payload)), payload)
            else:
                message.made.ring_position, message.made.ring_payload_bytes = position, len(payload)
        head.events.append(message)
    pieces.insert(0, head.SerializeToString())
    return b"".join((_EVENTS_TAG, varint(sum(map(len, pieces))), *pieces))


def events_of(
    data: bytes, infos: Sequence[GeneratorInfo], ring: RingReader | None = None
) -> tuple[list[Event], WorkerStats | None]:
    """The events of an encoded AttachResponse, and how the worker stands if it tells.

    Raises ValueError, LookupError or DecodeError for a message that no worker sends.

    infos  the worker's catalog
    ring   where the worker may have put payloads
    """
    head, payloads = _taken_apart(data)
    remaining = iter(payloads)
    events = [_event_of(event, infos, remaining, ring) for event in head.events]
    return events, stats_of(head.stats) if head.HasField("stats") else None


def _taken_apart(data: bytes) -> tuple[link.Events, list[bytes]]:
    """A message of events without its payloads, and these: protobuf would copy each of them twice."""
    if data[:1] != _EVENTS_TAG:
        raise ValueError("no events")
    size_bytes, start = read_varint(data, 1)
    payloads: list[bytes] = []
    position, head_end = start, len(data)
    while position < len(data):
        length, begin = read_varint(data, position + 1)
        if data[position] == _PAYLOADS_TAG[0]:
            head_end = min(head_end, position)
            payloads.append(data[begin : begin + length])
        elif payloads:
            raise ValueError("something behind the payloads")
        position = begin + length
    if position != len(data) or start + size_bytes != len(data):
        raise ValueError("a message that is cut off")
    return link.Events.FromString(data[start:head_end]), payloads


def _event_of(
    event: link.Event, infos: Sequence[GeneratorInfo], payloads: Iterator[bytes], ring: RingReader | None
) -> Event:
    match event.WhichOneof("payload"):
        case "made":
            return Made(event.ticket, _sealed_of(event.made, _payload_of(event.made, payloads, ring)))
        case "opened":
            return Opened(event.ticket, infos[event.opened.generator_index], event.opened.part_count)
        case "finished":
            return Finished(event.ticket, _summary_of(event.finished))
        case "failed":
            return Failed(event.ticket, _error_of(event.failed))
        case kind:
            raise ValueError(f"no event: {kind}")


def _payload_of(made: link.Made, payloads: Iterator[bytes], ring: RingReader | None) -> bytes:
    if made.HasField("ring_position"):
        if ring is None:
            raise ValueError("a payload in a ring that is not open")
        return ring.take(made.ring_position, made.ring_payload_bytes)
    payload = next(payloads, None)
    if payload is None:
        raise ValueError("a part without its payload")
    return payload


def stats_of(message: link.Stats) -> WorkerStats:
    """How the worker stands."""
    return WorkerStats(
        batch_sizes=dict(message.batch_sizes),
        busy_s=message.busy_s,
        uptime_s=message.uptime_s,
        on_time_count=message.on_time_count,
        late_count=message.late_count,
        dropped_count=message.dropped_count,
        queue_s=message.queue_s,
        session_count=message.session_count,
        ready_count=message.ready_count,
        stalled_count=message.stalled_count,
    )


def _stats_message(stats: WorkerStats) -> link.Stats:
    return link.Stats(
        batch_sizes=stats.batch_sizes,
        busy_s=stats.busy_s,
        uptime_s=stats.uptime_s,
        on_time_count=stats.on_time_count,
        late_count=stats.late_count,
        dropped_count=stats.dropped_count,
        queue_s=stats.queue_s,
        session_count=stats.session_count,
        ready_count=stats.ready_count,
        stalled_count=stats.stalled_count,
    )


def _open_message(command: Open) -> link.Open:
    request, terms, point = command.request, command.terms, command.resume_point
    message = link.Open(
        ticket=command.ticket,
        credit=command.credit,
        tenant=terms.tenant,
        priority=terms.priority,
        live=terms.delivery is Delivery.LIVE,
        interval_s=terms.interval_s,
        due_in_s=terms.due_in_s,
        trace=terms.trace,
        resume_point=None if point is None else _point_message(point),
    )
    match request:
        case TextureRequest():
            message.texture.CopyFrom(texture_message(request))
        case LevelRequest():
            message.level.CopyFrom(level_message(request))
        case SceneRequest():
            message.scene.CopyFrom(scene_message(request))
        case WorldRequest():
            message.world.CopyFrom(world_message(request))
        case ChunkRequest():
            message.chunk.CopyFrom(chunk_message(request))
        case CharacterRequest():
            message.character.CopyFrom(character_message(request))
        case FramesRequest():
            message.frames.CopyFrom(frames_message(request))
        case ProbeRequest():
            message.probe.CopyFrom(probe_message(request))
    return message


def _open_of(message: link.Open) -> Open:
    terms = Terms(
        tenant=message.tenant,
        priority=Priority(message.priority),
        delivery=Delivery.LIVE if message.live else Delivery.LOSSLESS,
        interval_s=message.interval_s,
        due_in_s=message.due_in_s if message.HasField("due_in_s") else None,
        trace=message.trace,
    )
    point = _point_of(message.resume_point) if message.HasField("resume_point") else None
    return Open(message.ticket, _request_of(message), message.credit, terms, point)


def _request_of(message: link.Open) -> AssetRequest:
    match message.WhichOneof("request"):
        case "texture":
            return texture_request(message.texture)
        case "level":
            return level_request(message.level)
        case "scene":
            return scene_request(message.scene)
        case "world":
            return world_request(message.world)
        case "chunk":
            return chunk_request(message.chunk)
        case "character":
            return character_request(message.character)
        case "frames":
            return frames_request(message.frames)
        case "probe":
            return probe_request(message.probe)
        case kind:
            raise ValueError(f"no request: {kind}")


def _point_message(point: ResumePoint) -> link.ResumePoint:
    return link.ResumePoint(
        next_sequence=point.next_sequence,
        digest=point.tally.digest,
        part_count=point.tally.part_count,
        size_bytes=point.tally.size_bytes,
        checkpoint=point.checkpoint,
        checkpoint_sequence=point.checkpoint_sequence,
        control_count=point.control_count,
    )


def _point_of(message: link.ResumePoint) -> ResumePoint:
    return ResumePoint(
        message.next_sequence,
        Tally(message.digest, message.part_count, message.size_bytes),
        message.checkpoint,
        message.checkpoint_sequence,
        message.control_count,
    )


def _event_message(ticket: int, event: Event, numbers: Mapping[GeneratorInfo, int]) -> link.Event:
    match event:
        case Made(_, sealed):
            return link.Event(ticket=ticket, made=_made_message(sealed))
        case Opened(_, info, part_count):
            opened = link.Opened(generator_index=numbers[info], part_count=part_count)
            return link.Event(ticket=ticket, opened=opened)
        case Finished(_, summary):
            return link.Event(ticket=ticket, finished=_finished_message(summary))
        case Failed(_, error):
            return link.Event(ticket=ticket, failed=_failed_message(error))


def _made_message(sealed: SealedPart) -> link.Made:
    part = sealed.part
    return link.Made(
        sequence=part.sequence,
        map=part.map,
        lod_px=part.lod_px,
        media_type=part.media_type,
        sha256=sealed.sha256,
        resume_point=_point_message(sealed.resume_point),
        control_count=sealed.control_count,
    )


def _sealed_of(message: link.Made, payload: bytes) -> SealedPart:
    sha256 = message.sha256
    part = Part(message.sequence, message.map, message.lod_px, message.media_type, payload, sha256)
    return SealedPart(part, sha256, _point_of(message.resume_point), message.control_count)


def _finished_message(summary: AssetSummary) -> link.Finished:
    tally = summary.tally
    return link.Finished(
        digest=tally.digest,
        part_count=tally.part_count,
        size_bytes=tally.size_bytes,
        queue_ms=summary.queue_ms,
        step_ms=summary.step_ms,
    )


def _summary_of(message: link.Finished) -> AssetSummary:
    return AssetSummary(
        Tally(message.digest, message.part_count, message.size_bytes), message.queue_ms, message.step_ms
    )


def _failed_message(error: MorphogenError) -> link.Failed:
    message = str(error)
    match error:
        case InvalidRequestError():
            field = error.field[:QUOTE_MAX_CHARACTERS]
            invalid = link.InvalidRequest(field=field, value=_quoted(error.value), allowed=error.allowed)
            return link.Failed(message=message, invalid_request=invalid)
        case OverloadedError():
            return link.Failed(message=message, retry_after_s=error.retry_after_s)
        case WorkerLostError():
            return link.Failed(message=message, lost_suspected=error.suspected)
        case UnavailableError():
            return link.Failed(message=message, unavailable=True)
        case _:
            return link.Failed(message=message, generation=True)


def _quoted(value: object) -> str:
    """The value as JSON, or the beginning of its text if that is long."""
    if isinstance(value, str):
        return json.dumps(value[:QUOTE_MAX_CHARACTERS])
    quoted = json.dumps(value, default=str)
    return quoted if len(quoted) <= QUOTE_MAX_CHARACTERS else json.dumps(str(value)[:QUOTE_MAX_CHARACTERS])


def _error_of(message: link.Failed) -> MorphogenError:
    match message.WhichOneof("kind"):
        case "invalid_request":
            invalid = message.invalid_request
            return InvalidRequestError(invalid.field, json.loads(invalid.value), invalid.allowed)
        case "retry_after_s":
            return OverloadedError(message.message, message.retry_after_s)
        case "lost_suspected":
            return WorkerLostError(message.message, suspected=message.lost_suspected)
        case "unavailable":
            return UnavailableError(message.message)
        case "generation":
            return GenerationError(message.message)
        case kind:
            raise ValueError(f"no failure: {kind}")
