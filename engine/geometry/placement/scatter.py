"""Which props stand where: a Poisson-disk scatter that any part of an endless world can compute by itself.

Every kind has a grid over the world with at most one candidate per cell, at a hashed place in it. A candidate is taken
with the probability that its biome's density asks for, if slope and water allow; it stays if it outranks every other
candidate that it would touch, of its own or another kind: larger kinds outrank smaller ones, a hash decides within a
kind (Matern's second hard-core process, "Spatial Variation", 1960). All of this depends on nothing farther away than
two radii, so chunks computed in any order, by anyone, agree along their borders: nothing stands twice, nothing is
missing, nothing overlaps.

Poisson disks and not a network: what is asked for are densities that a designer sets and an exact promise that nothing
overlaps, across borders that are computed apart. A network that places one thing after another sees neither the
neighbouring chunk nor keeps the promise, and there is no openly licensed body of placed worlds to learn taste from.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidRequestError
from engine.geometry.placement.ground import Area, Floats, Ground
from engine.geometry.placement.groves import PATCH_PEAK, Indices, World, groves
from engine.geometry.props.dice import word_of
from engine.geometry.props.kinds import Habitat, WaterRule
from engine.geometry.scene import Instances

Densities = Mapping[str, Mapping[str, float]]
"""Kind -> biome -> how many per hectare, in place of the kinds' own."""

HECTARE_M2 = 10_000.0
SHORE_M = 4.0
"""How far from water a shore reaches."""

WADING_M = 0.7
"""The deepest water in which something stands that likes it wet."""

_JITTER = 0.9
_RING = tuple((math.sin(k * math.pi / 4), math.cos(k * math.pi / 4)) for k in range(8))
# Uses of one cell's hash.
_X, _Z, _TAKE, _RANK, _SCALE, _YAW, _VARIANT = range(7)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """All placements of one kind in an area.

    position  float64 [n, 3], meters in the world
    rotation  float32 [n, 4], unit quaternions x, y, z, w
    scale     float32 [n]
    radius_m  float64 [n], of the circle on the ground that each keeps for itself
    variant   int64 [n], 0 to the kind's variant_count - 1
    """

    kind: Habitat
    position: Floats
    rotation: NDArray[np.float32]
    scale: NDArray[np.float32]
    radius_m: Floats
    variant: Indices


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """One kind's candidates on its grid of cells [rows, columns]."""

    kind: Habitat
    cell_m: float
    first: tuple[int, int]
    x_m: Floats
    z_m: Floats
    radius_m: Floats
    rank: Floats
    taken: NDArray[np.bool_]


def margin_m(kinds: Sequence[Habitat]) -> float:
    """How far around an area its ground must be known."""
    return 2.0 * max((_reach(kind) for kind in kinds), default=0.0) + max(SHORE_M, 1.0) + 0.5


def scatter(
    ground: Ground,
    area: Area,
    seed: int,
    kinds: Sequence[Habitat],
    *,
    densities: Densities | None = None,
    density: float = 1.0,
    period_m: float = 0.0,
) -> tuple[Placed, ...]:
    """The props of an area, one entry per kind, in the order of `kinds`.

    ground     must cover the area and `margin_m(kinds)` around it
    seed       that of the world, a signed 64-bit integer
    kinds      members of PROPS, or habitats of a user's own props
    densities  for kinds in it, in place of their own; at most one prop fits into twice its radius, whatever is asked
    density    factor of all densities, 0 to 1: with less, some vanish and the others stay
    period_m   the world repeats after so many meters along both axes, at least 256; 0: it is endless

    Raises InvalidRequestError if the ground does not reach far enough or the factor is out of range.
    """
    if not 0.0 <= density <= 1.0:
        raise InvalidRequestError("density", density, "0 to 1")
    if period_m and not 256.0 <= period_m < math.inf:
        raise InvalidRequestError("period_m", period_m, "0, or at least 256")
    margin = margin_m(kinds)
    if not ground.covers(area, margin):
        rows, columns = ground.height_m.shape
        window = (
            f"rows {ground.row} to {ground.row + rows - 1}, columns {ground.column} to {ground.column + columns - 1}"
        )
        raise InvalidRequestError("area", area, f"inside of {window} with a margin of {margin:.1f} meters")
    names = sorted(kinds, key=lambda kind: (-_reach(kind), kind.name))
    table, world = densities or {}, World(seed, period_m)
    found = [
        _candidates(ground, area, world, kind, table.get(kind.name, kind.densities), density, margin) for kind in names
    ]
    kept = {
        candidates.kind.name: _placed(ground, area, world, candidates, _outranking(candidates, found[: number + 1]))
        for number, candidates in enumerate(found)
    }
    return tuple(kept[kind.name] for kind in kinds)


