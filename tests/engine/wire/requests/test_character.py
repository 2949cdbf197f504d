"""Messages that ask for characters and frames to requests and back, with every way of getting them wrong."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import FRAME_MAX, FramesRequest, Pictures
from engine.requests.character.identity import CharacterRequest, IdentityRequest, Who
from engine.wire.requests.character import (
    FORMATS,
    RENDERERS,
    VIDEO_FORMATS,
    character_message,
    character_request,
    control_message,
    control_of,
    frames_message,
    frames_request,
)
from morphogen.v1 import character_pb2

names = st.text("abcdef_", min_size=1, max_size=8)
colors = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
identities = st.builds(
    IdentityRequest,
    st.integers(0, 2**32 - 1),
    names,
    st.dictionaries(names, st.floats(0, 1), max_size=3),
    st.dictionaries(names, names, max_size=3),
    st.dictionaries(names, colors, max_size=3),
)
whos = st.builds(Who, identities) | st.builds(Who, identities, identities, st.floats(0, 1))
controls = st.builds(
    Control,
    speed_mps=st.none() | st.floats(0, 8),
    heading_deg=st.none() | st.floats(-720, 720),
    gait=st.none() | names,
    action=st.none() | names,
    camera_yaw_deg=st.none() | st.floats(-720, 720),
    camera_zoom=st.none() | st.floats(0.2, 1),
    light_pitch_deg=st.none() | st.floats(0, 90),
)
pictures = st.builds(
    Pictures,
    st.sampled_from(["raw", "png", "webp", "jpeg"]),
    st.sampled_from([128, 256]),
    st.sampled_from(["network", "mesh"]),
    st.integers(1, 100),
    colors,
)
frames = st.builds(
    FramesRequest,
    whos,
    st.sampled_from([24, 30, 60, 72, 90]),
    st.integers(1, FRAME_MAX),
    st.integers(0, FRAME_MAX),
    st.just(value=True),
    st.none() | pictures,
    st.lists(st.tuples(st.integers(0, 1000), controls), max_size=4).map(
        lambda script: tuple(sorted(script, key=lambda pair: pair[0]))
    ),
)


@given(frames)
def test_streams_of_frames_come_back(request_: FramesRequest) -> None:
    assert frames_request(frames_message(request_)) == request_


@given(st.builds(CharacterRequest, whos, st.lists(names, unique=True, max_size=4).map(tuple), st.integers(64, 1024)))
def test_characters_come_back(request_: CharacterRequest) -> None:
    assert character_request(character_message(request_)) == request_


@given(controls)
def test_controls_come_back(control: Control) -> None:
    assert control_of(control_message(control)) == control


def test_unset_fields_mean_defaults() -> None:
    assert character_request(character_pb2.GenerateCharacterRequest()) == CharacterRequest()
    assert frames_request(character_pb2.FrameStream(poses=True)) == FramesRequest()
    filmed = frames_request(character_pb2.FrameStream(format=character_pb2.FRAME_FORMAT_WEBP))
    assert filmed == FramesRequest(poses=False, pictures=Pictures("webp"))
    assert control_of(character_pb2.CharacterControl()) == Control()


def test_video_takes_raw_pictures_from_its_worker() -> None:
    for number, name in FORMATS.items():
        if name in VIDEO_FORMATS:
            request = frames_request(character_pb2.FrameStream(format=number))  # type: ignore[arg-type]
            assert request.pictures == Pictures("raw")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "poses"),
        ({"poses": True, "rate_hz": 25}, "rate_hz"),
        ({"format": 9}, "format"),
        ({"format": 1, "renderer": 3}, "renderer"),
        ({"format": 1, "size_px": 64}, "size_px"),
        ({"format": 1, "background": "#12345"}, "background"),
        ({"format": 3, "quality": 101}, "quality"),
        ({"poses": True, "frame_count": FRAME_MAX + 1}, "frame_count"),
        ({"poses": True, "blend": {"share": math.nan}}, "blend.share"),
        ({"poses": True, "identity": {"sliders": {"height": 2.0}}}, "identity.sliders.height"),
        (
            {"poses": True, "script": [{"frame": 1}, {"frame": 2, "control": {"speed_mps": math.nan}}]},
            "script[1].control.speed_mps",
        ),
        ({"poses": True, "script": [{"frame": 2}, {"frame": 1}]}, "script[1].frame"),
    ],
)
def test_streams_that_cannot_be_are_refused_by_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        frames_request(character_pb2.FrameStream(**fields))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"speed_mps": 9.0}, "speed_mps"),
        ({"heading_deg": math.nan}, "heading_deg"),
        ({"camera": {"pitch_deg": 85.0}}, "camera_pitch_deg"),
        ({"camera": {"zoom": math.inf}}, "camera_zoom"),
        ({"light": {"pitch_deg": -5.0}}, "light_pitch_deg"),
    ],
)
def test_controls_that_cannot_be_are_refused_by_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        control_of(character_pb2.CharacterControl(**fields))
    assert caught.value.field == field


def test_every_name_of_the_enums_is_known() -> None:
    assert set(FORMATS) == set(character_pb2.FrameFormat.values())
    assert set(RENDERERS) == set(character_pb2.FrameRenderer.values())
