"""What the server can make, as it said last: names to choose from, and ranges of sliders. Not part of any file."""

from collections.abc import Generator as Steps
from collections.abc import Iterable
from dataclasses import dataclass

import bpy

from morphogen_client import Client, Generator, Parameter

from .generation import Update

WHOLE = frozenset({"prop_limit", "rooms", "room_edge", "loops", "enemies", "loot", "keys"})
"""Sliders that count something."""

_known: dict[str, Generator] = {}


@dataclass(frozen=True)
class CatalogRecipe:
    """Asks for the catalog, and brings the sliders of a scene's settings in line with it."""

    def ask(self, client: Client) -> Steps[Update, None, None]:
        """See `Recipe`."""
        yield Update(0.0, "Asking what the server can make")
        yield Update(1.0, "Reading the catalog", client.catalog())

    def show(self, content: Iterable[Generator]) -> None:
        """See `Recipe`."""
        _known.clear()
        _known.update({generator.asset_kind: generator for generator in content})
        for scene in bpy.data.scenes:
            for kind in ("texture", "scene", "level", "character"):
                if kind in _known:
                    _arrange(scene.morphogen.sliders, kind, _known[kind].attributes)

    def discard(self) -> None:
        """See `Recipe`."""


def known() -> bool:
    """Whether the server has been asked."""
    return bool(_known)


def classes(kind: str) -> tuple[str, ...]:
    """Names that a generator of this kind knows; none before the server has been asked."""
    return _known[kind].classes if kind in _known else ()


def patterns() -> tuple[str, ...]:
    """Names of the pattern library."""
    return tuple(pattern.name for pattern in _known["texture"].patterns) if "texture" in _known else ()


def _arrange(sliders: bpy.types.bpy_prop_collection, kind: str, parameters: Iterable[Parameter]) -> None:
    """One slider for each parameter, in order; those that were there keep their values, as far as these are allowed."""
    before = {slider.key: (slider.used, slider["value"]) for slider in sliders if slider.kind == kind}
    for index in reversed(range(len(sliders))):
        if sliders[index].kind == kind:
            sliders.remove(index)
    for parameter in parameters:
        number = int if parameter.name in WHOLE else float
        low, high = number(parameter.minimum), number(parameter.maximum)
        default = (parameter.minimum + parameter.maximum) / 2 if parameter.default is None else parameter.default
        slider = sliders.add()
        slider.kind, slider.key = kind, parameter.name
        slider.used, value = before.get(parameter.name, (False, default))
        slider["value"] = number(min(max(value, low), high))
        slider.id_properties_ui("value").update(
            min=low, max=high, description=f"{parameter.description or parameter.name} {parameter.unit}".strip()
        )
