"""What land wears: four tiles, laid over one another as the chunk's picture of shares says; and water."""

from collections.abc import Mapping

import bpy

from .material import nodes_of, packed_image

TILE_M = 12.0
"""Edge of a tile on the ground: large, because land is seen from afar."""

_WATER_COLOR = (0.012, 0.03, 0.035, 1.0)


def new_tiles(name: str, png: Mapping[str, bytes]) -> bpy.types.NodeTree:
    """A node group: texture coordinates in meters and shares of all tiles but the first -> color.

    png  the tiles, at most four, the first one where no other one has a share
    """
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    interface = group.interface
    interface.new_socket("Meters", in_out="INPUT", socket_type="NodeSocketVector")
    interface.new_socket("Shares", in_out="INPUT", socket_type="NodeSocketColor")
    interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    given, made = _node(group, "NodeGroupInput", -1200, 0), _node(group, "NodeGroupOutput", 700, 0)
    scaled = _node(group, "ShaderNodeVectorMath", -1000, 0)
    scaled.operation = "SCALE"
    scaled.inputs["Scale"].default_value = 1.0 / TILE_M
    group.links.new(given.outputs["Meters"], scaled.inputs[0])
    shares = _node(group, "ShaderNodeSeparateColor", -1000, -300)
    group.links.new(given.outputs["Shares"], shares.inputs["Color"])
    color: bpy.types.NodeSocket | None = None
    for number, (tile, data) in enumerate(png.items()):
        texture = _node(group, "ShaderNodeTexImage", -700, 300 - 300 * number)
        texture.label = tile
        texture.image = packed_image(f"{name} {tile}", data, 256, colored=True)
        group.links.new(scaled.outputs["Vector"], texture.inputs["Vector"])
        if color is None:
            color = texture.outputs["Color"]
            continue
        mix = _node(group, "ShaderNodeMix", -300 + 250 * number, 0)
        mix.data_type = "RGBA"
        group.links.new(shares.outputs[number - 1], mix.inputs[0])
        group.links.new(color, mix.inputs[6])
        group.links.new(texture.outputs["Color"], mix.inputs[7])
        color = mix.outputs[2]
    assert color is not None
    group.links.new(color, made.inputs["Color"])
    return group


def new_ground(
    name: str, shares_png: bytes, vertices: int, edge_m: float, tiles: bpy.types.NodeTree
) -> bpy.types.Material:
    """The material of one chunk, whose texture coordinates run from 0 to 1 over `edge_m`."""
    material = bpy.data.materials.new(name)
    tree = nodes_of(material)
    tree.nodes.clear()
    coordinates = _node(tree, "ShaderNodeTexCoord", -900, 0)
    shares = _node(tree, "ShaderNodeTexImage", -600, -200)
    shares.label = "shares of soil, rock and snow"
    shares.image = packed_image(f"{name} ground", shares_png, vertices, colored=False)
    shares.extension = "EXTEND"
    meters = _node(tree, "ShaderNodeVectorMath", -600, 200)
    meters.operation = "SCALE"
    meters.inputs["Scale"].default_value = edge_m
    mixed = _node(tree, "ShaderNodeGroup", -250, 0)
    mixed.node_tree = tiles
    shader = _node(tree, "ShaderNodeBsdfPrincipled", 0, 0)
    shader.inputs["Roughness"].default_value = 0.95
    output = _node(tree, "ShaderNodeOutputMaterial", 350, 0)
    tree.links.new(coordinates.outputs["UV"], shares.inputs["Vector"])
    tree.links.new(coordinates.outputs["UV"], meters.inputs[0])
    tree.links.new(meters.outputs["Vector"], mixed.inputs["Meters"])
    tree.links.new(shares.outputs["Color"], mixed.inputs["Shares"])
    tree.links.new(mixed.outputs["Color"], shader.inputs["Base Color"])
    tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    return material


def new_water() -> bpy.types.Material:
    """Still, dark and smooth."""
    material = bpy.data.materials.new("sea")
    shader = nodes_of(material).nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = _WATER_COLOR
    shader.inputs["Roughness"].default_value = 0.08
    material.diffuse_color = _WATER_COLOR
    return material


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = x, y
    return node
