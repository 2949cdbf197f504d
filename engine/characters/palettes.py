"""Colors of characters: eight slots, of which a character's surfaces use nothing but brighter and darker tones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.geometry.props.dice import Dice

Color = tuple[float, float, float]

COLOR_NAMES: tuple[str, ...] = ("skin", "hair", "primary", "secondary", "leather", "metal", "glow")
SLOT_NAMES: tuple[str, ...] = (*COLOR_NAMES, "dark")
SLOT_COUNT = len(SLOT_NAMES)
SKIN, HAIR, PRIMARY, SECONDARY, LEATHER, METAL, GLOW, DARK = range(SLOT_COUNT)
DARK_COLOR: Color = (0.10, 0.085, 0.11)

_SKINS = "f6cfae eebb92 dd9f70 b97a4e 8d5636 66402a f3c7a8"
_HAIRS = "2b2024 4a2f23 7a4a28 b5793c e2b866 c2502e 9b9aa3 ece6da 3d4f8f 7f3b6b 2f6d62"
_CLOTHES = (
    ("a63a3a", "e6c98a"), ("2f5f9e", "dfe4ea"), ("3f7d4e", "d9b86c"), ("6b4a9c", "e8d36a"), ("c77b30", "4b3b52"),
    ("34424f", "b8463f"), ("8f2f55", "e9d8c4"), ("2a7d85", "f0c987"), ("d3b14a", "5d3a2a"), ("e3ddd0", "3f5f8f"),
    ("55603a", "c9a66b"), ("433454", "59b6a5"), ("b85b6e", "5b3f5e"), ("1f3d5c", "d98b3a"),
)  # fmt: skip
_LEATHERS = "6b4429 7f5a35 4d3427 93683f 3c2e2c"
_METALS = "aab2bd c9a24b 8d97a6 6d7380 b87a4a"
_GOBLINS = "7fa650 5f8f4a 9bb04c 4f8a6b a88f4a"
_BONES = "e9dfc3 dcd3bd cfc4a2 e6e1d6"
_SHELLS = "c9cdd3 d98d3e 4f8fb8 c5524a 7d9b5a e3d9b8 5c6470"
_FURS = "c98a4b 8a8f99 5f4a3c d9c3a0 b5623a 3f4350 efe6d8"
_GLOWS = {
    "human": "fbf7ee", "goblin": "ffd84a", "skeleton": "ff7a3a 6fe0ff 9cff6a", "robot": "5fe6ff ffb347 8dff7a ff6a6a",
    "beast": "ffe27a 9fe08a 8fd0ff",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors as sRGB values 0 to 1, in the order of COLOR_NAMES."""

    colors: tuple[Color, ...]

    def __post_init__(self) -> None:
        if len(self.colors) != len(COLOR_NAMES):
            raise ValueError(f"palette: {len(self.colors)} colors are not allowed; allowed: {len(COLOR_NAMES)}")
        for name, color in zip(COLOR_NAMES, self.colors, strict=True):
            if len(color) != 3 or not all(0.0 <= value <= 1.0 for value in color):
                raise ValueError(f"palette.{name}: {color} is not allowed; allowed: three numbers in [0, 1]")

    def array(self) -> NDArray[np.float32]:
        """The colors float32 [7, 3]."""
        return np.array(self.colors, np.float32)

    def slots(self) -> NDArray[np.float32]:
        """The colors of all slots float32 [8, 3], sRGB: these and the dark one that all characters share."""
        return np.concatenate([self.array(), np.array([DARK_COLOR], np.float32)])


def draw_palette(dice: Dice, kind: str) -> Palette:
    """Colors that go together, for a kind of character."""
    skins = {"goblin": _GOBLINS, "skeleton": _BONES, "robot": _SHELLS, "beast": _FURS}.get(kind, _SKINS)
    primary, secondary = _CLOTHES[dice.count("clothes", 0, len(_CLOTHES) - 1)]
    if dice.between("swapped clothes", 0.0, 1.0) < 0.2:
        primary, secondary = secondary, primary
    skin = _pick(dice, "skin", skins)
    codes = [skin, _pick(dice, "hair", _HAIRS), primary, secondary]
    codes += [_pick(dice, "leather", _LEATHERS), _pick(dice, "metal", _METALS), _pick(dice, "glow", _GLOWS[kind])]
    colors = []
    for code, name in zip(codes, COLOR_NAMES, strict=True):
        jitter = dice.values(f"jitter {name}", -0.025, 0.025, 3)
        color = np.array([int(code[at : at + 2], 16) / 255.0 for at in (0, 2, 4)]) + jitter
        red, green, blue = np.clip(color, 0.0, 1.0).round(4).tolist()
        colors.append((red, green, blue))
    return Palette(tuple(colors))


def blended(first: Palette, second: Palette, share: float) -> Palette:
    """The colors on the way from `first` to `second`."""
    mixed = (1.0 - share) * first.array().astype(np.float64) + share * second.array().astype(np.float64)
    rows = np.clip(mixed, 0.0, 1.0).round(5).tolist()
    return Palette(tuple((red, green, blue) for red, green, blue in rows))


def _pick(dice: Dice, name: str, codes: str) -> str:
    choices = codes.split()
    return choices[dice.count(f"color {name}", 0, len(choices) - 1)]
