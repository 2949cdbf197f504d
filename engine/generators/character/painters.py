"""Who draws: the software renderer, from the mesh, and FrameGen, from the pose alone."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.characters.rendering.kinematics import Joints
from engine.characters.rendering.picture import draw, stage
from engine.characters.rendering.views import FIELD_OF_VIEW_DEG, Views
from engine.errors import GenerationError, InvalidRequestError
from engine.generators.character.figures import Figure
from engine.generators.character.pose import pose_parts
from engine.nets.blocks import channels_last
from engine.nets.framegen.network import FrameGen
from engine.nets.framegen.part_maps import part_maps
from engine.nets.precision import KernelClass
from engine.requests.character.control import Steering

AMBIENT = 0.45
VISIBLE_HEIGHT = 2.0 * math.tan(math.radians(FIELD_OF_VIEW_DEG) / 2.0)
"""Height of what a picture shows, over the distance to it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """One pose of a character before a camera."""

    joints: Joints
    views: Views


class MeshPainter:
    """Draws the character's mesh, as engines show it. Takes the same time as some ten frames of the network."""

    def paint(self, figure: Figure, pose: NDArray[np.float32], steering: Steering, size_px: int) -> NDArray[np.uint8]:
        """RGBA [size_px, size_px, 4], straight alpha."""
        with torch.inference_mode():
            scene = _scene(figure, pose, steering)
            return straight(draw(figure.cast, scene.joints, scene.views, size_px).rgba[0])


class NetworkPainter:
    """Draws with FrameGen: one network for each size.

    A frame is painted alone: on a CPU convolutions gain nothing from a batch, and so nobody's bits depend on others.
    """

    def __init__(self, networks: dict[int, FrameGen], kernel: KernelClass) -> None:
        self._networks = {size_px: channels_last(network) for size_px, network in networks.items()}
        self._kernel = kernel

    def paint(self, figure: Figure, pose: NDArray[np.float32], steering: Steering, size_px: int) -> NDArray[np.uint8]:
        """RGBA [size_px, size_px, 4], straight alpha.

        Raises InvalidRequestError for a size without a network, GenerationError for numbers that are not finite.
        """
        if size_px not in self._networks:
            raise InvalidRequestError("size_px", size_px, ", ".join(map(str, sorted(self._networks))))
        network, cast = self._networks[size_px], figure.cast
        half = self._kernel.dtype == torch.bfloat16
        with torch.inference_mode():
            scene = _scene(figure, pose, steering)
            seen = part_maps(cast.parts, scene.joints, scene.views, cast.scale[:, 2])
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                painted = network(seen, network.code(cast.features).float())
            rgba = painted.rgba(cast.palette).float()[0]
        if not bool(torch.isfinite(rgba).all()):
            raise GenerationError("the network returned numbers that are not finite")
        return straight(rgba)


def straight(rgba: torch.Tensor) -> NDArray[np.uint8]:
    """float32 [4, h, w] in 0 to 1, colors multiplied by alpha -> uint8 [h, w, 4], colors not multiplied."""
    color, alpha = rgba[:3], rgba[3:]
    plain = torch.where(alpha > 0.5 / 255, color / alpha.clamp_min(0.5 / 255), torch.zeros_like(color))
    pixels = torch.cat([plain, alpha]).clamp(0.0, 1.0) * 255.0
    return np.ascontiguousarray(pixels.round().to(torch.uint8).permute(1, 2, 0).numpy())


def _scene(figure: Figure, pose: NDArray[np.float32], steering: Steering) -> _Scene:
    root_m, rotation, _ = pose_parts(pose[None])
    yaw, pitch = math.radians(steering.camera_yaw_deg), math.radians(steering.camera_pitch_deg)
    around, above = math.radians(steering.light_yaw_deg), math.radians(steering.light_pitch_deg)
    lamp = (math.sin(around) * math.cos(above), math.sin(above), math.cos(around) * math.cos(above))
    distance = 1.0 / (VISIBLE_HEIGHT * steering.camera_zoom)
    joints, views = stage(
        figure.cast,
        torch.from_numpy(rotation.copy()),
        torch.from_numpy(root_m.copy()),
        torch.tensor([yaw]),
        torch.tensor([pitch]),
        torch.tensor([distance]),
        torch.ones(1),
        torch.tensor([lamp]),
        torch.tensor([AMBIENT]),
    )
    return _Scene(joints, views)
