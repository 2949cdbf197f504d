"""Requests for scenes as wire messages, and back."""

from engine.requests.scene import OwnProp, SceneRequest
from engine.wire.requests.landscape import landscape_message, landscape_of
from morphogen.v1 import scene_pb2

EXTENT_DEFAULT_M = 512.0
HOUR_DEFAULT = 15.0
PROP_DENSITY_DEFAULT = 1.0
PROP_LIMIT_DEFAULT = 2000
TEXTURE_DEFAULT_PX = 2048

RADIUS_DEFAULT_M = 1.0
SLOPE_DEFAULT = 0.7
SCALE_MIN_DEFAULT, SCALE_MAX_DEFAULT = 0.8, 1.2


def scene_request(message: scene_pb2.GenerateSceneRequest) -> SceneRequest:
    """The request that `message` makes.

    Raises InvalidRequestError naming the field; those of the landscape go by their own names, as in the generator.
    """
    return SceneRequest(
        landscape=landscape_of(message.landscape),
        extent_m=message.extent_m or EXTENT_DEFAULT_M,
        x_m=message.x_m if message.HasField("x_m") else None,
        z_m=message.z_m if message.HasField("z_m") else None,
        hour=message.hour if message.HasField("hour") else HOUR_DEFAULT,
        prop_density=message.prop_density if message.HasField("prop_density") else PROP_DENSITY_DEFAULT,
        prop_limit=message.prop_limit if message.HasField("prop_limit") else PROP_LIMIT_DEFAULT,
        texture_px=message.texture_px or TEXTURE_DEFAULT_PX,
        builtin_props=message.builtin_props if message.HasField("builtin_props") else True,
        own_props=tuple(_own_prop(each) for each in message.own_props),
    )


def scene_message(request: SceneRequest) -> scene_pb2.GenerateSceneRequest:
    """The message that makes `request`."""
    return scene_pb2.GenerateSceneRequest(
        landscape=landscape_message(request.landscape),
        extent_m=request.extent_m,
        x_m=request.x_m,
        z_m=request.z_m,
        hour=request.hour,
        prop_density=request.prop_density,
        prop_limit=request.prop_limit,
        texture_px=request.texture_px,
        builtin_props=request.builtin_props,
        own_props=[_own_prop_message(each) for each in request.own_props],
    )


def _own_prop(message: scene_pb2.OwnProp) -> OwnProp:
    return OwnProp(
        name=message.name,
        glb=message.glb,
        densities=dict(message.densities),
        radius_m=message.radius_m or RADIUS_DEFAULT_M,
        slope_max=message.slope_max if message.HasField("slope_max") else SLOPE_DEFAULT,
        scale_min=message.scale_min or SCALE_MIN_DEFAULT,
        scale_max=message.scale_max or SCALE_MAX_DEFAULT,
        leans=message.leans,
    )


def _own_prop_message(prop: OwnProp) -> scene_pb2.OwnProp:
    return scene_pb2.OwnProp(
        name=prop.name,
        glb=prop.glb,
        densities=prop.densities,
        radius_m=prop.radius_m,
        slope_max=prop.slope_max,
        scale_min=prop.scale_min,
        scale_max=prop.scale_max,
        leans=prop.leans,
    )
