"""Frames as bytes: RGBA with straight alpha, as image and video codecs want them; and the renderer in one call."""

import numpy as np
import torch
from numpy.typing import NDArray

from engine.characters.character import Character
from engine.characters.rendering.cast import cast_of
from engine.characters.rendering.picture import draw_rgba
from engine.characters.rendering.stage import stage, take_of
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.motion.pose import Poses

SIZES_PX = (16, 2048)

_CLEAR = 0.5 / 255.0
"""Less alpha than this is none: such pixels are all zero, which compresses."""


def to_pixels(rgba: torch.Tensor) -> NDArray[np.uint8]:
    """Frames float32 [batch, 4, h, w], colors multiplied by alpha, as uint8 [batch, h, w, 4] with straight alpha."""
    alpha = rgba[:, 3:].clamp(0.0, 1.0)
    seen = alpha > _CLEAR
    color = torch.where(seen, rgba[:, :3] / alpha.clamp_min(_CLEAR), torch.zeros_like(rgba[:, :3]))
    values = torch.cat([color, torch.where(seen, alpha, torch.zeros_like(alpha))], 1).clamp(0.0, 1.0)
    pixels = (values * 255.0 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return np.asarray(pixels, np.uint8)


def rendered(
    character: Character,
    poses: Poses,
    camera: FrameCamera = FrameCamera(),  # noqa: B008 - frozen
    light: FrameLight = FrameLight(),  # noqa: B008 - frozen
    size_px: int = 256,
) -> NDArray[np.uint8]:
    """The renderer's frames of a character in poses [frames], uint8 [frames, size, size, 4]; one after the other, so
    that a frame does not depend on those beside it. Raises ValueError for a size outside of 16 to 2048 pixels.
    """
    if not SIZES_PX[0] <= size_px <= SIZES_PX[1]:
        raise ValueError(f"size_px: {size_px} is outside {list(SIZES_PX)}")
    cast = cast_of([character])
    frames = []
    with torch.inference_mode():
        for index in range(poses.shape[0]):
            joints, views = stage(cast, take_of(poses[index : index + 1], camera, light))
            frames.append(to_pixels(draw_rgba(cast, joints, views, size_px)))
    return np.concatenate(frames)
