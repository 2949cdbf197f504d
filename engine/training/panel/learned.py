"""A second pair of eyes for the panel: an encoder that learns, from reals alone, which crops are of one texture.

Random filters and this encoder have nothing in common but the pictures, so a generator that pleases one of them by
chance will not please both. It may judge only after it has been seen to rank corruptions by their strength.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.training.panel.metrics.distances import Features, energy_distance
from engine.training.panel.metrics.estimate import Images

WIDTHS = (32, 64, 96, 128)
EXPANDED = 256
CROP_PX, BATCH, STEPS = 64, 32, 300
LEARNING_RATE = 0.001
ENCODED_TOGETHER = 32

INVARIANCE, VARIANCE, COVARIANCE = 25.0, 25.0, 1.0
"""Weights of the three terms, as published."""

STRENGTHS = (0.25, 0.5, 0.75, 1.0)


class LearnedEncoder(nn.Module):
    """Mean and root mean square of each channel after each of four convolutions over the torus.

    [batch, 3, size, size] in [0, 1] -> [batch, 2 * sum(WIDTHS)]; `size` is a multiple of 16.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 5 if before == 3 else 3, stride=2, bias=False)
            for before, after in zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)
        )

    def forward(self, images: Tensor) -> Tensor:
        """The features of a batch of pictures."""
        x, statistics = images * 4 - 2, []
        for layer in self.layers:
            assert isinstance(layer, nn.Conv2d)
            x = functional.pad(x, (layer.kernel_size[0] // 2,) * 4, mode="circular")
            x = functional.leaky_relu(layer(x), 0.1)
            # Across channels: no running statistics, and no picture depends on its batch.
            x = functional.group_norm(x, 1)
            statistics += [x.mean((2, 3)), (x.square().mean((2, 3)) + 1e-4).sqrt()]
        return torch.cat(statistics, 1)

    def features(self, images: Images) -> Features:
        """Features [count, 2 * sum(WIDTHS)] of pictures [count, 3, size, size]."""
        with torch.inference_mode():
            batches = [self(batch) for batch in torch.from_numpy(images).split(ENCODED_TOGETHER)]
        return np.asarray(torch.cat(batches).numpy())


def learn_encoder(reals: Images, seed: int, steps: int = STEPS) -> LearnedEncoder:
    """Train on pictures [count, 3, size, size], size at least 64: two crops of a texture should look alike.

    Bardes, Ponce and LeCun, "VICReg: Variance-invariance-covariance regularization", 2022, eq. 6. Crops are mirrored
    but keep their colors and scale: both are what a texture is.
    """
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = LearnedEncoder()
        expander = nn.Sequential(nn.Linear(2 * sum(WIDTHS), EXPANDED), nn.ReLU(), nn.Linear(EXPANDED, EXPANDED))
    optimizer = torch.optim.AdamW([*encoder.parameters(), *expander.parameters()], LEARNING_RATE, weight_decay=1e-4)
    pictures = torch.from_numpy(reals)
    for _ in range(steps):
        chosen = pictures[torch.randint(len(pictures), (BATCH,), generator=random)]
        crops = torch.cat([_crops(chosen, random), _crops(chosen, random)])
        loss = variance_invariance_covariance(*expander(encoder(crops)).chunk(2))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return encoder.eval().requires_grad_(requires_grad=False)


def _crops(pictures: Tensor, random: torch.Generator) -> Tensor:
    """One crop of each picture, [batch, 3, CROP_PX, CROP_PX], mirrored at random."""
    reach = pictures.shape[2] - CROP_PX + 1
    crops = []
    for picture in pictures:
        top, left, mirror_x, mirror_y = (int(torch.randint(n, (), generator=random)) for n in (reach, reach, 2, 2))
        crop = picture[:, top : top + CROP_PX, left : left + CROP_PX]
        crops.append(crop.flip([axis for axis, turned in ((1, mirror_y), (2, mirror_x)) if turned]))
    return torch.stack(crops)


def variance_invariance_covariance(first: Tensor, second: Tensor) -> Tensor:
    """VICReg's loss of two views [batch, width] of the same items."""
    loss = INVARIANCE * functional.mse_loss(first, second)
    for view in (first, second):
        centered = view - view.mean(0)
        spread = (centered.square().sum(0) / (len(view) - 1) + 1e-4).sqrt()
        covariance = centered.t() @ centered / (len(view) - 1)
        off_diagonal = covariance.square().sum() - covariance.diagonal().square().sum()
        loss = loss + VARIANCE / 2 * functional.relu(1 - spread).mean() + COVARIANCE * off_diagonal / view.shape[1]
    return loss


def corruption_distances(encode: Callable[[Images], Features], reals: Images, seed: int) -> dict[str, list[float]]:
    """Energy distance from `reals` to corrupted copies of them, by kind of corruption, from weak to strong."""
    reference = encode(reals)
    return {
        name: [energy_distance(reference, encode(corrupt(reals, strength, seed))).value for strength in STRENGTHS]
        for name, corrupt in CORRUPTIONS.items()
    }


def ranks_corruptions(distances: dict[str, list[float]]) -> bool:
    """Whether every kind of corruption is further away the stronger it is."""
    return all(all(np.diff(values) > 0) for values in distances.values())


def blurred(reals: Images, strength: float, seed: int) -> Images:  # noqa: ARG001 (all share one signature)
    """Mixed with their average over 5 x 5 pixels."""
    padded = functional.pad(torch.from_numpy(reals), (2,) * 4, mode="circular")
    smooth = functional.avg_pool2d(padded, 5, 1).numpy()
    return np.asarray(reals + strength * (smooth - reals), np.float32)


def noisy(reals: Images, strength: float, seed: int) -> Images:
    """With white noise, grey, of a deviation up to 0.12."""
    noise = np.random.default_rng(seed).standard_normal((len(reals), 1, *reals.shape[2:]), np.float32)
    return np.clip(reals + 0.12 * strength * noise, 0, 1)


def scrambled(reals: Images, strength: float, seed: int) -> Images:
    """With a share of their 16 x 16 px blocks exchanged for others of the same picture."""
    random, size = np.random.default_rng(seed), 16
    out, side = reals.copy(), reals.shape[2] // size
    for picture, source in zip(out, reals, strict=True):
        targets = random.permutation(side * side)[: round(strength * side * side)]
        for target, origin in zip(targets, np.roll(targets, 1), strict=True):
            (top, left), (row, column) = divmod(int(target), side), divmod(int(origin), side)
            picture[:, top * size : (top + 1) * size, left * size : (left + 1) * size] = source[
                :, row * size : (row + 1) * size, column * size : (column + 1) * size
            ]
    return out


def flattened(reals: Images, strength: float, seed: int) -> Images:  # noqa: ARG001
    """With up to seven tenths of their contrast lost."""
    mean = reals.mean((2, 3), keepdims=True)
    return np.asarray(reals + 0.7 * strength * (mean - reals), np.float32)


CORRUPTIONS = {"blurred": blurred, "noisy": noisy, "scrambled": scrambled, "flattened": flattened}
