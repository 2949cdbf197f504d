"""The software renderer of characters: posed skin, one lamp, metal that gleams; RGBA with antialiased alpha.

Colors are worked with in sRGB as they are painted; light enters as its 2.2th root. That keeps a picture the product of
palette, light and little else, which is what the network for frames learns.
"""

from dataclasses import dataclass

import torch

from engine.characters.palettes import METAL, SLOT_COUNT
from engine.characters.rendering.cast import Cast
from engine.characters.rendering.choice import chosen
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
    shots = _shot(cast, joints, views, size, supersampling)
    return Pictures(shots.rgba(), shots.slots())


def draw_rgba(cast: Cast, joints: Joints, views: Views, size: int, supersampling: int = SUPERSAMPLING) -> torch.Tensor:
    """Only what is seen, `Pictures.rgba`: color slots, which only training looks at, take time of their own."""
    return _shot(cast, joints, views, size, supersampling).rgba()


@dataclass(frozen=True, slots=True, eq=False)
class _Shots:
    """Shaded samples.

    pixel  int64 [samples], of all pictures' pixels
    color  float32 [3, samples]
    slot   int64 [samples]
    """

    pixel: torch.Tensor
    color: torch.Tensor
    slot: torch.Tensor
    batch: int
    size: int
    samples_per_pixel: int

    def rgba(self) -> torch.Tensor:
        """The mean of each pixel's samples [batch, 4, size, size], colors multiplied by alpha."""
        values = torch.zeros(4, self.batch * self.size**2, device=self.color.device)
        for row, channel in zip(values, self.color, strict=False):
            row.index_add_(0, self.pixel, channel)
        values[3] = torch.bincount(self.pixel, minlength=values.shape[1])
        pictures = values.view(4, self.batch, self.size, self.size).transpose(0, 1)
        return pictures / self.samples_per_pixel

    def slots(self) -> torch.Tensor:
        """How much of each pixel shows each color slot [batch, 8, size, size]."""
        count = self.batch * self.size**2 * SLOT_COUNT
        shown = torch.bincount(self.pixel * SLOT_COUNT + self.slot, minlength=count).to(self.color.dtype)
        pictures = shown.view(self.batch, self.size, self.size, SLOT_COUNT).permute(0, 3, 1, 2)
        return pictures / self.samples_per_pixel


def _shot(cast: Cast, joints: Joints, views: Views, size: int, supersampling: int) -> _Shots:
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
    corners = chosen(triangle.t().contiguous(), samples.triangle)
    slot = chosen(cast.slot.flatten(), corners[0])
    color = _shaded(cast, views, samples, corners, slot, place.flatten(0, 1), facing.flatten(0, 1))
    whole = torch.arange(fine, device=screen.device) // supersampling
    pixel = (samples.picture * size + chosen(whole, samples.row)) * size + chosen(whole, samples.column)
    return _Shots(pixel, color, slot, batch, size, supersampling**2)


def _shaded(
    cast: Cast, views: Views, samples: Samples, corners: torch.Tensor, slot: torch.Tensor, place: torch.Tensor,
    facing: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Colors [3, samples] in 0 to 1 at the places in triangles whose `corners` [3, samples] are given."""
    values = torch.cat([facing.t(), place.t(), cast.brightness.flatten()[None]])
    mixed = torch.zeros(len(values), corners.shape[1], device=values.device)
    for corner, share in zip(corners, samples.share, strict=True):
        mixed += chosen(values, corner) * share
    normal, point, brightness = mixed.split((3, 3, 1))
    normal = normal / _length(normal).clamp_min(1e-9)
    light, gloss = shading(views, samples.picture, normal, point, slot)
    paint = chosen(cast.palette.flatten(0, 1).t().contiguous(), samples.picture * SLOT_COUNT + slot)
    color = paint * (brightness[0] * light) + gloss
    return torch.clamp(color, 0, 1)


def shading(
    views: Views, picture: torch.Tensor, normal: torch.Tensor, point: torch.Tensor, slot: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Factor of the sRGB color, and what gleams on top of it, [samples] each, from rows [3, samples]."""
    to_eye = chosen(views.position.t().contiguous(), picture) - point
    to_eye = to_eye / _length(to_eye)
    lamp = chosen(views.light.t().contiguous(), picture)
    toward = _product(normal, lamp)
    direct = ((toward + 0.2) / 1.2).clamp_min(0.0)
    sky = 0.82 + 0.18 * normal[1]
    ambient = chosen(views.ambient, picture)
    rim = (1.0 - _product(normal, to_eye)).clamp(0, 1) ** 3 * (0.5 + 0.5 * normal[1]).clamp_min(0.0)
    light = ambient * sky + (1.05 - 0.6 * ambient) * direct + 0.22 * rim
    half = lamp + to_eye
    half = half / _length(half).clamp_min(1e-6)
    gleam = _product(normal, half).clamp_min(0.0) ** 20
    metal = (slot == METAL).to(gleam.dtype)
    return light.clamp_min(0.02) ** _GAMMA, 0.35 * gleam * metal * (1.0 - 0.5 * ambient)


def _product(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Scalar products [samples] of vectors [3, samples]."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _length(vector: torch.Tensor) -> torch.Tensor:
    return _product(vector, vector).sqrt()
