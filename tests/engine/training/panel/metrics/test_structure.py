from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.training.panel.metrics.structure import (
    StructureProfile,
    compare_structure,
    distance_between,
    distance_to_uniform,
    seam_ranks,
)

Pictures = NDArray[np.float32]
Draw = Callable[[int, int], tuple[Pictures, list[str]]]


@pytest.fixture(scope="module")
def textures(draw_textures: Draw) -> Pictures:
    return draw_textures(64, 1)[0]


def mirrored(pictures: Pictures) -> Pictures:
    left = pictures[..., ::2]
    return np.concatenate([left, left[..., ::-1]], 3)


def test_wrap_lines_of_seamless_textures_rank_like_any_other_line(textures: Pictures) -> None:
    assert distance_to_uniform(seam_ranks(textures)[..., 0]) < 0.15


def test_a_visible_cut_ranks_high_and_a_mirrored_edge_low(textures: Pictures) -> None:
    cut = textures[:, :, :40, :40]
    assert np.median(seam_ranks(cut)[..., 0]) > 0.9
    assert np.median(seam_ranks(mirrored(textures))[:, 1, 0]) < 0.1


def test_mirror_tiling_scores_one(textures: Pictures) -> None:
    assert StructureProfile.of(mirrored(textures)).mirror.min() > 0.95
    assert np.median(StructureProfile.of(textures).mirror) < 0.5


def test_a_motif_repeated_within_the_tile_scores_one(textures: Pictures) -> None:
    repeated = np.tile(textures[:, :, ::2, ::2], (1, 1, 2, 2))
    assert StructureProfile.of(repeated).repetition.min() > 0.95


def test_shifting_changes_neither_spectrum_nor_symmetry(textures: Pictures) -> None:
    before, after = (StructureProfile.of(pictures) for pictures in (textures, np.roll(textures, (7, 21), (2, 3))))
    for name in ("spectrum", "anisotropy", "mirror", "repetition"):
        assert np.allclose(getattr(before, name), getattr(after, name), atol=1e-3)


def test_fresh_textures_have_small_errors_and_turned_noise_has_not(textures: Pictures, draw_textures: Draw) -> None:
    reference = StructureProfile.of(textures)
    fresh = compare_structure(reference, StructureProfile.of(draw_textures(64, 2)[0]))
    noise = np.random.default_rng(1).random(textures.shape, np.float32)
    noisy = compare_structure(reference, StructureProfile.of(noise))
    for name in ("spectrum_error", "anisotropy_error", "repetition_error"):
        assert noisy[name].value > 3 * fresh[name].value


def test_uniform_pictures_are_measured_without_a_warning() -> None:
    profile = StructureProfile.of(np.full((12, 3, 64, 64), 0.5, np.float32))
    assert np.isfinite(profile.spectrum).all()
    assert distance_between(profile.seam_rank, profile.seam_rank) == 0
