"""Turns a material as read from disk into network terms: normalized targets, structure, statistics.

Maps that a material lacks are marked as missing and stay out of every loss.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.nets.albedo import albedo_basis
from engine.nets.texgen import CHANNELS
from engine.training.data import surface
from engine.training.data.materials import RawMaterial

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
TARGET_LIMIT = 4.0
"""Normalized targets are clipped to plus or minus this."""


CHROMA_SIGMA_PX = 2.5
"""Softness of warmth and tint: lossy image files keep color in coarse blocks, and a critic would learn their edges."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A material in network terms at one density.

    targets     float16 [8, s, s], zero-mean, about unit variance, in the order of CHANNELS
    present     bool [8]
    height      float16 [s, s] in [0, 1], the unblurred height hint
    structure   float16 [2, s, s]: edge distance in [0, 1] and cell tone in [-1, 1]
    palette     float32 [3, 3], dark, mid and light sRGB in [0, 1]
    statistics  measured attributes by name; absent where the map is missing
    """

    name: str
    texture_class: str
    licence: str
    targets: NDArray[np.float16]
    present: NDArray[np.bool_]
    height: NDArray[np.float16]
    structure: NDArray[np.float16]
    palette: NDArray[np.float32]
    statistics: Mapping[str, float]


def surface_height(material: RawMaterial) -> surface.Field | None:
    """Height in pixels, mean 0, from the normal map; drift longer than a tenth of the tile is taken out."""
    if material.normal is None:
        return None
    height = surface.height_from_slopes(*surface.slopes_from_normals(material.normal))
    return (height - 0.85 * surface.blur(height, height.shape[0] / 10)).astype(np.float32)


def measure(material: RawMaterial, halvings: int, height_px: surface.Field | None) -> list[Exemplar]:
    """Exemplars of `material` after `halvings` halvings of its resolution.

    One reads the structure from `height_px` (`surface_height`) where there is one, and one from the albedo.
    """
    albedo = resample(material.albedo.astype(np.float32) / 255.0, halvings)
    targets = np.zeros((len(CHANNELS), *albedo.shape[:2]), np.float32)
    present = np.zeros(len(CHANNELS), bool)
    statistics: dict[str, float] = {}
    palette = _paint_targets(albedo, targets, statistics)
    present[:3] = True
    hints = [guess_height(targets[0])]
    if height_px is not None and material.normal is not None:
        relief = resample(height_px, halvings) * np.float32(2.0**-halvings)
        slopes = [resample(slope, halvings) for slope in surface.slopes_from_normals(material.normal)]
        spread = max(float(relief.std()), 1e-3)
        statistics["relief"] = spread
        hints.insert(0, relief)
        targets[3] = relief / spread
        for row, slope, smooth in zip((6, 7), slopes, surface.central_slopes(relief), strict=True):
            targets[row] = (slope - smooth) / spread
        present[[3, 6, 7]] = True
    for row, name, pixels in ((4, "roughness", material.roughness), (5, "metalness", material.metallic)):
        if pixels is not None:
            _spread_target(resample(pixels.astype(np.float32) / 255.0, halvings), targets, row, name, statistics)
            present[row] = True
    _texture_statistics(targets[0], statistics)
    clipped = np.clip(targets, -TARGET_LIMIT, TARGET_LIMIT).astype(np.float16)
    return [
        _exemplar(material, clipped, present, surface.normalize_range(height), palette, statistics) for height in hints
    ]


def _exemplar(
    material: RawMaterial,
    targets: NDArray[np.float16],
    present: NDArray[np.bool_],
    height: surface.Field,
    palette: NDArray[np.float32],
    statistics: Mapping[str, float],
) -> Exemplar:
    tone = targets[0].astype(np.float32)
    distance = surface.edge_distance(surface.normalize_range(surface.blur(height, 1.0)))
    cells = surface.cell_tone(tone, distance, max(4.0, height.shape[0] / 32))
    low, high = tone[height < 0.3], tone[height > 0.6]
    joint_tone = float(np.clip((low.mean() - high.mean()) / 2, -1, 1)) if low.size and high.size else 0.0
    structure = np.stack([distance, cells]).astype(np.float16)
    return Exemplar(
        material.name,
        material.texture_class,
        material.licence,
        targets,
        present,
        height.astype(np.float16),
        structure,
        palette,
        {**statistics, "joint_tone": joint_tone},
    )


def guess_height(tone: surface.Field) -> surface.Field:
    """A height for a surface of which only the tone is known: its detail, with thin features taken for low ones."""
    detail = tone - surface.blur(tone, tone.shape[0] / 10)
    smooth = surface.blur(detail, 0.7)
    thin_is_light = float((smooth**3).mean()) > 0
    return -smooth if thin_is_light else smooth


def resample(field: NDArray[np.float32], halvings: int) -> NDArray[np.float32]:
    """Area average over squares of 2**`halvings` pixels."""
    for _ in range(halvings):
        field = surface.halve(field)
    return field


def _paint_targets(
    albedo: NDArray[np.float32], targets: NDArray[np.float32], statistics: dict[str, float]
) -> NDArray[np.float32]:
    """Fill tone, warmth and tint and the color statistics; the palette [3, 3]."""
    luma = albedo @ LUMA
    low, high = np.quantile(luma, (0.15, 0.85))
    mid = albedo.mean((0, 1))
    dark, light = albedo[luma <= low].mean(0), albedo[luma >= high].mean(0)
    unit = albedo_basis(dark, mid, light, 1.0)
    across = (albedo - mid) @ np.linalg.inv(unit.matrix).T
    hue = float(np.sqrt((across[..., 1:] ** 2).mean()))
    statistics["hue_variation"] = hue
    statistics["contrast"] = float(np.linalg.norm((light - dark) / 2))
    matrix = albedo_basis(dark, mid, light, hue).matrix
    targets[:3] = np.moveaxis((albedo - mid) @ np.linalg.inv(matrix).T, 2, 0)
    targets[1], targets[2] = (surface.blur(targets[row], CHROMA_SIGMA_PX) for row in (1, 2))
    return np.stack([dark, mid, light]).astype(np.float32)


def _spread_target(
    values: NDArray[np.float32], targets: NDArray[np.float32], row: int, name: str, statistics: dict[str, float]
) -> None:
    mean, spread = float(values.mean()), float(values.std())
    statistics[name], statistics[name + "_variation"] = mean, spread
    targets[row] = (values - mean) / max(spread, 0.02)


def _texture_statistics(tone: surface.Field, statistics: dict[str, float]) -> None:
    """Feature scale, direction and fine detail of the tone, from its power spectrum."""
    power, along_y, along_x = _power(tone)
    rows, columns = tone.shape
    radius = np.hypot(along_y, along_x)
    total = float(power.sum()) + 1e-9
    octaves = np.log2(np.maximum(radius, 1.0 / max(rows, columns)))
    center = float((power * octaves).sum() / total)
    statistics["scale"] = float(np.clip(1 + (-center - 7) / 6, 0, 1))
    statistics["direction"] = spectral_direction(tone)
    statistics["detail"] = float(power[radius > 0.25].sum() / total) ** 0.5


def spectral_direction(field: surface.Field) -> float:
    """Which way a periodic field runs: -1 along x, 1 along y, 0 neither."""
    power, along_y, along_x = _power(field)
    slopes_x, slopes_y = float((power * along_x**2).sum()), float((power * along_y**2).sum())
    return (slopes_x - slopes_y) / (slopes_x + slopes_y + 1e-9)


def _power(field: surface.Field) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Power spectrum and the frequencies of its rows and columns, in cycles per pixel."""
    power = np.abs(np.fft.fft2(field - field.mean())) ** 2
    rows, columns = field.shape
    frequencies = [np.asarray(np.fft.fftfreq(count), np.float64) for count in (rows, columns)]
    return np.asarray(power, np.float64), frequencies[0][:, None], frequencies[1][None]
