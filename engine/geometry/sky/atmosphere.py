"""Sunlight on its way through the air: what arrives directly, and what the air sends on from every direction.

Single scattering by molecules and aerosols after Nishita et al., "Display of the Earth Taking into Account
Atmospheric Scattering", SIGGRAPH 1993, eq. 4-10, with ozone, which keeps the twilight blue, and with one isotropic
further order, which keeps the horizon bright (after Hillaire, "A Scalable and Production Ready Sky and Atmosphere
Rendering Technique", EGSR 2020, section 5.5). The coefficients are the measured ones of the Earth's air for red, green
and blue; lengths are in kilometers.

The integrals vary slowly with the direction: they are taken on a coarse grid, and only the phase functions, which do
not, are evaluated per pixel (see engine/geometry/sky/panorama.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GROUND_RADIUS_KM = 6360.0
TOP_RADIUS_KM = 6460.0
VIEWER_KM = 0.3
"""Height of the viewer above the ground: high enough that the horizon is no special case."""

RAYLEIGH_PER_KM = np.array([5.802e-3, 13.558e-3, 33.1e-3])
RAYLEIGH_HEIGHT_KM = 8.0
MIE_PER_KM = 3.996e-3
MIE_EXTINCTION_PER_KM = 4.40e-3
MIE_HEIGHT_KM = 1.2
MIE_FORWARD = 0.8
"""The asymmetry of aerosols: the mean cosine between the incoming and the outgoing light."""

OZONE_PER_KM = np.array([0.650e-3, 1.881e-3, 0.085e-3])
OZONE_CENTER_KM = 25.0
OZONE_HALF_WIDTH_KM = 15.0

GROUND_ALBEDO = np.array([0.13, 0.12, 0.09])
SUN_ILLUMINANCE_KLUX = 128.0
"""Outside the air, in kilolux: the unit of all radiances here is one kilocandela per square meter."""

_LIGHT_STEPS = 16
_VIEW_STEPS = 28
_ELEVATION_NODES = 97
_AZIMUTH_NODES = 33


@dataclass(frozen=True, slots=True, eq=False)
class Scattering:
    """Light scattered towards the viewer, for light of unit strength, before the phase functions.

    rayleigh, mie, isotropic  float64 [elevations, azimuths, 3]; the last needs no phase function
    Elevations go from straight down to straight up, denser at the horizon (`elevation_position`); azimuths from
    towards the light to away from it, evenly.
    """

    rayleigh: Floats
    mie: Floats
    isotropic: Floats


def transmittance(sine: Floats | float, height_km: Floats | float = VIEWER_KM) -> Floats:
    """Share of red, green and blue light [..., 3] that reaches `height_km` from a light at this sine of elevation.

    0 where the ground is in the way, with a soft edge as wide as the sun.
    """
    sine = np.asarray(sine, np.float64)
    radius = GROUND_RADIUS_KM + np.asarray(height_km, np.float64)
    length = _length_to(TOP_RADIUS_KM, radius, sine)
    # Midpoints, denser near the start, where the air is dense.
    edges = np.linspace(0.0, 1.0, _LIGHT_STEPS + 1) ** 2
    middle, width = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    along = length[..., None] * middle
    height = np.sqrt(radius[..., None] ** 2 + along**2 + 2.0 * along * (radius * sine)[..., None]) - GROUND_RADIUS_KM
    depth = np.einsum("...sc,...s->...c", _extinction(np.maximum(height, 0.0)), length[..., None] * width)
    horizon = -np.sqrt(np.maximum(1.0 - (GROUND_RADIUS_KM / np.maximum(radius, GROUND_RADIUS_KM)) ** 2, 0.0))
    seen = np.clip((sine - horizon) / 0.0093 + 0.5, 0.0, 1.0)
    share: Floats = np.exp(-depth) * seen[..., None]
    return share


def scattering(light_sine: float) -> Scattering:
    """The integrals of a light at this sine of elevation, -1 to 1."""
    elevation = grid_elevations()[:, None]
    azimuth = np.linspace(0.0, np.pi, _AZIMUTH_NODES)[None, :]
    light_cosine = np.sqrt(max(0.0, 1.0 - light_sine * light_sine))
    view_sine = np.broadcast_to(np.sin(elevation), (_ELEVATION_NODES, _AZIMUTH_NODES))
    towards = np.cos(elevation) * np.cos(azimuth) * light_cosine + view_sine * light_sine
    radius = GROUND_RADIUS_KM + VIEWER_KM
    to_ground = _length_to_ground(radius, view_sine)
    length = np.minimum(_length_to(TOP_RADIUS_KM, radius, view_sine), to_ground)

    edges = np.linspace(0.0, 1.0, _VIEW_STEPS + 1) ** 2
    middle, width = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    along = length[..., None] * middle
    here = np.sqrt(radius**2 + along**2 + 2.0 * radius * along * view_sine[..., None])
    height = np.maximum(here - GROUND_RADIUS_KM, 0.0)
    local_sine = (radius * light_sine + along * towards[..., None]) / here
    extinction = _extinction(height) * (length[..., None] * width)[..., None]
    to_viewer = np.exp(-(np.cumsum(extinction, axis=-2) - 0.5 * extinction))
    arriving = to_viewer * _light_at(local_sine, height)
    step = (length[..., None] * width)[..., None]
    dense = np.exp(-height / RAYLEIGH_HEIGHT_KM)[..., None] * RAYLEIGH_PER_KM
    hazy = np.exp(-height / MIE_HEIGHT_KM)[..., None] * MIE_PER_KM
    rayleigh = (arriving * dense * step).sum(axis=-2)
    mie = (arriving * hazy * step).sum(axis=-2)

    again = (to_viewer * (dense + hazy) * step).sum(axis=-2)
    weight = np.cos(elevation)[..., None] * np.gradient(grid_elevations())[:, None, None]
    mean = ((rayleigh + mie) / (4.0 * np.pi) * weight).sum(axis=(0, 1)) / (weight.sum() * _AZIMUTH_NODES)
    direct = transmittance(light_sine) * max(light_sine, 0.0)
    bounce = GROUND_ALBEDO / np.pi * (direct + np.pi * 2.0 * mean)
    # Every order of scattering after the second keeps about half of the light of the one before.
    isotropic = again * (mean + 0.5 * bounce) * 2.0
    hits = (np.isfinite(to_ground) * 1.0)[..., None]
    isotropic += hits * np.exp(-extinction.sum(axis=-2)) * bounce
    return Scattering(rayleigh, mie, isotropic)


def grid_elevations() -> Floats:
    """Elevations of the nodes in radians, from -pi / 2 to pi / 2."""
    position = np.linspace(-1.0, 1.0, _ELEVATION_NODES)
    elevations: Floats = np.sign(position) * position**2 * (np.pi / 2.0)
    return elevations


def elevation_position(elevation: Floats) -> Floats:
    """Where an elevation in radians lies between the nodes of `Scattering`, 0 to the number of nodes - 1."""
    position: Floats = np.sign(elevation) * np.sqrt(np.abs(elevation) / (np.pi / 2.0))
    return (position + 1.0) * ((_ELEVATION_NODES - 1) / 2.0)


def azimuth_position(azimuth: Floats) -> Floats:
    """Where an angle from the light's azimuth, 0 to pi, lies between the nodes of `Scattering`."""
    return azimuth * ((_AZIMUTH_NODES - 1) / np.pi)


