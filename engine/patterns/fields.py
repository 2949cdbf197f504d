"""Patterns without joints: waves, wood grain, fractal noise, ridges, and nothing at all."""

from math import gcd

import numpy as np

from engine.assets import PatternInfo
from engine.patterns.canvas import Canvas, FloatField, Layer, hash_values, look_up, smoothstep, wrap_index
from engine.patterns.structure import (
    Parameters,
    PatternSpecification,
    Structure,
    cells_parameter,
    count_parameter,
    jitter_parameter,
    relief_parameter,
    share_parameter,
    vertical_parameter,
)


def _waves(canvas: Canvas, parameters: Parameters) -> Structure:
    """Crests along x. Phase = crests * y + slant * x + noise; whole numbers close on the torus."""
    crests, slant = int(parameters["crests"]), int(parameters["slant"])
    x, y = canvas.positions()
    phase = y * np.float32(crests) + x * np.float32(slant)
    if parameters["jitter"] > 0.0:
        # Bumps of three crests: ripples wander together and pinch here and there.
        bumps = max(2, crests // 3)
        phase = phase + canvas.fractal(bumps, bumps, Layer.WARP_X, 3, 0.4) * np.float32(1.3 * parameters["jitter"])
    crest = np.floor(phase)
    inside = phase - crest
    peak = 0.5 + 0.35 * parameters["asymmetry"]
    rise = np.minimum(inside * np.float32(1.0 / peak), (1.0 - inside) * np.float32(1.0 / (1.0 - peak)))
    # Sharp crests are parabolas between cusps, soft ones close to a sine.
    height = smoothstep(rise) + (rise * rise - smoothstep(rise)) * np.float32(parameters["sharpness"])
    numbers = gcd(crests, slant)
    tone = look_up(hash_values(canvas.seed, Layer.TONE, numbers), wrap_index(crest, numbers))
    return Structure(height, rise, tone)


def _grain(canvas: Canvas, parameters: Parameters) -> Structure:
    """Year rings cut lengthwise: slow early wood, a sharp dark line of late wood, and fibres along both."""
    rings, fibres = int(parameters["rings"]), int(parameters["fibres"])
    _, y = canvas.positions()
    drift = canvas.fractal(2, max(2, rings // 2), Layer.WARP_Y, 2, 0.35) * np.float32(2.2 * parameters["jitter"])
    tremble = canvas.fractal(8, 2 * rings, Layer.WARP_X, 2) * np.float32(0.12 * parameters["jitter"])
    phase = y * np.float32(rings) + drift + tremble
    ring = np.floor(phase)
    inside = phase - ring
    pixel = rings * canvas.pixel
    late = np.minimum(inside * np.float32(1.0 / 0.82), (1.0 - inside) * np.float32(1.0 / (0.18 + 2.0 * pixel)))
    late = smoothstep(np.minimum(late, 1.0))
    fibre = canvas.fractal(max(1, fibres // 12), fibres, Layer.DETAIL, 3, 0.7)
    height = 0.62 - parameters["relief"] * (0.45 * late - 0.25) + fibre * np.float32(0.35 * parameters["fibre_depth"])
    tone = look_up(hash_values(canvas.seed, Layer.TONE, rings), wrap_index(ring, rings))
    return Structure(np.clip(height, 0.0, 1.0), np.clip(1.0 - late, 0.0, 1.0), tone)


def _patches(canvas: Canvas, columns: int, rows: int) -> FloatField:
    """Smooth tone in [-1, 1] for patterns without cells."""
    smooth = canvas.fractal(max(1, columns // 2), max(1, rows // 2), Layer.TONE, 2)
    tone: FloatField = np.clip(smooth * np.float32(1.2), -1.0, 1.0)
    return tone


def _noise(canvas: Canvas, parameters: Parameters) -> Structure:
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    rough = canvas.fractal(columns, rows, Layer.RELIEF, int(parameters["octaves"]), parameters["roughness"])
    height = np.clip(0.5 + rough * np.float32(0.9 * parameters["relief"]), 0.0, 1.0)
    return Structure(height, np.ones_like(height), _patches(canvas, columns, rows))


def _ridges(canvas: Canvas, parameters: Parameters) -> Structure:
    """Octaves of 1 - |noise|, each strongest where the coarser ones are high (ridged multifractal)."""
    columns, rows = int(parameters["columns"]), int(parameters["rows"])
    x, y = canvas.warped(0.35 * parameters["jitter"] / max(columns, rows), columns, rows)
    total: FloatField = np.zeros(x.shape, dtype=np.float32)
    crest: FloatField = total
    carried: FloatField = np.ones(x.shape, dtype=np.float32)
    amplitude, full = 1.0, 0.0
    for octave in range(int(parameters["octaves"])):
        sampled = canvas.noise_at(x, y, columns << octave, rows << octave, Layer.RELIEF + 1000 * octave)
        ridge = np.float32(1.0) - np.minimum(np.abs(sampled) * np.float32(1.6), 1.0)
        crest = ridge if octave == 0 else crest
        weighted = ridge * carried
        total += weighted * np.float32(amplitude)
        full += amplitude
        amplitude *= parameters["roughness"]
        carried = np.minimum(weighted * np.float32(1.2) + np.float32(0.25), 1.0)
    height = 0.5 + parameters["relief"] * (total * np.float32(1.0 / full) - 0.5)
    return Structure(np.clip(height, 0.0, 1.0), 1.0 - crest, _patches(canvas, columns, rows))


def _flat(canvas: Canvas, _parameters: Parameters) -> Structure:
    shape = (len(canvas.rows), len(canvas.columns))
    half = np.full(shape, 0.5, dtype=np.float32)
    return Structure(half, np.ones(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32))


_ROUGHNESS = share_parameter("roughness", 0.55, "strength of each finer octave against the one before")

FIELD_PATTERNS = (
    PatternSpecification(
        PatternInfo(
            "waves",
            "ripples, dunes or corrugation",
            (
                cells_parameter("crests", 10, "crests across the tile"),
                cells_parameter("slant", 0, "crests along the other axis: turns the waves", 0),
                share_parameter("sharpness", 0.3, "0 is round like corrugated sheet, 1 has sharp crests"),
                share_parameter("asymmetry", 0.5, "0 is symmetric, 1 has one steep flank like a dune"),
                jitter_parameter(0.6),
                vertical_parameter(),
            ),
        ),
        _waves,
        lambda parameters: max(parameters["crests"], parameters["slant"]),
    ),
    PatternSpecification(
        PatternInfo(
            "grain",
            "wood grain: wandering year rings and fibres",
            (
                cells_parameter("rings", 9, "year rings across the tile"),
                cells_parameter("fibres", 48, "fibres across the tile"),
                share_parameter("fibre_depth", 0.5, "depth of the fibres"),
                jitter_parameter(0.5),
                relief_parameter(0.6, "height of the year rings"),
                vertical_parameter(),
            ),
        ),
        _grain,
        lambda parameters: 3.0 * parameters["rings"],
    ),
    PatternSpecification(
        PatternInfo(
            "noise",
            "fractal noise without edges",
            (
                cells_parameter("columns", 6, "coarsest bumps along x"),
                cells_parameter("rows", 6, "coarsest bumps along y"),
                count_parameter("octaves", 5, "finer and finer layers", 1, 8),
                _ROUGHNESS,
                relief_parameter(0.5, "height of the bumps"),
            ),
        ),
        _noise,
        lambda parameters: max(parameters["columns"], parameters["rows"]),
    ),
    PatternSpecification(
        PatternInfo(
            "ridges",
            "ridged fractal: sharp branching crests, rock faces or bark",
            (
                cells_parameter("columns", 6, "coarsest ridges along x"),
                cells_parameter("rows", 6, "coarsest ridges along y"),
                count_parameter("octaves", 5, "finer and finer layers", 1, 8),
                _ROUGHNESS,
                jitter_parameter(0.6),
                relief_parameter(1.0, "height of the ridges"),
            ),
        ),
        _ridges,
        lambda parameters: 2.0 * max(parameters["columns"], parameters["rows"]),
    ),
    PatternSpecification(PatternInfo("flat", "no structure at all", ()), _flat, lambda _: 1.0),
)
