"""What is asked of a scene, as it goes into the message."""

from typing import Any

import pytest

from engine.requests.scene import SceneRequest
from engine.wire.requests.scene import scene_request
from morphogen.v1 import common_pb2, scene_pb2
from morphogen_client import InvalidRequestError, Landscape, OwnProp, Reroll, SceneStreamOptions, Sketch
from morphogen_client.connection import SEND_MAX_BYTES
from morphogen_client.scenes.scene import scene_stream_request


def test_nothing_asked_is_the_servers_default() -> None:
    assert scene_request(scene_stream_request(None, {})) == SceneRequest()
    assert scene_stream_request(None, {}) == scene_stream_request(Landscape(), {"x_m": None, "z_m": None})


def test_own_prop_has_the_servers_defaults() -> None:
    hut = {"name": "hut", "glb": b"glTF", "densities": {"forest": 2.0}}
    (mine,) = scene_request(scene_stream_request(None, {"own_props": [OwnProp(**hut)]})).own_props  # type: ignore[arg-type]
    (servers,) = scene_request(scene_pb2.GenerateSceneRequest(own_props=[scene_pb2.OwnProp(**hut)])).own_props  # type: ignore[arg-type]
    assert mine == servers


def test_request_carries_every_option() -> None:
    landscape = Landscape(
        seed=5,
        biomes={"alpine": 1.0},
        cell_m=1.0,
        relief=0.0,
        roughness=0.5,
        sea_level_m=-3.0,
        period_cells=1024,
        sketch=Sketch(b"png", 512.0),
        rerolls=[Reroll(1.0, 2.0, 3.0, 4.0, 6)],
    )
    options: SceneStreamOptions = {
        "extent_m": 256.0,
        "x_m": 0.0,
        "z_m": -8.0,
        "hour": 0.0,
        "prop_density": 0.0,
        "prop_limit": 0,
        "texture_px": 512,
        "builtin_props": False,
        "own_props": [OwnProp("hut", b"glTF", {"alpine": 2.0}, 3.0, 0.0, 0.5, 1.5, 1.0)],
        "credit": 7,
        "resume_tokens": False,
    }
    assert scene_stream_request(landscape, options) == scene_pb2.GenerateSceneRequest(
        landscape=scene_pb2.Landscape(
            seed=5,
            biomes={"alpine": 1.0},
            cell_m=1.0,
            relief=0.0,
            roughness=0.5,
            sea_level_m=-3.0,
            period_cells=1024,
            sketch=scene_pb2.Sketch(png=b"png", extent_m=512.0),
            rerolls=[scene_pb2.Reroll(x_m=1.0, z_m=2.0, width_m=3.0, depth_m=4.0, seed=6)],
        ),
        extent_m=256.0,
        x_m=0.0,
        z_m=-8.0,
        hour=0.0,
        prop_density=0.0,
        prop_limit=0,
        texture_px=512,
        builtin_props=False,
        own_props=[
            scene_pb2.OwnProp(
                name="hut",
                glb=b"glTF",
                densities={"alpine": 2.0},
                radius_m=3.0,
                slope_max=0.0,
                scale_min=0.5,
                scale_max=1.5,
                leans=1.0,
            )
        ],
        options=common_pb2.StreamOptions(credit=7, priority=common_pb2.PRIORITY_STANDARD),
    )


@pytest.mark.parametrize(
    ("landscape", "options", "message"),
    [
        ({"seed": -1}, {}, "seed: -1 is not allowed; allowed: 0 to 4294967295"),
        ({"cell_m": 0.0}, {}, "cell_m: 0.0 is not allowed; allowed: more than 0"),
        ({"period_cells": -1024}, {}, "period_cells: -1024"),
        ({"rerolls": [Reroll(0, 0, 8, 8, -1)]}, {}, "reroll.seed: -1"),
        ({}, {"extent_m": float("nan")}, "extent_m: nan"),
        ({}, {"prop_limit": -1}, "prop_limit: -1"),
        ({}, {"texture_px": 0}, "texture_px: 0"),
        ({}, {"own_props": [OwnProp("hut", b"g", {}, radius_m=0.0)]}, "own_props.radius_m: 0.0"),
        ({}, {"own_props": [OwnProp("hut", bytes(SEND_MAX_BYTES), {})]}, f"at most {SEND_MAX_BYTES} bytes"),
        ({"sketch": Sketch(bytes(SEND_MAX_BYTES), 64.0)}, {}, "the sketch included"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_options_that_no_request_can_carry_are_refused(
    landscape: dict[str, Any], options: SceneStreamOptions, message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        scene_stream_request(Landscape(**landscape), options)
