"""How a gateway and a worker prove to each other that they belong to one cluster. Bytes in, bytes out.

    gateway -> worker   challenge of the gateway
    worker  -> gateway  challenge of the worker, HMAC(secret, "worker" + gateway's challenge + worker's challenge)
    gateway -> worker   HMAC(secret, "gateway" + worker's challenge + gateway's challenge)

Both sides answer a challenge drawn for this link alone, so nothing that was recorded can be used again; the words keep
a proof from being sent back to the side it came from. It proves who is there and does not encrypt: links run within one
host or one trusted network.
"""

import hashlib
import hmac
import secrets
from typing import TypeVar

from google.protobuf.message import DecodeError

from engine.errors import MorphogenError
from morphogen.internal.v1 import worker_link_pb2

CHALLENGE_BYTES = 32
SECRET_MIN_BYTES = 16
"""A worker answers any challenge: a secret that can be guessed could be found by trying."""

MESSAGE_MAX_BYTES = 256
"""Longer messages are no part of a handshake."""


class HandshakeError(MorphogenError):
    """The other side does not know the secret, or does not speak this protocol."""


class GatewayHandshake:
    """The gateway's side of one handshake."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._challenge = secrets.token_bytes(CHALLENGE_BYTES)

    def challenge(self) -> bytes:
        """The first message."""
        return worker_link_pb2.AttachRequest(challenge=self._challenge).SerializeToString()

    def answer(self, greeting: bytes) -> bytes:
        """The second message, once the worker's first one has proved itself. Raises HandshakeError."""
        message = _parsed(worker_link_pb2.AttachResponse, greeting).greeting
        if len(message.challenge) != CHALLENGE_BYTES:
            raise HandshakeError("the worker sent no challenge")
        if not hmac.compare_digest(message.proof, worker_proof(self._secret, self._challenge, message.challenge)):
            raise HandshakeError("the worker does not know the secret")
        proof = gateway_proof(self._secret, message.challenge, self._challenge)
        return worker_link_pb2.AttachRequest(proof=proof).SerializeToString()


class WorkerHandshake:
    """The worker's side of one handshake."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._expected: bytes | None = None

    def greet(self, challenge: bytes) -> bytes:
        """The answer to the gateway's first message. Raises HandshakeError."""
        message = _parsed(worker_link_pb2.AttachRequest, challenge)
        if len(message.challenge) != CHALLENGE_BYTES:
            raise HandshakeError("the gateway sent no challenge")
        self._expected = gateway_proof(self._secret, self._challenge, message.challenge)
        proof = worker_proof(self._secret, message.challenge, self._challenge)
        greeting = worker_link_pb2.Greeting(challenge=self._challenge, proof=proof)
        return worker_link_pb2.AttachResponse(greeting=greeting).SerializeToString()

    def check(self, answer: bytes) -> None:
        """Take the gateway's second message. Raises HandshakeError unless the gateway knows the secret."""
        message = _parsed(worker_link_pb2.AttachRequest, answer)
        if self._expected is None or not hmac.compare_digest(message.proof, self._expected):
            raise HandshakeError("the gateway does not know the secret")


def worker_proof(secret: bytes, gateway_challenge: bytes, worker_challenge: bytes) -> bytes:
    """What a worker that knows `secret` answers to the gateway's challenge; 32 bytes."""
    return _proof(secret, b"worker" + gateway_challenge + worker_challenge)


def gateway_proof(secret: bytes, worker_challenge: bytes, gateway_challenge: bytes) -> bytes:
    """What a gateway that knows `secret` answers to the worker's challenge; 32 bytes."""
    return _proof(secret, b"gateway" + worker_challenge + gateway_challenge)


def _proof(secret: bytes, text: bytes) -> bytes:
    return hmac.new(secret, text, hashlib.sha256).digest()


Envelope = TypeVar("Envelope", worker_link_pb2.AttachRequest, worker_link_pb2.AttachResponse)


def _parsed(kind: type[Envelope], data: bytes) -> Envelope:
    """The message that `data` encodes; anything may arrive before the handshake."""
    if len(data) > MESSAGE_MAX_BYTES:
        raise HandshakeError("a message of the handshake is too long")
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise HandshakeError("a message of the handshake cannot be read") from error
