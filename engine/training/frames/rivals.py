"""What FrameGen has to beat: the nearest of many sprites of the same character, warped to the pose; and spoiled frames.

The rival gets a library of the renderer's own frames of every character in question, takes the one whose joints, as
seen by the camera, are nearest to the wanted ones, and moves its pixels with the joints.
"""

import torch
from torch.nn import functional

from engine.training.frames.painter import halved
from engine.training.frames.studio import Shots, Studio
from engine.training.frames.train import FRAME_PX

NEARBY = 1.6
"""Power of distance with which joints pull at a pixel."""


def projected(shots: Shots) -> torch.Tensor:
    """Joints as seen: float32 [batch, 19, 3], column and row as shares of the frame from its middle, and depth in
    heights from the pelvis.
    """
    seen = shots.views.local(shots.joints.place)
    depth = -seen[..., 2].clamp_max(-1e-3)
    flat = seen[..., :2] / depth[..., None] * shots.views.focal
    behind = (depth - depth[:, :1]) / shots.cast.scale[:, 2:3]
    return torch.stack([flat[..., 0], -flat[..., 1], behind], -1)


class SpriteLibrary:
    """Frames of characters to look poses up in."""

    def __init__(self, studio: Studio, generator: torch.Generator, each: int, size: int, at_once: int = 24) -> None:
        """Draw `each` frames of every character in random poses under random cameras; lights as wanted come later."""
        self.each, self.size = each, size
        count = len(studio.cast)
        frames, joints = [], []
        everybody = torch.arange(count, device=studio.device).repeat_interleave(each)
        for who in everybody.split(at_once):
            shots = studio.shots(generator, len(who), who=who)
            with torch.no_grad():
                frames.append(halved(shots.draw(FRAME_PX), FRAME_PX // size).rgba)
            joints.append(projected(shots))
        self.frames = torch.cat(frames).view(count, each, 4, size, size)
        self.joints = torch.cat(joints).view(count, each, -1, 3)

    def warped(self, who: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """The nearest sprites of characters `who` [batch], warped to joints `wanted` [batch, 19, 3]: RGBA frames."""
        apart = (self.joints[who] - wanted[:, None]).norm(dim=-1).mean(-1)
        best = apart.argmin(1)
        frame, joints = self.frames[who, best], self.joints[who, best]
        step = (torch.arange(self.size, device=frame.device) + 0.5) / self.size - 0.5
        row, column = torch.meshgrid(step, step, indexing="ij")
        pixel = torch.stack([column, row], -1).view(1, -1, 1, 2)
        distance = (pixel - wanted[:, None, :, :2]).norm(dim=-1)
        pull = 1.0 / (distance + 0.02) ** (2.0 * NEARBY)
        pull = pull / pull.sum(-1, keepdim=True)
        move = torch.einsum("bpj,bjc->bpc", pull, (joints - wanted)[..., :2])
        place = (pixel[:, :, 0] + move).view(len(who), self.size, self.size, 2)
        return functional.grid_sample(frame, 2.0 * place, mode="bilinear", align_corners=False)


def blurred(frames: torch.Tensor, width: int = 5) -> torch.Tensor:
    """Frames smeared over a box."""
    return functional.avg_pool2d(frames, width, 1, width // 2)
