"""Who draws: the software renderer, from the mesh, and FrameGen, from the pose alone."""

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from engine.characters.rendering.picture import draw_rgba
from engine.characters.rendering.pixels import to_pixels
from engine.characters.rendering.stage import stage, take_of
from engine.characters.rendering.views import FIELD_OF_VIEW_DEG, FrameCamera, FrameLight
from engine.errors import GenerationError
from engine.generators.character.figures import CAST_COUNT, Figure
from engine.generators.character.pose import pose_parts
from engine.motion.pose import Poses
from engine.nets.framegen.artist import Actor, FrameArtist
from engine.requests.character.control import Steering
from engine.requests.character.frames import SIZES_PX

VISIBLE_HEIGHT = 2.0 * math.tan(math.radians(FIELD_OF_VIEW_DEG) / 2.0)
"""Height of what a picture shows, over the distance to it."""


class MeshPainter:
    """Draws the character's mesh, as engines show it."""

    sizes_px = SIZES_PX

    def prepare(self, figure: Figure, size_px: int) -> None:  # noqa: ARG002 - a mesh is drawn in any size
        """Make the mesh."""
        _ = figure.cast

    def paint(self, figure: Figure, pose: NDArray[np.float32], steering: Steering, size_px: int) -> NDArray[np.uint8]:
        """RGBA [size_px, size_px, 4], straight alpha."""
        with torch.inference_mode():
            take = take_of(_poses(pose), camera_of(steering), light_of(steering))
            joints, views = stage(figure.cast, take)
            pixels: NDArray[np.uint8] = to_pixels(draw_rgba(figure.cast, joints, views, size_px))[0]
        return pixels


class NetworkPainter:
    """Draws with FrameGen.

    artists  by the size of their frames
    """

    def __init__(self, artists: Mapping[int, FrameArtist]) -> None:
        self._artists = artists
        self._actor = lru_cache(maxsize=CAST_COUNT)(self._new_actor)

    @property
    def sizes_px(self) -> tuple[int, ...]:
        """Those that there are networks for."""
        return tuple(sorted(self._artists))

    def prepare(self, figure: Figure, size_px: int) -> None:
        """Make the actor."""
        self._actor(figure, size_px)

    def paint(self, figure: Figure, pose: NDArray[np.float32], steering: Steering, size_px: int) -> NDArray[np.uint8]:
        """RGBA [size_px, size_px, 4], straight alpha, of a figure that has been prepared."""
        actor = self._actor(figure, size_px)
        frames = self._artists[size_px].paint(actor, _poses(pose), camera_of(steering), light_of(steering))
        if frames.shape != (1, size_px, size_px, 4):
            raise GenerationError(f"the network gave a frame of another size than {size_px} px")
        pixels: NDArray[np.uint8] = frames[0]
        return pixels

    def _new_actor(self, figure: Figure, size_px: int) -> Actor:
        artist = self._artists[size_px]
        if figure.ends is None:
            return artist.actor(figure.identity)
        first, second, share = figure.ends
        return artist.between(artist.actor(first), artist.actor(second), figure.identity, share)


def camera_of(steering: Steering) -> FrameCamera:
    """The camera that a character is told of."""
    return FrameCamera(
        yaw_rad=math.radians(steering.camera_yaw_deg),
        pitch_rad=math.radians(steering.camera_pitch_deg),
        distance=1.0 / (VISIBLE_HEIGHT * steering.camera_zoom),
    )


def light_of(steering: Steering) -> FrameLight:
    """The light that it is told of."""
    around, above = math.radians(steering.light_yaw_deg), math.radians(steering.light_pitch_deg)
    return FrameLight((math.sin(around) * math.cos(above), math.sin(above), math.cos(around) * math.cos(above)))


def _poses(pose: NDArray[np.float32]) -> Poses:
    return Poses(*pose_parts(pose[None]))
