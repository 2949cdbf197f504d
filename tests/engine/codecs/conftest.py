"""A synthetic material for the codecs: bricks by formula, all maps in the depths that the generators deliver."""

import numpy as np
import pytest

from engine.codecs.image import Pixels, encode_png
from engine.requests.texture import MapKind

PROVENANCE = {"Software": "Morphogen 1.2.3", "Seed": "7", "Request": '{"texture_class":"brick"}'}


def brick_maps(size_px: int = 64) -> dict[MapKind, Pixels]:
    y, x = np.mgrid[0:size_px, 0:size_px] / size_px
    across = x * 2 + 0.5 * (np.floor(y * 4) % 2)
    joint = np.minimum(0.5 - np.abs(across % 1 - 0.5), 0.5 * (0.5 - np.abs((y * 4) % 1 - 0.5)))
    height = np.clip(joint / 0.08, 0, 1)
    slope_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * 2
    slope_up = (np.roll(height, 1, 0) - np.roll(height, -1, 0)) * 2
    normal = np.stack([-slope_x, -slope_up, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    brick, mortar = np.array([0.62, 0.30, 0.22]), np.array([0.7, 0.68, 0.63])
    albedo = mortar + (brick - mortar) * height[..., None]
    return {
        MapKind.ALBEDO: np.round(albedo * 255).astype(np.uint8),
        MapKind.NORMAL: np.round((normal * 0.5 + 0.5) * 255).astype(np.uint8),
        MapKind.ROUGHNESS: np.round((0.9 - 0.2 * height) * 255).astype(np.uint8),
        MapKind.METALLIC: np.zeros((size_px, size_px), np.uint8),
        MapKind.HEIGHT: np.round(height * 65535).astype(np.uint16),
        MapKind.AMBIENT_OCCLUSION: np.round((0.6 + 0.4 * height) * 255).astype(np.uint8),
    }


@pytest.fixture
def maps() -> dict[MapKind, Pixels]:
    return brick_maps()


@pytest.fixture
def files(maps: dict[MapKind, Pixels]) -> dict[MapKind, bytes]:
    return {kind: encode_png(image, PROVENANCE, srgb=kind == MapKind.ALBEDO) for kind, image in maps.items()}


@pytest.fixture
def provenance() -> dict[str, str]:
    return dict(PROVENANCE)
