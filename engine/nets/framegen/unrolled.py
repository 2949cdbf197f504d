"""Looks up the unrolled surfaces of a character's parts for the rays of a picture's pixels."""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from engine.characters.atlas import ALONG, AROUND, WRAPPED
from engine.characters.parts import AXES
from engine.characters.sculpting.sculpture import PART_COUNT

_ORDER = torch.tensor([[axis, *(other for other in range(3) if other != axis)] for axis in AXES.tolist()])
"""Each part's own axis first, then the two across it; int64 [parts, 3]."""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Rays in the frames of parts, which are round there; rays are `origin + depth * into @ ray`.

    origin  float32 [batch, parts, 3], the camera from the start of each part's axis
    into    float32 [batch, parts, 3, 3]
    parts   float32 [batch, parts, PART_NUMBERS]
    atlas   float32 [batch, ATLAS_CHANNELS, parts * ALONG, WRAPPED]
    """

    origin: torch.Tensor
    into: torch.Tensor
    parts: torch.Tensor
    atlas: torch.Tensor

    def outline(self, depth: torch.Tensor, ray: torch.Tensor) -> torch.Tensor:
        """How far inside of each part's surface rays [rays, 3] are at depths [batch, parts, rays], in meters."""
        order = _ORDER.to(ray.device)
        batch, rays = len(self.origin), len(ray)
        origin = self.origin.gather(2, order.expand(batch, -1, -1))
        into = self.into.gather(2, order[None, :, :, None].expand(batch, -1, -1, 3))
        point = origin[..., None] + depth[:, :, None] * (into @ ray.t())
        along, one, other = point.unbind(2)
        before, beyond, length = self._ends(along)
        row, column = _cell(before / length, one, other)
        place = torch.stack([column / (WRAPPED - 1), row / (ALONG - 1)], -1) * 2.0 - 1.0
        grids = self.atlas[:, 0].reshape(batch * PART_COUNT, 1, ALONG, WRAPPED)
        radius = functional.grid_sample(grids, place.view(-1, 1, rays, 2), align_corners=True, padding_mode="border")
        inside = radius.view(batch, PART_COUNT, rays) - torch.hypot(one, other)
        return torch.minimum(inside, torch.minimum(before, beyond))

    def texture(self, part: torch.Tensor, depth: torch.Tensor, ray: torch.Tensor) -> torch.Tensor:
        """Brightness and color slots [batch, 1 + SLOT_COUNT, rays] of parts [batch, rays] where rays meet them.

        depth  float32 [batch, parts, rays]
        """
        batch = torch.arange(len(part), device=part.device)[:, None]
        order = _ORDER.to(part.device)[part]
        met = depth.gather(1, part[:, None])[:, 0, :, None]
        point = self.origin[batch, part] + met * (self.into[batch, part] @ ray[None, :, :, None])[..., 0]
        along, one, other = point.gather(2, order).unbind(2)
        numbers = self.parts[batch, part]
        axis = order[..., :1]
        way = (numbers[..., 3:6] - numbers[..., :3]).gather(2, axis)[..., 0]
        length = way + numbers[..., 6] + numbers[..., 7]
        row, column = _cell((along + numbers[..., 6]) / length.clamp_min(1e-6), one, other)
        down = (row + part * ALONG) / (PART_COUNT * ALONG - 1)
        place = torch.stack([column / (WRAPPED - 1), down], -1) * 2.0 - 1.0
        found = functional.grid_sample(self.atlas[:, 1:], place[:, None], align_corners=True, padding_mode="border")
        return found[:, :, 0]

    def _ends(self, along: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Distances from both ends of parts, and their lengths."""
        axis = _ORDER.to(along.device)[None, :, :1].expand(len(along), -1, -1)
        way = (self.parts[..., 3:6] - self.parts[..., :3]).gather(2, axis)
        first, last = self.parts[..., 6:7], self.parts[..., 7:8]
        return along + first, way + last - along, (way + first + last).clamp_min(1e-6)


def _cell(share: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Row and column of the grid, with fractions, for a share of the axis and a direction from it."""
    row = (share * ALONG - 0.5).clamp(0.0, ALONG - 1.0)
    turn = torch.atan2(other, one) / (2.0 * math.pi) + 0.5
    return row, turn * AROUND + 0.5
