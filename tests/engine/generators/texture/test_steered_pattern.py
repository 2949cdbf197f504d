"""Sliders choose the counts of cells of every pattern, but never those that a request names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generators.texture.steered_pattern import CELLS_PER_COUNT, COUNTS, FOLLOWERS, steered_pattern
from engine.patterns import pattern_catalog, resolve_pattern
from engine.requests.texture import Pattern

NAMES = [info.name for info in pattern_catalog()]
COUNTED = [info.name for info in pattern_catalog() if {entry.name for entry in info.parameters} & set(COUNTS)]


@given(st.sampled_from(NAMES), st.floats(0, 1), st.floats(-1, 1))
def test_every_pattern_stays_one_that_can_be_drawn(name: str, scale: float, direction: float) -> None:
    steered = steered_pattern(Pattern(name), (), {"scale": scale, "direction": direction})
    assert resolve_pattern(steered) == steered
    changed = {
        key for key, value in resolve_pattern(Pattern(name)).parameters.items() if steered.parameters[key] != value
    }
    assert changed <= {*COUNTS, *FOLLOWERS, "vertical"}


@pytest.mark.parametrize("name", COUNTED)
def test_larger_scale_means_fewer_cells(name: str) -> None:
    def cells(scale: float) -> list[float]:
        parameters = steered_pattern(Pattern(name), (), {"scale": scale}).parameters
        return [parameters[count] for count in COUNTS if count in parameters]

    finest, fine, middle, coarse = (cells(scale) for scale in (0.0, 0.3, 0.55, 0.8))
    assert all(a >= b >= c >= d for a, b, c, d in zip(finest, fine, middle, coarse, strict=True))
    assert sum(fine) > sum(coarse)


@pytest.mark.parametrize(("scale", "across"), [(0.5, 8), (2 / 3, 4), (0.0, 64)])
def test_scale_counts_cells_across_the_tile(scale: float, across: float) -> None:
    parameters = steered_pattern(Pattern("square_tiles"), (), {"scale": scale}).parameters
    assert parameters["columns"] == parameters["rows"] == across


def test_bricks_keep_their_shape_when_they_grow() -> None:
    parameters = steered_pattern(Pattern("brick", {"columns": 4, "rows": 12}), (), {"scale": 0.3}).parameters
    assert parameters["rows"] / parameters["columns"] == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("name", [name for name in COUNTED if "rows" in resolve_pattern(Pattern(name)).parameters])
def test_cells_become_longer_where_they_shall_run(name: str) -> None:
    def relation(direction: float) -> float:
        parameters = steered_pattern(Pattern(name), (), {"direction": direction}).parameters
        per_count = CELLS_PER_COUNT.get(name, {})
        turned = parameters.get("vertical", 0)
        columns, rows = (parameters[count] * per_count.get(count, 1) for count in ("columns", "rows"))
        return rows / columns if turned else columns / rows

    assert relation(-0.8) < relation(0.8)
    if "vertical" not in resolve_pattern(Pattern(name)).parameters:
        assert relation(-0.8) < relation(0) < relation(0.8)
        assert 0.6 < relation(0) < 1.7


@pytest.mark.parametrize("name", ["planks", "waves", "grain"])
def test_what_runs_along_an_axis_is_turned(name: str) -> None:
    turned = [steered_pattern(Pattern(name), (), {"direction": way}).parameters["vertical"] for way in (-0.5, 0.5)]
    assert turned == [0, 1]
    for vertical in (0, 1):
        pattern = Pattern(name, {"vertical": vertical})
        assert steered_pattern(pattern, (), {"direction": 0.0}) == resolve_pattern(pattern)


def test_named_parameters_stay() -> None:
    asked = Pattern("brick", {"rows": 7})
    steered = steered_pattern(asked, asked.parameters, {"scale": 0.2, "direction": 0.9})
    assert steered.parameters["rows"] == 7
    assert steered.parameters["columns"] > 8


@pytest.mark.parametrize("sliders", [{}, {"relief": 2.0}])
def test_other_sliders_leave_patterns_alone(sliders: dict[str, float]) -> None:
    assert steered_pattern(Pattern("brick"), (), sliders) == resolve_pattern(Pattern("brick"))
