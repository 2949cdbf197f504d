"""Props on the ground: where the land lets them stand, no more than asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.reader.prop import Prop, read_prop
from engine.errors import DataError, InvalidRequestError
from engine.generators.terrain.biomes import BIOMES
from engine.generators.terrain.land import Ground, Land
from engine.geometry.placement import ground as placement
from engine.geometry.placement.scatter import Placed, as_instances, margin_m, scatter
from engine.geometry.props.kinds import Habitat
from engine.geometry.props.library import PROPS, build_prop
from engine.geometry.props.materials import PROP_MATERIALS
from engine.geometry.scene import Instances, Lod, Material, Model, Primitive
from engine.requests.scene import OwnProp, SceneRequest


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """The kinds of props that a scene may hold: the built-in ones, and a user's own by name."""

    kinds: tuple[Habitat, ...]
    own: dict[str, Prop]


@dataclass(frozen=True, slots=True, eq=False)
class Dressing:
    """The props of a scene: materials, models, their placements, and how many there would be without a limit."""

    materials: tuple[Material, ...] = ()
    models: tuple[Model, ...] = ()
    instances: tuple[Instances, ...] = ()
    count: int = 0
    wanted_count: int = 0


def kit_of(request: SceneRequest) -> Kit:
    """The props that a scene may hold. Raises InvalidRequestError for an unusable file or an unknown biome."""
    builtin = tuple(PROPS.values()) if request.builtin_props else ()
    own = {each.name: _read(each) for each in request.own_props}
    return Kit((*builtin, *(_habitat(each) for each in request.own_props)), own)


def dress(
    land: Land, ground: Ground, request: SceneRequest, kit: Kit, first_model: int, first_material: int
) -> Dressing:
    """The props of `ground`, at most request.prop_limit of them.

    Positions are relative to the middle of the ground. first_model and first_material are indices in the scene.
    """
    landscape, cells, density = land.landscape, len(ground.height_m) - 1, request.prop_density
    if density <= 0.0 or request.prop_limit == 0 or not kit.kinds:
        return Dressing()
    rim = -(-round(margin_m(kit.kinds) / landscape.cell_m + 2) // 4) * 4
    wide = land.ground(ground.y - rim, ground.x - rim, cells + 1 + 2 * rim, cells + 1 + 2 * rim)
    sampled = placement.Ground(wide.height_m, landscape.cell_m, wide.y, wide.x, wide.masks.water, wide.biomes)
    area = placement.Area(ground.y, ground.x, cells, cells)
    tables = {
        kind.name: {biome: most * max(1.0, density) for biome, most in kind.densities.items()} for kind in kit.kinds
    }
    period_m = landscape.period_cells * landscape.cell_m
    placed = scatter(
        sampled, area, landscape.seed, kit.kinds, densities=tables, density=min(1.0, density), period_m=period_m
    )
    wanted = [len(each.position) for each in placed]
    allowed = _shared_out(wanted, [each.kind.radius_m for each in placed], request.prop_limit)
    placed = tuple(_thinned(each, count) for each, count in zip(placed, allowed, strict=True))
    middle_m = (ground.x + cells / 2) * landscape.cell_m, 0.0, (ground.y + cells / 2) * landscape.cell_m
    builder = _Builder(kit, first_model, first_material)
    instances = [one for each in placed for one in as_instances(each, builder.models_of(each), middle_m)]
    return Dressing(tuple(builder.materials), tuple(builder.models), tuple(instances), sum(allowed), sum(wanted))


class _Builder:
    """Makes models as placements ask for them, and numbers them."""

    def __init__(self, kit: Kit, first_model: int, first_material: int) -> None:
        self._own, self._first_model, self._first_material = kit.own, first_model, first_material
        self.models: list[Model] = []
        self.materials = list(PROP_MATERIALS)

    def models_of(self, placed: Placed) -> list[int]:
        """Index in the scene of the model of every variant that occurs; 0 for one that does not."""
        variants = np.unique(placed.variant).tolist()
        numbers = [0] * (max(variants, default=-1) + 1)
        for variant in variants:
            numbers[variant] = self._first_model + len(self.models)
            self.models.append(self._model(placed.kind.name, variant))
        return numbers

    def _model(self, name: str, variant: int) -> Model:
        prop = self._own.get(name)
        if prop is None:
            return build_prop(name, variant, first_material=self._first_material)
        first = self._first_material + len(self.materials)
        self.materials += prop.materials
        return replace(prop.model, lods=tuple(_renumbered(lod, first) for lod in prop.model.lods))


def _renumbered(lod: Lod, first: int) -> Lod:
    return replace(lod, primitives=tuple(Primitive(each.mesh, first + each.material) for each in lod.primitives))


def _read(own: OwnProp) -> Prop:
    if own.name in PROPS:
        raise InvalidRequestError("own_props.name", own.name, "a name that no built-in kind has")
    for biome in own.densities:
        if biome not in BIOMES:
            raise InvalidRequestError(f"own_props.{own.name}.densities", biome, ", ".join(BIOMES))
    try:
        return read_prop(own.glb, own.name)
    except DataError as error:
        raise InvalidRequestError(
            f"own_props.{own.name}.glb", str(error), "a binary glTF file that can be read"
        ) from error


def _habitat(own: OwnProp) -> Habitat:
    return Habitat(
        name=own.name,
        densities=own.densities,
        radius_m=own.radius_m,
        slope_max=own.slope_max,
        scale=(own.scale_min, own.scale_max),
        leans=own.leans,
        variant_count=1,
    )


def _shared_out(wanted: Sequence[int], radius_m: Sequence[float], limit: int) -> list[int]:
    """How many of each kind may stay, `limit` in all: a share for every kind, larger for larger things.

    What a kind does not need goes to the others.
    """
    allowed, open_kinds = [0] * len(wanted), [index for index, count in enumerate(wanted) if count]
    left = min(limit, sum(wanted))
    while left > 0 and open_kinds:
        weights = [wanted[index] * radius_m[index] for index in open_kinds]
        shares = [left * weight / sum(weights) for weight in weights]
        full = [index for index, share in zip(open_kinds, shares, strict=True) if share >= wanted[index]]
        if not full:
            for index, share in zip(open_kinds, shares, strict=True):
                allowed[index] = int(share)
            spare = left - sum(int(share) for share in shares)
            nearly = sorted(range(len(shares)), key=lambda place: int(shares[place]) - shares[place])
            for place in nearly[:spare]:
                allowed[open_kinds[place]] += 1
            break
        for index in full:
            allowed[index] = wanted[index]
            left -= wanted[index]
        open_kinds = [index for index in open_kinds if index not in full]
    return allowed


def _thinned(placed: Placed, count: int) -> Placed:
    """`count` of the placements, spread evenly over them."""
    keep: NDArray[np.int64] = np.arange(count, dtype=np.int64) * len(placed.position) // max(count, 1)
    return Placed(
        placed.kind,
        placed.position[keep],
        placed.rotation[keep],
        placed.scale[keep],
        placed.radius_m[keep],
        placed.variant[keep],
    )
