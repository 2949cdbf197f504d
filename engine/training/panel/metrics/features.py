"""Picture descriptors that need no training: statistics of random convolutions over the torus.

Random filters see color, contrast and local structure. Because every statistic is an average over the whole wrapped
picture, shifting a texture hardly changes it. They are no perceptual measure; the panel therefore never relies on
one of them alone.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.training.panel.metrics.estimate import Images

ENCODER_SEEDS = (11, 12, 13)
"""One random convolution network per seed; their features are put side by side."""

WIDTHS = (16, 32, 64, 96)
FILTER_SEED = 21
FILTER_COUNT = 16
FILTER_SCALES = 3
BATCH = 16


class RandomEncoder(nn.Module):
    """A frozen random convolution network: mean and log root mean square of each channel after each of four layers.

    [batch, 3, size, size] in [0, 1] -> [batch, 2 * sum(WIDTHS)]. `size` is a multiple of 16, at least 32.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleList()
        for index, (before, after) in enumerate(zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)):
            # The first layer strides: four fifths of the time would otherwise go into its full-size output.
            layer = (
                nn.Conv2d(before, after, 5, stride=2, bias=False)
                if index == 0
                else nn.Conv2d(before, after, 3, bias=False)
            )
            nn.init.orthogonal_(layer.weight.view(after, -1), gain=1.4, generator=generator)
            self.layers.append(layer)
        self.requires_grad_(requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        """The features of a batch of pictures."""
        values = images * 2 - 1
        statistics: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            assert isinstance(layer, nn.Conv2d)
            if index:
                values = halved(values)
            values = F.leaky_relu(layer(wrapped(values, layer.kernel_size[0] // 2)), 0.1, inplace=True)
            flat = values.flatten(2)
            power = torch.linalg.vector_norm(flat, dim=2) / flat.shape[2] ** 0.5
            statistics += [flat.mean(2), (power + 1e-3).log()]
        return torch.cat(statistics, 1)


def wrapped(values: Tensor, margin: int) -> Tensor:
    """The torus cut open with `margin` extra pixels on every side."""
    return F.pad(values, (margin,) * 4, mode="circular")


def halved(values: Tensor) -> Tensor:
    """Half the size. The 4x4 average overlaps its neighbours, so that odd shifts change the statistics little."""
    return F.avg_pool2d(wrapped(values, 1), 4, 2)


def random_features(images: Images, seeds: tuple[int, ...] = ENCODER_SEEDS) -> NDArray[np.float32]:
    """Features [count, 2 * sum(WIDTHS) per seed] of pictures [count, 3, size, size]."""
    encoders = [RandomEncoder(seed) for seed in seeds]
    with torch.inference_mode():
        batches = [
            torch.cat([encoder(batch) for encoder in encoders], 1) for batch in torch.from_numpy(images).split(BATCH)
        ]
    features: NDArray[np.float32] = torch.cat(batches).numpy()
    return features


def gram_features(images: Images) -> NDArray[np.float32]:
    """Correlations of the magnitudes of random filters at three scales, [count, 440].

    Per scale: each filter's mean |response| over its root mean square (low for sparse structure: joints, cracks,
    grain; about 0.8 for noise), the products of two filters' magnitudes, likewise normalized, and from the second
    scale on the product of each filter's magnitude with its own one scale finer. Contrast cancels out and phase
    counts, so noise with the spectrum of a brick wall does not pass for one. After Portilla and Simoncelli 2000,
    "A parametric texture model based on joint statistics of complex wavelet coefficients".
    """
    generator = torch.Generator().manual_seed(FILTER_SEED)
    filters = torch.randn(FILTER_COUNT, 3, 5, 5, generator=generator)
    filters -= filters.mean(dim=(1, 2, 3), keepdim=True)
    rows, columns = torch.triu_indices(FILTER_COUNT, FILTER_COUNT, 1)
    with torch.inference_mode():
        batches: list[Tensor] = []
        for batch in torch.from_numpy(images).split(BATCH):
            values, statistics = batch, []
            before: Tensor | None = None
            for _ in range(FILTER_SCALES):
                magnitude = F.conv2d(wrapped(values, 2), filters).abs_()
                flat = magnitude.flatten(2)
                flat = flat / (torch.linalg.vector_norm(flat, dim=2, keepdim=True) / flat.shape[2] ** 0.5 + 1e-3)
                statistics += [flat.mean(2), (flat @ flat.transpose(1, 2) / flat.shape[2])[:, rows, columns]]
                if before is not None:
                    statistics.append((before * flat).mean(2))
                before = F.avg_pool2d(flat.view_as(magnitude), 2).flatten(2)
                values = halved(values)
            batches.append(torch.cat(statistics, 1))
    features: NDArray[np.float32] = torch.cat(batches).numpy()
    return features
