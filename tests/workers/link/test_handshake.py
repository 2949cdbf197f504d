"""The handshake against everything that somebody without the secret can send."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from morphogen.internal.v1 import worker_link_pb2
from workers.link.handshake import (
    MESSAGE_MAX_BYTES,
    GatewayHandshake,
    HandshakeError,
    WorkerHandshake,
    gateway_proof,
    worker_proof,
)

SECRET = b"the cluster's secret"
Request, Response = worker_link_pb2.AttachRequest, worker_link_pb2.AttachResponse
challenges = st.binary(min_size=32, max_size=32)


def test_two_sides_with_the_secret_let_each_other_in() -> None:
    gateway, worker = GatewayHandshake(SECRET), WorkerHandshake(SECRET)
    worker.check(gateway.answer(worker.greet(gateway.challenge())))


def test_gateway_notices_a_worker_with_another_secret() -> None:
    gateway, worker = GatewayHandshake(SECRET), WorkerHandshake(b"another secret, as long")
    with pytest.raises(HandshakeError, match="worker does not know"):
        gateway.answer(worker.greet(gateway.challenge()))


def test_worker_notices_a_gateway_with_another_secret() -> None:
    worker = WorkerHandshake(SECRET)
    greeting = Response.FromString(worker.greet(Request(challenge=bytes(32)).SerializeToString())).greeting
    proof = gateway_proof(b"another secret, as long", greeting.challenge, bytes(32))
    with pytest.raises(HandshakeError, match="gateway does not know"):
        worker.check(Request(proof=proof).SerializeToString())


def test_recorded_handshake_opens_no_second_link() -> None:
    gateway, worker = GatewayHandshake(SECRET), WorkerHandshake(SECRET)
    challenge = gateway.challenge()
    greeting = worker.greet(challenge)
    answer = gateway.answer(greeting)
    later = WorkerHandshake(SECRET)
    later.greet(challenge)
    with pytest.raises(HandshakeError):
        later.check(answer)
    with pytest.raises(HandshakeError):
        GatewayHandshake(SECRET).answer(greeting)


def test_worker_does_not_take_its_own_proof_back() -> None:
    worker = WorkerHandshake(SECRET)
    greeting = Response.FromString(
        worker.greet(Request(challenge=secrets.token_bytes(32)).SerializeToString())
    ).greeting
    with pytest.raises(HandshakeError):
        worker.check(Request(proof=greeting.proof).SerializeToString())


def test_second_worker_cannot_be_asked_for_the_proof_of_a_gateway() -> None:
    """Somebody without the secret lets one worker answer the other's challenge."""
    worker, other = WorkerHandshake(SECRET), WorkerHandshake(SECRET)
    greeting = Response.FromString(worker.greet(Request(challenge=bytes(32)).SerializeToString())).greeting
    asked = Request(challenge=greeting.challenge).SerializeToString()
    borrowed = Response.FromString(other.greet(asked)).greeting.proof
    with pytest.raises(HandshakeError):
        worker.check(Request(proof=borrowed).SerializeToString())


def test_challenges_are_never_drawn_twice() -> None:
    assert len({GatewayHandshake(SECRET).challenge() for _ in range(100)}) == 100
    asked = Request(challenge=bytes(32)).SerializeToString()
    assert len({WorkerHandshake(SECRET).greet(asked) for _ in range(100)}) == 100


@given(challenges, challenges)
def test_proofs_of_both_sides_differ_for_equal_challenges(one: bytes, other: bytes) -> None:
    proofs = {worker_proof(SECRET, one, other), gateway_proof(SECRET, one, other), gateway_proof(SECRET, other, one)}
    assert worker_proof(SECRET, one, other) not in proofs - {worker_proof(SECRET, one, other)}
    assert len(proofs) == (2 if one == other else 3)


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_challenge_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(HandshakeError, match="no challenge"):
        WorkerHandshake(SECRET).greet(Request(challenge=bytes(length)).SerializeToString())
    proof = worker_proof(SECRET, bytes(32), bytes(length))
    greeting = worker_link_pb2.Greeting(challenge=bytes(length), proof=proof)
    with pytest.raises(HandshakeError, match="no challenge"):
        GatewayHandshake(SECRET).answer(Response(greeting=greeting).SerializeToString())


def test_every_truncation_is_refused() -> None:
    gateway, worker = GatewayHandshake(SECRET), WorkerHandshake(SECRET)
    challenge = gateway.challenge()
    for length in range(len(challenge)):
        with pytest.raises(HandshakeError):
            WorkerHandshake(SECRET).greet(challenge[:length])
    greeting = worker.greet(challenge)
    for length in range(len(greeting)):
        with pytest.raises(HandshakeError):
            gateway.answer(greeting[:length])
    answer = gateway.answer(greeting)
    for length in range(len(answer)):
        with pytest.raises(HandshakeError):
            worker.check(answer[:length])
    worker.check(answer)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_and_nothing_else_happens(data: bytes) -> None:
    worker = WorkerHandshake(SECRET)
    with pytest.raises(HandshakeError):
        worker.check(data)
    worker.greet(Request(challenge=bytes(32)).SerializeToString())
    with pytest.raises(HandshakeError):
        worker.check(data)
    with pytest.raises(HandshakeError):
        GatewayHandshake(SECRET).answer(data)


def test_proof_without_a_challenge_before_it_is_refused() -> None:
    for proof in (b"", bytes(32), gateway_proof(SECRET, bytes(32), bytes(32))):
        with pytest.raises(HandshakeError):
            WorkerHandshake(SECRET).check(Request(proof=proof).SerializeToString())


def test_messages_that_come_later_on_a_link_are_no_handshake() -> None:
    commands = worker_link_pb2.Commands(commands=[worker_link_pb2.Command(cancel=1)])
    with pytest.raises(HandshakeError):
        WorkerHandshake(SECRET).greet(Request(commands=commands).SerializeToString())
    welcome = worker_link_pb2.Welcome(process_id=1)
    with pytest.raises(HandshakeError):
        GatewayHandshake(SECRET).answer(Response(welcome=welcome).SerializeToString())


def test_long_message_is_refused_unread() -> None:
    data = Request(challenge=bytes(MESSAGE_MAX_BYTES)).SerializeToString()
    with pytest.raises(HandshakeError, match="too long"):
        WorkerHandshake(SECRET).greet(data)
    with pytest.raises(HandshakeError, match="too long"):
        GatewayHandshake(SECRET).answer(data)
