"""Sliced Wasserstein distance between patches of a Laplacian pyramid: is there the right detail at each scale?"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.training.panel.metrics.estimate import Estimate, Images, Keep, jackknife

LEVELS = ("hi", "mid", "lo")
PATCH_PX = 7
PATCHES_PER_IMAGE = 12
DIRECTION_COUNT = 96


def laplacian_pyramid(images: Images) -> list[Images]:
    """Three levels, each half as wide as the one before: two band-pass residuals and the low-pass rest."""
    values = torch.from_numpy(images)
    levels: list[Images] = []
    for _ in LEVELS[:-1]:
        coarse = F.avg_pool2d(values, 2)
        # Upsampling by bilinear interpolation of the wrapped picture: a cut border would look like detail.
        wrapped = F.pad(coarse, (1, 1, 1, 1), mode="circular")
        smooth = F.interpolate(wrapped, scale_factor=2, mode="bilinear")[:, :, 2:-2, 2:-2]
        levels.append((values - smooth).numpy())
        values = coarse
    levels.append(values.numpy())
    return levels


class SlicedReference:
    """The reference's patch distribution, ready to be compared with any number of sets.

    Patches are 7x7, 12 per picture at seeded places, scaled by the reference's own deviation per channel (never by
    the candidate's: that would hide lost contrast). Projections are bent by asinh, or a few glaring textures would
    decide alone. Karras et al. 2018, "Progressive growing of GANs", section 5.
    """

    def __init__(self, reference: Images, seed: int) -> None:
        self._seed = seed
        generator = torch.Generator().manual_seed(seed)
        directions = torch.randn(3 * PATCH_PX**2, DIRECTION_COUNT, generator=generator)
        self._directions = directions / directions.norm(dim=0)
        patches = [self._patches(level) for level in laplacian_pyramid(reference)]
        self._mean = [values.mean(axis=(0, 2), keepdims=True) for values in patches]
        self._deviation = [values.std(axis=(0, 2), keepdims=True) + 1e-6 for values in patches]
        self._sorted = [self._projected(values, index).sort(dim=1).values for index, values in enumerate(patches)]

    def distance(self, candidate: Images) -> dict[str, Estimate]:
        """Distance per level ("hi", "mid", "lo") in thousandths of the reference's patch deviation."""
        return {
            name: self._level_distance(index, level, len(candidate))
            for index, (name, level) in enumerate(zip(LEVELS, laplacian_pyramid(candidate), strict=True))
        }

    def _patches(self, level: Images) -> NDArray[np.float32]:
        """Patches [count * 12, 3, 49] of one level; the same places for every set."""
        count, _, size, _ = level.shape
        random = np.random.default_rng(self._seed)
        corner = random.integers(size, size=(2, count, PATCHES_PER_IMAGE, 1, 1))
        step = np.arange(PATCH_PX)
        rows, columns = (corner[0] + step[:, None]) % size, (corner[1] + step) % size
        patches = level[np.arange(count)[:, None, None, None], :, rows, columns]  # [count, 12, 7, 7, 3]
        return np.moveaxis(patches, -1, 2).reshape(-1, 3, PATCH_PX**2)

    def _projected(self, patches: NDArray[np.float32], index: int) -> Tensor:
        scaled = (patches - self._mean[index]) / self._deviation[index]
        projected: Tensor = torch.from_numpy(scaled.reshape(len(scaled), -1)) @ self._directions
        return projected.T.contiguous().asinh()

    def _level_distance(self, index: int, level: Images, count: int) -> Estimate:
        values, order = self._projected(self._patches(level), index).sort(dim=1)
        picture = order // PATCHES_PER_IMAGE
        reference = self._sorted[index]

        def statistic(keep: Keep) -> float:
            # The sorted values minus those of left-out pictures are sorted still: no second sort per block.
            kept = values[torch.from_numpy(keep)[picture]].view(len(values), -1)
            places = torch.linspace(0, reference.shape[1] - 1, kept.shape[1]).round().long()
            return 1000 * float((kept - reference[:, places]).abs().mean())

        return jackknife(statistic, count)
