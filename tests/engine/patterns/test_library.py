import hashlib
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.assets import ParameterInfo, PatternInfo
from engine.errors import InvalidRequestError
from engine.patterns import Structure, pattern_catalog, render_pattern, resolve_pattern
from engine.patterns.canvas import Canvas
from engine.patterns.library import _SPECIFICATIONS, draw_on
from engine.patterns.structure import CELLS_PER_TILE, COUNT
from engine.requests.texture import Pattern

CATALOG = {info.name: info for info in pattern_catalog()}
NAMES = sorted(CATALOG)
SEEDS = st.integers(0, 2**32 - 1)
SLOW = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def values_of(info: ParameterInfo) -> st.SearchStrategy[float]:
    if info.unit == CELLS_PER_TILE:
        return st.integers(int(info.minimum), min(int(info.maximum), 12)).map(float)
    if info.unit == COUNT:
        return st.integers(int(info.minimum), int(info.maximum)).map(float)
    return st.integers(0, 64).map(lambda step: info.minimum + (info.maximum - info.minimum) * step / 64)


def is_allowed(pattern: Pattern) -> bool:
    try:
        resolve_pattern(pattern)
    except InvalidRequestError:
        return False
    return True


def parameters_of(info: PatternInfo) -> st.SearchStrategy[Pattern]:
    chosen = st.fixed_dictionaries({}, optional={entry.name: values_of(entry) for entry in info.parameters})
    return chosen.map(lambda parameters: Pattern(info.name, parameters)).filter(is_allowed)


PATTERNS = st.sampled_from(sorted(CATALOG.values(), key=lambda info: info.name)).flatmap(parameters_of)


def halved(field: NDArray[np.float32]) -> NDArray[np.float32]:
    total: NDArray[np.float32] = field[0::2, 0::2] + field[0::2, 1::2] + field[1::2, 0::2] + field[1::2, 1::2]
    return total * np.float32(0.25)


def same(one: Structure, other: Structure) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(astuple(one), astuple(other), strict=True))


@SLOW
@given(PATTERNS, SEEDS, st.sampled_from([16, 64, 72]))
def test_channels_have_the_promised_shape_type_and_range(pattern: Pattern, seed: int, size_px: int) -> None:
    structure = render_pattern(pattern, seed, size_px)
    for channel, lowest in ((structure.height, 0.0), (structure.edge_distance, 0.0), (structure.cell_tone, -1.0)):
        assert channel.shape == (size_px, size_px)
        assert channel.dtype == np.float32
        assert channel.flags.c_contiguous
        assert float(channel.min()) >= lowest
        assert float(channel.max()) <= 1.0


@SLOW
@given(PATTERNS, SEEDS, st.integers(-2, 2), st.integers(-2, 2))
def test_drawing_any_number_of_tiles_away_gives_identical_numbers(
    pattern: Pattern, seed: int, tiles_down: int, tiles_right: int
) -> None:
    specification = _SPECIFICATIONS[pattern.name]
    parameters = resolve_pattern(pattern).parameters
    pixels = np.arange(64)
    here = draw_on(Canvas(seed, 64, pixels, pixels), specification, parameters)
    away = draw_on(Canvas(seed, 64, pixels + 64 * tiles_down, pixels + 64 * tiles_right), specification, parameters)
    assert same(here, away)


@pytest.mark.parametrize("name", NAMES)
def test_seam_is_as_smooth_as_the_interior(name: str) -> None:
    """Lattice lines fall on the seam, so the seam is measured against the interior's own extremes."""
    structure = render_pattern(Pattern(name), 11, 256)
    for channel in (structure.height, structure.edge_distance):
        for axis in (0, 1):
            steps = np.abs(np.roll(channel, -1, axis) - channel).mean(axis=1 - axis)
            assert steps[-1] <= 1.1 * steps[:-1].max() + 0.01