def as_instances(
    placed: Placed, models: Sequence[int], origin_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> tuple[Instances, ...]:
    """Instances of a kind's variants; those of which there are none are left out.

    models    index in the scene of the model of each variant
    origin_m  the point of the world at the scene's origin
    """
    result = []
    for variant, model in enumerate(models):
        chosen = np.flatnonzero(placed.variant == variant)
        if len(chosen):
            result.append(
                Instances(
                    name=f"{placed.kind.name}_{variant}",
                    model=model,
                    translation=(placed.position[chosen] - np.array(origin_m)).astype(np.float32),
                    rotation=placed.rotation[chosen],
                    scale=np.repeat(placed.scale[chosen, None], 3, axis=1),
                )
            )
    return tuple(result)


def _reach(kind: Habitat) -> float:
    """The largest radius of a kind."""
    return kind.radius_m * kind.scale[1]


def _candidates(
    ground: Ground,
    area: Area,
    world: World,
    kind: Habitat,
    densities: Mapping[str, float],
    density: float,
    margin: float,
) -> _Candidates:
    """All candidates of a kind in the area and its margin."""
    peak = max(densities.values(), default=0.0) * (PATCH_PEAK if kind.patch_m else 1.0)
    cell = world.cell_m(max(math.sqrt(HECTARE_M2 / peak) if peak > 0.0 else 0.0, 2.0 * _reach(kind)))
    reach = margin - max(SHORE_M, 1.0) - 0.5
    spacing = ground.spacing_m
    top, left = (math.floor((index * spacing - reach) / cell) for index in (area.row, area.column))
    bottom = math.floor(((area.row + area.row_count) * spacing + reach) / cell)
    right = math.floor(((area.column + area.column_count) * spacing + reach) / cell)
    empty = peak <= 0.0
    row = np.arange(top, top if empty else bottom + 1)[:, None]
    column = np.arange(left, left if empty else right + 1)[None, :]
    dice = partial(world.values, word_of(kind.name), row, column, cell_m=cell)
    x = (column + 0.5 + (dice(use=_X) - 0.5) * _JITTER) * cell
    z = (row + 0.5 + (dice(use=_Z) - 0.5) * _JITTER) * cell
    low, high = kind.scale
    radius = kind.radius_m * (low + (high - low) * dice(use=_SCALE))
    wanted = np.zeros(x.shape)
    flat_x, flat_z = x.ravel(), z.ravel()
    for biome, count in densities.items():
        if count and biome in ground.biomes:
            wanted += count * ground.sample(ground.biomes[biome], flat_x, flat_z).reshape(x.shape)
    if kind.patch_m:
        wanted *= PATCH_PEAK * groves(world, kind, x, z)
    chance = np.minimum(wanted * (cell * cell / HECTARE_M2), 1.0) * density
    taken = dice(use=_TAKE) < chance
    places = np.flatnonzero(taken)
    fits = _suitable(ground, kind, flat_x[places], flat_z[places], radius.ravel()[places])
    taken.ravel()[places] = fits
    return _Candidates(kind, cell, (top, left), x, z, radius, dice(use=_RANK), taken)


def _suitable(ground: Ground, kind: Habitat, x_m: Floats, z_m: Floats, radius_m: Floats) -> NDArray[np.bool_]:
    """Whether a kind may stand at each place, [n]."""
    slope = np.hypot(*ground.gradient(x_m, z_m))
    fits: NDArray[np.bool_] = slope <= kind.slope_max
    if ground.water_depth_m is None:
        return fits & (kind.water == WaterRule.DRY)
    depth = ground.sample(ground.water_depth_m, x_m, z_m)
    if kind.water == WaterRule.WET:
        near = _wet_around(ground, x_m, z_m, np.full(len(x_m), 1.0))
        return fits & (depth <= WADING_M) & ((depth > 0.0) | near)
    fits &= (depth <= 0.0) & ~_wet_around(ground, x_m, z_m, np.minimum(radius_m, SHORE_M))
    if kind.water == WaterRule.SHORE:
        fits &= _wet_around(ground, x_m, z_m, np.full(len(x_m), SHORE_M))
    return fits


def _wet_around(ground: Ground, x_m: Floats, z_m: Floats, reach_m: Floats) -> NDArray[np.bool_]:
    """Whether there is water on a circle around each place."""
    assert ground.water_depth_m is not None
    wet = np.zeros(len(x_m), np.bool_)
    for x, z in _RING:
        wet |= ground.sample(ground.water_depth_m, x_m + x * reach_m, z_m + z * reach_m) > 0.0
    return wet


def _outranking(own: _Candidates, others: Sequence[_Candidates]) -> Indices:
    """Flat indices of the candidates that stay; `others` are the kinds that are not smaller, itself included."""
    places = np.flatnonzero(own.taken)
    x, z = own.x_m.ravel()[places], own.z_m.ravel()[places]
    radius, rank = own.radius_m.ravel()[places], own.rank.ravel()[places]
    stays = np.ones(len(places), np.bool_)
    for other in others:
        if not other.taken.any():
            continue
        rows, columns = other.taken.shape
        row = np.floor(z / other.cell_m).astype(np.int64) - other.first[0]
        column = np.floor(x / other.cell_m).astype(np.int64) - other.first[1]
        reach = math.ceil((_reach(own.kind) + _reach(other.kind)) / other.cell_m)
        for shift_row in range(-reach, reach + 1):
            for shift_column in range(-reach, reach + 1):
                if other is own and shift_row == shift_column == 0:
                    continue
                at_row, at_column = row + shift_row, column + shift_column
                inside = (at_row >= 0) & (at_row < rows) & (at_column >= 0) & (at_column < columns)
                at = np.where(inside, at_row * columns + at_column, 0)
                away = np.hypot(other.x_m.ravel()[at] - x, other.z_m.ravel()[at] - z)
                touched = inside & other.taken.ravel()[at] & (away < radius + other.radius_m.ravel()[at])
                if other is own:
                    touched &= other.rank.ravel()[at] < rank
                stays &= ~touched
    return places[stays]


def _placed(ground: Ground, area: Area, world: World, candidates: _Candidates, kept: Indices) -> Placed:
    """Those of the kept candidates that belong to the area, set on the ground."""
    kind, spacing = candidates.kind, ground.spacing_m
    x, z = candidates.x_m.ravel()[kept], candidates.z_m.ravel()[kept]
    column, row = np.floor(x / spacing), np.floor(z / spacing)
    own = (row >= area.row) & (row < area.row + area.row_count)
    own &= (column >= area.column) & (column < area.column + area.column_count)
    kept, x, z = kept[own], x[own], z[own]
    radius = candidates.radius_m.ravel()[kept]
    slope_x, slope_z = ground.gradient(x, z)
    slope = np.hypot(slope_x, slope_z)
    sunk = np.minimum(0.3, 0.25 * radius * slope * (1.0 - kind.leans))
    y = ground.sample(ground.height_m, x, z) - sunk
    columns = candidates.taken.shape[1] or 1
    cell_row, cell_column = kept // columns + candidates.first[0], kept % columns + candidates.first[1]
    dice = partial(world.values, word_of(kind.name), cell_row, cell_column, cell_m=candidates.cell_m)
    yaw = dice(use=_YAW) * 2.0 * np.pi
    variant = np.minimum(dice(use=_VARIANT) * kind.variant_count, kind.variant_count - 1)
    return Placed(
        kind=kind,
        position=np.stack([x, y, z], axis=1),
        rotation=_rotations(yaw, slope_x * kind.leans, slope_z * kind.leans),
        scale=(radius / kind.radius_m).astype(np.float32),
        radius_m=radius,
        variant=variant.astype(np.int64),
    )


def _rotations(yaw: Floats, slope_x: Floats, slope_z: Floats) -> NDArray[np.float32]:
    """Quaternions [n, 4] that turn about the upright axis, then tilt it onto the normal of a slope."""
    normal = np.stack([-slope_x, np.ones_like(yaw), -slope_z], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    # From (0, 1, 0) to the normal: axis = up x normal, half angle by the half vector.
    half = np.sqrt(0.5 * (1.0 + normal[:, 1]))
    tilt_x, tilt_z = normal[:, 2] / (2.0 * half), -normal[:, 0] / (2.0 * half)
    sine, cosine = np.sin(0.5 * yaw), np.cos(0.5 * yaw)
    quaternion = np.stack(
        [tilt_x * cosine - tilt_z * sine, half * sine, tilt_z * cosine + tilt_x * sine, half * cosine], axis=1
    )
    quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    return quaternion.astype(np.float32)
