"""What can be asked of a scene, and how it is written into a request message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from morphogen.v1 import scene_pb2
from morphogen_client.connection import SEND_MAX_BYTES
from morphogen_client.errors import InvalidRequestError
from morphogen_client.options import StreamOptions, positive, stream_options, uint32
from morphogen_client.scenes.landscape import Landscape, landscape_message


@dataclass(frozen=True, slots=True)
class OwnProp:
    """Your own prop: a model, and where it belongs.

    name       letters, digits, "_" and "-", at most 64; no name of a built-in kind
    glb        a binary glTF file in meters, +Y up, standing on its origin
    densities  biome -> how many stand on a hectare of it, 0 to 10,000
    radius_m   of the circle on the ground that it keeps for itself, 0.05 to 50
    slope_max  steepest ground, as rise over run, 0 to 4
    scale_min, scale_max  of its size when placed, 0.05 to 20
    leans      0 stays upright, 1 stands square on the slope
    """

    name: str
    glb: bytes
    densities: Mapping[str, float]
    radius_m: float = 1.0
    slope_max: float = 0.7
    scale_min: float = 0.8
    scale_max: float = 1.2
    leans: float = 0.0


class SceneOptions(TypedDict, total=False):
    """Everything about a scene but its landscape; each may be left out.

    extent_m       edge length in meters, 32 to 4,096, default 512; at most 1,024 cells of the landscape
    x_m, z_m       its middle in the world in meters; left out or None: the world's spawn, which is dry land
    hour           time of day, 0 to 24, default 15: where the sun stands
    prop_density   factor of what grows and lies there by itself, 0 (bare) to 4, default 1
    prop_limit     most props, 0 to 20,000, default 2,000
    texture_px     edge length of the ground's picture: 256, 512, 1024, 2048 (default) or 4096
    builtin_props  whether the built-in kinds of props stand there, default True
    own_props      your own, at most 32; with a sketch they fit into a message of 7 MiB
    """

    extent_m: float
    x_m: float | None
    z_m: float | None
    hour: float
    prop_density: float
    prop_limit: int
    texture_px: int
    builtin_props: bool
    own_props: Sequence[OwnProp]


class SceneStreamOptions(SceneOptions, StreamOptions, total=False):
    """What is wanted of a scene, and how its stream is wanted."""


def scene_stream_request(landscape: Landscape | None, options: SceneStreamOptions) -> scene_pb2.GenerateSceneRequest:
    """The message that asks for a stream. Raises InvalidRequestError for a value that the message cannot carry."""
    request = scene_pb2.GenerateSceneRequest(
        landscape=landscape_message(landscape or Landscape()),
        extent_m=positive("extent_m", options.get("extent_m", 512.0)),
        x_m=options.get("x_m"),
        z_m=options.get("z_m"),
        hour=options.get("hour", 15.0),
        prop_density=options.get("prop_density", 1.0),
        prop_limit=uint32("prop_limit", options.get("prop_limit", 2000)),
        texture_px=uint32("texture_px", options.get("texture_px", 2048), minimum=1),
        builtin_props=options.get("builtin_props", True),
        own_props=[_own_prop_message(each) for each in options.get("own_props", ())],
        options=stream_options(options, resume_tokens=True),
    )
    if request.ByteSize() > SEND_MAX_BYTES:
        allowed = f"at most {SEND_MAX_BYTES} bytes, the files of own props and the sketch included"
        raise InvalidRequestError("own_props", f"{request.ByteSize()} bytes", allowed)
    return request


def _own_prop_message(prop: OwnProp) -> scene_pb2.OwnProp:
    return scene_pb2.OwnProp(
        name=prop.name,
        glb=prop.glb,
        densities=dict(prop.densities),
        radius_m=positive("own_props.radius_m", prop.radius_m),
        slope_max=prop.slope_max,
        scale_min=positive("own_props.scale_min", prop.scale_min),
        scale_max=positive("own_props.scale_max", prop.scale_max),
        leans=prop.leans,
    )
