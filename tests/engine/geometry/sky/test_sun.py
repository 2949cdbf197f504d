import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.geometry.sky.sun import direction_to_sun, elevation_deg


@given(st.floats(0.0, 24.0), st.floats(-90.0, 90.0), st.integers(1, 365))
def test_directions_have_length_one(hour: float, latitude_deg: float, day_of_year: int) -> None:
    assert math.hypot(*direction_to_sun(hour, latitude_deg, day_of_year)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("latitude_deg", "day_of_year", "expected_deg"),
    [(40.0, 172, 73.45), (40.0, 355, 26.55), (0.0, 81, 90.0), (-23.45, 355, 90.0), (90.0, 172, 23.45)],
)
def test_noon_is_as_high_as_astronomy_says(latitude_deg: float, day_of_year: int, expected_deg: float) -> None:
    assert elevation_deg(direction_to_sun(12.0, latitude_deg, day_of_year)) == pytest.approx(expected_deg, abs=0.3)


def test_the_sun_rises_in_the_east_culminates_in_the_south_and_sets_in_the_west() -> None:
    morning, noon, evening = (direction_to_sun(hour, 40.0, 81) for hour in (6.5, 12.0, 17.5))
    assert morning[0] > 0.9
    assert noon[2] > 0.6
    assert abs(noon[0]) < 1e-9
    assert evening[0] < -0.9


def test_in_the_south_it_culminates_in_the_north() -> None:
    assert direction_to_sun(12.0, -40.0, 81)[2] < -0.6


def test_midnight_is_below_the_horizon() -> None:
    assert elevation_deg(direction_to_sun(0.0)) < -20.0


@pytest.mark.parametrize(
    ("hour", "latitude_deg", "day_of_year", "field"),
    [
        (24.5, 0.0, 1, "time_of_day"),
        (-1.0, 0.0, 1, "time_of_day"),
        (float("nan"), 0.0, 1, "time_of_day"),
        (12.0, 91.0, 1, "latitude_deg"),
        (12.0, 0.0, 0, "day_of_year"),
        (12.0, 0.0, 366, "day_of_year"),
    ],
)
def test_values_out_of_range_are_refused(hour: float, latitude_deg: float, day_of_year: int, field: str) -> None:
    with pytest.raises(InvalidRequestError, match=field):
        direction_to_sun(hour, latitude_deg, day_of_year)
