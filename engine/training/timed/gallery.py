"""Paints materials on the device as requests would get them, for scores and sheets while a run goes on."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.codecs.preview import render_tile
from engine.generators.texture.appearance import Appearance, AppearanceBank, draw_appearance
from engine.generators.texture.materialize import Wear, materialize
from engine.nets.blocks import TORUS
from engine.nets.texgen import TexGen
from engine.requests.texture import MapKind, TextureRequest
from engine.training.data.bank import build_bank
from engine.training.data.sampler import spatial_inputs
from engine.training.model import TextureModel
from engine.training.panel.metrics.distances import energy_distance
from engine.training.panel.metrics.features import gram_features
from engine.training.panel.metrics.sliced import SlicedReference
from engine.training.panel.metrics.told_apart import told_apart
from engine.training.plan import TexturePlan
from engine.training.sheet import albedo
from engine.training.timed.provisions import Provisions

BATCH = 20
JUDGED_PX = 128
SHEET_QUALITY = 88

Images = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Painted materials, class by class: network images float32 [n, 8, 256, 256] and appearances."""

    images: torch.Tensor
    appearances: list[Appearance]

    def pictures(self) -> Images:
        """Albedo [n, 3, 128, 128] in [0, 1] as the panel judges it: the next to last level of detail."""
        coarser = torch.nn.functional.avg_pool2d(self.images, self.images.shape[-1] // JUDGED_PX)
        bases = [np.concatenate([a.basis.matrix, a.basis.mid[:, None]], 1) for a in self.appearances]
        return np.asarray(albedo(coarser, torch.from_numpy(np.stack(bases)).float()).numpy())


class Gallery:
    """The same seeds of every class, and real pictures of the same classes to judge them by."""

    def __init__(self, plan: TexturePlan, provisions: Provisions) -> None:
        self.plan, self.provisions = plan, provisions
        self.seeds = provisions.gallery.shape[1]
        self.reals, self.others = self._reals(0), self._reals(1)
        self._reference = SlicedReference(self.reals, 0)
        self._gram = gram_features(self.reals)

    def exhibits(self, model: TextureModel) -> Exhibits:
        """What the averaged weights paint."""
        materials, directions = self.provisions.materials, self.provisions.stock.directions.tolist()
        tensors = build_bank(materials, self.plan.classes, model.average_encoder, directions)
        bank = AppearanceBank(**tensors)
        names = list(self.plan.classes)
        appearances = [
            draw_appearance(bank, index, TextureRequest(name, seed, 256), 0)
            for index, name in enumerate(names)
            for seed in range(self.seeds)
        ]
        structures = self.provisions.gallery.flatten(0, 1)
        painted = [
            paint(model.average, appearances[start : start + BATCH], structures[start : start + BATCH], model.device)
            for start in range(0, len(appearances), BATCH)
        ]
        return Exhibits(torch.cat(painted), appearances)

    def scores(self, pictures: Images) -> dict[str, float]:
        """Distances to real pictures: patches at three scales, Gram features, and how well the two are told apart."""
        gram = gram_features(pictures)
        sliced = {name: estimate.value for name, estimate in self._reference.distance(pictures).items()}
        return {
            **{f"sliced_{name}": value for name, value in sliced.items()},
            "gram_distance": energy_distance(self._gram, gram).value,
            "told_apart": told_apart(self._gram, gram).value,
        }

    def total(self, scores: dict[str, float], ceiling: dict[str, float]) -> float:
        """One number to choose by, lower is better: 1 for reals."""
        patches = sum(scores[name] / ceiling[name] for name in ("sliced_hi", "sliced_mid", "sliced_lo")) / 3
        return patches + 4 * max(0.0, scores["told_apart"] - 0.5)

    def _reals(self, offset: int) -> Images:
        """As many real pictures of every class as there are seeds, at 128 px, drawn in turn."""
        shelf = self.provisions.stock.shelves[JUDGED_PX]
        rows: list[int] = []
        for index in range(len(self.plan.classes)):
            members = torch.nonzero(shelf.class_index == index)[:, 0].tolist()
            members = members[offset::2] or members
            order = np.random.default_rng(index).permutation(len(members))
            rows += [members[order[number % len(members)]] for number in range(self.seeds)]
        pixels = shelf.pixels[rows].permute(0, 3, 1, 2).float()
        return np.asarray(albedo(pixels, shelf.basis[rows]).numpy())


@torch.no_grad()
def paint(
    network: TexGen, appearances: list[Appearance], structures: torch.Tensor, device: torch.device
) -> torch.Tensor:
    """Finest network images float32 [n, 8, s, s] on the CPU."""
    index = torch.tensor([appearance.class_index for appearance in appearances], device=device)
    attributes = torch.cat([appearance.network_attributes() for appearance in appearances]).to(device)
    style = torch.cat([appearance.style for appearance in appearances]).to(device)
    generator = torch.Generator(device).manual_seed(1)
    inputs = spatial_inputs(structures.to(device), network.config, generator, torch.bfloat16)
    with torch.autocast(device.type, torch.bfloat16):
        images = network(inputs, network.styles(network.code(index, attributes, style)))
    finest: torch.Tensor = images[-1].float().cpu()
    return finest


def write_gallery(path: Path, exhibits: Exhibits, columns: int, cell_px: int = 192) -> None:
    """A JPEG of lit materials, one row per class."""
    cells = []
    for image, appearance in zip(exhibits.images, exhibits.appearances, strict=True):
        maps = materialize(image[None], Wear(appearance), 1, TORUS, tuple(MapKind))
        cells.append(render_tile(maps, cell_px))
    rows = [np.concatenate(cells[start : start + columns], 1) for start in range(0, len(cells), columns)]
    cv2.imwrite(str(path), np.concatenate(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY])


def write_pictures(path: Path, pictures: Images, columns: int) -> None:
    """A JPEG of plain albedo pictures [n, 3, s, s]."""
    cells = (pictures.transpose(0, 2, 3, 1) * 255).astype(np.uint8)
    rows = [np.concatenate(list(cells[start : start + columns]), 1) for start in range(0, len(cells), columns)]
    cv2.imwrite(str(path), np.concatenate(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, SHEET_QUALITY])
