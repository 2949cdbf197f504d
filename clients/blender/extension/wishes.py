"""From a scene's settings to a recipe that needs Blender no more while it asks."""

import re
from typing import Any

import bpy

from morphogen_client import Blend, Identity, InvalidRequestError, Landscape, TextureOptions

from .building.material import Look
from .generation import Recipe
from .recipes.character import CharacterRecipe, Performance
from .recipes.level import LevelRecipe
from .recipes.scene import SceneRecipe
from .recipes.texture import TextureRecipe
from .recipes.world import WorldRecipe
from .script import script_of
from .settings import MorphogenSettings

RATES_HZ = (24, 30, 60, 72, 90)
WALK = '[{"frame": 0, "speed_mps": 1.4}]'
"""What a character does that has no script."""

_OF_THE_LAND = ("relief", "roughness", "sea_level_m")


def recipe_of(context: bpy.types.Context) -> Recipe:
    """What the settings of the context's scene ask for. Raises InvalidRequestError for what makes no sense."""
    settings = context.scene.morphogen
    match settings.kind:
        case "MATERIAL":
            return _texture(settings, context)
        case "SCENE":
            return _scene(settings)
        case "LEVEL":
            return _level(settings)
        case "WORLD":
            return _world(settings)
        case _:
            return _character(settings, context)


def _texture(settings: MorphogenSettings, context: bpy.types.Context) -> TextureRecipe:
    options = TextureOptions(
        seed=settings.seed, size_px=int(settings.size_px), attributes=_sliders(settings, "texture")
    )
    if settings.pattern:
        options["pattern"] = settings.pattern
    if settings.blend_class:
        options["blend"] = Blend(settings.blend_class, settings.blend_amount)
    if settings.recolored:
        red, green, blue = (round(255 * part) for part in settings.color)
        options["palette"] = [(red, green, blue)]
    wearers = [each.session_uid for each in context.selected_objects] if settings.assigned else []
    look = Look(settings.tiles, settings.displacement_m / context.scene.unit_settings.scale_length)
    return TextureRecipe(settings.texture_class, options, look, wearers)


def _scene(settings: MorphogenSettings) -> SceneRecipe:
    numbers = _sliders(settings, "scene")
    land = _landscape(settings, {name: numbers.pop(name) for name in _OF_THE_LAND if name in numbers})
    options: Any = {**numbers, "texture_px": int(settings.texture_px)}
    return SceneRecipe(f"{_main(land)} {settings.seed}", land, options, settings.sky)


def _level(settings: MorphogenSettings) -> LevelRecipe:
    options: Any = {
        **_sliders(settings, "level"),
        "seed": settings.seed,
        "size": settings.level_size,
        "style": settings.style or None,
    }
    return LevelRecipe(options, settings.floor_class, settings.wall_class)


def _world(settings: MorphogenSettings) -> WorldRecipe:
    numbers = _sliders(settings, "scene")
    land = _landscape(settings, {name: numbers[name] for name in _OF_THE_LAND if name in numbers})
    place_m = (settings.place_m[0], settings.place_m[1]) if settings.placed else None
    return WorldRecipe(
        f"{_main(land)} world {settings.seed}",
        land,
        place_m,
        settings.edge_count,
        int(settings.vertices),
        settings.prop_limit,
    )


def _character(settings: MorphogenSettings, context: bpy.types.Context) -> CharacterRecipe:
    identity = Identity(settings.seed, settings.character_kind, _sliders(settings, "character"))
    if not settings.performs:
        return CharacterRecipe(identity, None)
    scene_hz = context.scene.render.fps / context.scene.render.fps_base
    rate_hz = min(RATES_HZ, key=lambda rate_hz: abs(rate_hz - scene_hz))
    script = script_of(settings.script.as_string() if settings.script else WALK, rate_hz)
    return CharacterRecipe(identity, Performance(script, max(1, round(settings.seconds * rate_hz)), rate_hz))


def _sliders(settings: MorphogenSettings, kind: str) -> dict[str, Any]:
    """Numbers of the sliders that are set."""
    return {slider.key: slider["value"] for slider in settings.sliders if slider.kind == kind and slider.used}


def _landscape(settings: MorphogenSettings, numbers: dict[str, Any]) -> Landscape:
    biomes: dict[str, float] = {}
    for entry in filter(None, (entry.strip() for entry in settings.biomes.split(","))):
        found = re.fullmatch(r"([a-z_]+)(?:\s*:\s*(\d*\.?\d+))?", entry)
        if found is None:
            raise InvalidRequestError("biomes", entry, "a name, or name:weight, several of them with commas")
        biomes[found[1]] = float(found[2] or 1.0)
    return Landscape(seed=settings.seed, biomes=biomes, **numbers)


def _main(land: Landscape) -> str:
    return max(land.biomes, key=lambda name: land.biomes[name], default="grassland")
