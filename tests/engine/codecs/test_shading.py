import numpy as np
import pytest

from engine.codecs.shading import Surface, decode_srgb, encode_srgb, shade, tone_map

VIEW = np.array([[0], [0], [1]], np.float32)
LIGHT = (0.0, 0.6, 0.8)


def points(albedo: float, roughness: float, metallic: float, count: int = 1) -> Surface:
    def plane(value: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.full(count, value, np.float32)

    return Surface(
        albedo=np.full((3, count), albedo, np.float32),
        normal=np.tile(VIEW, (1, count)),
        roughness=plane(roughness),
        metallic=plane(metallic),
        occlusion=plane(1),
    )


def test_every_srgb_code_survives_the_round_trip_through_light() -> None:
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(encode_srgb(decode_srgb(codes)), codes)


def test_srgb_middle_grey_has_the_light_of_its_definition() -> None:
    assert decode_srgb(np.array([188], np.uint8))[0] == pytest.approx(0.5029, abs=1e-3)


def test_tone_mapping_is_monotonic_and_stays_in_range() -> None:
    ramp = np.tile(np.linspace(0, 50, 4000, dtype=np.float32), (3, 1))
    mapped = tone_map(ramp)
    assert mapped.min() >= 0
    assert mapped.max() <= 1
    assert np.all(np.diff(mapped[0]) >= -1e-6)


@pytest.mark.parametrize("roughness", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("metallic", [0.0, 1.0])
def test_light_is_finite_and_positive(roughness: float, metallic: float) -> None:
    lit = shade(points(0.5, roughness, metallic), VIEW, LIGHT)
    assert np.all(np.isfinite(lit))
    assert np.all(lit > 0)


def test_a_brighter_surface_returns_more_light() -> None:
    dark, bright = (shade(points(albedo, 0.9, 0.0), VIEW, LIGHT).mean() for albedo in (0.1, 0.6))
    assert bright > 4 * dark


def test_a_shadowed_surface_keeps_only_the_surrounding_light() -> None:
    surface = points(0.5, 0.9, 0.0, count=2)
    shadow = np.array([1, 0], np.float32)
    lit = shade(
        Surface(surface.albedo, surface.normal, surface.roughness, surface.metallic, surface.occlusion, shadow),
        VIEW,
        LIGHT,
    )
    assert np.all(lit[:, 1] > 0)
    assert np.all(lit[:, 1] < 0.5 * lit[:, 0])
