from collections.abc import Callable

import numpy as np
import pytest

from engine.codecs.image import encode_png
from engine.codecs.render.camera import Camera, framed
from engine.codecs.render.picture import render_scene
from engine.codecs.render.soup import scene_bounds
from engine.errors import InvalidRequestError
from engine.geometry.mesh import Mesh
from engine.geometry.scene import AlphaMode, Image, Material, Scene, Sun
from engine.geometry.sky.panorama import sky_at

Quad = Callable[..., Mesh]
Build = Callable[..., Scene]
SIZE = (160, 120)
CAMERA = Camera((0.0, 0.0, 10.0), (0.0, 0.0, 0.0), 60.0)
RED, BLUE = Material("red", (0.8, 0.05, 0.05, 1.0)), Material("blue", (0.05, 0.05, 0.8, 1.0))
SKY = sky_at(12.0, 40.0, 81)  # high in the south, behind the camera


@pytest.fixture
def wall(quad: Quad) -> Callable[[float, float], Mesh]:
    return lambda half, z: quad([(-half, -half, z), (half, -half, z), (half, half, z), (-half, half, z)])


def test_a_red_wall_covers_a_blue_one_behind_it(wall: Callable[[float, float], Mesh], build: Build) -> None:
    for order in (0, 1):
        walls = [(wall(1.0, 2.0), RED), (wall(4.0, 0.0), BLUE)]
        picture = render_scene(build(walls[::-1] if order else walls), CAMERA, SIZE, SKY).astype(int)
        center, beside = picture[60, 80], picture[60, 105]
        assert center[0] > 2 * center[2]
        assert beside[2] > 2 * beside[0]


def test_a_wall_covers_as_much_of_the_picture_as_geometry_says(
    wall: Callable[[float, float], Mesh], build: Build
) -> None:
    picture = render_scene(build([(wall(2.0, 0.0), RED)]), CAMERA, SIZE, SKY).astype(int)
    red = picture[..., 0] > 2 * picture[..., 2]
    side = 2 * 2.0 / 10.0 * CAMERA.focal_px(SIZE[1])
    assert np.count_nonzero(red) == pytest.approx(side * side, rel=0.05)
    rows, columns = np.nonzero(red)
    assert abs(rows.mean() - 59.5) < 0.6
    assert abs(columns.mean() - 79.5) < 0.6


def test_the_same_request_gives_the_same_pixels(wall: Callable[[float, float], Mesh], build: Build) -> None:
    scene = build([(wall(1.0, 2.0), RED), (wall(4.0, 0.0), BLUE)])
    first, second = (render_scene(scene, CAMERA, SIZE, SKY) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.shape == (120, 160, 3)
    assert first.dtype == np.uint8


def test_more_samples_soften_edges(wall: Callable[[float, float], Mesh], build: Build) -> None:
    scene = build([(wall(2.07, 0.0), RED)])  # its right edge crosses the middle of column 101
    hard, soft = (render_scene(scene, CAMERA, SIZE, SKY, samples=n)[60, 100:103, 0].astype(int) for n in (1, 2))
    assert abs(soft - hard)[[0, 2]].max() <= 2
    assert min(hard[[0, 2]]) + 15 < soft[1] < max(hard[[0, 2]]) - 15
    assert render_scene(scene, CAMERA, SIZE, SKY, samples=2).shape == (120, 160, 3)


def test_an_empty_scene_shows_the_sky() -> None:
    picture = render_scene(Scene("s", (), (), ()), CAMERA, SIZE, SKY)
    assert picture[:50, :, 2].mean() > picture[:50, :, 0].mean() > 30


def test_a_post_casts_its_shadow_away_from_the_sun(quad: Quad, build: Build) -> None:
    floor = quad([(-9, 0, 9), (9, 0, 9), (9, 0, -9), (-9, 0, -9)])
    post = quad([(-0.5, 0, 0), (0.5, 0, 0), (0.5, 3, 0), (-0.5, 3, 0)])
    grey = Material("grey", (0.5, 0.5, 0.5, 1.0), double_sided=True)
    scene = build([(floor, grey), (post, grey)])
    from_above = Camera((0.0, 30.0, 0.0), (0.0, 0.0, 0.0), 35.0)
    picture = render_scene(scene, from_above, (121, 121), SKY).astype(float).mean(axis=2)
    metres = 121 / (2 * 30.0 * np.tan(np.radians(17.5)))
    north = picture[int(60 - 1.5 * metres), 60]
    south = picture[int(60 + 1.5 * metres), 60]
    assert north < 0.7 * south
    assert north > 5


def test_textures_show(wall: Callable[[float, float], Mesh], build: Build) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, :4], pixels[:, 4:] = (220, 20, 20), (20, 20, 220)
    material = Material("painted", albedo=Image(encode_png(pixels, {})))
    picture = render_scene(build([(wall(4.0, 0.0), material)]), CAMERA, SIZE, SKY).astype(int)
    assert picture[60, 65, 0] > 2 * picture[60, 65, 2]
    assert picture[60, 95, 2] > 2 * picture[60, 95, 0]


