"""Names of peers, and what a call's metadata says."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from engine.server.callers import Callers, Context, bearer_token, host_of, traceparent_of
from engine.server.status import UnauthenticatedError


@dataclass
class RecordedCall:
    """A call as its servicer sees it."""

    metadata: tuple[tuple[str, str | bytes], ...] = ()
    name: str = "ipv4:192.0.2.7:50000"
    remaining_s: float | None = None

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        return self.metadata

    def peer(self) -> str:
        return self.name

    def time_remaining(self) -> float | None:
        return self.remaining_s


def call(*metadata: tuple[str, str | bytes], **fields: Any) -> Context:
    return cast(Context, RecordedCall(metadata, **fields))


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("ipv4:127.0.0.1:50000", "127.0.0.1"),
        ("ipv6:%5B::1%5D:50000", "::1"),
        ("ipv6:[2001:db8::7]:50000", "2001:db8::7"),
        ("unix:", "unix"),
        ("unix:/run/morphogen.sock", "unix"),
        ("", ""),
    ],
)
def test_host_is_read_from_the_name_of_a_peer(peer: str, host: str) -> None:
    assert host_of(peer) == host


def test_callers_with_one_token_are_one_tenant_wherever_they_are() -> None:
    callers, token = Callers(by_token=True), ("authorization", "Bearer one-long-token")
    here, there = call(token), call(token, name="ipv4:192.0.2.8:1")
    assert callers.tenant_of(here) == callers.tenant_of(there)
    assert callers.tenant_of(here) != callers.tenant_of(call(("authorization", "Bearer another-token")))
    assert "one-long-token" not in callers.tenant_of(here)


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer invented"),)])
def test_callers_of_a_server_without_tokens_are_told_apart_by_their_address(metadata: Any) -> None:
    callers = Callers()
    assert callers.tenant_of(call(*metadata)) == callers.tenant_of(call(name="ipv4:192.0.2.7:9")) == "192.0.2.7"
    assert callers.tenant_of(call(*metadata, name="ipv4:192.0.2.8:9")) == "192.0.2.8"


def test_call_with_two_tokens_is_nobodys() -> None:
    both = call(("authorization", "Bearer one-long-token"), ("other", "x"), ("authorization", b"Bearer one-long-token"))
    for reader in (Callers(by_token=True).tenant_of, Callers(by_token=True).terms_of, bearer_token):
        with pytest.raises(UnauthenticatedError, match="one bearer token"):
            reader(both)


@pytest.mark.parametrize(
    ("remaining_s", "due_in_s"), [(None, None), (2.5, 2.5), (59.9, 59.9), (60.0, None), (300.0, None), (1e9, None)]
)
def test_deadline_says_when_the_asset_is_wanted_unless_it_is_far_away(
    remaining_s: float | None, due_in_s: float | None
) -> None:
    assert Callers().terms_of(call(remaining_s=remaining_s)).due_in_s == due_in_s


def test_metadata_may_be_text_or_bytes_or_missing() -> None:
    assert bearer_token(call(("authorization", b"Bearer token"))) == "token"
    assert bearer_token(call()) == ""
    assert traceparent_of(call(("traceparent", "00-1-2-01"))) == "00-1-2-01"
    assert traceparent_of(call(("traceparent", b"\xff"))) == "\ufffd"
