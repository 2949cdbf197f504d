"""Characters by seed, by choice, and between two others."""

import numpy as np
import pytest

from engine.characters.identity import FEATURE_COUNT, KINDS, PARTS, SLIDERS, between, make_identity
from engine.characters.palettes import COLOR_NAMES, SLOT_COUNT


def test_same_seed_is_the_same_character() -> None:
    assert make_identity(7) == make_identity(7)
    assert len({make_identity(seed) for seed in range(50)}) == 50


def test_seeds_reach_every_kind_and_nearly_every_part() -> None:
    made = [make_identity(seed) for seed in range(400)]
    assert {identity.kind for identity in made} == set(KINDS)
    for name, allowed in PARTS.items():
        assert {identity.part(name) for identity in made} == set(allowed), name


def test_a_kind_can_be_asked_for() -> None:
    assert all(make_identity(seed, kind).kind == kind for seed in range(5) for kind in KINDS)


def test_features_tell_characters_apart_and_lie_in_zero_to_one() -> None:
    rows = np.stack([make_identity(seed).features() for seed in range(40)])
    assert rows.shape == (40, FEATURE_COUNT)
    assert rows.dtype == np.float32
    assert rows.min() >= 0
    assert rows.max() <= 1
    assert len(np.unique(rows, axis=0)) == 40


def test_values_can_be_set_and_are_checked() -> None:
    identity = make_identity(3, "human").with_values(height=0.9, hair="mohawk")
    assert identity.slider("height") == 0.9
    assert identity.part("hair") == "mohawk"
    with pytest.raises(ValueError, match=r"hair: 'wig' is not allowed; allowed: none, crop"):
        identity.with_values(hair="wig")
    with pytest.raises(ValueError, match=r"build: 1.5 is outside \[0, 1\]"):
        identity.with_values(build=1.5)
    with pytest.raises(ValueError, match="wings: is not allowed"):
        identity.with_values(wings="large")


def test_interpolation_ends_at_both_characters_and_moves_evenly() -> None:
    first, second = make_identity(1, "human"), make_identity(2, "goblin")
    assert between(first, second, 0.0).sliders == first.sliders
    assert between(first, second, 1.0).parts == second.parts
    middle = between(first, second, 0.5)
    assert middle.sliders == pytest.approx([(a + b) / 2 for a, b in zip(first.sliders, second.sliders, strict=True)])
    assert middle.palette.array() == pytest.approx((first.palette.array() + second.palette.array()) / 2, abs=1e-4)
    turned = [
        sum(a == b for a, b in zip(between(first, second, s).parts, second.parts, strict=True))
        for s in (0, 0.3, 0.6, 1)
    ]
    assert turned == sorted(turned)
    with pytest.raises(ValueError, match=r"share: 1\.5"):
        between(first, second, 1.5)


def test_palette_has_a_color_for_every_slot() -> None:
    palette = make_identity(5).palette
    assert palette.array().shape == (len(COLOR_NAMES), 3)
    assert palette.slots().shape == (SLOT_COUNT, 3)
    assert len(SLIDERS) == 8
