"""All training materials as tensors on one device, ready to be cropped in batches there: the one data path.

Exemplars are grouped by their edge length, so that crops of many of them are a single gather.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.texture.default_pattern import draw_pattern
from engine.nets.albedo import albedo_basis
from engine.nets.texgen import STRUCTURE_CHANNELS
from engine.noise import derive_seed
from engine.patterns import render_pattern
from engine.training.data.exemplars import Exemplar, spectral_direction

SHORTEST_PX = 64
"""Least edge of drawn structures."""

OCTAVE_OF_SCALE = 1 / 6
"""How much the measured attribute `scale` grows when an image is shown twice as large."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """All exemplars of one edge length s, one row each.

    pixels       float16 [rows, s, s, 11]: the eight targets, height in [0, 1], edge distance in [0, 1], cell tone
    present      float32 [rows, 8]
    class_index  int64 [rows]
    attributes   float32 [rows, 4]: what steers the network, in [-1, 1]
    basis        float32 [rows, 3, 4]: sRGB in [0, 1] = basis @ (tone, warmth, tint, 1)
    """

    pixels: torch.Tensor
    present: torch.Tensor
    class_index: torch.Tensor
    attributes: torch.Tensor
    basis: torch.Tensor

    def to(self, device: torch.device) -> "Shelf":
        """The shelf on a device."""
        return Shelf(*(values.to(device) for values in self.tensors()))

    def tensors(self) -> tuple[torch.Tensor, ...]:
        """Its tensors in the order of the fields."""
        return self.pixels, self.present, self.class_index, self.attributes, self.basis


@dataclass(frozen=True, slots=True)
class Stock:
    """Shelves by edge length, where each material lies, how often it comes, and structures drawn for each class.

    shelves        by edge length in pixels
    places         per material its exemplars as (edge length, row), the finest density first
    probabilities  per material, sum 1
    drawn          by edge length s, int8 [classes, count, s, s, 3]: structures in [-127, 127] of each class's own
                   patterns, the same ones at every length
    directions     float32 [classes]: which way the drawn heights run on average, -1 along x, 1 along y
    """

    shelves: Mapping[int, Shelf]
    places: tuple[tuple[tuple[int, int], ...], ...]
    probabilities: NDArray[np.float64]
    drawn: Mapping[int, torch.Tensor]
    directions: torch.Tensor

    def to(self, device: torch.device) -> "Stock":
        """The stock on a device."""
        shelves = {size: shelf.to(device) for size, shelf in self.shelves.items()}
        drawn = {size: values.to(device) for size, values in self.drawn.items()}
        return Stock(shelves, self.places, self.probabilities, drawn, self.directions.to(device))


def network_attributes(statistics: Mapping[str, float]) -> list[float]:
    """The attributes that steer the network, in [-1, 1]: scale, direction, detail, joint tone."""
    scale, detail = 2 * statistics["scale"] - 1, 2 * statistics["detail"] - 1
    return [scale, statistics["direction"], detail, statistics["joint_tone"]]


def enlarged_scale(scale: float | torch.Tensor, octaves: float) -> float | torch.Tensor:
    """The attribute `scale`, in the network's [-1, 1], of something shown `2 ** octaves` times as large."""
    moved = scale + 2 * OCTAVE_OF_SCALE * octaves
    return moved.clamp(-1, 1) if isinstance(moved, torch.Tensor) else min(max(moved, -1.0), 1.0)


def stock_up(materials: Sequence[Sequence[Exemplar]], class_names: Sequence[str], drawn: torch.Tensor) -> Stock:
    """The stock of materials, each with its exemplars at one or several densities, on the CPU."""
    rows: dict[int, list[Exemplar]] = {}
    places = []
    for material in materials:
        ordered = sorted(material, key=lambda exemplar: -exemplar.targets.shape[-1])
        own = []
        for exemplar in ordered:
            shelf = rows.setdefault(exemplar.targets.shape[-1], [])
            own.append((exemplar.targets.shape[-1], len(shelf)))
            shelf.append(exemplar)
        places.append(tuple(own))
    indices = {name: index for index, name in enumerate(class_names)}
    shelves = {size: _shelf(exemplars, indices) for size, exemplars in rows.items()}
    return Stock(shelves, tuple(places), probabilities(materials), halved(drawn), class_directions(drawn))


