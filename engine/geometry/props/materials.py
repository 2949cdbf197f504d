"""The few materials that all props share.

Base colors are the brightest that occurs; vertex colors darken them. `rock`, `wood`, `bark`, `roof` and `plaster` have
texture coordinates in meters: images may be put on them, with `texture_scale` = repeats per meter and a white base
color.
"""

from engine.geometry.scene import Material

TEXTURED = ("bark", "pale_bark", "wood", "rock", "roof", "plaster", "metal", "skin")
"""Materials whose meshes have texture coordinates, in meters; all are closed surfaces."""

PROP_MATERIALS: tuple[Material, ...] = (
    Material("bark", (0.20, 0.135, 0.085, 1.0), roughness=0.95),
    Material("pale_bark", (0.66, 0.63, 0.57, 1.0), roughness=0.85),
    Material("wood", (0.46, 0.31, 0.18, 1.0), roughness=0.85),
    Material("rock", (0.44, 0.42, 0.385, 1.0), roughness=0.92),
    Material("roof", (0.42, 0.19, 0.115, 1.0), roughness=0.9),
    Material("plaster", (0.80, 0.74, 0.62, 1.0), roughness=0.95),
    Material("metal", (0.32, 0.30, 0.28, 1.0), roughness=0.55, metallic=0.8),
    Material("skin", (0.98, 0.92, 0.80, 1.0), roughness=0.7),
    Material("leaves", (0.19, 0.28, 0.07, 1.0), roughness=0.8),
    Material("needles", (0.16, 0.27, 0.11, 1.0), roughness=0.85),
    Material("grass", (0.30, 0.36, 0.11, 1.0), roughness=0.85),
    Material("petals", (1.0, 1.0, 1.0, 1.0), roughness=0.8),
)

MATERIAL_INDEX = {material.name: index for index, material in enumerate(PROP_MATERIALS)}
