"""CharacterService over a real connection: streams of frames that a client steers, with and without bidi."""

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import av
import grpc
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from engine.assets import DIGEST_START, running_digest
from engine.generators.character.frames import FramesGenerator
from engine.generators.character.pose import pose_of
from engine.settings.sections import ServerSettings, Settings, VideoSettings
from morphogen.v1 import character_pb2, character_pb2_grpc, common_pb2

LIVE = common_pb2.DELIVERY_LIVE
FORMATS = {"h264": "h264", "vp9": "vp9", "av1": "libdav1d", "mjpeg": "mjpeg"}

Serve = Callable[..., Awaitable[Any]]
Control = character_pb2.CharacterControl


def stream_of(**fields: Any) -> character_pb2.FrameStream:
    wanted = {"identity": {"seed": 3}, "poses": True, "frame_count": 12, "size_px": 128, **fields}
    return character_pb2.FrameStream(**wanted)


def number_of(name: str) -> int:
    return int(getattr(character_pb2, f"FRAME_FORMAT_{name.upper()}"))


class Steered:
    """A stream of frames, message by message."""

    def __init__(self, serving: Any, stream: character_pb2.FrameStream, **options: Any) -> None:
        self.call = character_pb2_grpc.CharacterServiceStub(serving.channel).StreamFrames()
        self._start = character_pb2.FramesStart(stream=stream, options=options)

    async def begin(self) -> common_pb2.StreamHeader:
        await self.write(start=self._start)
        return cast(common_pb2.StreamHeader, (await self.call.read()).header)

    async def write(self, **payload: Any) -> None:
        await self.call.write(character_pb2.StreamFramesRequest(**payload))

    async def grant(self, part_count: int) -> None:
        await self.write(credit=character_pb2.FramesCredit(part_count=part_count))

    async def part(self) -> common_pb2.PartChunk:
        return cast(common_pb2.PartChunk, (await asyncio.wait_for(self.call.read(), 5)).part)


def stub_of(serving: Any) -> Any:
    return character_pb2_grpc.CharacterServiceStub(serving.channel)


def play(serving: Any, stream: character_pb2.FrameStream, **fields: Any) -> Any:
    return stub_of(serving).PlayFrames(character_pb2.PlayFramesRequest(stream=stream, **fields))


async def parts_of(call: AsyncIterator[Any]) -> tuple[list[common_pb2.PartChunk], common_pb2.StreamTrailer]:
    """The parts and the trailer; checks every checksum and the digest over all."""
    messages = [message async for message in call]
    parts = [message.part for message in messages if message.WhichOneof("payload") == "part"]
    trailer = messages[-1].trailer
    digest = DIGEST_START
    for part in parts:
        assert hashlib.sha256(part.data).digest() == part.part_sha256
        digest = running_digest(digest, part.part_sha256)
    assert trailer.sha256 == digest
    return parts, trailer


def parameters(part: common_pb2.PartChunk) -> dict[str, int]:
    pairs = [item.split("=") for item in part.media_type.split(";")[1:]]
    return {name: int(value) for name, value in pairs}


def shown(codec: str, pieces: list[bytes]) -> list["np.ndarray[Any, np.dtype[np.uint8]]"]:
    """RGB pictures that an independent decoder makes of a video."""
    decoder = cast(VideoCodecContext, av.CodecContext.create(FORMATS[codec], "r"))
    decoder.thread_count = 1
    frames = [frame for piece in pieces for frame in decoder.decode(av.Packet(piece))] + decoder.decode(None)
    return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in frames]


