"""Stream options to wishes, with every way of getting them wrong."""

from functools import reduce
from typing import Any

import pytest

from engine.assets import DIGEST_START, Part, running_digest
from engine.errors import InvalidRequestError
from engine.generators.probe import ProbeGenerator
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import CREDIT_DEFAULT, CREDIT_MAX, Delivery, Priority, Terms
from engine.server.convert import (
    DELIVERIES,
    PREFETCH_MAX,
    PRIORITIES,
    granted,
    prefetch_requests,
    steered_wishes,
    stream_header,
    wishes,
)
from engine.sessions.session import Call, Session
from engine.sessions.stored import StoredStream
from engine.store.record import StoredAsset
from morphogen.v1 import common_pb2, diagnostics_pb2, texture_pb2

TERMS = Terms(tenant="somebody", due_in_s=2.0, trace="00-a-b-01")


def test_unset_options_mean_defaults() -> None:
    wanted = wishes(common_pb2.StreamOptions(), TERMS)
    assert wanted.terms == TERMS
    assert wanted.credit == CREDIT_DEFAULT
    assert (wanted.explicit_credit, wanted.resume_tokens, wanted.resume_token) == (False, False, b"")


def test_every_option_arrives() -> None:
    options = common_pb2.StreamOptions(
        credit=64, resume_tokens=True, resume_token=b"token", priority=common_pb2.PRIORITY_INTERACTIVE
    )
    wanted = wishes(options, TERMS)
    assert (wanted.credit, wanted.resume_tokens, wanted.resume_token) == (64, True, b"token")
    assert wanted.terms.priority is Priority.INTERACTIVE
    assert (wanted.terms.tenant, wanted.terms.due_in_s, wanted.terms.trace) == ("somebody", 2.0, "00-a-b-01")


def test_every_known_enum_number_has_a_meaning() -> None:
    assert set(PRIORITIES) == set(common_pb2.Priority.values())
    assert set(DELIVERIES) == set(common_pb2.Delivery.values())
    assert Priority.BACKGROUND not in PRIORITIES.values()  # clients hint instead


def test_steered_stream_has_its_pace_and_grants_its_credit() -> None:
    start = diagnostics_pb2.ProbeStart(interval_ms=20.0, delivery=common_pb2.DELIVERY_LIVE, options={"credit": 2})
    wanted = steered_wishes(start, TERMS)
    assert (wanted.terms.delivery, wanted.terms.interval_s) == (Delivery.LIVE, 0.02)
    assert (wanted.explicit_credit, wanted.credit) == (True, 2)


@pytest.mark.parametrize(
    ("options", "field"), [({"credit": 65}, "options.credit"), ({"priority": 3}, "options.priority")]
)
def test_mistake_in_the_options_is_named_by_its_wire_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        wishes(common_pb2.StreamOptions(**options), TERMS)
    assert refused.value.field == field
    with pytest.raises(InvalidRequestError) as refused:
        steered_wishes(diagnostics_pb2.ProbeStart(options=options), TERMS)
    assert refused.value.field == field


@pytest.mark.parametrize(("part_count", "outstanding_count"), [(1, 0), (64, 0), (1, 63), (32, 32)])
def test_credit_within_the_limit_is_granted(part_count: int, outstanding_count: int) -> None:
    assert granted("credit.part_count", part_count, outstanding_count) == part_count


@pytest.mark.parametrize(("part_count", "outstanding_count"), [(0, 0), (65, 0), (1, CREDIT_MAX), (33, 32)])
def test_credit_beyond_the_limit_is_refused(part_count: int, outstanding_count: int) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        granted("credit.part_count", part_count, outstanding_count)
    assert refused.value.field == "credit.part_count"


def test_hints_are_the_requests_as_they_will_be_made() -> None:
    hint = texture_pb2.GenerateTextureRequest(texture_class="stone", seed=3, options={"credit": 99})
    message = texture_pb2.PrefetchTexturesRequest(requests=[hint] * PREFETCH_MAX)
    assert prefetch_requests(message) == [TextureRequest("stone", 3)] * PREFETCH_MAX


def test_header_of_a_continued_stream_says_where_it_goes_on() -> None:
    info, request = ProbeGenerator().info, ProbeRequest(1, 9)
    parts = tuple(Part(sequence, "probe", 0, "", b"x").sealed(bytes(32)) for sequence in range(9))
    digest = reduce(running_digest, (part.sha256 for part in parts), DIGEST_START)
    stream = StoredStream(StoredAsset("ab" * 32, "", parts, digest), info, 4)
    header = stream_header(request, Session(stream, Call(0.0, "ab" * 32, "{}", first_sequence=4)))
    assert (header.asset_id, header.part_count, header.first_sequence) == ("ab" * 32, 9, 4)
    assert header.canonical_request == "{}"
    assert list(header.lods_px) == []
