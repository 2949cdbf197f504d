import numpy as np
import pytest

from engine.geometry.scene import Lod, Model, Primitive, Scene
from engine.geometry.soundness import check_instances, check_mesh
from engine.levels.building import CELL_M, LINTEL_M, middle_of
from engine.levels.furniture import FURNITURE_MATERIALS, furniture, placements
from engine.levels.grid import CONTENTS, DOORS, from_rows
from engine.requests.level import Tile

ROOM = from_rows(("######", "#@.+e#", "#..#$#", "##R###", "#r.>.#", "######"))


def test_everything_that_stands_on_the_ground_has_a_model_that_fits_its_cell() -> None:
    made = furniture()
    assert set(made) == {*CONTENTS, *DOORS} - {Tile.FLOOR}
    for tile, parts in made.items():
        for mesh, material in parts:
            check_mesh(mesh, tile.name, textured=False)
            assert material in FURNITURE_MATERIALS
            low, high = mesh.bounds()
            assert (np.abs([low[[0, 2]], high[[0, 2]]]) <= CELL_M / 2 + 1e-6).all()
            assert -0.01 <= low[1] < high[1] <= LINTEL_M + 1e-6


@pytest.mark.parametrize(
    "pair", [(Tile.RED_KEY, Tile.RED_DOOR), (Tile.YELLOW_KEY, Tile.YELLOW_DOOR), (Tile.BLUE_KEY, Tile.BLUE_DOOR)]
)
def test_a_lock_has_the_color_of_its_key(pair: tuple[Tile, Tile]) -> None:
    made = furniture()
    key, door = ({material.name for _, material in made[tile]} for tile in pair)
    assert key <= door
    assert len(key) == 1


def test_every_thing_stands_in_the_middle_of_its_cell() -> None:
    for tile in furniture():
        placed = placements(ROOM, tile, 0)
        cells = np.argwhere(tile == ROOM)
        if placed is None:
            assert not len(cells)
            continue
        scene = Scene(
            "s",
            FURNITURE_MATERIALS,
            tuple(
                Model(tile.name, (Lod(tuple(Primitive(mesh, 0) for mesh, _ in furniture()[tile])),)) for _ in range(1)
            ),
            (placed,),
        )
        check_instances(scene, placed, "instances")
        expected = [middle_of(int(row), int(column), len(ROOM)) for row, column in cells]
        np.testing.assert_allclose(placed.translation[:, [0, 2]], expected)


def test_doors_turn_with_the_wall_they_stand_in() -> None:
    door, locked = placements(ROOM, Tile.DOOR, 0), placements(ROOM, Tile.RED_DOOR, 0)
    assert door is not None
    assert locked is not None
    assert abs(door.rotation[0, 1]) == pytest.approx(np.sqrt(0.5))  # in a wall from north to south
    assert locked.rotation[0, 3] == 1.0  # in one from west to east
