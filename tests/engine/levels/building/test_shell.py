import numpy as np

from engine.geometry.mesh import Mesh
from engine.levels.building.shell import CELL_M, PIT_M, WALL_M, place_of, shell_of
from engine.levels.grid import Grid, ground
from engine.requests.level import Tile


def facing(mesh: Mesh) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The direction of every triangle, by the order of its corners, as long as twice its area."""
    corner = mesh.position.astype(np.float64)[mesh.triangle]
    return np.asarray(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))


def test_floor_covers_every_cell_of_ground_but_pits(locked_level: Grid) -> None:
    shell = shell_of(locked_level)
    up = facing(shell.floor)
    flat = up[up[:, 1] > 1e-6]
    pits = int((locked_level == Tile.HAZARD).sum())
    assert flat[:, 1].sum() / 2 == np.float64(CELL_M**2 * (int(ground(locked_level).sum()) - pits))
    assert shell.pit is not None
    assert facing(shell.pit)[:, 1].sum() / 2 == CELL_M**2 * pits
    assert shell.pit.position[:, 1].max() == np.float32(-PIT_M)


def test_normals_agree_with_the_triangles_and_have_length_one(locked_level: Grid) -> None:
    shell = shell_of(locked_level)
    for mesh in (shell.floor, shell.wall, shell.pit):
        assert mesh is not None
        np.testing.assert_allclose(np.linalg.norm(mesh.normal, axis=1), 1.0, atol=1e-6)
        along = np.einsum("ta,ta->t", facing(mesh), mesh.normal[mesh.triangle[:, 0]])
        assert (along > 0).all()


def test_walls_are_closed_towards_every_side_but_below(locked_level: Grid) -> None:
    wall = shell_of(locked_level).wall
    assert wall is not None
    total = facing(wall).sum(axis=0)
    np.testing.assert_allclose(total[[0, 2]], 0.0, atol=1e-6)
    assert wall.position[:, 1].max() == np.float32(WALL_M)


def test_row_zero_lies_in_the_north_and_the_middle_at_the_origin() -> None:
    places = place_of(4, np.array([0, 3]), np.array([0, 3]))
    assert places.tolist() == [[-3.0, 0.0, -3.0], [3.0, 0.0, 3.0]]


def test_level_without_walls_has_none() -> None:
    shell = shell_of(np.full((4, 4), Tile.FLOOR, np.uint8))
    assert (shell.wall, shell.pit) == (None, None)
    assert shell.floor.triangle_count == 32
