"""Draws training batches: torus crops of exemplars with random roll, turn and flip, as a pure function of the step.

Nothing here holds random state, so a run resumes exactly: batch(step) is the same in every process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.default_pattern import draw_pattern
from engine.nets.texgen import TexGenConfig, join_spatial, structure_pyramid
from engine.noise import derive_seed
from engine.patterns import render_pattern
from engine.training.data.exemplars import Exemplar
from engine.training.data.surface import normalize_range


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of one step: [batch, ...]; structure and targets at stride 1, in [-1, 1] and normalized units.

    Where `paired` is 1 the structure is that of the targets; where it is 0 it was drawn from the pattern library, and
    only the look of the targets is asked for. Where `detailed` is 0 the finest level of the targets is not real detail.
    """

    targets: torch.Tensor
    present: torch.Tensor
    detailed: torch.Tensor
    paired: torch.Tensor
    structure: torch.Tensor
    class_index: torch.Tensor
    attributes: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        return Batch(*(getattr(self, entry.name).to(device) for entry in fields(self)))


def network_attributes(statistics: dict[str, float]) -> list[float]:
    """The attributes that steer the network, in [-1, 1]: scale, direction, detail, joint tone."""
    scale, detail = 2 * statistics["scale"] - 1, 2 * statistics["detail"] - 1
    return [scale, statistics["direction"], detail, statistics["joint_tone"]]


class Sampler:
    """Batches from groups of exemplars; each group is one material at one or several densities."""

    def __init__(
        self,
        materials: Sequence[Sequence[Exemplar]],
        class_names: Sequence[str],
        crop_px: int,
        drawn: Mapping[str, Sequence[NDArray[np.float32]]],
        drawn_share: float,
    ) -> None:
        """`drawn` holds structures [3, s, s] of each class's own patterns; `drawn_share` of the samples wear one."""
        self.materials = materials
        self.crop_px = crop_px
        self.drawn, self.drawn_share = drawn, drawn_share
        self.class_index = {name: index for index, name in enumerate(class_names)}
        counts = dict.fromkeys(class_names, 0)
        for material in materials:
            counts[material[0].texture_class] += 1
        # Rare classes and full PBR sets come more often than their number, but not equally often.
        weights = np.array([counts[m[0].texture_class] ** -0.5 * (8.0 if m[0].present[3] else 1.0) for m in materials])
        self.probabilities = weights / weights.sum()

    def batch(self, seed: int, step: int, size: int) -> Batch:
        """The batch of a step: a pure function of (seed, step)."""
        random = np.random.Generator(np.random.PCG64(derive_seed(seed, step)))
        chosen = random.choice(len(self.materials), size, p=self.probabilities)
        rows = [self._crop(self._density(self.materials[index], random), random) for index in chosen]
        targets, structures, attributes, exemplars = map(list, zip(*rows, strict=True))
        paired = np.ones(size, np.float32)
        for index in range(size - round(size * self.drawn_share), size):
            structures[index] = self._drawn(exemplars[index].texture_class, random)
            paired[index] = 0
        return Batch(
            torch.from_numpy(np.stack(targets)),
            torch.from_numpy(np.stack([e.present for e in exemplars]).astype(np.float32)),
            torch.tensor([float(e.detailed) for e in exemplars]),
            torch.from_numpy(paired),
            torch.from_numpy(np.stack(structures)),
            torch.tensor([self.class_index[e.texture_class] for e in exemplars]),
            torch.tensor(attributes, dtype=torch.float32),
        )

    def _drawn(self, texture_class: str, random: np.random.Generator) -> NDArray[np.float32]:
        choices = self.drawn[texture_class]
        structure = choices[int(random.integers(len(choices)))]
        size, crop = structure.shape[-1], self.crop_px
        rows = (np.arange(crop) + int(random.integers(size))) % size
        columns = (np.arange(crop) + int(random.integers(size))) % size
        return np.ascontiguousarray(structure[:, rows[:, None], columns])

    def _density(self, material: Sequence[Exemplar], random: np.random.Generator) -> Exemplar:
        return material[int(random.integers(len(material)))]

    def _crop(
        self, exemplar: Exemplar, random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], list[float], Exemplar]:
        size, crop = exemplar.targets.shape[-1], self.crop_px
        rows = (np.arange(crop) + int(random.integers(size))) % size
        columns = (np.arange(crop) + int(random.integers(size))) % size
        window = np.ix_(rows, columns)
        targets = exemplar.targets[:, window[0], window[1]].astype(np.float32)
        height = exemplar.height[window].astype(np.float32)
        structure = exemplar.structure[:, window[0], window[1]].astype(np.float32)
        hints = hint(height, structure, random)
        turns, mirrored = int(random.integers(4)), bool(random.integers(2))
        attributes = network_attributes(dict(exemplar.statistics))
        if turns % 2:
            attributes[1] = -attributes[1]
        return turn(targets, turns, mirrored), turn_plain(hints, turns, mirrored), attributes, exemplar


