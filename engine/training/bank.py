"""Fills the appearance bank: the style and statistics of every training material, as the generator will draw them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from engine.generators.appearance import ATTRIBUTE_NAMES, ATTRIBUTES
from engine.nets.style_encoder import StyleEncoder
from engine.training.data.exemplars import Exemplar
from engine.training.plan import ClassPlan

FALLBACK = {"relief": 1.0, "roughness": 0.7, "roughness_variation": 0.08, "metalness": 0.0, "metalness_variation": 0.0}
"""For classes of which no exemplar has the map."""


@torch.no_grad()
def build_bank(
    materials: Sequence[Sequence[Exemplar]], classes: Mapping[str, ClassPlan], encoder: StyleEncoder
) -> dict[str, torch.Tensor]:
    """Tensors of an `AppearanceBank`, one row per material at its nominal density (see `nominal`).

    Attributes that a material lacks are those of a full material of its class (in turn), else FALLBACK.
    """
    chosen, class_names = [nominal(material) for material in materials], list(classes)
    donors: dict[str, list[Exemplar]] = {}
    for exemplar in chosen:
        if "relief" in exemplar.statistics:
            donors.setdefault(exemplar.texture_class, []).append(exemplar)
    rows = []
    for index, exemplar in enumerate(chosen):
        family = donors.get(exemplar.texture_class)
        given = dict(family[index % len(family)].statistics) if family else {}
        known = FALLBACK | {k: v for k, v in given.items() if k in FALLBACK} | dict(exemplar.statistics)
        plan = classes[exemplar.texture_class]
        if plan.metal and "metalness" not in exemplar.statistics:
            known["metalness"] = 1.0
        if plan.dark_joints:
            known["joint_tone"] = -abs(known["joint_tone"])
        rows.append([float(np.clip(known[a.name], a.minimum, a.maximum)) for a in ATTRIBUTES])
    return {
        "class_index": torch.tensor([class_names.index(exemplar.texture_class) for exemplar in chosen]),
        "style": torch.cat([_style(exemplar, encoder) for exemplar in chosen]),
        "attributes": torch.tensor(rows, dtype=torch.float32).reshape(len(rows), len(ATTRIBUTE_NAMES)),
        "palette": torch.from_numpy(np.stack([exemplar.palette for exemplar in chosen])),
    }


def nominal(material: Sequence[Exemplar]) -> Exemplar:
    """The density that requests start from: 256 px per tile where the material has it, else its largest."""
    # The first exemplar of a density has its structure from the height map where there is one: it wins.
    sizes = {exemplar.targets.shape[-1]: exemplar for exemplar in reversed(material)}
    return sizes.get(256, material[0])


def _style(exemplar: Exemplar, encoder: StyleEncoder) -> torch.Tensor:
    targets = torch.from_numpy(exemplar.targets.astype(np.float32))[None]
    mean, _ = encoder(targets, torch.from_numpy(exemplar.present.astype(np.float32))[None])
    return torch.as_tensor(mean)
