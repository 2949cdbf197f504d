"""What FrameGen sees of a pose: maps of the body's parts, worked out from pose, proportions and camera, without a mesh.

Each part is a tapered capsule, pressed flat (`engine/characters/parts.py`). For every pixel's ray the nearest approach
to the capsule's segment gives a signed distance to its outline in pixels, which says where an edge lies far more
finely than a mask could, and a point on its surface, which says where on the body the pixel is: the coordinates of a
texture that the identity paints. The unrolled surfaces (`engine/characters/atlas.py`) add what the parts really look
like there: silhouettes finer than the capsules', brightness and colors.
"""

from dataclasses import dataclass

import torch

from engine.characters.palettes import SLOT_COUNT
from engine.characters.parts import AXES, PART_JOINT
from engine.characters.rendering.cast import Cast
from engine.characters.rendering.kinematics import Joints
from engine.characters.rendering.views import Views
from engine.characters.sculpting.sculpture import PART_COUNT
from engine.nets.framegen.unrolled import Frames

SURFACE_CHANNELS = 12
"""Of the part in front: normal in the part's frame [3], place along it [1], normal seen by the camera [3], light on it
[1], depth [1], coverage [1], and two waves of the place along it [2].
"""

TEXTURE_CHANNELS = 2 + SLOT_COUNT
"""Outline of everything by the unrolled surfaces, and brightness and color slots of the surface in front."""

MAP_CHANNELS = 2 * PART_COUNT + SURFACE_CHANNELS + TEXTURE_CHANNELS
OUTLINE = MAP_CHANNELS - TEXTURE_CHANNELS
SLOTS = slice(OUTLINE + 2, MAP_CHANNELS)
"""Places of the outline and of the color slots among the channels."""

VIEW_NUMBERS = 8
"""Light as seen by the camera [3], ambient, sine and cosine of the camera's pitch, distance in heights, and height."""

_SOFTNESS_M = 0.02
"""Parts whose surfaces are this near to each other blend."""


@dataclass(frozen=True, slots=True, eq=False)
class PartMaps:
    """Maps of a batch of poses.

    maps     float32 [batch, MAP_CHANNELS, size, size]: outlines, shares, surface, textures
    share    float32 [batch, PART_COUNT, size, size], how much of the pixel is each part's; sums to 1, also outside
    view     float32 [batch, VIEW_NUMBERS]
    """

    maps: torch.Tensor
    share: torch.Tensor
    view: torch.Tensor


def part_maps(cast: Cast, joints: Joints, views: Views, size: int = 64) -> PartMaps:
    """Maps of `size` x `size` pixels, one for each row of `cast`."""
    parts, height_m = cast.parts, cast.scale[:, 2]
    focal = views.focal * size
    ray = _rays(size, focal, parts.device)
    followed = torch.as_tensor(PART_JOINT, device=parts.device)
    turn, place = joints.turn[:, followed], joints.place[:, followed]
    stretch = _stretch(parts)
    # Rows of `into` carry the camera's directions into each part's frame, where its cross-section is round.
    into = stretch[..., None] * (turn.transpose(-1, -2) @ views.axes[:, None].transpose(-1, -2))
    origin = stretch * (turn.transpose(-1, -2) @ (views.position[:, None] - place)[..., None])[..., 0]
    near = _nearest(origin, into, parts[..., :3] * stretch, parts[..., 3:6] * stretch, ray)
    radius = torch.lerp(parts[..., 6:7], parts[..., 7:8], near.along)
    present = parts[..., 9:10]
    outline = (radius - near.distance) * focal / near.depth.clamp_min(0.05)
    outline = torch.where(present > 0, outline, torch.full_like(outline, -20.0)).clamp(-20.0, 20.0)
    inside = (radius.square() - near.distance.square()).clamp_min(0.0)
    surface_depth = near.depth - (inside / near.speed).sqrt()
    # Depth counts from the character's pelvis, so that it means the same at every distance.
    pelvis = -views.local(joints.place[:, :1])[..., 2]
    relative = surface_depth - pelvis[..., None]
    weight = torch.nn.functional.logsigmoid(3.0 * outline) - relative / _SOFTNESS_M
    share = torch.softmax(weight.masked_fill(present <= 0, -1e4), 1)
    local, seen = _surface(
        near, share / radius.clamp_min(1e-4), surface_depth, origin, into, turn, stretch, parts, views, ray
    )
    light = (views.axes @ views.light[..., None])[..., 0]
    lit = torch.einsum("bnc,bc->bn", seen, light)
    along = (share * near.along).sum(1)
    front = ((share * relative).sum(1) / height_m[:, None]).clamp(-1.0, 1.0)
    covered = 1.0 - torch.exp(torch.nn.functional.logsigmoid(-3.0 * outline).sum(1))
    surface = torch.stack(
        [*local.unbind(-1), 2.0 * along - 1.0, *seen.unbind(-1), lit, 2.0 * front, covered, torch.sin(9.0 * along),
         torch.cos(9.0 * along)], 1,
    )  # fmt: skip
    frames = Frames(origin - parts[..., :3] * stretch, into, parts, cast.atlas)
    edge = frames.outline(near.depth, ray)
    edge = torch.where(present > 0, edge * focal / near.depth.clamp_min(0.05), torch.full_like(edge, -20.0)).amax(1)
    texture = frames.texture(share.argmax(1), surface_depth, ray)
    maps = torch.cat([torch.tanh(0.4 * outline), share, surface, torch.tanh(0.4 * edge)[:, None], texture], 1)
    view = _view_numbers(views, height_m, pelvis[:, 0])
    return PartMaps(maps.unflatten(-1, (size, size)), share.unflatten(-1, (size, size)), view)


