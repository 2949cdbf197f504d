"""Streams of frames in both faces: steered by their own call, or played and steered by others."""

from typing import Unpack

from morphogen.v1 import character_pb2
from morphogen_client.characters.frames import Frame, FramesReader, FramesResult
from morphogen_client.characters.options import (
    ControlOptions,
    FrameStreamOptions,
    control_message,
    frames_start,
    play_request,
)
from morphogen_client.options import uint32
from morphogen_client.streams.result_stream import ResultStream
from morphogen_client.streams.session import NO_RETRY, RetryPolicy, StreamRequest, StreamSession
from morphogen_client.streams.steering import AsyncSteeredStream, Dialect, SteeredStream, SteerMessage

FrameSession = StreamSession[Frame, FramesResult]
FrameStream = ResultStream[Frame, FramesResult]


class SteeredFrames(SteeredStream[Frame, FramesResult]):
    """Frames of a character that the client steers: iterate it for frames, and `steer` it from any thread.

    Never retried. After a cut, ask again with its `resume_token`; controls that no frame has shown are sent again then.
    """

    def steer(self, **controls: Unpack[ControlOptions]) -> int:
        """Tell the character something; it shows in the next frame that is made. The control's number, from 1.

        The frames whose `control_count` has grown by at least this number since the start show it. Raises
        InvalidRequestError for an unknown name, CancelledError after the stream's end; values that the server refuses
        end the stream with InvalidRequestError.
        """
        return self._control(character_pb2.StreamFramesRequest(control=control_message(controls)))

    def want_keyframe(self) -> None:
        """The next frame of a video shall stand for itself. Raises CancelledError after the stream's end."""
        self._outbox.put(_KEYFRAME)


class AsyncSteeredFrames(AsyncSteeredStream[Frame, FramesResult]):
    """As `SteeredFrames`, for one event loop: iterate it in one task, `steer` it from any other."""

    async def steer(self, **controls: Unpack[ControlOptions]) -> int:
        """As `SteeredFrames.steer`."""
        return await self._control(character_pb2.StreamFramesRequest(control=control_message(controls)))

    async def want_keyframe(self) -> None:
        """As `SteeredFrames.want_keyframe`."""
        await self._outbox.put(_KEYFRAME)


def steered_session(options: FrameStreamOptions) -> FrameSession:
    """The one attempt at a steered stream. Raises InvalidRequestError for what cannot be sent."""
    live = options.get("delivery") == "live"
    return StreamSession(frames_start(options), FramesReader(), NO_RETRY, gaps=live)


def played_session(options: FrameStreamOptions, retry: RetryPolicy, *, grants_credit: bool) -> FrameSession:
    """A played stream. One that others steer is not tried again: its session ends with its call.

    Raises InvalidRequestError for what cannot be sent.
    """
    live = options.get("delivery") == "live"
    again = NO_RETRY if grants_credit else retry
    return StreamSession(play_request(options, grants_credit=grants_credit), FramesReader(), again, gaps=live)


def control_request(
    session_id: str, controls: ControlOptions, first_number: int, credit: int, *, keyframe: bool
) -> character_pb2.ControlSessionRequest:
    """The message that steers a played stream. Raises InvalidRequestError for what it cannot carry."""
    return character_pb2.ControlSessionRequest(
        session_id=session_id,
        controls=[control_message(controls)] if controls else (),
        first_number=uint32("first_number", first_number),
        credit=uint32("credit", credit),
        keyframe=keyframe,
    )


def _start_message(start: StreamRequest) -> SteerMessage:
    assert isinstance(start, character_pb2.FramesStart)
    return character_pb2.StreamFramesRequest(start=start)


def _credit_message(part_count: int) -> SteerMessage:
    return character_pb2.StreamFramesRequest(credit=character_pb2.FramesCredit(part_count=part_count))


FRAMES_DIALECT = Dialect(_start_message, _credit_message)
_KEYFRAME = character_pb2.StreamFramesRequest(keyframe=character_pb2.FramesKeyframe())