async def test_frames_come_with_their_description(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    parts, trailer = await parts_of(play(serving, stream_of(format=number_of("raw"))))
    assert [part.map for part in parts] == ["description"] + 12 * ["frame"]
    assert json.loads(parts[0].data)["rate_hz"] == 30
    assert len(parts[1].data) == 4 * 128 * 128 + parameters(parts[1])["pose_bytes"]
    assert trailer.part_count == 13


async def test_nothing_is_made_or_sent_beyond_the_credit(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of(frame_count=1000), credit=3)
    assert (await steered.begin()).part_count == 1001
    assert [(await steered.part()).sequence for _ in range(3)] == [0, 1, 2]
    assert serving.step_count() == 3
    await steered.grant(2)
    assert [(await steered.part()).sequence for _ in range(2)] == [3, 4]
    await asyncio.sleep(0.1)
    assert serving.step_count() == 5
    steered.call.cancel()
    await serving.until(lambda: serving.session_count() == serving.gateway.sessions.running_count == 0)


async def test_control_that_is_there_before_a_step_shows_in_its_frame(
    serve: Serve, disc_frames: FramesGenerator
) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of(frame_count=1000), credit=1)
    await steered.begin()
    await steered.part()
    for number in range(1, 20):
        action = "jump" if number % 2 else "wave"
        await steered.write(control=Control(action=action))
        await steered.grant(1)
        part = await steered.part()
        assert part.control_count == number
        assert pose_of(part.data)[1] == number % 2
    steered.call.cancel()


async def test_controls_before_the_first_frame_show_in_it(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of(), credit=1)
    await steered.begin()
    await steered.write(control=Control(action="jump"))
    await steered.grant(1)
    await steered.part()
    assert pose_of((await steered.part()).data)[1] == 1
    steered.call.cancel()


async def test_live_stream_keeps_its_rate_and_sends_the_newest(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of(rate_hz=90, frame_count=1000, delivery=LIVE), credit=2)
    await steered.begin()
    assert [(await steered.part()).map for _ in range(2)] == ["description", "pose"]
    await serving.until(lambda: serving.step_count() > 40)
    await steered.grant(1)
    assert (await steered.part()).sequence >= 38
    steered.call.cancel()


@pytest.mark.parametrize("name", ["png", "webp", "jpeg"])
async def test_images_stand_for_themselves(serve: Serve, disc_frames: FramesGenerator, name: str) -> None:
    serving = await serve(frames=disc_frames)
    parts, _ = await parts_of(play(serving, stream_of(format=number_of(name), poses=False)))
    signature = {"png": b"\x89PNG", "webp": b"RIFF", "jpeg": b"\xff\xd8\xff"}[name]
    assert {part.media_type for part in parts[1:]} == {f"image/{name}"}
    assert all(part.data.startswith(signature) for part in parts[1:])


@pytest.mark.parametrize("name", FORMATS)
async def test_video_shows_the_raw_frames(serve: Serve, disc_frames: FramesGenerator, name: str) -> None:
    serving = await serve(frames=disc_frames)
    moving = {"script": [{"frame": 0, "control": {"speed_mps": 4.0, "heading_deg": 90.0}}], "quality": 95}
    raw, _ = await parts_of(play(serving, stream_of(format=number_of("raw"), poses=False, **moving)))
    parts, trailer = await parts_of(play(serving, stream_of(format=number_of(name), **moving)))
    poses = [parameters(part)["pose_bytes"] for part in parts[1:]]
    pictures = shown(name, [part.data[:-size] for part, size in zip(parts[1:], poses, strict=True)])
    assert len(pictures) == 12
    pixels = np.frombuffer(raw[12].data, np.uint8).reshape(128, 128, 4).astype(float)
    alpha = pixels[..., 3:] / 255
    expected = pixels[..., :3] * alpha + np.array((32, 36, 40)) * (1 - alpha)
    assert np.abs(pictures[11] - expected).mean() < 8
    assert trailer.size_bytes == sum(len(part.data) for part in parts)
    assert [parameters(part)["keyframe"] for part in parts[1:3]] == [1, int(name == "mjpeg")]


