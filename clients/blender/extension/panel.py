"""The panel: 3D view, sidebar, tab "Morphogen"."""

import textwrap

import bpy

from . import catalog, operators
from .preferences import of
from .settings import MorphogenSettings

_ERROR_WIDTH = 42
"""Characters of a line in the sidebar."""

_FIELDS = {
    "MATERIAL": ("texture_class", "size_px", "pattern", "tiles", "displacement_m", "assigned"),
    "SCENE": ("biomes", "texture_px", "sky"),
    "LEVEL": ("level_size", "style", "floor_class", "wall_class"),
    "WORLD": ("biomes", "edge_count", "vertices", "prop_limit"),
    "CHARACTER": ("character_kind",),
}
_SLIDERS_OF = {"MATERIAL": "texture", "SCENE": "scene", "LEVEL": "level", "WORLD": "scene", "CHARACTER": "character"}
_WORLD_SLIDERS = ("relief", "roughness", "sea_level_m")


class MORPHOGEN_PT_main(bpy.types.Panel):
    """What to make, and how far it is."""

    bl_label = "Morphogen"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Morphogen"

    def draw(self, context: bpy.types.Context) -> None:
        """Blender: draw it."""
        settings = context.scene.morphogen
        layout = self.layout
        row = layout.row(align=True)
        row.prop(of(context), "server", text="")
        row.operator("morphogen.read_catalog", text="", icon="FILE_REFRESH")
        layout.row().prop(settings, "kind", expand=True, icon_only=True)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        seed = column.row(align=True)
        seed.prop(settings, "seed")
        seed.operator("morphogen.new_seed", text="", icon="FILE_REFRESH")
        for name in _FIELDS[settings.kind]:
            column.prop(settings, name)
        _special(settings, column)
        _progress(layout)


class MORPHOGEN_PT_sliders(bpy.types.Panel):
    """The catalog's numbers."""

    bl_label = "Sliders"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Morphogen"
    bl_parent_id = "MORPHOGEN_PT_main"

    def draw(self, context: bpy.types.Context) -> None:
        """Blender: draw them."""
        settings = context.scene.morphogen
        shown = [slider for slider in settings.sliders if slider.kind == _SLIDERS_OF[settings.kind]]
        if settings.kind == "WORLD":
            shown = [slider for slider in shown if slider.key in _WORLD_SLIDERS]
        if not shown:
            text = "None" if catalog.known() else "Ask the server for its catalog"
            self.layout.label(text=text, icon="INFO")
        for slider in shown:
            row = self.layout.row(align=True)
            row.prop(slider, "used", text="")
            value = row.row()
            value.enabled = slider.used
            value.prop(slider, '["value"]', text=slider.key.replace("_", " ").capitalize(), slider=True)


def _special(settings: MorphogenSettings, column: bpy.types.UILayout) -> None:
    """Fields that show only with others."""
    if settings.kind == "MATERIAL":
        column.prop(settings, "blend_class")
        if settings.blend_class:
            column.prop(settings, "blend_amount")
        column.prop(settings, "recolored")
        if settings.recolored:
            column.prop(settings, "color", text=" ")
    elif settings.kind == "WORLD":
        column.prop(settings, "placed")
        if settings.placed:
            column.prop(settings, "place_m")
    elif settings.kind == "CHARACTER":
        column.prop(settings, "performs")
        if settings.performs:
            column.prop(settings, "script")
            column.prop(settings, "seconds")


def _progress(layout: bpy.types.UILayout) -> None:
    generation = operators.running()
    if generation is None:
        layout.operator("morphogen.generate", icon="PLAY")
    else:
        layout.progress(factor=generation.share, text=generation.text)
        layout.operator("morphogen.cancel", icon="X")
    for line in textwrap.wrap(operators.failure(), _ERROR_WIDTH, max_lines=8):
        layout.label(text=line)


def register() -> None:
    """Make Blender know the panels."""
    bpy.utils.register_class(MORPHOGEN_PT_main)
    bpy.utils.register_class(MORPHOGEN_PT_sliders)


def unregister() -> None:
    """Take them away again."""
    bpy.utils.unregister_class(MORPHOGEN_PT_sliders)
    bpy.utils.unregister_class(MORPHOGEN_PT_main)
