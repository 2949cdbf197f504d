"""Names of running streams, and what their controls acknowledge."""

import pytest

from engine.errors import InvalidRequestError
from engine.server.status import NotFoundError
from engine.server.web.live import Acknowledgement, LiveStreams


def test_session_is_found_by_the_caller_that_opened_it_while_its_stream_runs() -> None:
    streams = LiveStreams[str]()
    with streams.opened("tenant", "target") as session_id:
        assert streams.find("tenant", session_id) == "target"
        for tenant, name in (("other", session_id), ("tenant", session_id + "x"), ("tenant", "")):
            with pytest.raises(NotFoundError, match="session_id"):
                streams.find(tenant, name)
    with pytest.raises(NotFoundError):
        streams.find("tenant", session_id)


def test_session_that_fails_is_forgotten_too() -> None:
    streams = LiveStreams[str]()
    with pytest.raises(KeyError), streams.opened("tenant", "target") as session_id:
        raise KeyError
    with pytest.raises(NotFoundError):
        streams.find("tenant", session_id)


def test_names_cannot_be_guessed_from_each_other() -> None:
    streams = LiveStreams[int]()
    names = set()
    for number in range(1000):
        with streams.opened("tenant", number) as session_id:
            names.add(session_id)
    assert len(names) == 1000
    assert min(len(name) for name in names) >= 21  # 128 bits


def test_acknowledgement_counts_each_part_once_in_any_order() -> None:
    acknowledgement = Acknowledgement("received_count")
    acknowledgement.sent_count = 5
    taken = [acknowledgement.take(number, count) for number, count in ((1, 2), (3, 4), (2, 3), (3, 4), (4, 5))]
    assert taken == [(True, 2), (True, 2), (False, 0), (False, 0), (True, 1)]
    assert acknowledgement.complete
    assert acknowledgement.control_number == 4


def test_control_that_does_not_fit_changes_nothing() -> None:
    acknowledgement = Acknowledgement("received_count")
    acknowledgement.sent_count = 1
    for number, count, field in ((0, 1, "control_number"), (1, 2, "received_count")):
        with pytest.raises(InvalidRequestError, match=f"^{field}: "):
            acknowledgement.take(number, count)
    assert (acknowledgement.control_number, acknowledgement.received_count) == (0, 0)