def rayleigh_phase(cosine: Floats) -> Floats:
    """Share of light per steradian that molecules send on at this angle to its way."""
    return 3.0 / (16.0 * np.pi) * (1.0 + cosine * cosine)


def mie_phase(cosine: Floats) -> Floats:
    """The same for aerosols: Cornette and Shanks, "Physically reasonable analytic expression", Applied Optics 1992."""
    g = MIE_FORWARD
    spread = np.maximum(1.0 + g * g - 2.0 * g * cosine, 1e-4) ** 1.5
    return 3.0 / (8.0 * np.pi) * (1.0 - g * g) / (2.0 + g * g) * (1.0 + cosine * cosine) / spread


def _light_at(sine: Floats, height_km: Floats) -> Floats:
    """`transmittance` read from a table over (height, sine of elevation): the integral is the expensive part."""
    heights = np.linspace(0.0, 1.0, 24) ** 2 * (TOP_RADIUS_KM - GROUND_RADIUS_KM)
    nodes = np.linspace(-1.0, 1.0, 161)
    sines = np.sign(nodes) * nodes**2
    table = transmittance(sines[None, :], heights[:, None])
    row = np.sqrt(np.clip(height_km / (TOP_RADIUS_KM - GROUND_RADIUS_KM), 0.0, 1.0)) * (len(heights) - 1)
    column = (np.sign(sine) * np.sqrt(np.clip(np.abs(sine), 0.0, 1.0)) + 1.0) * 0.5 * (len(nodes) - 1)
    return interpolated(table, row, column)


def interpolated(table: Floats, row: Floats, column: Floats) -> Floats:
    """Bilinear values [..., channels] of `table` [rows, columns, channels] at fractional positions inside of it."""
    top = np.clip(row.astype(np.int64), 0, table.shape[0] - 2)
    left = np.clip(column.astype(np.int64), 0, table.shape[1] - 2)
    down, right = (row - top)[..., None], (column - left)[..., None]
    upper = table[top, left] * (1.0 - right) + table[top, left + 1] * right
    lower = table[top + 1, left] * (1.0 - right) + table[top + 1, left + 1] * right
    values: Floats = upper * (1.0 - down) + lower * down
    return values


def _extinction(height_km: Floats) -> Floats:
    """Share of light lost per kilometer [..., 3]."""
    air = np.exp(-height_km / RAYLEIGH_HEIGHT_KM)[..., None] * RAYLEIGH_PER_KM
    haze = np.exp(-height_km / MIE_HEIGHT_KM)[..., None] * MIE_EXTINCTION_PER_KM
    layer = np.maximum(0.0, 1.0 - np.abs(height_km - OZONE_CENTER_KM) / OZONE_HALF_WIDTH_KM)
    loss: Floats = air + haze + layer[..., None] * OZONE_PER_KM
    return loss


def _length_to(shell_km: float, radius: Floats | float, sine: Floats) -> Floats:
    """Length of a ray that starts inside of the sphere of this radius until it leaves it."""
    length: Floats = -radius * sine + np.sqrt(np.maximum(radius**2 * (sine**2 - 1.0) + shell_km**2, 0.0))
    return length


def _length_to_ground(radius: float, sine: Floats) -> Floats:
    """Length of a ray until it meets the ground, infinite if it does not."""
    reach = radius**2 * (sine**2 - 1.0) + GROUND_RADIUS_KM**2
    meets = (sine < 0.0) & (reach >= 0.0)
    return np.where(meets, -radius * sine - np.sqrt(np.maximum(reach, 0.0)), np.inf)