def draw_structures(
    patterns: Mapping[str, str], seed: int, count: int, sizes_px: Sequence[int]
) -> dict[str, list[NDArray[np.float32]]]:
    """`count` structures float32 [3, s, s] in [-1, 1] per class at each of the sizes, from the classes' patterns."""
    drawn: dict[str, list[NDArray[np.float32]]] = {}
    for row, (name, text) in enumerate(patterns.items()):
        drawn[name] = []
        for number in range(count):
            own = derive_seed(seed, row, number)
            structure = render_pattern(draw_pattern(text, own), own, sizes_px[number % len(sizes_px)])
            stacked = np.stack([2 * structure.height - 1, 2 * structure.edge_distance - 1, structure.cell_tone])
            drawn[name].append(stacked.astype(np.float32))
    return drawn


def hint(
    height: NDArray[np.float32], structure: NDArray[np.float32], random: np.random.Generator
) -> NDArray[np.float32]:
    """What the network is told of a crop's structure, [3, s, s] in [-1, 1]: blurred, noisy, sometimes withheld.

    Requests bring drawn patterns, masks or plain noise instead of real heights: the network must not count on detail
    in the hint, nor on any one of its channels.
    """
    sigma_px = float(np.exp(random.uniform(np.log(0.5), np.log(5.0))))
    blurred = cv2.GaussianBlur(height, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    height = normalize_range(np.asarray(blurred, np.float32))
    height = (height + random.normal(0, 0.03, height.shape)).astype(np.float32)
    if random.random() < 0.08:
        height = np.full_like(height, 0.5)
    distance, tone = structure
    if random.random() < 0.25:
        distance = np.ones_like(distance)
    tone = tone * np.float32(0.0 if random.random() < 0.3 else random.uniform(0.5, 1.2))
    return np.asarray(np.clip(np.stack([2 * height - 1, 2 * distance - 1, tone]), -1, 1), np.float32)


def turn(targets: NDArray[np.float32], turns: int, mirrored: bool) -> NDArray[np.float32]:
    """Quarter turns (counterclockwise) and mirroring of x for material channels; slopes turn with the image."""
    turned = turn_plain(targets, turns, mirrored)
    slope_x, slope_y = turned[6].copy(), turned[7].copy()
    for _ in range(turns % 4):
        slope_x, slope_y = slope_y, -slope_x
    turned[6], turned[7] = (-slope_x if mirrored else slope_x), slope_y
    return turned


def turn_plain(images: NDArray[np.float32], turns: int, mirrored: bool) -> NDArray[np.float32]:
    """Quarter turns and then mirroring of x, for channels without direction."""
    turned = np.rot90(images, turns, (1, 2))
    return np.ascontiguousarray(turned[:, :, ::-1] if mirrored else turned)


def spatial_inputs(
    structure: torch.Tensor, config: TexGenConfig, generator: torch.Generator, dtype: torch.dtype
) -> list[torch.Tensor]:
    """Inputs of every level for a structure [batch, 3, s, s], with fresh noise from `generator`."""
    batch, _, size, _ = structure.shape
    joined = []
    for level, hints in enumerate(structure_pyramid(structure)):
        channels, stride = config.noise_shape(level)
        shape = (batch, channels, size // stride, size // stride)
        noise = ((torch.rand(shape, generator=generator) - 0.5) * 12**0.5).to(structure.device)
        joined.append(join_spatial(level, hints, noise).to(dtype))
    return joined
