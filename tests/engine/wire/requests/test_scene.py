"""Messages that ask for scenes to requests and back, with every way of getting them wrong."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.landscape import Landscape
from engine.requests.scene import TEXTURE_SIZES_PX, OwnProp, SceneRequest
from engine.wire.parsing import parsed
from engine.wire.requests.scene import scene_message, scene_request
from morphogen.v1 import scene_pb2

Message = scene_pb2.GenerateSceneRequest

densities = st.dictionaries(st.text(max_size=12), st.floats(0, 10_000), min_size=1, max_size=3)
props = st.builds(
    OwnProp,
    name=st.text("abc-_9", min_size=1, max_size=8),
    glb=st.binary(min_size=1, max_size=64),
    densities=densities,
    radius_m=st.floats(0.05, 50.0),
    slope_max=st.floats(0.0, 4.0),
    scale_min=st.floats(0.05, 1.0),
    scale_max=st.floats(1.0, 20.0),
    leans=st.floats(0.0, 1.0),
)
scenes = st.builds(
    lambda place, **fields: SceneRequest(x_m=place[0], z_m=place[1], **fields),
    st.just((None, None)) | st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)),
    landscape=st.builds(Landscape, seed=st.integers(0, 2**32 - 1), relief=st.floats(0, 4)),
    extent_m=st.floats(64.0, 2048.0),
    hour=st.floats(0.0, 24.0),
    prop_density=st.floats(0.0, 4.0),
    prop_limit=st.integers(0, 20_000),
    texture_px=st.sampled_from(TEXTURE_SIZES_PX),
    builtin_props=st.booleans(),
    own_props=st.lists(props, max_size=2, unique_by=lambda prop: prop.name).map(tuple),
)


def test_unset_fields_mean_defaults() -> None:
    assert scene_request(Message()) == SceneRequest()
    assert scene_request(Message(own_props=[{"name": "hut", "glb": b"g", "densities": {"forest": 1}}])) == SceneRequest(
        own_props=(OwnProp("hut", b"g", {"forest": 1.0}),)
    )


def test_zero_is_not_the_same_as_nothing() -> None:
    request = scene_request(Message(x_m=0.0, z_m=0.0, hour=0.0, prop_density=0.0, prop_limit=0, builtin_props=False))
    assert (request.x_m, request.z_m) == (0.0, 0.0)
    assert (request.hour, request.prop_density, request.prop_limit, request.builtin_props) == (0.0, 0.0, 0, False)


def test_every_field_arrives() -> None:
    message = Message(
        landscape=scene_pb2.Landscape(seed=7, cell_m=1.0),
        extent_m=256.0,
        x_m=-100.0,
        z_m=50.0,
        hour=6.5,
        prop_density=2.0,
        prop_limit=10,
        texture_px=512,
        builtin_props=False,
        own_props=[
            scene_pb2.OwnProp(
                name="hut",
                glb=b"glTF",
                densities={"alpine": 3.0},
                radius_m=4.0,
                slope_max=0.0,
                scale_min=0.5,
                scale_max=1.5,
                leans=1.0,
            )
        ],
    )
    assert scene_request(message) == SceneRequest(
        Landscape(7, cell_m=1.0), 256.0, -100.0, 50.0, 6.5, 2.0, 10, 512, False,
        (OwnProp("hut", b"glTF", {"alpine": 3.0}, 4.0, 0.0, 0.5, 1.5, 1.0),),
    )  # fmt: skip


@pytest.mark.parametrize(("message", "value"), [(Message, SceneRequest), (scene_pb2.OwnProp, OwnProp)])
def test_message_has_exactly_the_fields_of_the_request(message: Any, value: Any) -> None:
    assert set(message.DESCRIPTOR.fields_by_name) - {"options"} == {field.name for field in fields(value)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"landscape": {"cell_m": 64.0}}, "cell_m"),
        ({"extent_m": 16.0}, "extent_m"),
        ({"extent_m": float("nan")}, "extent_m"),
        ({"x_m": float("inf"), "z_m": 0.0}, "x_m"),
        ({"x_m": 1.0}, "x_m, z_m"),
        ({"hour": 25.0}, "hour"),
        ({"prop_density": -1.0}, "prop_density"),
        ({"prop_limit": 20_001}, "prop_limit"),
        ({"texture_px": 100}, "texture_px"),
        ({"own_props": [{"name": "../hut", "glb": b"g", "densities": {"forest": 1}}]}, "own_props.name"),
        ({"own_props": [{"name": "hut", "densities": {"forest": 1}}]}, "own_props.hut.glb"),
        ({"own_props": [{"name": "hut", "glb": b"g"}]}, "own_props.hut.densities"),
        ({"own_props": [{"name": "hut", "glb": b"g", "densities": {"forest": 1}}] * 2}, "own_props"),
    ],
)
def test_mistake_is_named_by_its_wire_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        scene_request(Message(**wrong))
    assert refused.value.field == field


@given(scenes)
def test_scene_request_comes_back_from_its_message(request: SceneRequest) -> None:
    arrived = scene_request(parsed(Message, scene_message(request).SerializeToString()))
    assert arrived == request
    assert arrived.canonical() == request.canonical()


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        request = scene_request(parsed(Message, data))
    except InvalidRequestError:
        return
    assert scene_request(scene_message(request)) == request
