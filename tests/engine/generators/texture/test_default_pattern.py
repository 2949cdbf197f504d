"""Default patterns are drawn from readable ranges, by seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import WeightsError
from engine.generators.texture.default_pattern import draw_pattern
from engine.requests.texture import Pattern


@given(st.integers(0, 2**32 - 1))
def test_values_lie_in_their_ranges(seed: int) -> None:
    pattern = draw_pattern("brick:rows=6..10,jitter=0.1..0.5,columns=4", seed)
    assert pattern.name == "brick"
    assert pattern.parameters["rows"] in range(6, 11)
    assert 0.1 <= pattern.parameters["jitter"] <= 0.5
    assert pattern.parameters["columns"] == 4


def test_every_whole_number_and_every_alternative_comes_up() -> None:
    drawn = [draw_pattern("brick:rows=6..8|flat", seed) for seed in range(200)]
    assert {pattern.parameters["rows"] for pattern in drawn if pattern.name == "brick"} == {6, 7, 8}
    assert Pattern("flat") in drawn


@pytest.mark.parametrize("text", ["brick:rows", "brick:rows=", "brick:rows=a..b", "brick:=4", "brick:rows=9..6"])
def test_malformed_text_is_named(text: str) -> None:
    with pytest.raises(WeightsError, match="name=value"):
        draw_pattern(text, 0)
