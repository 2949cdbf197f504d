import numpy as np
import pytest

from engine.geometry.rotation import rotated
from engine.geometry.scene import Material
from engine.geometry.soundness import check_instances, check_model
from engine.levels.building.scene import CLASSES, FLOOR, WALL, build_level, material_requests
from engine.levels.building.things import model_of
from engine.levels.grid import Grid, from_rows
from engine.requests.level import LevelStyle, Tile

MATERIALS = {FLOOR: Material("floor"), WALL: Material("wall")}


def test_everything_stands_where_the_grid_says(locked_level: Grid) -> None:
    scene = build_level(locked_level, ((1, 1), (2, 1)), MATERIALS)
    placed = {each.name: each for each in scene.instances}
    assert set(placed) == {
        *("floor", "wall", "pit", "red_door", "blue_door", "red_key", "blue_key"),
        *("enemy", "loot", "start", "exit"),
    }
    # Column 1, row 1 of ten cells of 2 m around the origin.
    assert placed["start"].translation.tolist() == [[-7.0, 0.0, -7.0]]
    facts = scene.extras["morphogen"]
    assert isinstance(facts, dict)
    assert facts["witness_path_m"] == [[-7.0, -7.0], [-5.0, -7.0]]
    for index, each in enumerate(scene.instances):
        check_instances(scene, each, f"instances.{index}")
        check_model(scene, scene.models[each.model])


def test_doors_stand_across_the_way() -> None:
    scene = build_level(from_rows(("######", "#@.+.#", "##+###", "#....#", "#...>#", "######")), (), MATERIALS)
    (doors,) = [each for each in scene.instances if each.name == "door"]
    # A door closes the way along z; the first one lies between east and west and is turned.
    broad = rotated(doors.rotation, np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(np.abs(broad), [[0, 0, 1], [1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("tile", list(Tile))
def test_things_stand_on_the_floor_inside_of_their_cell(tile: Tile) -> None:
    mesh = model_of(tile)
    if tile in (Tile.VOID, Tile.WALL, Tile.FLOOR, Tile.HAZARD):
        assert mesh is None
        return
    assert mesh is not None
    low, high = mesh.bounds()
    assert low[1] >= -0.01
    assert np.abs(np.stack([low, high])[:, [0, 2]]).max() <= 1.001
    assert mesh.triangle_count < 1000


def test_every_style_has_materials_of_its_own() -> None:
    assert set(CLASSES) == set(LevelStyle)
    requests = material_requests(LevelStyle.CAVES, 7)
    assert {name: request.texture_class for name, request in requests.items()} == {FLOOR: "ground", WALL: "stone"}
    assert {request.seed for request in requests.values()} == {7}
