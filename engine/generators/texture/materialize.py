"""From network channels to the maps of a material: units, normals, occlusion, quantization.

Normal and ambient occlusion are derived from the height, so the maps cannot disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from engine.generators.texture.appearance import Appearance
from engine.nets.blocks import Edges, extend
from engine.requests.texture import MapKind

HEIGHT_RANGE = 8.0
"""Standard deviations that the 16-bit height map spans, centered on the mean."""

OCCLUSION_RADII_PX = (2, 5, 12)
"""Neighbourhoods, in pixels of the finest level, whose mean height shades a point."""

OCCLUSION_STRENGTH = 1.6


@dataclass(frozen=True, slots=True)
class Wear:
    """Who wears what: the first appearance, and the second with its share [1, 1, h, w] where there is a blend."""

    first: Appearance
    second: Appearance | None = None
    share: torch.Tensor | None = None

    def number(self, name: str) -> torch.Tensor | float:
        """Attribute `name`: one number, or a map [h, w] where two classes blend."""
        value = self.first.attributes[name]
        if self.second is None or self.share is None:
            return value
        return value + (self.second.attributes[name] - value) * self.share[0, 0]


def materialize(
    image: torch.Tensor, wear: Wear, stride_px: int, edges: Edges, maps: Iterable[MapKind]
) -> dict[MapKind, NDArray[np.uint8] | NDArray[np.uint16]]:
    """The requested maps of a network image float32 [1, 8, h, w] whose pixels are `stride_px` finest pixels wide.

    Albedo and normal are uint8 [h, w, 3], height is uint16 [h, w], the others are uint8 [h, w].
    """
    channels = image[0]
    wanted = set(maps)
    made: dict[MapKind, NDArray[np.uint8] | NDArray[np.uint16]] = {}
    if MapKind.ALBEDO in wanted:
        made[MapKind.ALBEDO] = _bytes(_albedo(channels, wear).permute(1, 2, 0))
    if MapKind.NORMAL in wanted:
        made[MapKind.NORMAL] = _bytes(_normal(channels, wear, stride_px, edges).permute(1, 2, 0) * 0.5 + 0.5)
    if MapKind.ROUGHNESS in wanted:
        made[MapKind.ROUGHNESS] = _bytes(_spread(channels[4], wear, "roughness", floor=0.04))
    if MapKind.METALLIC in wanted:
        made[MapKind.METALLIC] = _bytes(_spread(channels[5], wear, "metalness", floor=0.0))
    if MapKind.HEIGHT in wanted:
        share = (channels[3] / HEIGHT_RANGE + 0.5).clamp(0, 1) * 65535
        made[MapKind.HEIGHT] = share.round().to(torch.int32).numpy().astype(np.uint16)
    if MapKind.AMBIENT_OCCLUSION in wanted:
        made[MapKind.AMBIENT_OCCLUSION] = _bytes(_occlusion(channels[3], wear, stride_px, edges))
    return {kind: made[kind] for kind in MapKind if kind in made}


def _bytes(values: torch.Tensor) -> NDArray[np.uint8]:
    quantized: NDArray[np.uint8] = (values.clamp(0, 1) * 255).round().to(torch.uint8).contiguous().numpy()
    return quantized


def _albedo(channels: torch.Tensor, wear: Wear) -> torch.Tensor:
    painted = _paint(channels, wear.first)
    if wear.second is None or wear.share is None:
        return painted
    return torch.lerp(painted, _paint(channels, wear.second), wear.share[0])


def _paint(channels: torch.Tensor, appearance: Appearance) -> torch.Tensor:
    matrix, mid = appearance.basis.matrix, appearance.basis.mid
    rows = [
        channels[0] * float(row[0]) + channels[1] * float(row[1]) + channels[2] * float(row[2]) + float(offset)
        for row, offset in zip(matrix, mid, strict=True)
    ]
    return torch.stack(rows)


def _normal(channels: torch.Tensor, wear: Wear, stride_px: int, edges: Edges) -> torch.Tensor:
    """Unit normals [3, h, w], OpenGL: x right, y up, z out."""
    relief = wear.number("relief")
    around = extend(channels[3][None, None], 1, edges)[0, 0]
    slope_x = relief * ((around[1:-1, 2:] - around[1:-1, :-2]) * (0.5 / stride_px) + channels[6])
    slope_y = relief * ((around[2:, 1:-1] - around[:-2, 1:-1]) * (0.5 / stride_px) + channels[7])
    depth = torch.rsqrt(slope_x * slope_x + slope_y * slope_y + 1.0)
    return torch.stack([-slope_x * depth, slope_y * depth, depth])


def _spread(channel: torch.Tensor, wear: Wear, name: str, floor: float) -> torch.Tensor:
    mean, deviation = wear.number(name), wear.number(name + "_variation")
    return (channel * deviation + mean).clamp(floor, 1.0)


def _occlusion(height: torch.Tensor, wear: Wear, stride_px: int, edges: Edges) -> torch.Tensor:
    """Openness in [0, 1]: how far a point lies below the mean of its neighbourhoods, relative to their radius."""
    field = height * wear.number("relief")
    shade = torch.zeros_like(field)
    for radius_px in OCCLUSION_RADII_PX:
        reach = max(1, round(radius_px / stride_px))
        window = 2 * reach + 1
        around = extend(field[None, None], reach, edges)
        mean = functional.avg_pool2d(functional.avg_pool2d(around, (1, window), 1), (window, 1), 1)[0, 0]
        shade = shade + (mean - field).clamp_min(0) / (reach * stride_px)
    return 1.0 / (1.0 + OCCLUSION_STRENGTH * shade)
