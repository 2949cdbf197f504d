"""Who a character is: its kind, sliders, parts and colors; by seed, by choice, or between two others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.characters.palettes import COLOR_NAMES, Palette, blended, draw_palette
from engine.geometry.props.dice import Dice

SLIDERS: tuple[str, ...] = (
    *("height", "build", "head_size", "leg_length", "arm_length", "shoulder_width", "eye_size", "nose_size"),
)
"""Each 0 to 1, where 0.5 is the kind's middle."""

KINDS: tuple[str, ...] = ("human", "goblin", "skeleton", "robot", "beast")

PARTS: Mapping[str, tuple[str, ...]] = {
    "hair": ("none", "crop", "spiky", "bob", "long", "ponytail", "bun", "mohawk", "curly", "pigtails"),
    "beard": ("none", "full", "goatee", "moustache"),
    "headwear": ("none", "hood", "wizard", "helm", "horned", "crown", "cap", "headband", "straw"),
    "torso": ("tunic", "robe", "breastplate", "vest", "coat"),
    "shoulders": ("none", "round", "plates", "spiked", "fur"),
    "back": ("none", "cape", "backpack", "quiver"),
    "belt": ("plain", "pouches", "sash"),
    "gloves": ("none", "bracers", "gauntlets"),
    "boots": ("shoes", "boots", "plated"),
}
"""What can be chosen, part by part."""

