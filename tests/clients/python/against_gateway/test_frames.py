"""Streams of a character's frames through both faces of the client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import numpy as np
import pytest

from engine.generators.character.frames import FramesGenerator
from morphogen_client import (
    AsyncClient,
    CancelledError,
    Client,
    Frame,
    FrameDecoder,
    FramesResult,
    FrameStreamOptions,
    Identity,
    InvalidRequestError,
    NotFoundError,
    RetryPolicy,
)


class Serving(Protocol):
    address: str


Serve = Callable[..., Awaitable[Serving]]
QUICK = RetryPolicy(attempt_count=3, first_delay_s=0.1, longest_delay_s=0.2)
WANTED: FrameStreamOptions = {
    "identity": Identity(seed=3),
    "frame_count": 12,
    "size_px": 128,
    "script": [(0, {"speed_mps": 4.0, "heading_deg": 90.0}), (5, {"action": "jump"})],
}


@pytest.fixture(params=["sync", "async"])
def played(request: pytest.FixtureRequest) -> Callable[..., Awaitable[tuple[list[Frame], FramesResult]]]:
    """All frames of a played stream and its result, through either face."""

    async def by_async(address: str, **options: Any) -> tuple[list[Frame], FramesResult]:
        async with AsyncClient(address, retry=QUICK, timeout_s=20.0) as client:
            stream = client.play_frames(**options)
            return [frame async for frame in stream], await stream.result()

    def blocking(address: str, options: Any) -> tuple[list[Frame], FramesResult]:
        with Client(address, retry=QUICK, timeout_s=20.0) as client:
            stream = client.play_frames(**options)
            return list(stream), stream.result()

    async def by_sync(address: str, **options: Any) -> tuple[list[Frame], FramesResult]:
        return await asyncio.to_thread(blocking, address, options)

    return by_async if request.param == "async" else by_sync


async def test_poses_come_as_arrays(serve: Serve, disc_frames: FramesGenerator, played: Any) -> None:
    serving = await serve(frames=disc_frames)
    frames, result = await played(serving.address, **WANTED)
    assert [frame.number for frame in frames] == list(range(12))
    pose = frames[6].pose
    assert (pose.root_m.shape, pose.rotation.shape, pose.contact.shape) == ((3,), (19, 4), (4,))
    assert [float(frame.pose.root_m[1]) for frame in frames] == 5 * [0.0] + 7 * [1.0]
    assert [list(frame.pose.contact) for frame in frames[4:6]] == [[1, 1, 1, 1], [0, 0, 0, 0]]
    assert len(result.description["joints"]) == 19
    assert (result.frame_count, result.dropped_count) == (12, 0)


@pytest.mark.parametrize("name", ["png", "webp", "jpeg", "h264", "vp9", "av1", "mjpeg"])
async def test_every_format_shows_the_raw_pixels(serve: Serve, disc_frames: FramesGenerator, name: str) -> None:
    serving = await serve(frames=disc_frames)
    alpha = name == "vp9"
    async with AsyncClient(serving.address) as client:
        plain: FrameStreamOptions = {**WANTED, "format": "raw"}
        encoded: FrameStreamOptions = {**WANTED, "format": name, "quality": 95, "alpha": alpha, "poses": True}
        raw = [frame async for frame in client.play_frames(**plain)]
        frames = [frame async for frame in client.play_frames(**encoded)]
    shown, exact = FrameDecoder(), FrameDecoder()
    for frame, pattern in zip(frames, raw, strict=True):
        pixels, expected = shown.pixels(frame).astype(float), exact.pixels(pattern).astype(float)
        assert frame.pose is not None
        covered = expected[..., 3] == 255
        assert np.abs(pixels - expected)[covered][:, :3].mean() < 8
        if name in ("png", "webp", "vp9"):
            assert ((pixels[..., 3] > 127) == covered).mean() > 0.99


async def test_steering_shows_in_the_frames_that_follow(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    address = serving.address

    def blocking() -> list[tuple[int, float]]:
        with Client(address) as client:
            steered = client.stream_frames(frame_count=30, credit=1)
            assert steered.steer(action="jump") == 1
            shown = []
            for frame in steered:
                assert frame.pose is not None
                shown.append((frame.control_count, float(frame.pose.root_m[1])))
                if frame.number == 9:
                    assert steered.steer(action="", camera_yaw_deg=30.0) == 2
            return shown

    async def in_loop() -> list[tuple[int, float]]:
        async with AsyncClient(address) as client:
            steered = client.stream_frames(frame_count=30, credit=1)
            assert await steered.steer(action="jump") == 1
            shown = []
            async for frame in steered:
                assert frame.pose is not None
                shown.append((frame.control_count, float(frame.pose.root_m[1])))
                if frame.number == 9:
                    assert await steered.steer(action="", camera_yaw_deg=30.0) == 2
            return shown

    for shown in (await asyncio.to_thread(blocking), await in_loop()):
        assert len(shown) == 30
        assert all(height == {0: 0.0, 1: 1.0, 2: 0.0}[count] for count, height in shown)
        assert (shown[5][0], shown[-1][0]) == (1, 2)


async def test_steered_stream_continues_with_its_token(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    async with AsyncClient(serving.address) as client:
        whole = [frame async for frame in client.stream_frames(**WANTED)]
        stream = client.stream_frames(**WANTED)
        async for frame in stream:
            if frame.number == 6:
                break
        stream.close()
        wanted: FrameStreamOptions = {**WANTED, "resume_token": stream.resume_token}
        rest = [frame async for frame in client.stream_frames(**wanted)]
    assert [frame.number for frame in rest] == list(range(7, 12))
    assert all(a.data == b.data for a, b in zip(rest, whole[7:], strict=True))
    for again, before in zip(rest, whole[7:], strict=True):
        assert again.pose is not None
        assert before.pose is not None
        assert np.array_equal(again.pose.root_m, before.pose.root_m)


async def test_played_video_goes_on_through_a_cut_without_a_gap(
    serve: Serve, disc_frames: FramesGenerator, proxy_to: Any, played: Any
) -> None:
    serving = await serve(frames=disc_frames)
    wanted = {**WANTED, "frame_count": 60, "format": "vp9", "quality": 90}
    whole, _ = await played(serving.address, **wanted)
    proxy = await proxy_to(serving.address, 6_000, 6_000)
    frames, result = await played(proxy.address, **wanted)
    assert proxy.connection_count == 3
    assert [frame.number for frame in frames] == list(range(60))
    assert sum(frame.keyframe for frame in frames) == sum(frame.keyframe for frame in whole) + 2
    decoder, exact = FrameDecoder(), FrameDecoder()
    for frame, pattern in zip(frames, whole, strict=True):
        assert np.abs(decoder.pixels(frame).astype(int) - exact.pixels(pattern)).mean() < 3
    assert result.frame_count == 60


async def test_session_is_controlled_by_its_id(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    async with AsyncClient(serving.address) as client:
        stream = client.play_frames(grants_credit=True, credit=1, frame_count=20)
        heights = []
        async for frame in stream:
            assert stream.header is not None
            assert frame.pose is not None
            heights.append(float(frame.pose.root_m[1]))
            if frame.number < 19:  # there is room for one: the next frame waits for this control
                action = "jump" if frame.number % 2 else ""
                count = await client.control_session(stream.header.session_id, credit=1, action=action)
                assert count == frame.number + 1
        assert heights == [0.0] + 9 * [0.0, 1.0] + [0.0]
        assert stream.header is not None
        with pytest.raises(NotFoundError):
            await client.control_session(stream.header.session_id, speed_mps=1.0)


async def test_session_is_controlled_by_the_synchronous_face_too(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)

    def blocking() -> tuple[int, bool]:
        count = 0
        with Client(serving.address) as client, client.play_frames(frame_count=500, format="h264", credit=1) as stream:
            for frame in stream:
                if frame.number == 3:
                    assert stream.header is not None
                    count = client.control_session(stream.header.session_id, keyframe=True, speed_mps=1.0)
                if frame.number > 3 and frame.keyframe:
                    return count, frame.number < 50
        return 0, False

    assert await asyncio.to_thread(blocking) == (1, True)


async def test_what_the_server_refuses_is_raised_with_its_field(serve: Serve, disc_frames: FramesGenerator) -> None:
    serving = await serve(frames=disc_frames)
    async with AsyncClient(serving.address) as client:
        with pytest.raises(InvalidRequestError) as caught:
            await client.play_frames(rate_hz=25).result()
        assert caught.value.field == "rate_hz"
        steered = client.stream_frames(frame_count=20, credit=1)
        await steered.steer(action="fly")
        with pytest.raises(InvalidRequestError) as caught:
            await steered.result()
        assert caught.value.field == "action"
        with pytest.raises(InvalidRequestError, match="sing"):
            await steered.steer(sing=True)  # type: ignore[call-arg]
        with pytest.raises(CancelledError):
            await steered.steer(speed_mps=1.0)


def test_what_no_message_can_carry_is_refused_at_once() -> None:
    with Client("127.0.0.1:1") as client:
        for options in ({"format": "gif"}, {"renderer": "ink"}, {"rate_hz": -1}, {"delivery": "pigeon"}):
            with pytest.raises(InvalidRequestError):
                client.play_frames(**options)
