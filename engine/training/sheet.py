"""Sample sheets: what the weight average paints for materials it is shown, to be looked at while training runs."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.training.data.sampler import HINTS, TARGETS, Sampler, spatial_inputs
from engine.training.data.stock import Shelf
from engine.training.model import TextureModel

ROWS = 12
CELL_PX = 128


@torch.no_grad()
def write_sheet(path: Path, model: TextureModel, sampler: Sampler) -> None:
    """A PNG with one row per exemplar: real albedo and height, painted albedo and height, the height hint."""
    places = sampler.stock.places
    step = max(1, len(places) // ROWS)
    rows = [_row(sampler.stock.shelves[material[0][0]], material[0][1], model) for material in places[::step][:ROWS]]
    cv2.imwrite(str(path), np.concatenate(rows, 0)[..., ::-1])


def _row(shelf: Shelf, row: int, model: TextureModel) -> NDArray[np.uint8]:
    size = min(shelf.pixels.shape[1], 2 * CELL_PX) // 32 * 32
    pixels = shelf.pixels[row, :size, :size].permute(2, 0, 1).float()[None]
    height, distance, tone = pixels[:, HINTS].split(1, 1)
    style, _ = model.average_encoder(pixels[:, TARGETS], shelf.present[row : row + 1])
    attributes, index = shelf.attributes[row : row + 1], shelf.class_index[row : row + 1]
    code = model.average.code(index, attributes, style)
    random = torch.Generator(pixels.device).manual_seed(1)
    structure = torch.cat([2 * height - 1, 2 * distance - 1, tone], 1)
    inputs = spatial_inputs(structure, model.average.config, random, torch.float32)
    painted = model.average(inputs, model.average.styles(code))[-1]
    cells = [*_cells(pixels[0], shelf.basis[row]), *_cells(painted[0], shelf.basis[row]), height[0].repeat(3, 1, 1)]
    images = [cv2.resize(_image(cell), (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA) for cell in cells]
    return np.concatenate(images, 1)


def _cells(channels: torch.Tensor, basis: torch.Tensor) -> list[torch.Tensor]:
    return [albedo(channels[None], basis[None])[0], channels[3:4].float().repeat(3, 1, 1) / 6 + 0.5]


def albedo(channels: torch.Tensor, basis: torch.Tensor) -> torch.Tensor:
    """SRGB [batch, 3, h, w] in [0, 1] of network channels [batch, 3 or more, h, w] and bases [batch, 3, 4]."""
    painted = torch.einsum("bij,bjhw->bihw", basis[:, :, :3], channels[:, :3].float())
    return (painted + basis[:, :, 3, None, None]).clamp(0, 1)


def _image(cell: torch.Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = (cell.clamp(0, 1) * 255).permute(1, 2, 0).to(torch.uint8).cpu().numpy()
    return pixels
