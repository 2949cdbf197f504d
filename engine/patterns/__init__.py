"""Structure by construction: designers choose a pattern or draw a mask, a network paints it."""

from engine.patterns.library import pattern_catalog, render_pattern, resolve_pattern
from engine.patterns.mask import structure_from_mask
from engine.patterns.structure import Structure

__all__ = ["Structure", "pattern_catalog", "render_pattern", "resolve_pattern", "structure_from_mask"]
