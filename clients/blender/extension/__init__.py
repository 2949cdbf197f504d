"""Morphogen in Blender: makes materials, scenes, levels, worlds and characters in the scene that is open.

A generation runs in a thread that only talks to the server (`generation.py`); what arrives is built by the main thread,
a piece at a time (`recipes/`, `building/`). Nothing else touches Blender's data.
"""

from . import operators, panel, preferences, settings


def register() -> None:
    """Called by Blender when the extension is enabled."""
    for module in (preferences, settings, operators, panel):
        module.register()


def unregister() -> None:
    """Called by Blender when it is disabled, and at the end; ends what still runs."""
    for module in (panel, operators, settings, preferences):
        module.unregister()
