"""The software renderer of characters: posed skin, one lamp, metal that gleams; RGBA with antialiased alpha.

Colors are worked with in sRGB as they are painted; light enters as its 2.2th root. That keeps a picture the product of
palette, light and little else, which is what the network for frames learns.
"""

from dataclasses import dataclass

import torch

from engine.characters.palettes import METAL, SLOT_COUNT
from engine.characters.rendering.cast import Cast
from engine.characters.rendering.kinematics import Joints, skinned
from engine.characters.rendering.raster import Samples, rasterize
from engine.characters.rendering.views import Views

SUPERSAMPLING = 2
NEAR_M = 0.05
_GAMMA = 1.0 / 2.2


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What was drawn.

    rgba  float32 [batch, 4, size, size] in 0 to 1, colors multiplied by alpha
    slot  float32 [batch, 8, size, size]: how much of each pixel shows each color slot; their sum is alpha
    """

    rgba: torch.Tensor
    slot: torch.Tensor


def draw(cast: Cast, joints: Joints, views: Views, size: int, supersampling: int = SUPERSAMPLING) -> Pictures:
    """Pictures of `size` x `size` pixels, one for each row of `cast`; the same inputs give the same bytes on a CPU."""
    batch, fine = len(cast), size * supersampling
    place, facing = skinned(joints, cast.rest_place, cast.position, cast.normal, cast.joint, cast.weight)
    seen = views.local(place)
    depth = -seen[..., 2]
    nearness = torch.where(depth > NEAR_M, 1.0 / depth.clamp_min(NEAR_M), torch.zeros_like(depth))
    focal = views.focal * fine
    column = fine / 2 + seen[..., 0] * nearness * focal
    row = fine / 2 - seen[..., 1] * nearness * focal
    screen = torch.stack([column, row, nearness], -1)
    vertices = cast.position.shape[1]
    start = torch.arange(batch, device=screen.device)[:, None, None] * vertices
    triangle = (cast.triangle + start).flatten(0, 1)
    picture = torch.arange(batch, device=screen.device).repeat_interleave(cast.triangle.shape[1])
    samples = rasterize(screen.flatten(0, 1)[triangle], picture, batch, fine)
    corners = triangle[samples.triangle]
    return _collected(cast, views, samples, corners, place.flatten(0, 1), facing.flatten(0, 1), size, supersampling)


def _collected(
    cast: Cast, views: Views, samples: Samples, corners: torch.Tensor, place: torch.Tensor, facing: torch.Tensor,
    size: int, supersampling: int,
) -> Pictures:  # fmt: skip
    """Shade every sample and average the samples of a pixel."""
    share = samples.share[..., None]
    normal = (facing[corners] * share).sum(1)
    normal = normal / normal.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    point = (place[corners] * share).sum(1)
    brightness = (cast.brightness.flatten()[corners] * samples.share).sum(1)
    slot = cast.slot.flatten()[corners[:, 0]]
    light, gloss = shading(views, samples.picture, normal, point, slot)
    color = cast.palette[samples.picture, slot] * (brightness * light)[:, None] + gloss[:, None]
    batch = len(cast)
    pixel = (samples.picture * size + samples.row // supersampling) * size + samples.column // supersampling
    values = torch.zeros(batch * size * size, 3 + SLOT_COUNT, device=color.device)
    ones = torch.nn.functional.one_hot(slot, SLOT_COUNT).to(color.dtype)
    values.index_add_(0, pixel, torch.cat([color.clamp(0, 1), ones], 1))
    values = (values / supersampling**2).view(batch, size, size, -1).permute(0, 3, 1, 2)
    slots = values[:, 3:]
    return Pictures(torch.cat([values[:, :3], slots.sum(1, keepdim=True)], 1), slots)


def shading(
    views: Views, picture: torch.Tensor, normal: torch.Tensor, point: torch.Tensor, slot: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Factor of the sRGB color, and what gleams on top of it, [samples] each."""
    to_eye = views.position[picture] - point
    to_eye = to_eye / to_eye.norm(dim=-1, keepdim=True)
    lamp = views.light[picture]
    toward = (normal * lamp).sum(-1)
    direct = ((toward + 0.2) / 1.2).clamp_min(0.0)
    sky = 0.82 + 0.18 * normal[:, 1]
    ambient = views.ambient[picture]
    rim = (1.0 - (normal * to_eye).sum(-1)).clamp(0, 1) ** 3 * (0.5 + 0.5 * normal[:, 1]).clamp_min(0.0)
    light = ambient * sky + (1.05 - 0.6 * ambient) * direct + 0.22 * rim
    half = lamp + to_eye
    half = half / half.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    gleam = (normal * half).sum(-1).clamp_min(0.0) ** 20
    metal = (slot == METAL).to(gleam.dtype)
    return light.clamp_min(0.02) ** _GAMMA, 0.35 * gleam * metal * (1.0 - 0.5 * ambient)
