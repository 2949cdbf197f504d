"""Writes what was trained as a weights file."""

from collections.abc import Sequence
from pathlib import Path

from engine.nets.weights_file import ClassEntry, TexGenHeader, save_weights
from engine.training.data.bank import build_bank
from engine.training.data.exemplars import Exemplar
from engine.training.model import TextureModel
from engine.training.plan import TexturePlan

VERSION = "2"


def write_weights(
    path: Path,
    plan: TexturePlan,
    model: TextureModel,
    materials: Sequence[Sequence[Exemplar]],
    licences: tuple[str, ...],
    directions: Sequence[float],
) -> None:
    """The averaged networks as a weights file."""
    classes = tuple(ClassEntry(name, entry.pattern) for name, entry in plan.classes.items())
    header = TexGenHeader(VERSION, plan.tier, plan.network_config(), classes, licences)
    save_weights(path, header, model.average, build_bank(materials, plan.classes, model.average_encoder, directions))
