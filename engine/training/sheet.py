"""Sample sheets: what the weight average paints for exemplars it is shown, to be looked at while training runs."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.nets.albedo import albedo_basis
from engine.training.data.exemplars import Exemplar
from engine.training.data.sampler import Sampler, network_attributes, spatial_inputs
from engine.training.stages import TextureModel

ROWS = 12
CELL_PX = 128


@torch.no_grad()
def write_sheet(path: Path, model: TextureModel, sampler: Sampler) -> None:
    """A PNG with one row per exemplar: real albedo and height, painted albedo and height, the height hint."""
    step = max(1, len(sampler.materials) // ROWS)
    rows = [_row(material[0], model, sampler) for material in sampler.materials[::step][:ROWS]]
    cv2.imwrite(str(path), np.concatenate(rows, 0)[..., ::-1])


def _row(exemplar: Exemplar, model: TextureModel, sampler: Sampler) -> NDArray[np.uint8]:
    targets = torch.from_numpy(exemplar.targets[:, : 2 * CELL_PX, : 2 * CELL_PX].astype(np.float32))[None]
    size = targets.shape[-1] // 32 * 32
    targets = targets[..., :size, :size]
    height = exemplar.height[:size, :size].astype(np.float32)
    distance, tone = exemplar.structure[:, :size, :size].astype(np.float32)
    structure = torch.from_numpy(np.stack([2 * height - 1, 2 * distance - 1, tone]))[None]
    present = torch.from_numpy(exemplar.present.astype(np.float32))[None]
    device = model.device
    style, _ = model.encoder(targets.to(device), present.to(device))
    code = model.average.code(
        torch.tensor([sampler.class_index[exemplar.texture_class]], device=device),
        torch.tensor([network_attributes(dict(exemplar.statistics))], device=device),
        style,
    )
    random = torch.Generator().manual_seed(1)
    inputs = spatial_inputs(structure.to(device), model.average.config, random, torch.float32)
    painted = model.average(inputs, model.average.styles(code))[-1].cpu()
    cells = [*_cells(targets[0], exemplar), *_cells(painted[0], exemplar), np.repeat(height[..., None], 3, 2)]
    images = [cv2.resize(cell, (CELL_PX, CELL_PX), interpolation=cv2.INTER_AREA) for cell in cells]
    return (np.clip(np.concatenate(images, 1), 0, 1) * 255).astype(np.uint8)


def _cells(channels: torch.Tensor, exemplar: Exemplar) -> list[NDArray[np.float32]]:
    dark, mid, light = exemplar.palette
    basis = albedo_basis(dark, mid, light, exemplar.statistics["hue_variation"])
    values = channels.float().numpy()
    albedo = np.einsum("ij,jhw->hwi", basis.matrix, values[:3]) + basis.mid
    return [albedo.astype(np.float32), np.repeat(values[3][..., None] / 6 + 0.5, 3, 2).astype(np.float32)]
