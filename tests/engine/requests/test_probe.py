"""Requests for synthetic streams."""

from dataclasses import replace

from engine.requests.probe import ProbeRequest


def test_synthetic_streams_are_described_by_all_their_numbers() -> None:
    request = ProbeRequest(10, 20, 0.5)
    assert request.canonical() == '{"part_count":20,"part_size_bytes":10,"step_ms":0.5}'
    others = (replace(request, **change) for change in ({"part_bytes": 1}, {"part_count": 1}, {"step_ms": 0.0}))
    assert request.canonical() not in {other.canonical() for other in others}