_OUTFITS: tuple[Mapping[str, tuple[str, ...]], ...] = (
    {  # knight
        "headwear": ("helm", "none", "none", "horned", "crown"), "torso": ("breastplate",),
        "shoulders": ("round", "plates", "plates"), "back": ("cape", "cape", "none"), "belt": ("plain", "pouches"),
        "gloves": ("gauntlets",), "boots": ("plated",),
    },
    {  # mage
        "headwear": ("wizard", "wizard", "hood", "none"), "torso": ("robe",), "shoulders": ("none", "round", "fur"),
        "back": ("none", "cape", "backpack"), "belt": ("sash", "pouches"), "gloves": ("none", "bracers"),
        "boots": ("shoes",),
    },
    {  # rogue
        "headwear": ("hood", "hood", "headband", "none"), "torso": ("coat", "vest"), "shoulders": ("none", "plates"),
        "back": ("cape", "none", "backpack"), "belt": ("pouches",), "gloves": ("bracers", "gauntlets"),
        "boots": ("boots",),
    },
    {  # ranger
        "headwear": ("cap", "hood", "none", "headband"), "torso": ("tunic", "coat"), "shoulders": ("none", "fur"),
        "back": ("quiver", "quiver", "cape"), "belt": ("pouches", "plain"), "gloves": ("bracers",),
        "boots": ("boots",),
    },
    {  # barbarian
        "headwear": ("none", "horned", "horned", "headband"), "torso": ("vest",), "shoulders": ("fur", "spiked", "fur"),
        "back": ("none", "cape"), "belt": ("plain", "sash"), "gloves": ("bracers",), "boots": ("boots",),
    },
    {  # villager
        "headwear": ("straw", "none", "none", "cap"), "torso": ("tunic", "vest", "coat"), "shoulders": ("none",),
        "back": ("none", "backpack"), "belt": ("sash", "plain"), "gloves": ("none",), "boots": ("shoes", "boots"),
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """One character.

    seed     of everything that has no name: small asymmetries
    kind     one of KINDS
    sliders  SLIDERS in order, each 0 to 1
    parts    one choice of PARTS for each of them, in order
    palette  its colors
    """

    seed: int
    kind: str
    sliders: tuple[float, ...]
    parts: tuple[str, ...]
    palette: Palette

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is not allowed; allowed: {', '.join(KINDS)}")
        if len(self.sliders) != len(SLIDERS) or len(self.parts) != len(PARTS):
            raise ValueError(f"sliders, parts: {len(self.sliders)} and {len(self.parts)} values are not allowed")
        for name, value in zip(SLIDERS, self.sliders, strict=True):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name}: {value} is outside [0, 1]")
        for (name, allowed), choice in zip(PARTS.items(), self.parts, strict=True):
            if choice not in allowed:
                raise ValueError(f"{name}: {choice!r} is not allowed; allowed: {', '.join(allowed)}")

    def slider(self, name: str) -> float:
        """The value of one slider."""
        return self.sliders[SLIDERS.index(name)]

    def part(self, name: str) -> str:
        """The choice for one part."""
        return self.parts[tuple(PARTS).index(name)]

    def with_values(self, **values: str | float) -> "Identity":
        """The same character with some sliders or parts set. Raises ValueError for an unknown name or value."""
        sliders, parts = list(self.sliders), list(self.parts)
        for name, value in values.items():
            if name in SLIDERS:
                sliders[SLIDERS.index(name)] = float(value)
            elif name in PARTS:
                parts[tuple(PARTS).index(name)] = str(value)
            else:
                raise ValueError(f"{name}: is not allowed; allowed: {', '.join((*SLIDERS, *PARTS))}")
        return replace(self, sliders=tuple(sliders), parts=tuple(parts))

    def features(self) -> NDArray[np.float32]:
        """What a network sees of it, float32 [FEATURE_COUNT]: sliders, colors and one-hot choices, each 0 to 1."""
        chosen = [np.array([self.kind == kind for kind in KINDS], np.float32)]
        for (_, allowed), choice in zip(PARTS.items(), self.parts, strict=True):
            chosen.append(np.array([choice == one for one in allowed], np.float32))
        return np.concatenate([np.array(self.sliders, np.float32), self.palette.array().reshape(-1), *chosen])


FEATURE_COUNT = len(SLIDERS) + 3 * len(COLOR_NAMES) + len(KINDS) + sum(len(allowed) for allowed in PARTS.values())


def make_identity(seed: int, kind: str | None = None) -> Identity:
    """The character of a seed; of any kind unless one is named, people most often."""
    dice = Dice(seed)
    if kind is None:
        kinds = ("human", "human", "human", "human", "goblin", "skeleton", "robot", "beast")
        kind = kinds[dice.count("kind", 0, len(kinds) - 1)]
    # The mean of two draws: extremes are rare but occur.
    draws = [dice.values(f"slider {name}", 0.0, 1.0, 2).mean() for name in SLIDERS]
    sliders = tuple(round(float(np.clip(0.5 + 1.3 * (draw - 0.5), 0.0, 1.0)), 4) for draw in draws)
    outfit = _OUTFITS[dice.count("outfit", 0, len(_OUTFITS) - 1)]
    parts = {name: _pick(dice, name, outfit.get(name, allowed)) for name, allowed in PARTS.items()}
    if kind in ("skeleton", "robot", "beast"):
        parts |= {"hair": "none", "beard": "none"}
    if kind == "goblin":
        parts |= {"beard": "none", "hair": _pick(dice, "goblin hair", ("none", "none", "mohawk", "ponytail", "spiky"))}
    if kind == "robot":
        parts |= {"headwear": _pick(dice, "robot headwear", ("none", "none", "none", "cap", "straw", "crown"))}
        if parts["torso"] in ("robe", "coat"):
            parts["torso"] = "breastplate"
    if kind == "human" and dice.between("bare chin", 0.0, 1.0) < 0.6:
        parts["beard"] = "none"
    return Identity(seed, kind, sliders, tuple(parts.values()), draw_palette(dice, kind))


def between(first: Identity, second: Identity, share: float) -> Identity:
    """The character on the way from `first` (share 0) to `second` (share 1).

    Sliders and colors go evenly; kind and parts change one after the other, at shares that depend on the two seeds.
    Raises ValueError for a share outside of 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share: {share} is outside [0, 1]")
    dice = Dice(first.seed * 31 + second.seed)
    sliders = tuple((1.0 - share) * a + share * b for a, b in zip(first.sliders, second.sliders, strict=True))
    parts = tuple(
        b if share >= dice.between(f"turn {name}", 0.15, 0.85) else a
        for name, a, b in zip(PARTS, first.parts, second.parts, strict=True)
    )
    kind = second.kind if share >= 0.5 else first.kind
    seed = second.seed if share >= 0.5 else first.seed
    return Identity(seed, kind, sliders, parts, blended(first.palette, second.palette, share))


def _pick(dice: Dice, name: str, choices: tuple[str, ...]) -> str:
    return choices[dice.count(f"part {name}", 0, len(choices) - 1)]
