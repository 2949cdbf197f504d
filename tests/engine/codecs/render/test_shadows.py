from collections.abc import Callable

import numpy as np

from engine.codecs.render.camera import Camera
from engine.codecs.render.shadows import lit_share, shadow_maps
from engine.codecs.render.soup import gather
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Material, Scene

UP = np.array([0.0, 1.0, 0.0], np.float32)


def test_a_roof_shades_what_is_under_it_along_the_light(quad: Callable[..., Mesh], build: Callable[..., Scene]) -> None:
    roof = quad([(-1, 2, 1), (1, 2, 1), (1, 2, -1), (-1, 2, -1)])
    floor = quad([(-8, 0, 8), (8, 0, 8), (8, 0, -8), (-8, 0, -8)])
    soup = gather(build([(roof, Material("r")), (floor, Material("f"))]), Camera((0, 5, 9), (0, 0, 0)), beside=True)
    x, z = np.meshgrid(np.linspace(-6, 6, 61), np.linspace(-6, 6, 61))
    point = np.stack([x, np.zeros_like(x), z], axis=-1).reshape(-1, 3).astype(np.float32)
    to_light = np.array([0.6, 0.8, 0.0], np.float32)
    maps = shadow_maps(soup, point, np.linalg.norm(point, axis=1), to_light, 512)
    share = lit_share(maps, point, np.tile(UP, (len(point), 1))).reshape(x.shape)
    shifted = x + 1.5  # the roof is 2 m up: its shadow falls 1.5 m to the west
    deep = (np.abs(shifted) < 0.85) & (np.abs(z) < 0.85)
    far = (np.abs(shifted) > 1.15) | (np.abs(z) > 1.15)
    assert (share[deep] == 0.0).all()
    assert (share[far] == 1.0).all()


def test_without_casters_everything_is_lit() -> None:
    point = np.zeros((4, 3), np.float32)
    soup = gather(Scene("s", (), (), ()), Camera((0, 0, 1), (0, 0, 0)))
    maps = shadow_maps(soup, point, np.ones(4, np.float32), UP, 64)
    assert maps == ()
    assert (lit_share(maps, point, np.tile(UP, (4, 1))) == 1.0).all()
