"""The scene's geometry: land in pieces that meet, a plinth under its edge, the world around it in pictures."""

import numpy as np
import pytest

from engine.generators.scene.assembly import _terrain, cells_of, ground_of
from engine.generators.scene.plinth import plinth_mesh
from engine.generators.scene.surroundings import VIEWS, _land_around, level_sheet, viewpoint
from engine.generators.terrain.biomes import GROUNDS
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import Ground, Land
from engine.geometry.mesh import Mesh
from engine.geometry.scene import Lod, Model, Primitive, Scene
from engine.geometry.soundness import check_mesh
from engine.requests.landscape import COORDINATE_MAX_CELLS, Landscape
from engine.requests.scene import SceneRequest


@pytest.fixture(scope="module")
def land(decoders: Decoders) -> Land:
    return Land(decoders, Landscape(5, {"alpine": 1.0}))


@pytest.fixture(scope="module")
def ground(land: Land) -> Ground:
    return land.ground(-96, -96, 193, 193)


def area_vectors(mesh: Mesh) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    corner = mesh.position[mesh.triangle].astype(np.float64)
    result: np.ndarray[tuple[int, int], np.dtype[np.float64]] = np.cross(
        corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    )
    return result / 2


def test_pieces_of_terrain_meet_and_only_inner_edges_have_skirts(ground: Ground) -> None:
    models = _terrain(ground, 2.0)
    assert len(models) == 4
    edge_m = 192.0
    for model in models:
        for lod in model.lods:
            mesh = lod.primitives[0].mesh
            check_mesh(mesh, model.name, textured=True)
            used = mesh.position[np.unique(mesh.triangle)]
            area = area_vectors(mesh)
            upright = np.abs(area[:, 1]) < 1e-9
            middle = mesh.position[mesh.triangle].mean(axis=1)
            outermost = (np.abs(np.abs(middle[:, [0, 2]]) - edge_m) < 1e-3).any(axis=1)
            assert not (upright & outermost).any()
            assert (upright & ~outermost).any()
            assert (np.abs(used[:, [0, 2]]) <= edge_m + 1e-3).all()
    flat = sum(area_vectors(model.lods[0].primitives[0].mesh)[:, 1].sum() for model in models)
    assert flat == pytest.approx((2 * edge_m) ** 2, rel=1e-6)


def test_the_plinth_is_closed_against_the_land(ground: Ground) -> None:
    mesh = plinth_mesh(ground.height_m, 2.0)
    check_mesh(mesh, "plinth", textured=False)
    area = area_vectors(mesh)
    unit = area / np.linalg.norm(area, axis=1, keepdims=True)
    assert (np.einsum("ni,ni->n", unit, mesh.normal[mesh.triangle[:, 0]]) > 0.99).all()
    top = {tuple(place) for place in mesh.position.round(3).tolist()}
    for row, column in ((0, 0), (0, 77), (192, 192), (100, 0), (33, 192)):
        corner = (column * 2.0 - 192.0, float(ground.height_m[row, column]), row * 2.0 - 192.0)
        assert tuple(np.array(corner, np.float32).round(3).tolist()) in top
    assert float(mesh.position[:, 1].min()) < float(ground.height_m.min()) - 10.0


def test_scenes_lie_on_even_cells_around_the_place_asked_for(land: Land) -> None:
    request = SceneRequest(land.landscape, 130.0, x_m=1003.0, z_m=-517.0)
    assert cells_of(request) == 64
    ground = ground_of(land, request)
    assert ground.height_m.shape == (65, 65)
    assert (ground.y + 32) % 8 == 0
    assert abs((ground.x + 32) * 2.0 - 1003.0) <= 16.0
    assert abs((ground.y + 32) * 2.0 + 517.0) <= 16.0


def test_scenes_reach_to_the_ends_of_the_world(land: Land) -> None:
    farthest = (2.0**31 - 2**17) * 2.0
    for sign in (-1.0, 1.0):
        ground = ground_of(land, SceneRequest(land.landscape, 64.0, x_m=sign * farthest, z_m=-sign * farthest))
        assert abs(ground.x) > 2**31 - 2**18


@pytest.mark.parametrize("far", [0, COORDINATE_MAX_CELLS - 70_000])
def test_the_land_around_joins_the_scene_and_reaches_the_horizon(land: Land, far: int) -> None:
    ground = land.ground(far // 8 * 8, -far // 8 * 8, 129, 129)
    mesh = _land_around(land, ground, np.full((len(GROUNDS), 3), 0.2, np.float32))
    check_mesh(mesh, "surroundings", textured=True)
    assert (area_vectors(mesh)[:, 1] > 0).mean() > 0.999
    inner = mesh.position[: 4 * 64]
    rows, columns = (np.rint((inner[:, axis] + 128.0) / 2.0).astype(int) for axis in (2, 0))
    np.testing.assert_allclose(inner[:, 1], ground.height_m[rows, columns], atol=1e-3)
    assert float(np.abs(mesh.position[:, 0]).max()) > 0.8 * VIEWS[-1][1] * 256.0


def test_the_view_passes_over_hills(land: Land) -> None:
    hill = np.zeros((65, 65), np.float32)
    hill[40:60, 5:25] = 80.0  # between the corner where the viewer stands and the middle
    flat = land.ground(0, 0, 65, 65)
    ground = Ground(0, 0, hill, flat.masks, flat.splat, {})
    model = Model("surroundings", (Lod((Primitive(level_sheet(1000.0, -5.0), 0),)),))
    camera = viewpoint(Scene("s", (), (model,), ()), ground, 128.0)
    eye, target = np.array(camera.position), np.array(camera.target)
    for share in np.linspace(0.0, 0.6, 20):
        x, y, z = eye + share * (target - eye)
        row, column = round((z + 64.0) / 2.0), round((x + 64.0) / 2.0)
        assert y > hill[row, column]
