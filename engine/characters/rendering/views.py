"""From where a character is seen and in which light: numbers for many pictures at once."""

import math
from dataclasses import dataclass

import torch

FIELD_OF_VIEW_DEG = 30.0
TARGET_SHARE = 0.5
"""The camera looks at this share of the character's height."""


@dataclass(frozen=True, slots=True)
class FrameCamera:
    """A camera that circles a character.

    yaw_rad    around it: 0 sees its front when it faces +Z, positive moves the camera to its left (+X)
    pitch_rad  how far down it looks, -1.2 to 1.5
    distance   in heights of the character, 1.2 to 20; 2.5 has all of it in the picture
    follow     share of the character's way over the ground that the camera follows, 0 to 1
    """

    yaw_rad: float = 0.4
    pitch_rad: float = 0.2
    distance: float = 2.5
    follow: float = 1.0

    def __post_init__(self) -> None:
        ranges = {"pitch_rad": (-1.2, 1.5), "distance": (1.2, 20.0), "follow": (0.0, 1.0)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}: {value} is outside [{low}, {high}]")
        if not math.isfinite(self.yaw_rad):
            raise ValueError(f"yaw_rad: {self.yaw_rad} is not allowed; allowed: finite numbers")


@dataclass(frozen=True, slots=True)
class FrameLight:
    """One lamp far away and light from everywhere.

    direction  towards the lamp, in world space; any length above 0
    ambient    share of light from everywhere, 0 to 1
    """

    direction: tuple[float, float, float] = (0.45, 0.75, 0.6)
    ambient: float = 0.45

    def __post_init__(self) -> None:
        length = math.hypot(*self.direction)
        if not 1e-6 < length < 1e6:
            raise ValueError(f"direction: {self.direction} is not allowed; allowed: a finite length above 0")
        if not 0.0 <= self.ambient <= 1.0:
            raise ValueError(f"ambient: {self.ambient} is outside [0, 1]")


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Cameras and lights of a batch of pictures.

    axes       float32 [batch, 3, 3]: rows right, up, backwards
    position   float32 [batch, 3], meters
    light      float32 [batch, 3], unit, towards the lamp, world space
    ambient    float32 [batch]
    focal      pixels per unit of tangent in a picture one pixel high
    """

    axes: torch.Tensor
    position: torch.Tensor
    light: torch.Tensor
    ambient: torch.Tensor
    focal: float = 0.5 / math.tan(math.radians(FIELD_OF_VIEW_DEG) / 2.0)

    def local(self, point: torch.Tensor) -> torch.Tensor:
        """World points [batch, n, 3] as seen by the camera: right, up, backwards."""
        return (point - self.position[:, None]) @ self.axes.transpose(1, 2)


def views_of(
    yaw: torch.Tensor, pitch: torch.Tensor, distance_m: torch.Tensor, target_m: torch.Tensor, light: torch.Tensor,
    ambient: torch.Tensor,
) -> Views:  # fmt: skip
    """Views [batch] from angles in radians, distances and targets [batch, 3] in meters."""
    zero = torch.zeros_like(yaw)
    backward = torch.stack([yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos()], -1)
    right = torch.stack([yaw.cos(), zero, -yaw.sin()], -1)
    axes = torch.stack([right, torch.linalg.cross(backward, right), backward], 1)
    lamp = light / light.norm(dim=-1, keepdim=True)
    return Views(axes, target_m + backward * distance_m[:, None], lamp, ambient)
