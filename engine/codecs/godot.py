"""A Godot 4 scene (.tscn, text format 3) that puts a GLB file into light: sun, sky and tone mapping.

Paths are relative to the scene, so the folder can lie anywhere in a project. Godot's glTF import does not
know EXT_mesh_gpu_instancing: write the GLB with `instanced=False`, and without the sun, which would shine twice.
"""

import json
import re
from collections.abc import Mapping

import numpy as np

from engine.geometry.rotation import rotated, rotation_onto
from engine.geometry.scene import Sun

FULL_DAYLIGHT_LUX = 100_000.0
"""What energy 1 means: Godot's own default with physical light units, and plain full sun without them."""

_BACKGROUND_SKY, _AMBIENT_FROM_SKY, _FILMIC = 2, 3, 2


def write_godot_scene(
    name: str, glb_file: str, provenance: Mapping[str, str], sun: Sun | None = None, sky_file: str | None = None
) -> bytes:
    """The .tscn file.

    name        of the root node; characters that Godot does not allow become underscores
    glb_file    name of the GLB file, which must lie beside the scene
    provenance  becomes the root node's metadata "provenance"
    sun         None: no light
    sky_file    name of a 2:1 panorama beside the scene; None: no environment

    Equal arguments give equal bytes.
    """
    resources = [f'[ext_resource type="PackedScene" path={_quoted(glb_file)} id="1"]']
    nodes = [
        f'[node name={_quoted(_node_name(name))} type="Node3D"]\nmetadata/provenance = {_dictionary(provenance)}',
        '[node name="Model" parent="." instance=ExtResource("1")]',
    ]
    if sun is not None:
        nodes.append(_sun_node(sun))
    if sky_file is not None:
        resources += _sky_resources(sky_file)
        head = '[node name="WorldEnvironment" type="WorldEnvironment" parent="."]'
        nodes.append(f'{head}\nenvironment = SubResource("Environment")')
    head = f"[gd_scene load_steps={len(resources) + 1} format=3]"
    return ("\n\n".join([head, *resources, *nodes]) + "\n").encode()


def _sun_node(sun: Sun) -> str:
    """The light's node: it shines along its own -Z. Colors are sRGB in Godot."""
    rotation = np.asarray(rotation_onto((0.0, 0.0, -1.0), sun.direction))
    basis = rotated(rotation, np.eye(3)).T  # columns are the turned axes; the file lists rows
    linear = np.clip(sun.color, 0, 1)
    color = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "\n".join(
        [
            '[node name="Sun" type="DirectionalLight3D" parent="."]',
            f"transform = Transform3D({_numbers(basis.reshape(-1))}, 0, 0, 0)",
            f"light_color = Color({_numbers(color)}, 1)",
            f"light_energy = {_numbers([sun.illuminance / FULL_DAYLIGHT_LUX])}",
            "shadow_enabled = true",
        ]
    )


def _sky_resources(sky_file: str) -> list[str]:
    """The panorama, its sky, and the environment that shows it and takes its light from it."""
    return [
        f'[ext_resource type="Texture2D" path={_quoted(sky_file)} id="2"]',
        '[sub_resource type="PanoramaSkyMaterial" id="SkyMaterial"]\npanorama = ExtResource("2")',
        '[sub_resource type="Sky" id="Sky"]\nsky_material = SubResource("SkyMaterial")',
        "\n".join(
            [
                '[sub_resource type="Environment" id="Environment"]',
                f"background_mode = {_BACKGROUND_SKY}",
                'sky = SubResource("Sky")',
                f"ambient_light_source = {_AMBIENT_FROM_SKY}",
                f"tonemap_mode = {_FILMIC}",
            ]
        ),
    ]


def _node_name(name: str) -> str:
    """`name` without what separates nodes and properties in Godot's paths."""
    return re.sub(r'[.:@/"%\x00-\x1f]', "_", name) or "Scene"


def _quoted(text: str) -> str:
    """A string as the text format has it; JSON's escapes are among its own."""
    return json.dumps(text, ensure_ascii=False)


def _dictionary(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in values.items()) + "}"


def _numbers(values: object) -> str:
    """Numbers with seven digits, as single floats have them."""
    return ", ".join(f"{value + 0.0:.7g}" for value in np.asarray(values, np.float64).tolist())
