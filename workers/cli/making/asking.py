"""Requests of the engine as what the client asks with."""

import morphogen_client
from engine.requests.landscape import Landscape
from engine.requests.level import LevelRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from morphogen_client import LevelOptions, SceneOptions, TextureOptions


def texture_options(request: TextureRequest) -> TextureOptions:
    """Everything about a texture but its class."""
    options: TextureOptions = {
        "seed": request.seed,
        "size_px": request.size_px,
        "wrap": str(request.wrap),
        "attributes": request.attributes,
        "palette": request.palette,
        "mask_png": request.mask_png,
        "maps": [str(kind) for kind in request.maps],
    }
    if request.pattern is not None:
        options["pattern"] = morphogen_client.Pattern(request.pattern.name, request.pattern.parameters)
    if (blend := request.blend) is not None:
        options["blend"] = morphogen_client.Blend(blend.texture_class, blend.amount, blend.patches_per_tile)
    return options


def level_options(request: LevelRequest) -> LevelOptions:
    """Everything about a level."""
    region = request.region
    return {
        "seed": request.seed,
        "size": request.size,
        "rooms": request.rooms,
        "room_edge": request.room_edge,
        "loops": request.loops,
        "enemies": request.enemies,
        "loot": request.loot,
        "keys": request.keys,
        "symmetry": None if request.symmetry is None else str(request.symmetry),
        "openness": request.openness,
        "difficulty": request.difficulty,
        "style": None if request.style is None else str(request.style),
        "locked_cells": {cell: tile.name.lower() for cell, tile in request.locked_cells.items()},
        "base_rows": request.base_rows,
        "region": None if region is None else (region.left, region.top, region.width, region.height),
    }


def scene_options(request: SceneRequest) -> SceneOptions:
    """Everything about a scene but its landscape."""
    return {
        "extent_m": request.extent_m,
        "x_m": request.x_m,
        "z_m": request.z_m,
        "hour": request.hour,
        "prop_density": request.prop_density,
        "prop_limit": request.prop_limit,
        "texture_px": request.texture_px,
        "builtin_props": request.builtin_props,
        "own_props": [
            morphogen_client.OwnProp(
                name=own.name,
                glb=own.glb,
                densities=own.densities,
                radius_m=own.radius_m,
                slope_max=own.slope_max,
                scale_min=own.scale_min,
                scale_max=own.scale_max,
                leans=own.leans,
            )
            for own in request.own_props
        ],
    }


def landscape_from(landscape: Landscape) -> morphogen_client.Landscape:
    """The client's word for a landscape."""
    sketch = landscape.sketch
    return morphogen_client.Landscape(
        seed=landscape.seed,
        biomes=landscape.biomes,
        cell_m=landscape.cell_m,
        relief=landscape.relief,
        roughness=landscape.roughness,
        sea_level_m=landscape.sea_level_m,
        period_cells=landscape.period_cells,
        sketch=None if sketch is None else morphogen_client.Sketch(sketch.png, sketch.extent_m),
        rerolls=[
            morphogen_client.Reroll(each.x_m, each.z_m, each.width_m, each.depth_m, each.seed)
            for each in landscape.rerolls
        ],
    )
