"""Fills the appearance bank: the style and statistics of every training material, as the generator will draw them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.texture.appearance import ATTRIBUTE_NAMES, ATTRIBUTES
from engine.nets.style_encoder import StyleEncoder
from engine.training.data.exemplars import Exemplar
from engine.training.data.sampler import DIRECTED, TARGETS, turned_crops
from engine.training.data.stock import OCTAVE_OF_SCALE
from engine.training.plan import ClassPlan

FALLBACK = {"relief": 1.0, "roughness": 0.7, "roughness_variation": 0.08, "metalness": 0.0, "metalness_variation": 0.0}
"""For classes of which no exemplar has the map."""

NOMINAL_PX = 256
"""Edge of the tile that a material's whole exemplar fills in a request."""


ENCODED_TOGETHER = 32


@torch.no_grad()
def build_bank(
    materials: Sequence[Sequence[Exemplar]],
    classes: Mapping[str, ClassPlan],
    encoder: StyleEncoder,
    directions: Sequence[float],
) -> dict[str, torch.Tensor]:
    """Tensors of an `AppearanceBank`, one row per material at its nominal density (see `nominal`), then its colors.

    Attributes that a material lacks are those of a full material of its class (in turn), else FALLBACK. Materials that
    run across the direction of their class's patterns (`directions`, per class) are turned.
    """
    chosen, class_names = [nominal(material) for material in materials], list(classes)
    donors: dict[str, list[Exemplar]] = {}
    for exemplar in chosen:
        if "relief" in exemplar.statistics:
            donors.setdefault(exemplar.texture_class, []).append(exemplar)
    indices = [class_names.index(exemplar.texture_class) for exemplar in chosen]
    turned = [_runs_across(exemplar, directions[index]) for exemplar, index in zip(chosen, indices, strict=True)]
    rows = []
    for number, exemplar in enumerate(chosen):
        family = donors.get(exemplar.texture_class)
        donor = family[number % len(family)].statistics if family else {}
        rows.append(_attributes(exemplar, donor, classes[exemplar.texture_class], turned[number]))
    palettes = [exemplar.palette for exemplar in chosen]
    own = list(range(len(chosen)))  # which style and attributes each row has
    for index, plan in enumerate(classes.values()):
        family_rows = [number for number in range(len(chosen)) if indices[number] == index]
        for number, color in enumerate(plan.colors):
            own.append(family_rows[number % len(family_rows)])
            palettes.append(tinted(palettes[own[-1]], color))
    style = _styles(chosen, turned, encoder)
    return {
        "class_index": torch.tensor([indices[number] for number in own]),
        "style": style[own],
        "attributes": torch.tensor(rows, dtype=torch.float32).reshape(len(rows), len(ATTRIBUTE_NAMES))[own],
        "palette": torch.from_numpy(np.stack(palettes)),
    }


def nominal(material: Sequence[Exemplar]) -> Exemplar:
    """The density that requests start from: 256 px per tile where the material has it, else its largest."""
    # The first exemplar of a density has its structure from the height map where there is one: it wins.
    sizes = {exemplar.targets.shape[-1]: exemplar for exemplar in reversed(material)}
    return sizes.get(NOMINAL_PX, material[0])


def tinted(palette: NDArray[np.float32], color: str) -> NDArray[np.float32]:
    """The palette [3, 3] with `color` ("#rrggbb") as its mid tone; dark and light keep their ratio to it."""
    mid = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)], np.float32) / 255
    dark, _, light = np.clip(palette * ((mid + 0.02) / (palette[1] + 0.02)), 0, 1)
    return np.asarray(np.stack([dark, mid, light]), np.float32)


def _attributes(exemplar: Exemplar, donor: Mapping[str, float], plan: ClassPlan, turned: bool) -> list[float]:
    known = FALLBACK | {name: value for name, value in donor.items() if name in FALLBACK} | dict(exemplar.statistics)
    if plan.metal and "metalness" not in exemplar.statistics:
        known |= {"metalness": 1.0, "metalness_variation": 0.0}
    if plan.dark_joints:
        known["joint_tone"] = -abs(known["joint_tone"])
    if turned:
        known["direction"] = -known["direction"]
    known["scale"] += OCTAVE_OF_SCALE * max(0.0, math.log2(NOMINAL_PX / exemplar.targets.shape[-1]))
    ranges = {a.name: plan.limits.get(a.name, (a.minimum, a.maximum)) for a in ATTRIBUTES}
    return [min(max(known[name], low), high) for name, (low, high) in ranges.items()]


def _runs_across(exemplar: Exemplar, direction: float) -> bool:
    own = exemplar.statistics["direction"]
    return abs(own) > DIRECTED and abs(direction) > DIRECTED and own * direction < 0


def _styles(chosen: Sequence[Exemplar], turned: Sequence[bool], encoder: StyleEncoder) -> torch.Tensor:
    """Mean style codes float32 [rows, style width] of whole exemplars, on the CPU."""
    device = next(encoder.parameters()).device
    styles: dict[int, torch.Tensor] = {}
    sizes = [exemplar.targets.shape[-1] for exemplar in chosen]
    for size in sorted(set(sizes)):
        rows = [row for row, edge in enumerate(sizes) if edge == size]
        for start in range(0, len(rows), ENCODED_TOGETHER):
            own = rows[start : start + ENCODED_TOGETHER]
            stacked = np.stack([chosen[row].targets.transpose(1, 2, 0) for row in own])
            pixels = torch.from_numpy(stacked).to(device)
            turns = torch.tensor([[0, 0, int(turned[row]), 0, 0] for row in own], device=device)
            targets = turned_crops(pixels, torch.arange(len(own), device=device), turns, size)
            present = torch.from_numpy(np.stack([chosen[row].present for row in own]).astype(np.float32)).to(device)
            styles |= zip(own, encoder(targets[:, TARGETS], present)[0].float().cpu(), strict=True)
    return torch.stack([styles[row] for row in range(len(chosen))])
