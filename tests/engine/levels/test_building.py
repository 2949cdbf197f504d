from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.geometry.mesh import Mesh
from engine.geometry.soundness import check_mesh
from engine.levels.building import BASIN_M, CELL_M, LINTEL_M, WALL_M, floor_mesh, hazard_mesh, middle_of, walls_mesh
from engine.levels.corpus.maker import make_level
from engine.levels.grid import Grid, from_rows, ground
from engine.requests.level import Tile

ROOM = from_rows(("#####", "#.~.#", "#.+.#", "#..##", "###  "))


def facing(mesh: Mesh) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of the triangles [n, 3] and twice their area along the way they face [n, 3]."""
    corner = mesh.position[mesh.triangle].astype(np.float64)
    return corner.mean(axis=1), np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])


def cell_at(x: float, z: float, size: int) -> tuple[int, int]:
    return int(np.floor(z / CELL_M + size / 2)), int(np.floor(x / CELL_M + size / 2))


@pytest.fixture(params=[0, 1, 2, 3])
def level(request: pytest.FixtureRequest) -> Grid:
    return make_level(request.param, 24).grid


@pytest.mark.parametrize("build", [floor_mesh, walls_mesh])
def test_meshes_are_sound_and_face_the_way_their_normals_say(level: Grid, build: Callable[[Grid], Mesh]) -> None:
    mesh = build(level)
    check_mesh(mesh, "level", textured=True)
    _, area = facing(mesh)
    unit = area / np.linalg.norm(area, axis=1, keepdims=True)
    assert (np.einsum("ni,ni->n", unit, mesh.normal[mesh.triangle[:, 0]]) > 0.999).all()


def test_the_floor_covers_the_ground_and_nothing_else(level: Grid) -> None:
    middle, area = facing(floor_mesh(level))
    dry = ground(level) & (level != Tile.HAZARD)
    assert np.abs(area).sum() / 2 == pytest.approx(dry.sum() * CELL_M**2)
    assert all(dry[cell_at(x, z, len(level))] for x, _, z in middle)


def test_walls_stand_between_solid_and_open_cells(level: Grid) -> None:
    middle, area = facing(walls_mesh(level))
    upright = np.abs(area[:, 1]) < 1e-6
    solid = level == Tile.WALL
    for place, towards in zip(
        middle[upright], area[upright] / np.linalg.norm(area[upright], axis=1)[:, None], strict=True
    ):
        inside, outside = place - 0.3 * towards, place + 0.3 * towards
        row, column = cell_at(outside[0], outside[2], len(level))
        if 0 < place[1] < LINTEL_M:
            assert solid[cell_at(inside[0], inside[2], len(level))]
            assert not (0 <= row < len(level) and 0 <= column < len(level) and solid[row, column])


def test_no_wall_is_in_a_players_way_on_the_ground(level: Grid) -> None:
    middle, area = facing(walls_mesh(level))
    upright = np.abs(area[:, 1]) < 1e-6
    walkable = ground(level)
    for x, _, z in middle[upright & (middle[:, 1] < LINTEL_M - 0.1) & (middle[:, 1] > 0)]:
        row, column = (z / CELL_M + len(level) / 2, x / CELL_M + len(level) / 2)
        on_an_edge = min(abs(row - round(row)), abs(column - round(column))) < 1e-6
        assert on_an_edge or not walkable[int(row), int(column)]


def test_hazards_lie_in_basins_with_rims() -> None:
    surface = hazard_mesh(ROOM)
    assert surface is not None
    np.testing.assert_allclose(surface.position[:, 1], -BASIN_M)
    assert facing(surface)[1][:, 1].sum() / 2 == pytest.approx(CELL_M**2)
    walls = walls_mesh(ROOM)
    middle, area = facing(walls)
    rim = (middle[:, 1] < 0) & (np.abs(area[:, 1]) < 1e-6)
    assert np.linalg.norm(area[rim], axis=1).sum() / 2 == pytest.approx(4 * CELL_M * BASIN_M)
    assert hazard_mesh(np.full((16, 16), Tile.FLOOR, np.uint8)) is None


def test_above_a_door_the_wall_goes_on() -> None:
    middle, area = facing(walls_mesh(ROOM))
    x, z = middle_of(2, 2, 5)
    above = (
        (np.abs(middle[:, 0] - x) <= CELL_M / 2) & (np.abs(middle[:, 2] - z) <= CELL_M / 2) & (middle[:, 1] > LINTEL_M)
    )
    upright = above & (np.abs(area[:, 1]) < 1e-6) & (np.abs(middle[:, 1] - 0.5 * (LINTEL_M + WALL_M)) < 0.3)
    assert np.linalg.norm(area[upright], axis=1).sum() / 2 == pytest.approx(4 * CELL_M * (WALL_M - LINTEL_M))


def test_ground_is_darker_beside_walls() -> None:
    mesh = floor_mesh(from_rows(("#####", "#...#", "#...#", "#...#", "#####")))
    assert mesh.color is not None
    light = mesh.color[:, 0].astype(float)
    middle = (np.abs(mesh.position[:, [0, 2]]) < 1.1).all(axis=1)
    assert light[middle].min() == 255
    assert light[~middle].max() < 255
