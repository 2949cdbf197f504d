"""Stream options of the wire as the sessions' wishes, and the header that answers them."""

from collections.abc import Mapping
from dataclasses import replace

from engine.assets import AssetRequest
from engine.errors import InvalidRequestError
from engine.requests.texture import TextureRequest
from engine.runtime.messages import CREDIT_DEFAULT, CREDIT_MAX, Delivery, Priority, Terms
from engine.sessions.session import Session
from engine.sessions.sessions import Wishes
from engine.wire.descriptions import generator_ref
from engine.wire.parsing import known
from engine.wire.requests.character import RATE_HZ_DEFAULT
from engine.wire.requests.texture import texture_request
from morphogen.v1 import character_pb2, common_pb2, diagnostics_pb2, texture_pb2

INTERVAL_MAX_MS = 60_000
PREFETCH_MAX = 64

PRIORITIES: Mapping[int, Priority] = {
    common_pb2.PRIORITY_UNSPECIFIED: Priority.STANDARD,
    common_pb2.PRIORITY_INTERACTIVE: Priority.INTERACTIVE,
    common_pb2.PRIORITY_STANDARD: Priority.STANDARD,
}
DELIVERIES: Mapping[int, Delivery] = {
    common_pb2.DELIVERY_UNSPECIFIED: Delivery.LOSSLESS,
    common_pb2.DELIVERY_LOSSLESS: Delivery.LOSSLESS,
    common_pb2.DELIVERY_LIVE: Delivery.LIVE,
}


def stream_header(request: AssetRequest, session: Session, session_id: str = "") -> common_pb2.StreamHeader:
    """The header of the stream that answers `request`; `session_id` is what other calls steer it by."""
    return common_pb2.StreamHeader(
        asset_id=session.asset_id,
        generator=generator_ref(session.info),
        canonical_request=session.canonical,
        lods_px=request.lods_px() if isinstance(request, TextureRequest) else (),
        part_count=session.part_count,
        first_sequence=session.first_sequence,
        session_id=session_id,
    )


def wishes(options: common_pb2.StreamOptions, terms: Terms) -> Wishes:
    """How the client wants its stream. Raises InvalidRequestError naming the field."""
    return Wishes(
        terms=replace(terms, priority=known(PRIORITIES, "options.priority", options.priority)),
        credit=_credit("options.credit", options.credit or CREDIT_DEFAULT),
        resume_tokens=options.resume_tokens,
        resume_token=options.resume_token,
    )


def steered_wishes(start: diagnostics_pb2.ProbeStart, terms: Terms) -> Wishes:
    """How the client of a steered stream wants it. Raises InvalidRequestError naming the field."""
    delivery = known(DELIVERIES, "delivery", start.delivery)
    if not 0 <= start.interval_ms <= INTERVAL_MAX_MS:
        raise InvalidRequestError("interval_ms", start.interval_ms, f"0 to {INTERVAL_MAX_MS}")
    if delivery is Delivery.LIVE and start.interval_ms == 0:
        raise InvalidRequestError("interval_ms", start.interval_ms, "more than 0 with DELIVERY_LIVE")
    paced = replace(terms, delivery=delivery, interval_s=start.interval_ms / 1e3)
    return replace(wishes(start.options, paced), explicit_credit=True)


def frame_wishes(
    stream: character_pb2.FrameStream, options: common_pb2.StreamOptions, terms: Terms, *, explicit_credit: bool
) -> Wishes:
    """How the client of a stream of frames wants it; its deadline is no due time of a stream that has no end.

    Raises InvalidRequestError naming the field.
    """
    delivery = known(DELIVERIES, "delivery", stream.delivery)
    if stream.best_effort and delivery is Delivery.LIVE:
        raise InvalidRequestError("best_effort", stream.best_effort, "DELIVERY_LOSSLESS only")
    interval_s = 0.0 if stream.best_effort else 1.0 / (stream.rate_hz or RATE_HZ_DEFAULT)
    paced = replace(terms, delivery=delivery, interval_s=interval_s, due_in_s=None)
    return replace(wishes(options, paced), explicit_credit=explicit_credit)


def granted(field: str, part_count: int, outstanding_count: int) -> int:
    """The credit that a client grants on top of `outstanding_count`. Raises InvalidRequestError naming `field`."""
    if outstanding_count + _credit(field, part_count) > CREDIT_MAX:
        allowed = f"{CREDIT_MAX} parts granted and not yet sent, {outstanding_count} are"
        raise InvalidRequestError(field, part_count, allowed)
    return part_count


def prefetch_requests(message: texture_pb2.PrefetchTexturesRequest) -> list[TextureRequest]:
    """The requests that `message` hints at. Raises InvalidRequestError naming the field."""
    if not 1 <= len(message.requests) <= PREFETCH_MAX:
        raise InvalidRequestError("requests", len(message.requests), f"1 to {PREFETCH_MAX} requests")
    requests = []
    for index, hinted in enumerate(message.requests):
        try:
            requests.append(texture_request(hinted))
        except InvalidRequestError as error:
            raise InvalidRequestError(f"requests[{index}].{error.field}", error.value, error.allowed) from None
    return requests


def _credit(field: str, part_count: int) -> int:
    if not 1 <= part_count <= CREDIT_MAX:
        raise InvalidRequestError(field, part_count, f"1 to {CREDIT_MAX}")
    return part_count
