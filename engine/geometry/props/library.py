"""Every kind of prop by name, and how one is built."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from engine.errors import InvalidRequestError
from engine.geometry.mesh import joined
from engine.geometry.props.dice import Dice, hashed, word_of
from engine.geometry.props.kinds import Detail, Part, PropKind
from engine.geometry.props.materials import MATERIAL_INDEX
from engine.geometry.props.table import KINDS
from engine.geometry.scene import Lod, Model, Primitive

PROPS: Mapping[str, PropKind] = MappingProxyType({kind.name: kind for kind in KINDS})


def build_prop(
    kind: str, seed: int, parameters: Mapping[str, float] | None = None, *, first_material: int = 0
) -> Model:
    """A model with three levels of detail, fine to coarse; the same arguments give the same bytes.

    kind            a key of PROPS
    seed            a signed 64-bit integer; another seed gives another individual of the kind
    parameters      overrides of the kind's parameters
    first_material  index in the scene of the first of PROP_MATERIALS, which the primitives refer to

    The origin is where it stands on the ground; +Y up, meters. Raises InvalidRequestError for an unknown kind, an
    unknown parameter or a value outside its range.
    """
    known = PROPS.get(kind)
    if known is None:
        raise InvalidRequestError("prop.kind", kind, ", ".join(PROPS))
    values = _checked(known, parameters or {})
    dice = Dice(int(hashed(word_of(kind), seed).astype(np.int64)[0]))
    coverages = (*known.coverages, 0.0)
    lods = tuple(
        Lod(_primitives(known.build(dice, values, detail), first_material), coverages[detail]) for detail in Detail
    )
    return Model(f"{kind}_{seed}", lods)


def _checked(kind: PropKind, overrides: Mapping[str, float]) -> dict[str, float]:
    """The kind's parameters with the overrides. Raises InvalidRequestError."""
    values = {parameter.name: parameter.default for parameter in kind.parameters}
    for name, value in overrides.items():
        if name not in values:
            raise InvalidRequestError(f"prop.{kind.name}", name, ", ".join(values))
        values[name] = value
    for parameter in kind.parameters:
        if not parameter.lowest <= values[parameter.name] <= parameter.highest:
            allowed = f"{parameter.lowest:g} to {parameter.highest:g}"
            raise InvalidRequestError(f"prop.{kind.name}.{parameter.name}", values[parameter.name], allowed)
    return values


def _primitives(parts: list[Part], first_material: int) -> tuple[Primitive, ...]:
    """One primitive per material, in the order of first use."""
    names = list(dict.fromkeys(name for name, _ in parts))
    meshes = {name: joined([mesh for other, mesh in parts if other == name]) for name in names}
    return tuple(Primitive(meshes[name], first_material + MATERIAL_INDEX[name]) for name in names)
