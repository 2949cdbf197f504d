"""The maps of a material as a material: Principled BSDF, normal map, displacement, one mapping for all pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

import bpy

MAPS = ("albedo", "ambient_occlusion", "metallic", "roughness", "normal", "height")
_MIX_FACTOR, _MIX_A, _MIX_B, _MIX_RESULT = 0, 6, 7, 2
"""Sockets of the Mix node for colors; their names are those of its other data types too."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a material lies on an object.

    tiles           repetitions along the edge of the texture coordinates
    displacement_m  how far white lies above black, in meters; 0: the height map is there, and moves nothing
    """

    tiles: float = 1.0
    displacement_m: float = 0.0


def new_material(name: str, png: Mapping[str, bytes], size_px: int, look: Look) -> bpy.types.Material:
    """A material of these PNG files by map; any of `MAPS` may be missing. The pictures are packed into the file."""
    material = bpy.data.materials.new(name)
    tree = nodes_of(material)
    tree.nodes.clear()
    coordinates = _node(tree, "ShaderNodeTexCoord", -1500, 0)
    mapping = _node(tree, "ShaderNodeMapping", -1300, 0)
    mapping.name = mapping.label = "Tiles"
    mapping.inputs["Scale"].default_value = (look.tiles, look.tiles, 1.0)
    tree.links.new(coordinates.outputs["UV"], mapping.inputs["Vector"])
    shader = _node(tree, "ShaderNodeBsdfPrincipled", 0, 300)
    output = _node(tree, "ShaderNodeOutputMaterial", 350, 300)
    tree.links.new(shader.outputs["BSDF"], output.inputs["Surface"])
    colors: dict[str, bpy.types.NodeSocket] = {}
    for row, map_name in enumerate(each for each in MAPS if each in png):
        texture = _node(tree, "ShaderNodeTexImage", -1000, 500 - 300 * row)
        texture.name = texture.label = map_name
        texture.image = packed_image(f"{name} {map_name}", png[map_name], size_px, colored=map_name == "albedo")
        tree.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
        colors[map_name] = texture.outputs["Color"]
    _connect(tree, colors, shader, output, look)
    material.displacement_method = "DISPLACEMENT" if look.displacement_m else "BUMP"
    return material


def refine(material: bpy.types.Material, png: Mapping[str, bytes], size_px: int) -> None:
    """Put finer pictures into a material that `new_material` has made; pictures that were taken out stay out."""
    for map_name, data in png.items():
        node = material.node_tree.nodes.get(map_name)
        if node is not None and node.image is not None:
            _fill(node.image, data, size_px)


def _connect(
    tree: bpy.types.NodeTree,
    colors: Mapping[str, bpy.types.NodeSocket],
    shader: bpy.types.Node,
    output: bpy.types.Node,
    look: Look,
) -> None:
    if "albedo" in colors:
        shaded = colors["albedo"]
        if "ambient_occlusion" in colors:
            mix = _node(tree, "ShaderNodeMix", -500, 450)
            mix.label = "Ambient occlusion"
            mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
            mix.inputs[_MIX_FACTOR].default_value = 1.0
            tree.links.new(shaded, mix.inputs[_MIX_A])
            tree.links.new(colors["ambient_occlusion"], mix.inputs[_MIX_B])
            shaded = mix.outputs[_MIX_RESULT]
        tree.links.new(shaded, shader.inputs["Base Color"])
    for map_name, socket in (("metallic", "Metallic"), ("roughness", "Roughness")):
        if map_name in colors:
            tree.links.new(colors[map_name], shader.inputs[socket])
    if "normal" in colors:
        normal = _node(tree, "ShaderNodeNormalMap", -500, -500)  # of OpenGL's kind, as the maps are
        tree.links.new(colors["normal"], normal.inputs["Color"])
        tree.links.new(normal.outputs["Normal"], shader.inputs["Normal"])
    if "height" in colors:
        displacement = _node(tree, "ShaderNodeDisplacement", 0, -400)
        displacement.inputs["Midlevel"].default_value = 0.5
        displacement.inputs["Scale"].default_value = look.displacement_m
        tree.links.new(colors["height"], displacement.inputs["Height"])
        if look.displacement_m:
            tree.links.new(displacement.outputs["Displacement"], output.inputs["Displacement"])


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = x, y
    return node


def nodes_of(block: bpy.types.Material | bpy.types.World) -> bpy.types.NodeTree:
    """The node tree of a material or world that is new."""
    if bpy.app.version < (5, 0, 0):  # since then all have one
        block.use_nodes = True
    tree: bpy.types.NodeTree = block.node_tree
    return tree


def packed_image(name: str, png: bytes, size_px: int, *, colored: bool) -> bpy.types.Image:
    """A picture that is kept inside of the .blend; `colored`: for the eye, else its values are numbers."""
    image = bpy.data.images.new(name, size_px, size_px)
    _fill(image, png, size_px)
    image.colorspace_settings.name = "sRGB" if colored else "Non-Color"
    image.alpha_mode = "NONE"
    return image


def _fill(image: bpy.types.Image, png: bytes, size_px: int) -> None:
    """Let an image be this file."""
    image.source = "GENERATED"  # forgets the pixels of before
    image.generated_width = image.generated_height = size_px
    image.pack(data=png, data_len=len(png))
    image.source = "FILE"
