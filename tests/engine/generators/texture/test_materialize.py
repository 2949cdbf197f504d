"""Maps follow from the network's channels: units, conventions, agreement between normal, occlusion and height."""

import numpy as np
import pytest
import torch

from engine.generators.texture.appearance import ATTRIBUTE_NAMES, Appearance
from engine.generators.texture.materialize import HEIGHT_RANGE, Wear, materialize
from engine.nets.albedo import albedo_basis
from engine.nets.blocks import Edges
from engine.requests.texture import MapKind


def appearance(**attributes: float) -> Appearance:
    values = dict.fromkeys(ATTRIBUTE_NAMES, 0.0) | {"relief": 2.0, "roughness": 0.6, "metalness": 1.0} | attributes
    basis = albedo_basis(np.full(3, 0.2, np.float32), np.full(3, 0.5, np.float32), np.full(3, 0.8, np.float32), 0.05)
    return Appearance(0, torch.zeros(1, 4), values, basis)


def image_with(height: torch.Tensor) -> torch.Tensor:
    image = torch.zeros(1, 8, *height.shape)
    image[0, 3] = height
    return image


def bump(size: int = 64) -> torch.Tensor:
    axis = torch.arange(size) - size / 2
    return torch.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / 60.0)


def test_flat_surface_gives_neutral_maps() -> None:
    maps = materialize(torch.zeros(1, 8, 8, 8), Wear(appearance()), 1, Edges(), MapKind)
    assert list(maps) == list(MapKind)
    assert (maps[MapKind.ALBEDO] == round(0.5 * 255)).all()
    assert (maps[MapKind.NORMAL] == [128, 128, 255]).all()
    assert (maps[MapKind.ROUGHNESS] == 153).all()
    assert (maps[MapKind.METALLIC] == 255).all()
    assert (maps[MapKind.HEIGHT] == 32768).all()
    assert (maps[MapKind.AMBIENT_OCCLUSION] == 255).all()


def test_normals_are_opengl_on_a_bump() -> None:
    normal = materialize(image_with(bump()), Wear(appearance()), 1, Edges(), [MapKind.NORMAL])[MapKind.NORMAL]
    assert normal[32, 40, 0] > 128 > normal[32, 24, 0]  # right of the top leans right (+X), left of it leans left
    assert normal[24, 32, 1] > 128 > normal[40, 32, 1]  # above the top leans up (+Y), below it leans down


def test_normal_is_the_gradient_of_the_height() -> None:
    height = bump() * 2
    maps = materialize(image_with(height), Wear(appearance()), 1, Edges(), [MapKind.NORMAL, MapKind.HEIGHT])
    field = (maps[MapKind.HEIGHT].astype(np.float64) / 65535 - 0.5) * HEIGHT_RANGE * 2.0
    slope_x = (np.roll(field, -1, 1) - np.roll(field, 1, 1)) / 2
    slope_y = (np.roll(field, -1, 0) - np.roll(field, 1, 0)) / 2
    expected = np.stack([-slope_x, slope_y, np.ones_like(field)], 2)
    expected /= np.linalg.norm(expected, axis=2, keepdims=True)
    assert np.abs(maps[MapKind.NORMAL] / 127.5 - 1 - expected).max() < 0.01


def test_pits_are_darker_than_tops_in_the_occlusion() -> None:
    occlusion = materialize(image_with(bump()), Wear(appearance(relief=8.0)), 1, Edges(), [MapKind.AMBIENT_OCCLUSION])[
        MapKind.AMBIENT_OCCLUSION
    ]
    assert occlusion[32, 32] == 255
    assert occlusion[32, 46] < 250


@pytest.mark.parametrize("stride_px", [1, 4])
def test_maps_roll_with_the_image(stride_px: int) -> None:
    image = torch.randn(1, 8, 32, 32, generator=torch.Generator().manual_seed(2))
    straight = materialize(image, Wear(appearance()), stride_px, Edges(), MapKind)
    rolled = materialize(torch.roll(image, (5, 9), (2, 3)), Wear(appearance()), stride_px, Edges(), MapKind)
    for kind, pixels in straight.items():
        assert np.array_equal(np.roll(pixels, (5, 9), (0, 1)), rolled[kind]), kind


def test_blend_takes_each_side_from_its_own_appearance() -> None:
    share = torch.zeros(1, 1, 8, 8)
    share[..., 4:] = 1.0
    wear = Wear(appearance(roughness=0.2), appearance(roughness=0.9), share)
    rough = materialize(torch.zeros(1, 8, 8, 8), wear, 1, Edges(), [MapKind.ROUGHNESS])[MapKind.ROUGHNESS]
    assert (rough[:, :4] == 51).all()
    assert (rough[:, 4:] == round(0.9 * 255)).all()
