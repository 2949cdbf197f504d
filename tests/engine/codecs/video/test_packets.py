from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from engine.codecs.video.codecs import CODECS
from engine.codecs.video.frames import VideoSettings
from engine.codecs.video.packets import EncodedFrame, PacketEncoder
from engine.errors import GenerationError, InvalidRequestError

Frame = Callable[[int], NDArray[np.uint8]]
Before = Callable[[int, tuple[int, int, int]], NDArray[np.float64]]

BACKGROUND = (32, 36, 40)
DECODERS = {"h264": "h264", "vp9": "vp9", "av1": "libdav1d", "mjpeg": "mjpeg"}


def encoded(frame: Frame, codec: str, *, alpha: bool = False, keyframes: tuple[int, ...] = ()) -> list[EncodedFrame]:
    encoder = PacketEncoder(CODECS[codec], VideoSettings(128, 128, 30, alpha=alpha, quality=90), gpl=True)
    frames = [encoder.encode(pixels, n, keyframe=n in keyframes) for n, pixels in enumerate(map(frame, range(8)))]
    encoder.close()
    return frames


def decoded(codec: str, pieces: list[bytes]) -> list[av.VideoFrame]:
    decoder = cast(VideoCodecContext, av.CodecContext.create(DECODERS[codec], "r"))
    decoder.thread_count = 1
    frames = [shown for piece in pieces for shown in decoder.decode(av.Packet(piece))]
    return frames + decoder.decode(None)


@pytest.mark.parametrize("codec", CODECS)
def test_every_frame_comes_out_at_once_and_decodes_to_what_went_in(frame: Frame, before: Before, codec: str) -> None:
    frames = decoded(codec, [frame.data for frame in encoded(frame, codec)])
    assert len(frames) == 8
    for number in (0, 7):
        difference = frames[number].to_ndarray(format="rgb24") - before(number, BACKGROUND)
        assert np.abs(difference).mean() < 6


@pytest.mark.parametrize("codec", CODECS)
def test_decoding_can_start_at_a_keyframe_that_was_asked_for(frame: Frame, before: Before, codec: str) -> None:
    frames = encoded(frame, codec, keyframes=(5,))
    assert frames[0].keyframe
    assert frames[5].keyframe
    (first, *_) = decoded(codec, [frame.data for frame in frames[5:]])
    assert np.abs(first.to_ndarray(format="rgb24") - before(5, BACKGROUND)).mean() < 6


def test_frames_between_keyframes_refer_to_others(frame: Frame) -> None:
    for codec in ("h264", "vp9", "av1"):
        frames = encoded(frame, codec)
        assert [frame.keyframe for frame in frames] == [True] + 7 * [False]
        assert len(frames[1].data) < len(frames[0].data) / 2


def test_transparency_is_a_second_video_whose_size_the_media_type_tells(frame: Frame) -> None:
    frames = encoded(frame, "vp9", alpha=True)
    size = len(frames[3].alpha)
    assert frames[3].media_type == f"video/vp9;keyframe=0;alpha_bytes={size}"
    assert frames[3].payload()[-size:] == frames[3].alpha
    planes = decoded("vp9", [frame.alpha for frame in frames])
    alpha = planes[3].to_ndarray()[:128].astype(float)
    assert np.abs(alpha - frame(3)[..., 3]).mean() < 3


def test_codec_without_transparency_refuses_it() -> None:
    with pytest.raises(InvalidRequestError, match="alpha"):
        PacketEncoder(CODECS["h264"], VideoSettings(128, 128, 30, alpha=True), gpl=True)


def test_frame_of_another_size_ends_the_stream_with_an_error_that_names_it(frame: Frame) -> None:
    encoder = PacketEncoder(CODECS["vp9"], VideoSettings(64, 64, 30), gpl=True)
    with pytest.raises(GenerationError, match="frame 0"):
        encoder.encode(frame(0), 0)
    encoder.close()


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"rate_hz": 25}, "rate_hz"), ({"width_px": 127}, "width_px"), ({"quality": 0}, "quality")],
)
def test_settings_out_of_range_are_refused(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        replace(VideoSettings(128, 128, 30), **changed)
    assert caught.value.field == field
