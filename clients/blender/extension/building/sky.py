"""Daylight: a panorama as the world, and the sun that belongs to it.

Files have physical units: the sun in lux, the sky in 1,000 cd/m². Blender's importer makes W/m² of lux, by 683 lm/W. A
picture of that would be white, as in a camera without a shutter; so both are dimmed alike, to what Blender's own scenes
have, and their ratio stays.
"""

from collections.abc import Iterable

import bpy

from .material import nodes_of

LUMEN_PER_WATT = 683.0
DIMMED = 1.0 / 30.0
"""A sun of 100,000 lux becomes one of 4.9 W/m²."""


def dim_sun(objects: Iterable[bpy.types.Object]) -> None:
    """Dim the suns among imported objects as `new_sky` dims the sky."""
    for each in objects:
        if each.type == "LIGHT" and each.data.type == "SUN":
            each.data.energy *= DIMMED


def new_sky(name: str, hdr: bytes) -> bpy.types.World:
    """A world that shines with this Radiance HDR panorama, packed into the file."""
    world = bpy.data.worlds.new(name)
    tree = nodes_of(world)
    image = bpy.data.images.new(name, 1, 1, float_buffer=True)
    image.pack(data=hdr, data_len=len(hdr))
    image.source = "FILE"
    environment = tree.nodes.new("ShaderNodeTexEnvironment")
    environment.location = -300, 300
    environment.image = image
    background = next(node for node in tree.nodes if node.type == "BACKGROUND")
    background.inputs["Strength"].default_value = DIMMED * 1000.0 / LUMEN_PER_WATT
    tree.links.new(environment.outputs["Color"], background.inputs["Color"])
    return world
