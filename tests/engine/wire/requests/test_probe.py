"""Messages that ask for synthetic streams to requests and back, with every way of getting them wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.probe import ProbeRequest
from engine.wire.parsing import parsed
from engine.wire.requests.probe import probe_message, probe_request
from morphogen.v1 import diagnostics_pb2

probes = st.builds(ProbeRequest, st.integers(1, 16 * 1024 * 1024), st.integers(1, 1_000_000), st.floats(0, 1000))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"part_size_bytes": 0}, "part_size_bytes"),
        ({"part_size_bytes": 16 * 1024 * 1024 + 1}, "part_size_bytes"),
        ({"part_count": 0}, "part_count"),
        ({"step_ms": -1.0}, "step_ms"),
        ({"step_ms": float("nan")}, "step_ms"),
    ],
)
def test_probe_mistake_is_named_by_its_wire_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        probe_request(diagnostics_pb2.StreamProbeRequest(**{"part_size_bytes": 1, "part_count": 1, **fields}))
    assert refused.value.field == field


def test_probe_request_arrives() -> None:
    message = diagnostics_pb2.StreamProbeRequest(part_size_bytes=7, part_count=9, step_ms=1.5)
    assert probe_request(message) == ProbeRequest(7, 9, 1.5)


@given(probes)
def test_probe_request_comes_back_from_its_message(request: ProbeRequest) -> None:
    data = probe_message(request).SerializeToString()
    assert probe_request(parsed(diagnostics_pb2.StreamProbeRequest, data)) == request


def test_steered_probe_is_the_same_request() -> None:
    start = diagnostics_pb2.ProbeStart(part_size_bytes=7, part_count=9, step_ms=1.5)
    assert probe_request(start) == ProbeRequest(7, 9, 1.5)