def halved(drawn: torch.Tensor) -> dict[int, torch.Tensor]:
    """Structures [classes, count, s, s, 3] at their own and every shorter length down to SHORTEST_PX."""
    lengths = {drawn.shape[2]: drawn}
    while drawn.shape[2] >= 2 * SHORTEST_PX:
        blocks = drawn.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))
        drawn = blocks.sum((3, 5), dtype=torch.int32).float().div(4).round().to(torch.int8)
        lengths[drawn.shape[2]] = drawn
    return lengths


def probabilities(materials: Sequence[Sequence[Exemplar]]) -> NDArray[np.float64]:
    """How often each material comes: rare classes and full PBR sets more often than their number, but not equally."""
    counts: dict[str, int] = {}
    for material in materials:
        counts[material[0].texture_class] = counts.get(material[0].texture_class, 0) + 1
    weights = np.array([counts[m[0].texture_class] ** -0.5 * (4.0 if m[0].present[3] else 1.0) for m in materials])
    return np.asarray(weights / weights.sum())


def _shelf(exemplars: Sequence[Exemplar], indices: Mapping[str, int]) -> Shelf:
    size = exemplars[0].targets.shape[-1]
    pixels = torch.empty(len(exemplars), size, size, 8 + STRUCTURE_CHANNELS, dtype=torch.float16)
    for row, exemplar in enumerate(exemplars):
        channels = np.concatenate([exemplar.targets, exemplar.height[None], exemplar.structure])
        pixels[row] = torch.from_numpy(np.ascontiguousarray(channels.transpose(1, 2, 0)))
    return Shelf(
        pixels,
        torch.from_numpy(np.stack([exemplar.present for exemplar in exemplars]).astype(np.float32)),
        torch.tensor([indices[exemplar.texture_class] for exemplar in exemplars]),
        torch.tensor([network_attributes(exemplar.statistics) for exemplar in exemplars]),
        torch.from_numpy(np.stack([_basis(exemplar) for exemplar in exemplars])),
    )


def _basis(exemplar: Exemplar) -> NDArray[np.float32]:
    dark, mid, light = exemplar.palette
    basis = albedo_basis(dark, mid, light, exemplar.statistics["hue_variation"])
    return np.concatenate([basis.matrix, basis.mid[:, None]], 1).astype(np.float32)


def class_directions(drawn: torch.Tensor) -> torch.Tensor:
    """Mean direction of the heights of each class's drawn structures, float32 [classes]."""
    heights = drawn[..., 0].numpy().astype(np.float32)
    return torch.tensor([float(np.mean([spectral_direction(field) for field in own])) for own in heights])


def draw_structures(patterns: Sequence[str], seed: int, count: int, size_px: int) -> torch.Tensor:
    """`count` structures of each class's pattern, int8 [classes, count, size_px, size_px, 3]."""
    drawn = torch.empty(len(patterns), count, size_px, size_px, STRUCTURE_CHANNELS, dtype=torch.int8)
    for row, text in enumerate(patterns):
        drawn[row] = draw_class(text, seed, row, count, size_px)
    return drawn


def draw_class(text: str, seed: int, row: int, count: int, size_px: int) -> torch.Tensor:
    """`count` structures of the pattern of class number `row`, int8 [count, size_px, size_px, 3]."""
    rendered = []
    for number in range(count):
        own = derive_seed(seed, row, number)
        structure = render_pattern(draw_pattern(text, own), own, size_px)
        stacked = np.stack([2 * structure.height - 1, 2 * structure.edge_distance - 1, structure.cell_tone], -1)
        rendered.append(np.rint(np.clip(stacked, -1, 1) * 127).astype(np.int8))
    return torch.from_numpy(np.stack(rendered))
