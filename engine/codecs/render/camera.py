"""From where a picture is taken, and where points of the scene land in it."""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
Bounds = tuple[NDArray[np.float32], NDArray[np.float32]]

NEAR_M = 0.1
"""Nothing closer to the camera is seen."""

EYE_HEIGHT_M = 1.7


@dataclass(frozen=True, slots=True)
class Camera:
    """A perspective camera; +Y of the scene points up in the picture.

    position, target    meters; the camera looks at the target
    field_of_view_deg   vertical opening angle, 1 to 150
    """

    position: Vector
    target: Vector
    field_of_view_deg: float = 45.0

    def axes(self) -> NDArray[np.float64]:
        """Rows right, up and backwards, float64 [3, 3]: multiplied with a direction, its view coordinates."""
        backward = np.asarray(self.position, np.float64) - np.asarray(self.target, np.float64)
        length = float(np.linalg.norm(backward))
        backward = backward / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])
        above = np.array([0.0, 0.0, -1.0]) if abs(backward[1]) > 0.9999 else np.array([0.0, 1.0, 0.0])
        right = np.cross(above, backward)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(backward, right), backward])

    def focal_px(self, height_px: int) -> float:
        """Pixels per unit of tangent in a picture of this height."""
        return 0.5 * height_px / math.tan(math.radians(self.field_of_view_deg) / 2.0)


def framed(
    bounds: Bounds, heading_deg: float = 35.0, pitch_deg: float = 28.0, fill: float = 0.96, aspect: float = 16.0 / 9.0
) -> Camera:
    """A camera that looks down on a box and has all of it in the picture.

    bounds       smallest and largest corner
    heading_deg  where the camera stands, clockwise from the south (+Z) seen from above
    pitch_deg    how steeply it looks down, 0 to 90
    fill         share of the picture that the box fills; greater than 1 moves closer, beyond its edges
    aspect       width of the picture over its height
    """
    low, high = (corner.astype(np.float64) for corner in bounds)
    center, half = 0.5 * (low + high), np.maximum(0.5 * (high - low), 0.05)
    heading, pitch = math.radians(heading_deg), math.radians(pitch_deg)
    away = np.array([-math.sin(heading) * math.cos(pitch), math.sin(pitch), math.cos(heading) * math.cos(pitch)])
    field_of_view_deg = 32.0
    axes = Camera(_vector(center + away), _vector(center)).axes()
    corner = np.array(list(product((-1.0, 1.0), repeat=3))) * half @ axes.T
    slope = fill * math.tan(math.radians(field_of_view_deg / 2.0))
    reach = np.maximum(np.abs(corner[:, 0]) / (slope * aspect), np.abs(corner[:, 1]) / slope)
    return Camera(_vector(center + away * float((corner[:, 2] + reach).max())), _vector(center), field_of_view_deg)


def from_ground(spot: Vector, heading_deg: float = 0.0, eye_height_m: float = EYE_HEIGHT_M) -> Camera:
    """The view of somebody who stands on `spot` and looks level in a direction, clockwise from the north (-Z)."""
    heading = math.radians(heading_deg)
    eye = (spot[0], spot[1] + eye_height_m, spot[2])
    return Camera(eye, (eye[0] + math.sin(heading), eye[1], eye[2] - math.cos(heading)), 60.0)


def _vector(values: NDArray[np.float64]) -> Vector:
    return (float(values[0]), float(values[1]), float(values[2]))
