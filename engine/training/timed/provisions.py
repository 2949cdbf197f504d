"""What all runs of one call share: materials, their stock, and the structures of the judged gallery."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.texture.default_pattern import draw_pattern
from engine.patterns import render_pattern
from engine.training.data.bank import NOMINAL_PX, nominal
from engine.training.data.exemplars import Exemplar
from engine.training.data.materials import RawMaterial
from engine.training.data.preparation import at_densities, longest_edge_px, read_all
from engine.training.data.stock import Stock, draw_class, stock_up
from engine.training.plan import TexturePlan

Tile = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Provisions:
    """Everything on the CPU.

    materials  of each only the exemplar that the bank is made from, without its structure
    gallery  float32 [classes, seeds, 3, 256, 256]: the structures that requests of seeds 0, 1, 2... get
    """

    materials: list[list[Exemplar]]
    licences: tuple[str, ...]
    stock: Stock
    gallery: torch.Tensor


def provide(plan: TexturePlan, processes: int, drawn_count: int, gallery_seeds: int, every: int = 1) -> Provisions:
    """Read and measure with several processes; of each class every so many materials, at least one."""
    raw = thinned(read_all(plan), every)
    patterns = [entry.pattern for entry in plan.classes.values()]
    with multiprocessing.get_context("spawn").Pool(processes, _single_threaded) as pool:
        measured = pool.starmap_async(at_densities, [(material, plan.crop_px) for material in ordered(raw)], 1)
        galleries = pool.starmap_async(_gallery, [(text, gallery_seeds) for text in patterns], 1)
        materials = measured.get()
        edge_px = longest_edge_px(materials)
        jobs = [(text, plan.seed, row, drawn_count, edge_px) for row, text in enumerate(patterns)]
        drawn = torch.stack([torch.from_numpy(own) for own in pool.starmap(_draw_class, jobs, 1)])
        gallery = torch.from_numpy(np.stack(galleries.get()))
    licences = tuple(sorted({material.licence for material in raw}))
    stock = stock_up(materials, list(plan.classes), drawn)
    return Provisions([[bare(nominal(material))] for material in materials], licences, stock, gallery)


def bare(exemplar: Exemplar) -> Exemplar:
    """Without height and structure, which the stock has."""
    nothing = np.zeros((0, 0), np.float16)
    return replace(exemplar, height=nothing, structure=nothing)


def thinned(raw: Sequence[RawMaterial], every: int) -> list[RawMaterial]:
    """Every so many materials of each class."""
    seen: dict[str, int] = {}
    kept = []
    for material in raw:
        number = seen.get(material.texture_class, 0)
        seen[material.texture_class] = number + 1
        if number % every == 0:
            kept.append(material)
    return kept


def ordered(raw: Sequence[RawMaterial]) -> list[RawMaterial]:
    """The largest first: a process that gets one last would keep all others waiting."""
    return sorted(raw, key=lambda material: -material.albedo.shape[0])


def _single_threaded() -> None:
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def _draw_class(text: str, seed: int, row: int, count: int, size_px: int) -> NDArray[np.int8]:
    return draw_class(text, seed, row, count, size_px).numpy()


def _gallery(text: str, seeds: int) -> Tile:
    drawn = []
    for seed in range(seeds):
        structure = render_pattern(draw_pattern(text, seed), seed, NOMINAL_PX)
        drawn.append(np.stack([2 * structure.height - 1, 2 * structure.edge_distance - 1, structure.cell_tone]))
    return np.stack(drawn).astype(np.float32)
