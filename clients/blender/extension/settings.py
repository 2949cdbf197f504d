"""What the panel asks for: kept with each scene, so that a file remembers how it was made."""

from collections.abc import Callable, Iterator
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from . import catalog

KINDS = (
    ("MATERIAL", "Material", "A tileable PBR material", "MATERIAL", 0),
    ("SCENE", "Scene", "A square of land with props, sun and sky", "SCENE_DATA", 1),
    ("LEVEL", "Level", "A level that can be won", "MESH_GRID", 2),
    ("WORLD", "World", "Chunks of an endless world", "WORLD", 3),
    ("CHARACTER", "Character", "A rigged character with clips", "ARMATURE_DATA", 4),
)


def _sizes(*sizes_px: int) -> list[tuple[str, str, str]]:
    return [(str(size_px), f"{size_px} px", "") for size_px in sizes_px]


def _suggesting(names: Callable[[], tuple[str, ...]]) -> dict[str, Any]:
    """Options of a text field that suggests these names and takes others too: the server judges them."""

    def search(_: Any, __: bpy.types.Context, edited: str) -> Iterator[str]:
        return (name for name in names() if edited.lower() in name)

    return {"search": search, "search_options": {"SUGGESTION"}}


class MorphogenSlider(bpy.types.PropertyGroup):
    """A number of the catalog. Its custom property "value" has the catalog's range."""

    kind: StringProperty()
    key: StringProperty()
    used: BoolProperty(name="Set", description="Otherwise the seed, or the server, decides", default=False)


class MorphogenSettings(bpy.types.PropertyGroup):
    """What is wanted of each kind of thing."""

    kind: EnumProperty(name="Kind", items=KINDS, default="MATERIAL")
    seed: IntProperty(name="Seed", description="The same seed and settings give the same bytes", min=0, default=1)
    sliders: CollectionProperty(type=MorphogenSlider)

    texture_class: StringProperty(
        name="Class",
        default="brick",
        description="What it is made of",
        **_suggesting(lambda: catalog.classes("texture")),
    )
    pattern: StringProperty(
        name="Pattern", description="Structure; empty: the class's own", **_suggesting(catalog.patterns)
    )
    blend_class: StringProperty(
        name="Blend", description="A second class in patches", **_suggesting(lambda: catalog.classes("texture"))
    )
    blend_amount: FloatProperty(name="Amount", min=0.0, max=1.0, default=0.4, subtype="FACTOR")
    size_px: EnumProperty(name="Size", items=_sizes(64, 128, 256, 512, 1024, 2048), default="512")
    recolored: BoolProperty(name="Color", description="Paint it around this color", default=False)
    color: FloatVectorProperty(name="Color", subtype="COLOR_GAMMA", size=3, min=0.0, max=1.0, default=(0.5, 0.4, 0.3))
    tiles: FloatProperty(name="Tiles", description="Repetitions along the UV square", min=0.001, default=1.0)
    displacement_m: FloatProperty(
        name="Displacement",
        description="How far white lies above black; 0: none. Needs a finely divided mesh",
        min=0.0,
        default=0.0,
        subtype="DISTANCE",
    )
    assigned: BoolProperty(name="Put on Selected", description="Let selected meshes wear it", default=True)

    biomes: StringProperty(
        name="Biomes",
        default="forest",
        description="A biome, or several with weights: forest:1, alpine:0.5",
        **_suggesting(lambda: catalog.classes("scene")),
    )
    texture_px: EnumProperty(name="Ground", items=_sizes(256, 512, 1024, 2048, 4096), default="2048")
    sky: BoolProperty(name="Sky as World", description="Light the scene with its sky", default=True)

    edge_count: IntProperty(name="Chunks", description="Along the edge of the piece", min=1, max=9, default=1)
    vertices: EnumProperty(
        name="Vertices", items=[(str(n), str(n), "Along a chunk's edge") for n in (33, 65, 129, 257)], default="129"
    )
    prop_limit: IntProperty(
        name="Props", description="Most of one chunk; they come with 129 and 257 vertices", min=0, default=2000
    )
    placed: BoolProperty(name="Place", description="Otherwise the world's spawn, on dry land", default=False)
    place_m: FloatVectorProperty(
        name="East, South", description="Meters from the world's origin", size=2, default=(0.0, 0.0)
    )

    level_size: IntProperty(name="Size", description="Edge length in cells of 2 m", min=16, max=64, default=24)
    style: StringProperty(
        name="Style", description="Empty: the seed decides", **_suggesting(lambda: catalog.classes("level"))
    )
    floor_class: StringProperty(
        name="Floor", description="Empty: as the style wants it", **_suggesting(lambda: catalog.classes("texture"))
    )
    wall_class: StringProperty(
        name="Walls", description="Empty: as the style wants it", **_suggesting(lambda: catalog.classes("texture"))
    )

    character_kind: StringProperty(
        name="Kind", description="Empty: the seed decides", **_suggesting(lambda: catalog.classes("character"))
    )
    performs: BoolProperty(name="Perform", description="Bake what a control script tells it to an action")
    script: PointerProperty(name="Script", description="JSON list of controls", type=bpy.types.Text)
    seconds: FloatProperty(name="Length", min=0.1, max=600.0, default=6.0, subtype="TIME_ABSOLUTE")


def register() -> None:
    """Give every scene its settings."""
    bpy.utils.register_class(MorphogenSlider)
    bpy.utils.register_class(MorphogenSettings)
    bpy.types.Scene.morphogen = PointerProperty(type=MorphogenSettings)


def unregister() -> None:
    """Take them away again."""
    del bpy.types.Scene.morphogen
    bpy.utils.unregister_class(MorphogenSettings)
    bpy.utils.unregister_class(MorphogenSlider)
