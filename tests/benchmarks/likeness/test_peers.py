from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from benchmarks.likeness.peers import spatial_gan, synthesis
from engine.training.panel.reals import RealTextures
from engine.training.timed.spatial_gan import SpatialGenerator


def reals(count: int) -> RealTextures:
    random = np.random.default_rng(0)
    colors = random.uniform(0.2, 0.8, (count, 3, 1, 1))
    stripes = 0.15 * np.sign(np.sin(2 * np.pi * np.arange(64) / 8))[None, None, None]
    images = np.clip(colors + stripes + np.zeros((1, 1, 64, 1)), 0, 1).astype(np.float32)
    return RealTextures(images, ("stone",) * count, tuple(str(n) for n in range(count)))


def test_synthesis_takes_colors_and_contrast_from_its_exemplar_but_no_pixels() -> None:
    train = reals(2)
    made = synthesis(0, train)
    assert made.shape == train.images.shape
    assert 0 <= made.min() <= made.max() <= 1
    assert np.abs(made.mean((2, 3)) - train.images.mean((2, 3))).max() < 0.04
    assert np.abs(made.std((2, 3)) / train.images.std((2, 3)) - 1).max() < 0.4
    assert np.abs(made - train.images).mean() > 0.05


def test_spatial_gan_is_read_and_paints_every_label(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tensors = {
        name: value.half() if value.is_floating_point() else value
        for name, value in SpatialGenerator(2).state_dict().items()
    }
    safetensors.torch.save_file(tensors, tmp_path / "gan.safetensors")
    made = spatial_gan(tmp_path / "gan.safetensors", ["wood", "stone"], 0, reals(3))
    assert made.shape == (3, 3, 64, 64)
    assert 0 <= made.min() <= made.max() <= 1
    assert not np.array_equal(made[0], made[1])
