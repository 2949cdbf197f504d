"""What FrameGen sees of a pose: maps of the body's parts, worked out from pose, proportions and camera, without a mesh.

Each part is a tapered capsule, pressed flat (`engine/characters/parts.py`). For every pixel's ray the nearest approach
to the capsule's segment gives a signed distance to its outline in pixels, which says where an edge lies far more
finely than a mask could, and a point on its surface, which says where on the body the pixel is: the coordinates of a
texture that the identity paints.
"""

from dataclasses import dataclass

import torch

from engine.characters.parts import AXES, PART_JOINT
from engine.characters.rendering.kinematics import Joints
from engine.characters.rendering.views import Views
from engine.characters.sculpting.sculpture import PART_COUNT

SURFACE_CHANNELS = 12
"""Of the part in front: normal in the part's frame [3], place along it [1], normal seen by the camera [3], light on it
[1], depth [1], coverage [1], and two waves of the place along it [2].
"""

MAP_CHANNELS = 2 * PART_COUNT + SURFACE_CHANNELS
VIEW_NUMBERS = 8
"""Light as seen by the camera [3], ambient, sine and cosine of the camera's pitch, distance in heights, height in meters."""

_SOFTNESS_M = 0.02
"""Parts whose surfaces are this near to each other blend."""


@dataclass(frozen=True, slots=True, eq=False)
class PartMaps:
    """Maps of a batch of poses.

    maps     float32 [batch, MAP_CHANNELS, size, size]: outlines, shares, surface
    share    float32 [batch, PART_COUNT, size, size], how much of the pixel is each part's; sums to 1, also outside
    view     float32 [batch, VIEW_NUMBERS]
    """

    maps: torch.Tensor
    share: torch.Tensor
    view: torch.Tensor


def part_maps(parts: torch.Tensor, joints: Joints, views: Views, height_m: torch.Tensor, size: int = 64) -> PartMaps:
    """Maps of `size` x `size` pixels.

    parts     float32 [batch, PART_COUNT, PART_NUMBERS]
    height_m  float32 [batch], of the character
    """
    focal = views.focal * size
    grid = (torch.arange(size, device=parts.device, dtype=torch.float32) + 0.5 - size / 2) / focal
    down, across = torch.meshgrid(-grid, grid, indexing="ij")
    ray = torch.stack([across, down, -torch.ones_like(across)], -1).view(1, -1, 3) @ views.axes
    followed = torch.as_tensor(PART_JOINT, device=parts.device)
    turn, place = joints.turn[:, followed], joints.place[:, followed]
    stretch = _stretch(parts)
    origin = _into(turn, views.position[:, None] - place) * stretch
    direction = torch.einsum("bpij,bni->bpnj", turn, ray) * stretch[:, :, None]
    start, end = parts[..., :3] * stretch, parts[..., 3:6] * stretch
    middle, along, depth, distance = _nearest(origin, direction, start, end)
    radius = torch.lerp(parts[..., 6:7], parts[..., 7:8], along)
    outline = (radius - distance) * focal / depth.clamp_min(0.05)
    present = parts[..., 9:10]
    outline = torch.where(present > 0, outline, torch.full_like(outline, -20.0)).clamp(-20.0, 20.0)
    length = direction.norm(dim=-1)
    into = (radius.square() - distance.square()).clamp_min(0.0).sqrt()
    surface_depth = depth - into / length
    # Depth counts from the character's pelvis, so that it means the same at every distance.
    pelvis = -views.local(joints.place[:, :1])[..., 2]
    relative = surface_depth - pelvis[..., None]
    weight = torch.nn.functional.logsigmoid(3.0 * outline) - relative / _SOFTNESS_M
    weight = weight.masked_fill(present <= 0, -1e4)
    share = torch.softmax(weight, 1)
    toward = (origin[:, :, None] + surface_depth[..., None] * direction - middle) / radius.clamp_min(1e-4)[..., None]
    toward = toward.clamp(-2.0, 2.0)
    world = torch.einsum("bpij,bpnj->bpni", turn, toward * stretch[:, :, None])
    world = world / world.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    facing = torch.einsum("bpn,bpni->bni", share, world)
    lit = (facing * views.light[:, None]).sum(-1)
    seen = facing @ views.axes.transpose(1, 2)
    local = torch.einsum("bpn,bpni->bni", share, toward)
    place_along = (share * along).sum(1)
    front = ((share * relative).sum(1) / height_m[:, None]).clamp(-1.0, 1.0)
    covered = 1.0 - torch.exp(torch.nn.functional.logsigmoid(-3.0 * outline).sum(1))
    surface = torch.stack(
        [*local.unbind(-1), 2.0 * place_along - 1.0, *seen.unbind(-1), lit, 2.0 * front, covered,
         torch.sin(9.0 * place_along), torch.cos(9.0 * place_along)], 1,
    )  # fmt: skip
    maps = torch.cat([torch.tanh(0.4 * outline), share, surface], 1)
    view = _view_numbers(views, height_m, pelvis[:, 0])
    return PartMaps(maps.unflatten(-1, (size, size)), share.unflatten(-1, (size, size)), view)


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


def _into(turn: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """World vectors [batch, parts, 3] in the frames of joints."""
    return (turn.transpose(-1, -2) @ vector[..., None])[..., 0]


def _nearest(
    origin: torch.Tensor, direction: torch.Tensor, start: torch.Tensor, end: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where rays [batch, parts, rays] pass nearest to segments: the segment's point, its share of the way, how far
    along the ray, and the distance (Ericson, "Real-Time Collision Detection", 2005, 5.1.9).
    """
    way = end - start
    gap = start - origin
    a = (way * way).sum(-1, keepdim=True).clamp_min(1e-8)
    b = torch.einsum("bpi,bpni->bpn", way, direction)
    c = direction.square().sum(-1)
    d = (way * gap).sum(-1, keepdim=True)
    e = torch.einsum("bpi,bpni->bpn", gap, direction)
    along = ((b * e - c * d) / (a * c - b * b).clamp_min(1e-9)).clamp(0.0, 1.0)
    depth = (e + along * b) / c
    middle = start[:, :, None] + along[..., None] * way[:, :, None]
    apart = middle - origin[:, :, None] - depth[..., None] * direction
    return middle, along, depth, apart.norm(dim=-1)


def _view_numbers(views: Views, height_m: torch.Tensor, distance_m: torch.Tensor) -> torch.Tensor:
    light = (views.axes @ views.light[..., None])[..., 0]
    sine = views.axes[:, 2, 1]
    cosine = (1.0 - sine.square()).clamp_min(0.0).sqrt()
    return torch.stack(
        [*light.unbind(-1), views.ambient, sine, cosine, distance_m / height_m - 2.5, height_m - 1.4], -1
    )
