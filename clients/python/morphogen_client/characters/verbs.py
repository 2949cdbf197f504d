"""What a client can do with characters: the synchronous face's share."""

import math
from collections.abc import Callable
from typing import Protocol, TypeVar, Unpack

import grpc

from morphogen_client.characters.files import CharacterResult, character_reader
from morphogen_client.characters.frames import Frame, FramesResult
from morphogen_client.characters.options import (
    CharacterStreamOptions,
    ControlOptions,
    FrameStreamOptions,
    character_stream_request,
)
from morphogen_client.characters.streams import (
    FRAMES_DIALECT,
    SteeredFrames,
    control_request,
    played_session,
    steered_session,
)
from morphogen_client.connection import Connection, Services, limited
from morphogen_client.results.files import FileUpdate
from morphogen_client.streams.result_stream import MessageCall, ResultStream
from morphogen_client.streams.session import NO_RETRY, Result, RetryPolicy, StreamSession, Update

UnaryRequest = TypeVar("UnaryRequest")
UnaryResponse = TypeVar("UnaryResponse")


class CharacterVerbs(Protocol):
    """A part of `Client`, which has what is missing here."""

    _connection: Connection
    _retry: RetryPolicy
    _services: Services

    def _stream(
        self, method: Callable[..., MessageCall], session: StreamSession[Update, Result], timeout_s: float | None
    ) -> ResultStream[Update, Result]: ...

    def _unary(
        self,
        method: "grpc.UnaryUnaryMultiCallable[UnaryRequest, UnaryResponse]",
        request: UnaryRequest,
        retry: RetryPolicy | None = None,
    ) -> UnaryResponse: ...

    def generate_character(
        self, *, timeout_s: float | None = None, **options: Unpack[CharacterStreamOptions]
    ) -> ResultStream[FileUpdate, CharacterResult]:
        """Make a character; iterate the answer for its files. Deadlines and errors as in `generate_texture`."""
        session = StreamSession(character_stream_request(options), character_reader(), self._retry)
        return self._stream(self._services.characters.GenerateCharacter, session, timeout_s)

    def character(
        self, *, timeout_s: float | None = None, **options: Unpack[CharacterStreamOptions]
    ) -> CharacterResult:
        """Make a character and wait for it, as `generate_character` does."""
        return self.generate_character(timeout_s=timeout_s, **options).result()

    def stream_frames(
        self, *, auto_grant: bool = True, timeout_s: float = math.inf, **options: Unpack[FrameStreamOptions]
    ) -> SteeredFrames:
        """Receive a character's frames while steering it. Never retried; by default without a time limit of its own.

        Raises InvalidRequestError at once for an option that no request can carry; everything else is raised by the
        iteration.
        """
        return SteeredFrames(
            lambda messages, remaining_s: self._services.characters.StreamFrames(
                messages, timeout=limited(remaining_s), metadata=self._connection.metadata()
            ),
            steered_session(options),
            timeout_s,
            FRAMES_DIALECT,
            auto_grant=auto_grant,
        )

    def play_frames(
        self, *, grants_credit: bool = False, timeout_s: float = math.inf, **options: Unpack[FrameStreamOptions]
    ) -> ResultStream[Frame, FramesResult]:
        """Receive a character's frames as a script moves it, through cuts without a gap.

        The header's `session_id` lets `control_session` steer it; with `grants_credit` that has to grant the credit
        too, and the stream is not retried.
        """
        session = played_session(options, self._retry, grants_credit=grants_credit)
        return self._stream(self._services.characters.PlayFrames, session, timeout_s)

    def control_session(
        self,
        session_id: str,
        *,
        first_number: int = 0,
        credit: int = 0,
        keyframe: bool = False,
        **controls: Unpack[ControlOptions],
    ) -> int:
        """Steer a stream of `play_frames`; how many controls it has taken. `first_number`: ignored if taken already.

        Raises NotFoundError for a session that has ended, InvalidRequestError for what it cannot take.
        """
        request = control_request(session_id, controls, first_number, credit, keyframe=keyframe)
        response = self._unary(self._services.characters.ControlSession, request, NO_RETRY)
        return int(response.control_count)
