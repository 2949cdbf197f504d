"""What is wrong with a texture as a tile: spectrum, direction, seam, mirror symmetry, repetition.

Each picture gets a few numbers; sets are compared by the distributions of those numbers.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.training.panel.metrics.estimate import Estimate, Images, Keep, jackknife, wasserstein

Numbers = NDArray[np.float64]

RADIAL_BINS = 12
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True)
class StructureProfile:
    """Per-picture numbers of one set.

    spectrum    [count, 12] log10 power in rings of spatial frequency, of the luminance
    anisotropy  [count, 2] strength of the two- and fourfold direction of the power, in [0, 1]
    seam_rank   [count, 2 axes, 2 orders] share of interior lines weaker than the wrap line, in [0, 1]: first and
                second differences; near 1 a visible cut, near 0 a blended or mirrored one
    mirror      [count] largest correlation with the own mirror picture, 1 = mirror tiled
    repetition  [count] largest autocorrelation at a shift of at least an eighth of the tile
    """

    spectrum: Numbers
    anisotropy: Numbers
    seam_rank: Numbers
    mirror: Numbers
    repetition: Numbers

    @classmethod
    def of(cls, images: Images) -> "StructureProfile":
        """The profile of pictures [count, 3, size, size]."""
        luminance = torch.from_numpy(np.einsum("nchw,c->nhw", images, LUMINANCE))
        luminance -= luminance.mean((1, 2), keepdim=True)
        detail = _detail(luminance)
        return cls(*_spectrum(luminance), seam_ranks(images), mirror_symmetry(detail), repetition(detail))


def _frequencies(size: int) -> tuple[Tensor, Tensor]:
    """Radius in cycles per tile and angle of the half spectrum [size, size // 2 + 1] that a real picture has."""
    down, across = torch.fft.fftfreq(size)[:, None] * size, torch.fft.rfftfreq(size)[None] * size
    return torch.hypot(down, across), torch.atan2(down, across)


def _spectrum(luminance: Tensor) -> tuple[Numbers, Numbers]:
    size = luminance.shape[1]
    power = torch.fft.rfft2(luminance).abs() ** 2 / size**4
    radius, angle = _frequencies(size)
    edges = np.geomspace(1, size / 2, RADIAL_BINS + 1)
    rings = [power[:, (radius >= low) & (radius < high)] for low, high in pairwise(edges)]
    # A ring may hold no frequency in small pictures; it is the same ring in every set, so leave it out.
    spectrum = torch.stack([(ring.mean(1) + 1e-10).log10() for ring in rings if ring.shape[1]], 1)
    weighted = power * radius  # otherwise the lowest frequencies alone decide
    total = weighted.sum((1, 2)) + 1e-12
    folds = [torch.polar(weighted, fold * angle.expand_as(weighted)).sum((1, 2)).abs() / total for fold in (2, 4)]
    return spectrum.double().numpy(), torch.stack(folds, 1).double().numpy()


def _detail(luminance: Tensor) -> Tensor:
    """High-passed luminance without what is constant along a row or column, unit energy per picture.

    Boards and stripes equal their mirror picture along their own direction by nature; that is no fault.
    """
    size = luminance.shape[1]
    radius, _ = _frequencies(size)
    values = torch.fft.irfft2(torch.fft.rfft2(luminance) * (radius / 8).clamp(max=1), s=(size, size))
    values = values - values.mean(1, keepdim=True) - values.mean(2, keepdim=True)
    unit: Tensor = values / values.flatten(1).norm(dim=1).clamp(min=1e-6).view(-1, 1, 1)
    return unit


def mirror_symmetry(detail: Tensor) -> Numbers:
    """Largest correlation [count] of a picture with its mirror image about any row or column."""
    scores = []
    for axis in (1, 2):
        # sum over x of f(x) f(s - x), for every axis position s at once, is the inverse transform of F^2.
        square = (torch.fft.rfft(detail, dim=axis) ** 2).sum(3 - axis)
        scores.append(torch.fft.irfft(square, detail.shape[1], dim=1).amax(1))
    best: Numbers = torch.maximum(*scores).double().numpy()
    return best


def repetition(detail: Tensor) -> Numbers:
    """Largest autocorrelation [count] at a shift of at least an eighth of the tile along an axis."""
    size = detail.shape[1]
    correlation = torch.fft.irfft2(torch.fft.rfft2(detail).abs() ** 2, s=(size, size))
    shift = torch.arange(size).minimum(size - torch.arange(size))
    far = torch.maximum(shift[:, None], shift[None]) >= size // 8
    best: Numbers = correlation[:, far].amax(1).double().numpy()
    return best


def seam_ranks(images: Images) -> Numbers:
    """Rank in [0, 1] of the wrap line among the interior lines, [count, 2 axes, 2 orders of difference]."""
    luminance = np.einsum("nchw,c->nhw", images, LUMINANCE)
    ranks = np.empty((len(images), 2, 2))
    for axis in (0, 1):
        lines = luminance if axis == 0 else np.ascontiguousarray(luminance.transpose(0, 2, 1))  # [count, line, size]
        step = np.roll(lines, -1, 1) - lines
        first = np.abs(step).mean(2)
        bend = np.abs(step - np.roll(step, 1, 1)).mean(2)
        second = bend + np.roll(bend, -1, 1)  # both lines whose second difference reaches across the wrap
        for order, strength in enumerate((first, second)):
            wrap, inner = strength[:, -1:], strength[:, 1:-2]  # neighbours of the wrap share its differences
            ranks[:, axis, order] = (inner < wrap).mean(1) + 0.5 * (inner == wrap).mean(1)
    return ranks


def distance_to_uniform(ranks: Numbers) -> float:
    """Kolmogorov-Smirnov distance of numbers in [0, 1] from the uniform distribution."""
    values, count = np.sort(ranks.ravel()), ranks.size
    above, below = np.arange(1, count + 1) / count - values, values - np.arange(count) / count
    return float(max(above.max(), below.max()))


def distance_between(first: Numbers, second: Numbers) -> float:
    """Kolmogorov-Smirnov distance between two samples."""
    values = np.concatenate([first.ravel(), second.ravel()])
    shares = [np.searchsorted(np.sort(part.ravel()), values, side="right") / part.size for part in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def compare_structure(reference: StructureProfile, candidate: StructureProfile) -> dict[str, Estimate]:
    """Errors of the candidate against the reference; 0 for equal distributions.

    `spectrum_error` in decades of power, the others in units of their score, `seam_*` as Kolmogorov-Smirnov distances.
    """
    count = len(candidate.spectrum)

    def error(name: str) -> Estimate:
        wanted, given = getattr(reference, name), getattr(candidate, name)
        columns = (len(wanted), -1)
        return jackknife(lambda keep: wasserstein(wanted.reshape(columns), given[keep].reshape(keep.sum(), -1)), count)

    def seam(keep: Keep) -> float:
        return max(distance_to_uniform(candidate.seam_rank[keep, :, order]) for order in (0, 1))

    def seam_to_reference(keep: Keep) -> float:
        return max(
            distance_between(reference.seam_rank[:, :, order], candidate.seam_rank[keep, :, order]) for order in (0, 1)
        )

    return {
        "spectrum_error": error("spectrum"),
        "anisotropy_error": error("anisotropy"),
        "mirror_error": error("mirror"),
        "repetition_error": error("repetition"),
        "seam_to_uniform": jackknife(seam, count),
        "seam_to_reals": jackknife(seam_to_reference, count),
    }