async def test_video_keeps_transparency_beside_it(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    parts, _ = await parts_of(play(serving, stream_of(format=number_of("vp9"), alpha=True, poses=False)))
    pieces = [part.data[-parameters(part)["alpha_bytes"] :] for part in parts[1:]]
    (alpha, *_) = shown("vp9", pieces)
    raw, _ = await parts_of(play(serving, stream_of(format=number_of("raw"), poses=False)))
    expected = np.frombuffer(raw[1].data, np.uint8).reshape(128, 128, 4)[..., 3]
    assert ((alpha[..., 0] > 127) == (expected > 127)).mean() > 0.99


async def test_keyframe_comes_when_it_is_asked_for(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of(format=number_of("h264")), credit=5)
    await steered.begin()
    first = [await steered.part() for _ in range(5)][1:]
    await steered.write(keyframe=character_pb2.FramesKeyframe())
    await steered.grant(8)
    rest = [await steered.part() for _ in range(8)]
    assert [parameters(part)["keyframe"] for part in first + rest] == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    (picture, *_) = shown("h264", [part.data[: -parameters(part)["pose_bytes"]] for part in rest])
    assert picture.shape == (128, 128, 3)
    assert (await steered.call.read()).HasField("trailer")


async def test_resumed_video_begins_with_a_keyframe_at_the_next_frame(
    serve: Serve, disc_frames: FramesGenerator
) -> None:
    serving = await serve(frames=disc_frames)
    stream = stream_of(format=number_of("vp9"))
    call = play(serving, stream, options={"resume_tokens": True})
    messages = [await call.read() for _ in range(7)]
    call.cancel()
    seen = [message.part for message in messages[1:]]
    rest_call = play(serving, stream, options={"resume_token": seen[-1].resume_token})
    header = (await rest_call.read()).header
    assert header.first_sequence == 6
    rest, trailer = [], None
    while (message := await rest_call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
        trailer = message.trailer
        if message.HasField("part"):
            rest.append(message.part)
    assert [part.sequence for part in rest] == list(range(6, 13))
    assert parameters(rest[0])["keyframe"] == 1
    digest = DIGEST_START
    for part in [*seen, *rest]:
        digest = running_digest(digest, part.part_sha256)
    assert trailer is not None
    assert (trailer.sha256, trailer.part_count) == (digest, 13)


async def test_seek_gives_the_frames_of_the_whole_stream(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    script = [{"frame": 2, "control": {"speed_mps": 3.0}}, {"frame": 50, "control": {"heading_deg": 90.0}}]
    whole, _ = await parts_of(play(serving, stream_of(script=script, frame_count=80)))
    late, _ = await parts_of(play(serving, stream_of(script=script, first_frame=70, frame_count=10)))
    assert [part.data for part in late[1:]] == [part.data for part in whole[71:]]


async def test_play_frames_is_steered_by_other_calls(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    stub = stub_of(serving)
    call = play(serving, stream_of(), options={"credit": 1}, grants_credit=True)
    session_id = (await call.read()).header.session_id
    assert len(session_id) > 20
    assert (await call.read()).part.map == "description"

    async def control(**fields: Any) -> Any:
        return await stub.ControlSession(character_pb2.ControlSessionRequest(session_id=session_id, **fields))

    assert (await control(controls=[Control(action="jump")], credit=1)).control_count == 1
    part = (await call.read()).part
    assert (part.control_count, pose_of(part.data)[1]) == (1, 1)
    again = await control(controls=[Control(action="jump"), Control(action="")], first_number=1, credit=1)
    assert again.control_count == 2
    part = (await call.read()).part
    assert (part.control_count, pose_of(part.data)[1]) == (2, 0)
    call.cancel()


async def test_without_credit_of_its_own_a_played_stream_flows(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    call = play(serving, stream_of(frame_count=30))
    session_id = (await call.read()).header.session_id
    refused = character_pb2.ControlSessionRequest(session_id=session_id, credit=1)
    error, _ = await serving.failure(stub_of(serving).ControlSession(refused))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await serving.count(call) == 32


async def test_session_that_has_ended_or_never_was_is_not_found(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    call = play(serving, stream_of(frame_count=2))
    session_id = (await call.read()).header.session_id
    await serving.count(call)
    for unknown in (session_id, "", "f" * 32):
        request = character_pb2.ControlSessionRequest(session_id=unknown)
        error, details = await serving.failure(stub_of(serving).ControlSession(request))
        assert error.code() is grpc.StatusCode.NOT_FOUND
        assert details["ErrorInfo"].metadata["field"] == "session_id"


@pytest.mark.parametrize(
    ("control", "field"),
    [
        ({"speed_mps": 9.0}, "speed_mps"),
        ({"heading_deg": math.nan}, "heading_deg"),
        ({"action": "fly"}, "action"),
        ({"gait": "hop"}, "gait"),
    ],
)
async def test_bad_control_is_refused_and_hurts_no_played_stream(
    serve: Serve, disc_frames: FramesGenerator, control: dict[str, Any], field: str
) -> None:
    serving = await serve(frames=disc_frames)
    call = play(serving, stream_of(), options={"credit": 1}, grants_credit=True)
    session_id = (await call.read()).header.session_id
    controls = [Control(speed_mps=1.0), Control(**control)]
    request = character_pb2.ControlSessionRequest(session_id=session_id, controls=controls)
    error, details = await serving.failure(stub_of(serving).ControlSession(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details["ErrorInfo"].metadata["field"] == f"controls[1].{field}"
    room = character_pb2.ControlSessionRequest(session_id=session_id, credit=12)
    assert (await stub_of(serving).ControlSession(room)).control_count == 0
    assert await serving.count(call) == 14


async def test_bad_control_ends_a_stream_that_carries_it(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of(), credit=1)
    await steered.begin()
    await steered.part()
    await steered.write(control=Control(action="fly"))
    error, details = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details["ErrorInfo"].metadata["allowed"] == "wave, jump"
    await serving.until(lambda: serving.session_count() == 0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rate_hz": 25}, "rate_hz"),
        ({"format": 12}, "format"),
        ({"format": 5, "alpha": True}, "alpha"),
        ({"format": 1, "alpha": True}, "alpha"),
        ({"format": 5, "keyframe_interval_s": 0.05}, "keyframe_interval_s"),
        ({"format": 5, "keyframe_interval_s": math.nan}, "keyframe_interval_s"),
        ({"format": 5, "quality": 101}, "quality"),
        ({"delivery": LIVE, "best_effort": True}, "best_effort"),
        ({"identity": {"sliders": {"width": 0.5}}}, "identity.sliders.width"),
        ({"script": [{"frame": 0, "control": {"action": "fly"}}]}, "script[0].control.action"),
    ],
)
async def test_bad_streams_are_refused_by_name(
    serve: Serve, disc_frames: FramesGenerator, fields: dict[str, Any], field: str
) -> None:
    serving = await serve(frames=disc_frames)
    error, details = await serving.failure(play(serving, stream_of(**fields)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details["ErrorInfo"].metadata["field"] == field
    assert serving.session_count() == 0


async def test_without_gpl_encoders_h264_is_refused_and_others_work(serve: Serve, disc_frames: FramesGenerator) -> None:
    settings = Settings(server=ServerSettings(port=0), video=VideoSettings(gpl_encoders=False))
    serving = await serve(settings, frames=disc_frames)
    error, details = await serving.failure(play(serving, stream_of(format=number_of("h264"))))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details["ErrorInfo"].metadata["allowed"].startswith("vp9, av1, mjpeg")
    await parts_of(play(serving, stream_of(format=number_of("vp9"))))


async def test_short_deadline_cuts_a_stream_and_does_not_refuse_it(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    stub = stub_of(serving)
    request = character_pb2.PlayFramesRequest(stream=stream_of(frame_count=0, delivery=LIVE))
    call = stub.PlayFrames(request, timeout=1.0)
    assert (await call.read()).header.part_count == 7_776_001
    error, _ = await serving.failure(call)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_first_message_has_to_start(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    steered = Steered(serving, stream_of())
    await steered.grant(1)
    error, _ = await serving.failure(steered.call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
