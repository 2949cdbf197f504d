"""FrameGen at work: an identity becomes an actor once, then every pose of it a frame.

Frames are painted one by one: on CPUs a batch saves nothing, and a frame then cannot depend on its neighbours.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.characters.character import build_character
from engine.characters.identity import Identity
from engine.characters.rendering.cast import Cast, cast_of
from engine.characters.rendering.pixels import to_pixels
from engine.characters.rendering.stage import stage, take_of
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.motion.pose import Poses
from engine.nets.blocks import channels_last
from engine.nets.framegen.network import MAP_PX
from engine.nets.framegen.part_maps import part_maps
from engine.nets.framegen.weights_file import FrameGenWeights


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """A character ready to be painted: its proportions and colors, and its code float32 [1, code_width]."""

    cast: Cast
    code: torch.Tensor


class FrameArtist:
    """Paints frames with loaded weights, in float32 or bfloat16."""

    def __init__(self, weights: FrameGenWeights, dtype: torch.dtype = torch.float32) -> None:
        self.size_px = weights.header.network.size_px
        self._network = channels_last(copy.deepcopy(weights.network).to(dtype))
        self._code_of = weights.network.code_of

    def actor(self, identity: Identity) -> Actor:
        """Make a character ready; takes a tenth of a second."""
        cast = cast_of([build_character(identity)])
        with torch.inference_mode():
            return Actor(cast, self._code_of(cast.features))

    def between(self, first: Actor, second: Actor, identity: Identity, share: float) -> Actor:
        """An actor with the body and colors of `identity` whose code lies between those of two others."""
        actor = self.actor(identity)
        return Actor(actor.cast, torch.lerp(first.code, second.code, share))

    def paint(self, actor: Actor, poses: Poses, camera: FrameCamera, light: FrameLight) -> NDArray[np.uint8]:
        """Frames uint8 [frames, size, size, 4] with straight alpha of poses [frames]; the same pose, the same bytes."""
        take = take_of(poses, camera, light)
        frames = []
        with torch.inference_mode():
            for row in range(poses.shape[0]):
                joints, views = stage(actor.cast, take.rows(torch.tensor([row])))
                seen = part_maps(actor.cast, joints, views, MAP_PX)
                frames.append(to_pixels(self._network(seen, actor.code).rgba(actor.cast.palette)))
        return np.concatenate(frames)