@SLOW
@given(PATTERNS, SEEDS)
def test_twice_the_size_averages_to_the_same_picture(pattern: Pattern, seed: int) -> None:
    small, large = render_pattern(pattern, seed, 128), render_pattern(pattern, seed, 256)
    assert float(np.abs(halved(large.height) - small.height).mean()) < 0.03
    assert float(np.abs(halved(large.edge_distance) - small.edge_distance).mean()) < 0.04
    assert float(np.abs(halved(large.cell_tone) - small.cell_tone).mean()) < 0.05


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size_px", [64, 512])
def test_default_patterns_agree_closely_between_levels_of_detail(name: str, size_px: int) -> None:
    small, large = render_pattern(Pattern(name), 4, size_px), render_pattern(Pattern(name), 4, 2 * size_px)
    for one, other in zip(astuple(small), astuple(large), strict=True):
        assert float(np.abs(halved(other) - one).mean()) < 0.025


@pytest.mark.parametrize("name", [name for name in NAMES if name != "flat"])
def test_seeds_differ_and_repetitions_do_not(name: str) -> None:
    first = render_pattern(Pattern(name), 1, 64)
    assert same(first, render_pattern(Pattern(name), 1, 64))
    assert not same(first, render_pattern(Pattern(name), 2, 64))


@pytest.mark.parametrize("name", ["planks", "grain", "waves"])
def test_vertical_transposes_the_tile(name: str) -> None:
    lying = render_pattern(Pattern(name), 8, 64)
    standing = render_pattern(Pattern(name, {"vertical": 1}), 8, 64)
    assert np.array_equal(lying.height.T, standing.height)
    assert np.array_equal(lying.cell_tone.T, standing.cell_tone)


@SLOW
@given(PATTERNS)
def test_resolving_fills_every_parameter_and_is_idempotent(pattern: Pattern) -> None:
    resolved = resolve_pattern(pattern)
    assert set(resolved.parameters) == {info.name for info in CATALOG[pattern.name].parameters}
    assert all(resolved.parameters[name] == value for name, value in pattern.parameters.items())
    assert resolve_pattern(resolved) == resolved


def test_every_default_lies_in_its_range_and_every_pattern_says_what_it_is() -> None:
    for info in CATALOG.values():
        assert info.description
        for entry in info.parameters:
            assert entry.default is not None
            assert entry.minimum <= entry.default <= entry.maximum
            assert entry.description


@pytest.mark.parametrize(
    ("pattern", "field"),
    [
        (Pattern("bricks"), "pattern.name"),
        (Pattern(""), "pattern.name"),
        (Pattern("brick", {"color": 1}), "pattern.color"),
        (Pattern("flat", {"jitter": 1}), "pattern.jitter"),
        (Pattern("brick", {"columns": 0}), "pattern.columns"),
        (Pattern("brick", {"columns": 65}), "pattern.columns"),
        (Pattern("brick", {"columns": 4.5}), "pattern.columns"),
        (Pattern("brick", {"jitter": -0.01}), "pattern.jitter"),
        (Pattern("brick", {"joint_width": 0.51}), "pattern.joint_width"),
        (Pattern("planks", {"surface": 1.01}), "pattern.surface"),
        (Pattern("noise", {"surface": 0.5}), "pattern.surface"),
        (Pattern("brick_english", {"rows": 7}), "pattern.rows"),
        (Pattern("brick_flemish", {"rows": 7}), "pattern.rows"),
        (Pattern("weave", {"threads": 14, "float": 2}), "pattern.threads"),
        (Pattern("herringbone", {"repeats": 32, "ratio": 8}), "pattern.repeats"),
        (Pattern("diamond_plate", {"cells": 5}), "pattern.cells"),
    ],
)
def test_what_is_not_in_the_library_is_refused_by_field(pattern: Pattern, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        resolve_pattern(pattern)
    assert caught.value.field == field
    assert caught.value.allowed


@pytest.mark.parametrize(
    ("seed", "size_px", "field"), [(-1, 64, "seed"), (2**32, 64, "seed"), (0, 15, "size_px"), (0, 4097, "size_px")]
)
def test_seed_and_size_outside_their_range_are_refused(seed: int, size_px: int, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        render_pattern(Pattern("brick"), seed, size_px)
    assert caught.value.field == field


def test_the_numbers_are_the_same_on_every_platform() -> None:
    """Changing a pattern changes finished assets: a new digest here needs a new generator version."""
    digest = hashlib.sha256()
    for name in NAMES:
        for channel in astuple(render_pattern(Pattern(name), 20_240_229, 48)):
            digest.update(channel.astype("<f4").tobytes())
    assert digest.hexdigest() == "e00718a1240be4c44abf4590155a8b50633b66b99ee2aa9b934763c669d7a640"