@pytest.mark.parametrize("mirrored", [False, True])
def test_normal_images_tilt_the_surface(quad: Quad, build: Build, mirrored: bool) -> None:
    corners = [(-4, 0, 4), (4, 0, 4), (4, 0, -4), (-4, 0, -4)]  # a floor; u to the east, the image's top to the north
    floor = quad(corners)
    assert floor.texture_coordinate is not None
    if mirrored:
        floor.texture_coordinate[:, 0] *= -1
    above = Camera((0.0, 20.0, 0.0), (0.0, 0.0, 0.0), 30.0)

    def brightness(right: int, up: int) -> int:
        code = np.full((4, 4, 3), (right, up, 220), np.uint8)
        painted = Material("bumpy", (0.3, 0.3, 0.3, 1.0), normal=Image(encode_png(code, {})))
        return int(render_scene(build([(floor, painted)]), above, SIZE, sky_at(8.0, 40.0, 81))[60, 80, 1])

    east, west, level = brightness(200, 128), brightness(56, 128), brightness(128, 128)
    assert (west > level > east) if mirrored else (east > level > west)
    noon_side, far_side = brightness(128, 56), brightness(128, 200)
    assert noon_side > far_side


def test_transparent_surfaces_mix_with_what_is_behind(wall: Callable[[float, float], Mesh], build: Build) -> None:
    glass = Material("glass", (0.8, 0.05, 0.05, 0.5), alpha_mode=AlphaMode.BLEND)
    behind = wall(4.0, 0.0)
    plain = render_scene(build([(behind, BLUE)]), CAMERA, SIZE, SKY).astype(int)[60, 80]
    mixed = render_scene(build([(wall(1.0, 2.0), glass), (behind, BLUE)]), CAMERA, SIZE, SKY).astype(int)[60, 80]
    hidden = render_scene(build([(wall(1.0, -2.0), glass), (behind, BLUE)]), CAMERA, SIZE, SKY).astype(int)[60, 80]
    assert mixed[0] > plain[0] + 20
    assert mixed[2] > 40
    np.testing.assert_allclose(hidden, plain, atol=2)


def test_distance_fades_into_haze(wall: Callable[[float, float], Mesh], build: Build) -> None:
    black = Material("black", (0.0, 0.0, 0.0, 1.0))
    near = render_scene(build([(wall(4.0, 0.0), black)]), CAMERA, SIZE, SKY)[60, 80]
    far = render_scene(build([(wall(4000.0, -6000.0), black)]), CAMERA, SIZE, SKY)[60, 80]
    assert near.max() < 20
    assert far.min() > 40


def test_a_scene_brings_its_own_sun(wall: Callable[[float, float], Mesh], build: Build) -> None:
    lit, dim = (
        render_scene(
            build([(wall(4.0, 0.0), RED)], sun=Sun((0.0, -0.6, direction), (1.0, 1.0, 1.0), 1e5)), CAMERA, SIZE
        )[60, 80, 0]
        for direction in (-0.8, 0.8)
    )
    assert lit > dim + 20


def test_night_is_darker_than_day(wall: Callable[[float, float], Mesh], build: Build) -> None:
    scene = build([(wall(4.0, 0.0), RED)])
    day, night = (render_scene(scene, CAMERA, SIZE, sky_at(hour)).mean() for hour in (12.0, 0.0))
    assert 5 < night < 0.8 * day


def test_thousands_of_instances_are_drawn(wall: Callable[[float, float], Mesh], build: Build) -> None:
    x, y = np.meshgrid(np.arange(40.0), np.arange(30.0))
    places = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)
    scene = build([(wall(0.45, 0.0), RED)], places)
    camera = framed(scene_bounds(scene), heading_deg=0.0, pitch_deg=0.0, aspect=4.0 / 3.0)
    picture = render_scene(scene, camera, SIZE, SKY).astype(int)
    red = np.count_nonzero(picture[..., 0] > 2 * picture[..., 2])
    distance = camera.position[2]
    pixels_per_m = camera.focal_px(SIZE[1]) / distance
    assert red == pytest.approx(40 * 30 * 0.81 * pixels_per_m**2, rel=0.12)


@pytest.mark.parametrize(("size_px", "samples"), [((8, 100), 1), ((100, 5000), 1), ((100, 100), 3)])
def test_sizes_out_of_range_are_refused(size_px: tuple[int, int], samples: int) -> None:
    with pytest.raises(InvalidRequestError, match=r"size_px|samples"):
        render_scene(Scene("s", (), (), ()), CAMERA, size_px, SKY, samples=samples)
