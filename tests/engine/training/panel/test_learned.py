import numpy as np
import torch

from engine.training.panel.learned import (
    CORRUPTIONS,
    corruption_distances,
    learn_encoder,
    ranks_corruptions,
    variance_invariance_covariance,
)
from engine.training.panel.metrics.estimate import Images
from engine.training.panel.metrics.features import random_features

SIZE_PX = 64


def textures(count: int, seed: int) -> Images:
    """Sine gratings of random direction, frequency and colors, with some noise."""
    random = np.random.default_rng(seed)
    place = np.arange(SIZE_PX) / SIZE_PX
    pictures = []
    for _ in range(count):
        along, across = random.integers(-12, 13, 2)
        wave = np.sin(2 * np.pi * (along * place[:, None] + across * place[None] + random.uniform()))
        dark, light = random.uniform(0.1, 0.5, 3), random.uniform(0.5, 0.9, 3)
        share = 0.5 + 0.5 * wave[None]
        pictures.append(dark[:, None, None] * (1 - share) + light[:, None, None] * share)
    noise = random.normal(0, 0.02, (count, 1, SIZE_PX, SIZE_PX))
    return np.clip(np.stack(pictures) + noise, 0, 1).astype(np.float32)


def test_features_do_not_depend_on_the_batch_or_on_shifts_of_the_torus() -> None:
    encoder = learn_encoder(textures(8, 0), 0, steps=1)
    pictures = textures(3, 1)
    together = encoder.features(pictures)
    np.testing.assert_allclose(encoder.features(pictures[1:2])[0], together[1], atol=2e-5)
    np.testing.assert_allclose(encoder.features(np.roll(pictures, 16, 2)), together, atol=2e-3)


def test_crops_of_one_texture_come_closer_than_those_of_others() -> None:
    encoder = learn_encoder(textures(64, 0), 0, steps=25)
    pictures = np.concatenate([textures(24, 1), np.roll(textures(24, 1), (21, 9), (2, 3))])
    features = encoder.features(pictures)
    features = (features - features.mean(0)) / (features.std(0) + 1e-6)
    between = np.linalg.norm(features[:24, None] - features[None, 24:], axis=2)
    assert (between.argmin(1) == np.arange(24)).mean() > 0.8


def test_the_same_pictures_and_seed_give_the_same_encoder() -> None:
    pictures = textures(8, 0)
    first, second = (learn_encoder(pictures, 3, steps=2).features(pictures) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_loss_is_lowest_for_views_that_agree_and_spread() -> None:
    random = torch.Generator().manual_seed(0)
    spread = torch.randn(256, 4, generator=random)
    collapsed = torch.zeros(256, 4)
    agreeing = variance_invariance_covariance(spread, spread)
    assert agreeing < variance_invariance_covariance(spread, spread.roll(1, 0))
    assert agreeing < variance_invariance_covariance(collapsed, collapsed)


def test_corruptions_keep_form_and_range_and_grow_with_their_strength() -> None:
    pictures = textures(4, 0)
    for corrupt in CORRUPTIONS.values():
        changes = []
        for strength in (0.25, 1.0):
            changed = corrupt(pictures, strength, 0)
            assert changed.shape == pictures.shape
            assert changed.dtype == pictures.dtype
            assert 0 <= changed.min() <= changed.max() <= 1
            changes.append(float(np.abs(changed - pictures).mean()))
        assert 0 < changes[0] < changes[1]


def test_an_encoder_that_looks_ranks_corruptions_and_a_blind_one_does_not() -> None:
    pictures = textures(32, 0)
    seen = corruption_distances(random_features, pictures, 0)
    # A grating cut into blocks is a grating still: that corruption says nothing of these pictures.
    assert ranks_corruptions({name: seen[name] for name in ("blurred", "noisy", "flattened")})
    blind = corruption_distances(lambda images: np.ones((len(images), 4), np.float32), pictures, 0)
    assert not ranks_corruptions(blind)