def _rays(size: int, focal: float, device: torch.device) -> torch.Tensor:
    """Directions of all pixels as the camera has them [size * size, 3]: right, up, backwards; one meter deep."""
    grid = (torch.arange(size, device=device, dtype=torch.float32) + 0.5 - size / 2) / focal
    down, across = torch.meshgrid(-grid, grid, indexing="ij")
    return torch.stack([across, down, -torch.ones_like(across)], -1).view(-1, 3)


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Where rays pass nearest to segments; float32 [batch, parts, rays].

    along     share of the way from start to end
    depth     how far along the ray, in depths of one meter
    distance  between ray and segment
    speed     square of the ray's length in the part's frame
    """

    along: torch.Tensor
    depth: torch.Tensor
    distance: torch.Tensor
    speed: torch.Tensor


def _nearest(
    origin: torch.Tensor, into: torch.Tensor, start: torch.Tensor, end: torch.Tensor, ray: torch.Tensor
) -> _Near:
    """Nearest points of lines and segments (Ericson, "Real-Time Collision Detection", 2005, 5.1.9).

    All that depends on the pixel is linear or quadratic in its ray, so there are no vectors per pixel.
    """
    way, gap = end - start, start - origin
    a = (way * way).sum(-1, keepdim=True).clamp_min(1e-8)
    d = (way * gap).sum(-1, keepdim=True)
    g = (gap * gap).sum(-1, keepdim=True)
    b, e = (((vector[..., None, :] @ into)[..., 0, :] @ ray.t()) for vector in (way, gap))
    square = into.transpose(-1, -2) @ into
    x, y, _ = ray.unbind(-1)
    terms = torch.stack([x * x, y * y, torch.ones_like(x), 2 * x * y, -2 * x, -2 * y])
    c = square[..., [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]] @ terms
    along = ((b * e - c * d) / (a * c - b * b).clamp_min(1e-9)).clamp(0.0, 1.0)
    passed = e + along * b
    depth = passed / c
    squared = g + along * (2.0 * d + along * a) - passed * depth
    return _Near(along, depth, squared.clamp_min(0.0).sqrt(), c)


def _surface(  # noqa: PLR0913, PLR0917 - the pieces of one sum
    near: _Near, pull: torch.Tensor, depth: torch.Tensor, origin: torch.Tensor, into: torch.Tensor, turn: torch.Tensor,
    stretch: torch.Tensor, parts: torch.Tensor, views: Views, ray: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Normals of the surface in front, in the part's own frame and as the camera sees them: [batch, rays, 3] each.

    pull  share of each part over its radius. Normal of a part = (origin + depth * ray - start - along * way) / radius,
          so the sum over parts is one of small matrices.
    """
    start, way = parts[..., :3] * stretch, (parts[..., 3:6] - parts[..., :3]) * stretch
    own = torch.cat([into, (origin - start)[..., None], -way[..., None]], -1)
    back = views.axes[:, None] @ turn * stretch[..., None, :]
    both = torch.cat([own, back @ own], -2)
    carried = torch.einsum("bpn,bpij->bnij", pull * depth, both[..., :3])
    values = (carried @ ray[None, :, :, None])[..., 0]
    values = values + torch.einsum("bpn,bpi->bni", pull, both[..., 3])
    values = values + torch.einsum("bpn,bpi->bni", pull * near.along, both[..., 4])
    local, seen = values.split([3, 3], -1)
    return local.clamp(-2.0, 2.0), seen / seen.norm(dim=-1, keepdim=True).clamp_min(1e-6)


def _stretch(parts: torch.Tensor) -> torch.Tensor:
    """Factors [batch, parts, 3] of each part's space that make its cross-section round."""
    root = parts[..., 8].clamp_min(1e-3).sqrt()
    ones = torch.ones_like(root)
    rows = []
    for part, axis in enumerate(AXES.tolist()):
        factors = [root[:, part], 1.0 / root[:, part]]
        factors.insert(axis, ones[:, part])
        rows.append(torch.stack(factors, -1))
    return torch.stack(rows, 1)


def _view_numbers(views: Views, height_m: torch.Tensor, distance_m: torch.Tensor) -> torch.Tensor:
    light = (views.axes @ views.light[..., None])[..., 0]
    sine = views.axes[:, 2, 1]
    cosine = (1.0 - sine.square()).clamp_min(0.0).sqrt()
    return torch.stack(
        [*light.unbind(-1), views.ambient, sine, cosine, distance_m / height_m - 2.5, height_m - 1.4], -1
    )
