"""Scenes, levels and pieces of a world: true scale, materials, instances, provenance."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector
from rendering import add_sun, render


def root_of(name: str) -> Any:
    return bpy.data.collections[name].objects[name]


def width_m(each: Any) -> float:
    """Along X, in the world."""
    bpy.context.view_layer.update()
    corners = [each.matrix_world @ Vector(corner) for corner in each.bound_box]
    return float(max(corner.x for corner in corners) - min(corner.x for corner in corners))


def generate_scene(settings: Any, extent_m: float) -> Any:
    assert bpy.ops.morphogen.read_catalog() == {"FINISHED"}
    sliders = {slider.key: slider for slider in settings.sliders if slider.kind == "scene"}
    sliders["extent_m"].used, sliders["extent_m"]["value"] = True, extent_m
    settings.kind, settings.biomes, settings.seed, settings.texture_px = "SCENE", "forest:1, alpine:0.2", 7, "512"
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    return root_of("forest 7")


def test_scene_has_its_true_size_its_light_and_only_the_finest_models(settings: Any, pictures: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    root = generate_scene(settings, 128.0)
    assert bpy.context.view_layer.objects.active == cube
    assert cube.select_get()
    objects = bpy.data.collections["forest 7"].objects
    terrain = next(each for each in objects if each.name.startswith("terrain"))
    assert width_m(terrain) == pytest.approx(128.0, abs=0.5)
    assert [each.name for each in bpy.data.objects if "_lod" in each.name] == []
    trees = [each for each in objects if each.name.startswith("broadleaf_tree_0") and each.type == "MESH"]
    assert len(trees) > 1
    assert len({tree.data.name for tree in trees}) == 1
    assert all(each == root or each.parent is not None for each in objects)
    (sun,) = (each for each in objects if each.type == "LIGHT")
    assert 1.0 < sun.data.energy < 10.0
    assert bpy.context.scene.world.name == "forest 7 sky"
    assert json.loads(root["morphogen_request"])["landscape"]["biomes"] == {"alpine": 0.2, "forest": 1.0}
    assert "CC0" in root["morphogen_training_licences"]
    assert set(bpy.context.scene.keys()) <= {"morphogen", "cycles"}
    cube.hide_render = True
    picture = render(pictures / "scene.png", (-90.0, -95.0, 75.0), (0.0, 0.0, 20.0))
    land = picture[picture[..., 3] > 0.9]
    assert len(land) > 20000
    assert 0.05 < float(np.median(land[:, 1])) < 0.8
    assert land[:, 1].mean() > land[:, 2].mean()


def test_scene_keeps_its_size_in_a_scene_of_centimeters(settings: Any) -> None:
    bpy.context.scene.unit_settings.scale_length = 0.01
    generate_scene(settings, 64.0)
    terrain = next(each for each in bpy.data.objects if each.name.startswith("terrain"))
    assert width_m(terrain) * 0.01 == pytest.approx(64.0, abs=0.5)


def test_level_stands_as_its_cells_say(settings: Any, pictures: Path) -> None:
    settings.kind, settings.seed, settings.level_size, settings.style = "LEVEL", 3, 16, "rooms"
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    collection, root = bpy.data.collections["level 3"], root_of("level 3")
    cells = "".join(json.loads(root["morphogen_rows"]))
    floor, walls = collection.objects["floor"], collection.objects["walls"]
    assert len(floor.data.polygons) == sum(cell not in " #~" for cell in cells)
    assert all(polygon.normal.z > 0.99 and polygon.area == pytest.approx(4.0) for polygon in floor.data.polygons)
    assert max(vertex.co.z for vertex in walls.data.vertices) == 3.0
    assert floor.data.materials[0].name == "level 3 floor"
    enemies = [each for each in collection.objects if each.instance_collection and each.name.startswith("enemy")]
    assert len(enemies) == cells.count("e")
    assert len({each.instance_collection.name for each in enemies}) <= 1
    start = next(each for each in collection.objects if each.name == "start")
    column, row = json.loads(root["morphogen_witness_path"])[0]
    assert tuple(start.location) == pytest.approx(((column + 0.5 - 8) * 2.0, (8 - row - 0.5) * 2.0, 0.0))
    add_sun()
    picture = render(pictures / "level.png", (0.0, -26.0, 26.0), (0.0, -2.0, 0.0))
    assert (picture[..., 3] > 0.9).mean() > 0.3


def test_walls_look_into_the_open(settings: Any) -> None:
    settings.kind, settings.seed, settings.level_size = "LEVEL", 3, 16
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    rows = json.loads(root_of("level 3")["morphogen_rows"])
    for polygon in bpy.data.objects["walls"].data.polygons:
        if polygon.normal.z > 0.5:
            continue
        seen = polygon.center + polygon.normal
        assert rows[int(8 - seen.y / 2.0)][int(seen.x / 2.0 + 8)] not in " #"


def test_chunks_of_a_world_join_and_their_props_are_instances(settings: Any, pictures: Path) -> None:
    settings.kind, settings.seed, settings.biomes = "WORLD", 5, "forest"
    settings.edge_count, settings.vertices, settings.prop_limit = 2, "129", 300
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    root = root_of("forest world 5")
    chunks = sorted(
        (each for each in bpy.data.objects if each.name.startswith("chunk ") and each.type == "MESH"),
        key=lambda each: (each.location.y, each.location.x),
    )
    assert len(chunks) == 4
    assert chunks[1].location.x - chunks[0].location.x == pytest.approx(512.0)
    assert chunks[2].location.y - chunks[0].location.y == pytest.approx(512.0)
    assert sum(chunk.location.x for chunk in chunks) == pytest.approx(0.0)
    assert all(chunk.parent == root and len(chunk.data.materials) == 1 for chunk in chunks)
    east = {(round(v.co.y, 2), round(v.co.z, 3)) for v in chunks[0].data.vertices if abs(v.co.x - 256.0) < 0.01}
    west = {(round(v.co.y, 2), round(v.co.z, 3)) for v in chunks[1].data.vertices if abs(v.co.x + 256.0) < 0.01}
    assert len(east & west) >= 129
    groups = {
        node.node_tree.name
        for chunk in chunks
        for node in chunk.data.materials[0].node_tree.nodes
        if node.type == "GROUP"
    }
    assert len(groups) == 1
    props = [each for each in bpy.data.objects if each.instance_type == "COLLECTION"]
    assert 1000 < len(props) <= 1200
    assert {each.instance_collection.objects[0].type for each in props} == {"MESH"}
    assert max(abs(each.location.x) for each in props) <= 512.0
    norths = [each.location.y for each in props]
    assert min(norths) < -200.0
    assert max(norths) > 200.0
    add_sun()
    picture = render(pictures / "world.png", (-300.0, -420.0, 220.0), (0.0, 0.0, 20.0))
    assert (picture[..., 3] > 0.9).mean() > 0.4


def test_props_stand_on_the_ground(settings: Any) -> None:
    settings.kind, settings.seed, settings.biomes = "WORLD", 5, "forest"
    settings.vertices, settings.prop_limit = "257", 60
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    bpy.context.view_layer.update()
    (chunk,) = (each for each in bpy.data.objects if each.name.startswith("chunk ") and each.type == "MESH")
    gaps = []
    for prop in (each for each in bpy.data.objects if each.instance_type == "COLLECTION"):
        begin = chunk.matrix_world.inverted() @ (prop.matrix_world.translation + Vector((0.0, 0.0, 500.0)))
        hit, place, _, _ = chunk.ray_cast(begin, Vector((0.0, 0.0, -1.0)))
        if hit:
            gaps.append((chunk.matrix_world @ place).z - prop.matrix_world.translation.z)
    assert len(gaps) > 30
    assert float(np.median(np.abs(gaps))) < 0.5
