"""Running streams that unary calls steer, by names that nobody can guess.

gRPC streams both ways where the transport can; a web page cannot, so there the server streams, and the client's side of
the conversation comes as calls of their own. This is what joins the two, for every kind of stream.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from engine.errors import InvalidRequestError
from engine.server.status import NotFoundError

SESSION_ID_BYTES = 16

Target = TypeVar("Target")


class LiveStreams(Generic[Target]):
    """The running streams of one method, each with whatever its controls act upon."""

    def __init__(self) -> None:
        self._targets: dict[tuple[str, str], Target] = {}

    @contextmanager
    def opened(self, tenant: str, target: Target) -> Iterator[str]:
        """Around a stream of `tenant`: its session id."""
        session_id = secrets.token_urlsafe(SESSION_ID_BYTES)
        self._targets[tenant, session_id] = target
        try:
            yield session_id
        finally:
            del self._targets[tenant, session_id]

    def find(self, tenant: str, session_id: str) -> Target:
        """What the controls of a session act upon.

        Raises NotFoundError, which does not tell whether somebody else's session has that name.
        """
        target = self._targets.get((tenant, session_id))
        if target is None:
            allowed = "the session of a stream that is running at this server, opened by the same caller"
            raise NotFoundError("session_id", session_id, allowed)
        return target


class Acknowledgement:
    """What a client has been sent, and what it has received as its numbered controls tell.

    name  of the field that acknowledges, e.g. "received_count"
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.sent_count = 0
        self.received_count = 0
        self.control_number = 0

    @property
    def complete(self) -> bool:
        """Whether the client has received all that it was sent."""
        return self.received_count == self.sent_count

    def take(self, control_number: int, received_count: int) -> tuple[bool, int]:
        """Take a control: whether it is newer than all before, and how many it acknowledges that none did before.

        Raises InvalidRequestError, and then nothing is taken.
        """
        if control_number < 1:
            raise InvalidRequestError("control_number", control_number, "1 or more")
        if received_count > self.sent_count:
            raise InvalidRequestError(self._name, received_count, f"at most {self.sent_count}, which were sent")
        newer = control_number > self.control_number
        new_count = max(0, received_count - self.received_count)
        self.control_number = max(self.control_number, control_number)
        self.received_count += new_count
        return newer, new_count
