"""What a material looks like besides its structure: appearance codes drawn from a bank of exemplars by seed.

The bank is a kernel density over the training exemplars' codes: a draw mixes the style of two exemplars of the class
and jitters it; sliders and palette of the request replace what was drawn. What `scale`, `direction` and `detail` do
besides lies in `steered_pattern.py` and `grain.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from engine.assets import ParameterInfo
from engine.errors import InvalidRequestError, WeightsError
from engine.nets.albedo import AlbedoBasis, albedo_basis
from engine.noise import derive_seed, unit_value
from engine.requests.texture import Color, TextureRequest

ATTRIBUTES = (
    ParameterInfo(
        "scale",
        0.0,
        1.0,
        None,
        "",
        "cells across the tile, and grain: 64 at 0, 8 at 0.5, one at 1, within the pattern's range",
    ),
    ParameterInfo(
        "direction",
        -1.0,
        1.0,
        None,
        "",
        "where cells and grain run: -1 along x, 1 along y, 0 neither, if the pattern can",
    ),
    ParameterInfo("detail", 0.0, 1.0, None, "", "share of the tone's standard deviation in the finest octave"),
    ParameterInfo("joint_tone", -1.0, 1.0, None, "", "tone of low places: -1 dark joints, 1 light joints"),
    ParameterInfo("contrast", 0.0, 0.6, None, "sRGB", "half distance between the dark and the light color"),
    ParameterInfo("hue_variation", 0.0, 0.2, None, "sRGB", "spread of color across the dark-light axis"),
    ParameterInfo("relief", 0.0, 8.0, None, "px", "standard deviation of the height; drives normal and occlusion"),
    ParameterInfo("roughness", 0.0, 1.0, None, "", "mean roughness"),
    ParameterInfo("roughness_variation", 0.0, 0.5, None, "", "standard deviation of the roughness"),
    ParameterInfo("metalness", 0.0, 1.0, None, "", "mean metallic value"),
    ParameterInfo("metalness_variation", 0.0, 0.5, None, "", "standard deviation of the metallic value"),
)
ATTRIBUTE_NAMES = tuple(attribute.name for attribute in ATTRIBUTES)

STYLE_MIX = 0.35
"""Largest share of the second exemplar in a drawn style."""

ATTRIBUTE_JITTER = 0.04
"""Relative change of drawn attributes and colors, so that equal exemplars do not give equal materials."""


@dataclass(frozen=True, slots=True)
class AppearanceBank:
    """Codes of the training exemplars.

    class_index int64 [n]; style float32 [n, style_width]; attributes float32 [n, len(ATTRIBUTES)];
    palette float32 [n, 3, 3]: dark, mid and light sRGB in [0, 1]
    """

    class_index: torch.Tensor
    style: torch.Tensor
    attributes: torch.Tensor
    palette: torch.Tensor


def load_bank(tensors: Mapping[str, torch.Tensor], class_count: int, style_width: int) -> AppearanceBank:
    """The bank of a weights file.

    Raises WeightsError for a missing tensor, another shape, a value that is not finite, or a class without rows.
    """
    rows = tensors["class_index"].shape[0] if "class_index" in tensors else 0
    shapes = {
        "class_index": (rows,),
        "style": (rows, style_width),
        "attributes": (rows, len(ATTRIBUTES)),
        "palette": (rows, 3, 3),
    }
    for name, shape in shapes.items():
        given = tuple(tensors[name].shape) if name in tensors else None
        if given != shape:
            raise WeightsError(f"bank tensor {name!r} has shape {given}, expected {shape}; train the weights anew")
    for name in shapes:
        if not torch.isfinite(tensors[name]).all():
            raise WeightsError(f"bank tensor {name!r} holds values that are not finite")
    if set(tensors["class_index"].tolist()) != set(range(class_count)):
        raise WeightsError(f"the bank's rows do not cover exactly the classes 0 to {class_count - 1}")
    return AppearanceBank(**{name: tensors[name] for name in shapes})


@dataclass(frozen=True, slots=True)
class Appearance:
    """One material's appearance: the network's inputs and the units of its output."""

    class_index: int
    style: torch.Tensor
    attributes: Mapping[str, float]
    basis: AlbedoBasis

    def network_attributes(self) -> torch.Tensor:
        """The attributes that steer the network, in [-1, 1]: scale, direction, detail, joint tone; float32 [1, 4]."""
        values = self.attributes
        scale, detail = 2 * values["scale"] - 1, 2 * values["detail"] - 1
        return torch.tensor([[scale, values["direction"], detail, values["joint_tone"]]])


def check_attributes(attributes: Mapping[str, float]) -> None:
    """Raises InvalidRequestError for an unknown attribute or a value outside its range."""
    known = {attribute.name: attribute for attribute in ATTRIBUTES}
    for name, value in attributes.items():
        if name not in known:
            raise InvalidRequestError(f"attributes.{name}", value, f"one of the attributes {', '.join(known)}")
        if not known[name].minimum <= value <= known[name].maximum:
            raise InvalidRequestError(
                f"attributes.{name}", value, f"{known[name].minimum:g} to {known[name].maximum:g}"
            )


def draw_appearance(bank: AppearanceBank, class_index: int, request: TextureRequest, salt: int) -> Appearance:
    """The appearance of `request` for a class; `salt` separates the two classes of a blend."""
    seed = derive_seed(request.seed, 0xA99, salt)
    members = torch.nonzero(bank.class_index == class_index)[:, 0]
    first = int(members[int(unit_value(seed, 1) * len(members))])
    second = int(members[int(unit_value(seed, 2) * len(members))])
    style = torch.lerp(bank.style[first], bank.style[second], STYLE_MIX * unit_value(seed, 3))
    drawn = {
        name: _jittered(float(bank.attributes[first, column]), ATTRIBUTES[column], unit_value(seed, 4, column))
        for column, name in enumerate(ATTRIBUTE_NAMES)
    }
    attributes = drawn | dict(request.attributes)
    basis = _basis(bank.palette[first].numpy(), request, attributes, seed)
    return Appearance(class_index, style[None], attributes, basis)


def _jittered(value: float, info: ParameterInfo, unit: float) -> float:
    moved = value * (1 + ATTRIBUTE_JITTER * (2 * unit - 1))
    return min(max(moved, info.minimum), info.maximum)


def _basis(
    own: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    request: TextureRequest,
    attributes: Mapping[str, float],
    seed: int,
) -> AlbedoBasis:
    """The albedo basis of the exemplar's `own` palette [3, 3], as the request's palette and contrast change it."""
    brightness = 1 + ATTRIBUTE_JITTER * (2 * unit_value(seed, 5) - 1)
    dark, mid, light = (np.clip(color * brightness, 0, 1) for color in own)
    if len(request.palette) == 3:
        dark, mid, light = (_unit_color(color) for color in request.palette)
    elif request.palette:
        target = _unit_color(request.palette[0])
        # Shade and light keep their distance from the mid tone, tinted like the new one.
        tint = (target + 0.05) / (mid + 0.05)
        tint /= max(float(tint.mean()), 1e-3)
        dark, mid, light = target + (dark - mid) * tint, target, target + (light - mid) * tint
    if "contrast" in request.attributes or not request.palette:
        half = (light - dark) / 2
        length = float(np.linalg.norm(half))
        scaled = half * (attributes["contrast"] / length if length > 1e-6 else 0.0)
        if "contrast" in request.attributes and not request.palette:
            # Both colors have to be there, also where the exemplar is nearly white or black: lighter or darker as a
            # whole if that does, else channel by channel.
            reach = np.minimum(np.abs(scaled), 0.5)
            mid = mid + max(0.0, (reach - mid).max()) - max(0.0, (mid + reach - 1).max())
            mid = np.clip(mid, reach, 1 - reach)
        dark, light = mid - scaled, mid + scaled
    return albedo_basis(dark, mid, light, attributes["hue_variation"])


def _unit_color(color: Color) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(color, np.float32) / np.float32(255)
