"""Who is moved: parametric characters, from the words of requests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.characters.character import Character, build_character
from engine.characters.identity import KINDS, PARTS, SLIDERS, Identity, between, make_identity
from engine.characters.measures import Measures, measure, own_root_m
from engine.characters.palettes import COLOR_NAMES, Palette
from engine.characters.rendering.cast import Cast, cast_of
from engine.errors import InvalidRequestError
from engine.generators.character.pose import pose_numbers, pose_parts
from engine.motion.skeleton import SKELETON
from engine.requests.character.identity import IdentityRequest, Who

CAST_COUNT = 64
"""Characters that are kept ready to be drawn."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One character; its mesh is made when it is first needed.

    ends  the two that it lies between, and the second one's share; None: it is itself
    """

    identity: Identity
    ends: tuple[Identity, Identity, float] | None = None

    @property
    def measures(self) -> Measures:
        """Its proportions."""
        return _measures(self.identity)

    @property
    def character(self) -> Character:
        """Its mesh."""
        return build_character(self.identity)

    @property
    def cast(self) -> Cast:
        """Ready to be drawn."""
        return _cast(self.identity)


class ParametricFigures:
    """The `Figures` of the project's own characters."""

    def figure(self, who: Who) -> Figure:
        """The character. Raises InvalidRequestError for names that do not exist."""
        first = _identity(who.identity, "identity")
        if who.other is None:
            return Figure(first)
        second = _identity(who.other, "blend.identity")
        return Figure(between(first, second, who.share), (first, second, who.share))

    def own_pose(self, figure: Figure, pose: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same pose with the pelvis where this character's is."""
        root_m, rotation, contact = pose_parts(pose)
        return pose_numbers(own_root_m(figure.measures, root_m.copy()), rotation, contact)

    def description(self, figure: Figure) -> dict[str, object]:
        """Identity, height, and the joints with parents and rest offsets.

        The pelvis is where that of the common skeleton is, times `root_scale`, and `root_lift_m` higher.
        """
        return {
            "identity": identity_document(figure.identity),
            "height_m": round(figure.measures.height, 4),
            "root_scale": round(figure.measures.leg_scale, 6),
            "root_lift_m": round(float(figure.measures.sole), 6),
            "joints": list(SKELETON.names),
            "parents": list(SKELETON.parents),
            "rest_offset_m": figure.measures.rest_offset_m.astype(float).round(6).tolist(),
        }


def identity_document(identity: Identity) -> dict[str, Any]:
    """Everything about an identity, with which it can be asked for again."""
    colors = (np.array(identity.palette.colors) * 255).round().astype(int)
    return {
        "seed": identity.seed,
        "kind": identity.kind,
        "sliders": dict(zip(SLIDERS, identity.sliders, strict=True)),
        "parts": dict(zip(PARTS, identity.parts, strict=True)),
        "colors": {name: "#" + bytes(color.tolist()).hex() for name, color in zip(COLOR_NAMES, colors, strict=True)},
    }


def _identity(request: IdentityRequest, field: str) -> Identity:
    if request.kind and request.kind not in KINDS:
        raise InvalidRequestError(f"{field}.kind", request.kind, ", ".join(KINDS))
    _check_names(f"{field}.sliders", request.sliders, SLIDERS)
    _check_names(f"{field}.parts", request.parts, tuple(PARTS))
    _check_names(f"{field}.colors", request.colors, COLOR_NAMES)
    for name, choice in request.parts.items():
        if choice not in PARTS[name]:
            raise InvalidRequestError(f"{field}.parts.{name}", choice, ", ".join(PARTS[name]))
    identity = make_identity(request.seed, request.kind or None).with_values(**request.sliders, **request.parts)
    colors = list(identity.palette.colors)
    for name, text in request.colors.items():
        red, green, blue = bytes.fromhex(text[1:])
        colors[COLOR_NAMES.index(name)] = (red / 255, green / 255, blue / 255)
    return replace(identity, palette=Palette(tuple(colors)))


def _check_names(field: str, given: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    for name in given:
        if name not in allowed:
            raise InvalidRequestError(f"{field}.{name}", given[name], f"one of {', '.join(allowed)} as name")


@lru_cache(maxsize=CAST_COUNT)
def _measures(identity: Identity) -> Measures:
    return measure(identity)


@lru_cache(maxsize=CAST_COUNT)
def _cast(identity: Identity) -> Cast:
    return cast_of([build_character(identity)])
