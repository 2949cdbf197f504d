"""The pattern library: every pattern by name, and the way from a request to structure channels."""

import numpy as np

from engine.assets import ParameterInfo, PatternInfo
from engine.errors import InvalidRequestError
from engine.patterns.canvas import Canvas, FloatField
from engine.patterns.courses import COURSE_PATTERNS
from engine.patterns.fields import FIELD_PATTERNS
from engine.patterns.manufactured import MANUFACTURED_PATTERNS
from engine.patterns.shading import carve_surface, fibre_relief, surface_relief
from engine.patterns.structure import CELLS_PER_TILE, COUNT, Parameters, PatternSpecification, Structure
from engine.patterns.tilings import TILING_PATTERNS
from engine.patterns.voronoi import VORONOI_PATTERNS
from engine.requests.checks import SEED_MAX
from engine.requests.texture import Pattern

SIZE_MIN_PX, SIZE_MAX_PX = 16, 4096
"""Edge lengths that can be rendered."""

CELL_MIN_PX = 8
"""Cells smaller than this are drawn oversampled."""

OVERSAMPLING_MAX = 4

BAND_PIXELS = 1 << 16
"""Pixels drawn at once: few enough that the intermediate fields stay in the processor's cache."""

_SPECIFICATIONS = {
    specification.info.name: specification
    for group in (COURSE_PATTERNS, TILING_PATTERNS, VORONOI_PATTERNS, MANUFACTURED_PATTERNS, FIELD_PATTERNS)
    for specification in group
}


def pattern_catalog() -> tuple[PatternInfo, ...]:
    """Every pattern with its parameters, their ranges and defaults."""
    return tuple(specification.info for specification in _SPECIFICATIONS.values())


def resolve_pattern(pattern: Pattern) -> Pattern:
    """`pattern` with every parameter given, defaults filled in.

    Raises InvalidRequestError: field "pattern.name" for an unknown pattern, "pattern.<parameter>" for a parameter the
    pattern does not have, a value outside its range, or a fraction where a whole number is needed.
    """
    specification = _specification(pattern.name)
    known = {info.name: info for info in specification.info.parameters}
    values = {name: info.default for name, info in known.items() if info.default is not None}
    for name, value in pattern.parameters.items():
        if name not in known:
            allowed = ", ".join(known) if known else "no parameters"
            raise InvalidRequestError(f"pattern.{name}", value, f"parameters of {pattern.name}: {allowed}")
        values[name] = _checked(known[name], value)
    specification.check(values)
    return Pattern(pattern.name, values)


def render_pattern(pattern: Pattern, seed: int, size_px: int) -> Structure:
    """Draw `pattern` on a tile of `size_px` x `size_px` pixels (16 to 4096) that wraps exactly along both axes.

    The same pattern, seed (0 to 2**32 - 1) and size give the same numbers on every platform. Raises
    InvalidRequestError as `resolve_pattern` does, and for fields "seed" and "size_px".
    """
    if not 0 <= seed <= SEED_MAX:
        raise InvalidRequestError("seed", seed, f"0 to {SEED_MAX}")
    if not SIZE_MIN_PX <= size_px <= SIZE_MAX_PX:
        raise InvalidRequestError("size_px", size_px, f"{SIZE_MIN_PX} to {SIZE_MAX_PX}")
    parameters = resolve_pattern(pattern).parameters
    specification = _specification(pattern.name)
    factor = 1
    while factor < OVERSAMPLING_MAX and size_px * factor < CELL_MIN_PX * specification.cells_across(parameters):
        factor *= 2
    drawn_px = size_px * factor
    channels = tuple(np.empty((size_px, size_px), dtype=np.float32) for _ in range(3))
    band_px = max(1, min(size_px, BAND_PIXELS // (drawn_px * factor)))
    for start in range(0, size_px, band_px):
        stop = min(start + band_px, size_px)
        canvas = Canvas(seed, drawn_px, np.arange(start * factor, stop * factor), np.arange(drawn_px))
        drawn = draw_on(canvas, specification, parameters)
        for channel, field in zip(channels, (drawn.height, drawn.edge_distance, drawn.cell_tone), strict=True):
            channel[start:stop] = _area_mean(field, factor)
    if parameters.get("vertical", 0.0) > 0.0:
        channels = tuple(np.ascontiguousarray(channel.T) for channel in channels)
    return Structure(*channels)


def draw_on(canvas: Canvas, specification: PatternSpecification, parameters: Parameters) -> Structure:
    """The pattern's own structure with the surface of its cells; `parameters` are complete."""
    structure = specification.render(canvas, parameters)
    surface = parameters.get("surface", 0.0)
    if surface == 0.0:
        return structure
    across = specification.cells_across(parameters)
    if specification.fibrous:
        return carve_surface(structure, fibre_relief(canvas, across, structure.cell_tone), surface)
    return carve_surface(structure, surface_relief(canvas, across), surface)


def _specification(name: str) -> PatternSpecification:
    if name not in _SPECIFICATIONS:
        raise InvalidRequestError("pattern.name", name, ", ".join(_SPECIFICATIONS))
    return _SPECIFICATIONS[name]


def _checked(info: ParameterInfo, value: float) -> float:
    whole = info.unit in (CELLS_PER_TILE, COUNT)
    if not info.minimum <= value <= info.maximum or (whole and value != int(value)):
        kind = "a whole number from " if whole else ""
        raise InvalidRequestError(f"pattern.{info.name}", value, f"{kind}{info.minimum:g} to {info.maximum:g}")
    return value


def _area_mean(field: FloatField, factor: int) -> FloatField:
    """Mean over blocks of `factor` x `factor` pixels, summed in a fixed order so that it is the same everywhere."""
    while factor > 1:
        field = (field[0::2, 0::2] + field[0::2, 1::2] + field[1::2, 0::2] + field[1::2, 1::2]) * np.float32(0.25)
        factor //= 2
    return field
