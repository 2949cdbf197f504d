"""Materials: nodes, pictures, provenance, who wears them, what is refused."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from rendering import add_sun, render


def generate(settings: Any, **wanted: Any) -> Any:
    settings.kind = "MATERIAL"
    for name, value in wanted.items():
        setattr(settings, name, value)
    before = {material.session_uid for material in bpy.data.materials}
    assert bpy.ops.morphogen.generate() == {"FINISHED"}
    (material,) = (material for material in bpy.data.materials if material.session_uid not in before)
    return material


def source(node: Any, socket: str) -> str:
    """What feeds this input, through the nodes between."""
    link = node.inputs[socket].links[0]
    return f"{link.from_node.type}.{link.from_socket.name}"


def test_maps_go_where_they_belong(settings: Any) -> None:
    material = generate(settings, texture_class="brick", seed=7, size_px="128", tiles=3.0, displacement_m=0.02)
    nodes = {node.name: node for node in material.node_tree.nodes}
    shader = next(node for node in nodes.values() if node.type == "BSDF_PRINCIPLED")
    mix = shader.inputs["Base Color"].links[0].from_node
    assert (mix.type, mix.blend_type) == ("MIX", "MULTIPLY")
    assert {link.from_node.name for socket in mix.inputs for link in socket.links} == {"albedo", "ambient_occlusion"}
    assert shader.inputs["Metallic"].links[0].from_node.name == "metallic"
    assert shader.inputs["Roughness"].links[0].from_node.name == "roughness"
    assert source(shader, "Normal") == "NORMAL_MAP.Normal"
    assert shader.inputs["Normal"].links[0].from_node.inputs["Color"].links[0].from_node.name == "normal"
    output = next(node for node in nodes.values() if node.type == "OUTPUT_MATERIAL")
    displacement = output.inputs["Displacement"].links[0].from_node
    assert displacement.inputs["Scale"].default_value == pytest.approx(0.02)
    assert displacement.inputs["Height"].links[0].from_node.name == "height"
    assert material.displacement_method == "DISPLACEMENT"
    assert tuple(nodes["Tiles"].inputs["Scale"].default_value) == (3.0, 3.0, 1.0)
    for name in ("albedo", "ambient_occlusion", "metallic", "roughness", "normal", "height"):
        image = nodes[name].image
        assert tuple(image.size) == (128, 128)
        assert image.packed_file is not None
        assert image.colorspace_settings.name == ("sRGB" if name == "albedo" else "Non-Color")


def test_height_keeps_its_16_bits(settings: Any) -> None:
    image = generate(settings, size_px="64").node_tree.nodes["height"].image
    pixels = np.empty(4 * 64 * 64, np.float32)
    image.pixels.foreach_get(pixels)
    assert len(np.unique(np.rint(pixels[::4] * 65535.0))) > 300


def test_without_displacement_the_surface_stays_where_it_is(settings: Any) -> None:
    material = generate(settings, size_px="64", displacement_m=0.0)
    output = next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
    assert not output.inputs["Displacement"].is_linked
    assert material.displacement_method == "BUMP"


def test_it_is_told_where_a_material_comes_from(settings: Any) -> None:
    material = generate(settings, texture_class="stone", seed=11, size_px="64")
    assert material.name == "stone 11"
    assert json.loads(material["morphogen_request"])["seed"] == 11
    assert material["morphogen_generator"].startswith("texgen/")
    assert len(material["morphogen_weights_sha256"]) == 64
    assert material["morphogen_digital_source_type"].endswith("/trainedAlgorithmicMedia")


def test_selected_meshes_wear_it(settings: Any) -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    material = generate(settings, size_px="64", assigned=True)
    assert [slot.material for slot in cube.material_slots] == [material]
    other = generate(settings, size_px="64", seed=2, assigned=True)
    assert [slot.material for slot in cube.material_slots] == [other]
    generate(settings, size_px="64", seed=3, assigned=False)
    assert [slot.material for slot in cube.material_slots] == [other]


def test_sliders_have_the_ranges_of_the_catalog_and_are_obeyed(settings: Any) -> None:
    assert bpy.ops.morphogen.read_catalog() == {"FINISHED"}
    sliders = {slider.key: slider for slider in settings.sliders if slider.kind == "texture"}
    shown = sliders["relief"].id_properties_ui("value").as_dict()
    assert (shown["min"], shown["max"]) == (0.0, 8.0)
    sliders["roughness"].used, sliders["roughness"]["value"] = True, 0.2
    material = generate(settings, texture_class="metal", size_px="64")
    request = json.loads(material["morphogen_request"])
    assert request["attributes"] == {"roughness": 0.2}
    assert bpy.ops.morphogen.read_catalog() == {"FINISHED"}
    again = next(slider for slider in settings.sliders if (slider.kind, slider.key) == ("texture", "roughness"))
    assert (again.used, again["value"]) == (True, 0.2)


def test_refusal_names_field_and_what_is_allowed_and_leaves_nothing(settings: Any) -> None:
    settings.kind, settings.texture_class = "MATERIAL", "marshmallow"
    before = len(bpy.data.materials), len(bpy.data.images)
    with pytest.raises(RuntimeError, match=r"texture_class: 'marshmallow' is not allowed; allowed: .*stone, "):
        bpy.ops.morphogen.generate()
    assert (len(bpy.data.materials), len(bpy.data.images)) == before


def test_one_undo_takes_it_away_and_redo_brings_it_back(settings: Any) -> None:
    settings.kind, settings.size_px = "MATERIAL", "64"
    bpy.ops.ed.undo_push(message="before")
    generate(settings)
    bpy.ops.ed.undo_push(message="Generate")  # what Blender does itself after an operator that was called by a person
    assert "brick 1" in bpy.data.materials
    bpy.ops.ed.undo()
    assert "brick 1" not in bpy.data.materials
    bpy.ops.ed.redo()
    assert bpy.data.materials["brick 1"].node_tree.nodes["albedo"].image.size[0] == 64


def test_ball_shows_bricks(settings: Any, pictures: Path) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48)
    bpy.ops.object.shade_smooth()
    generate(settings, texture_class="brick", seed=7, size_px="512", tiles=2.0, assigned=True)
    add_sun()
    picture = render(pictures / "material.png", (0.0, -4.0, 1.2), (0.0, 0.0, 0.0))
    ball = picture[..., 3] > 0.99
    assert 0.2 < ball.mean() < 0.6
    red, green, blue = (picture[..., channel][ball] for channel in range(3))
    assert red.mean() > 1.2 * blue.mean()
    assert green.std() > 0.05
