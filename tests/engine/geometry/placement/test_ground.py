import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.geometry.placement.ground import Area, Ground

PLANE = np.add.outer(3.0 * np.arange(6), -1.0 * np.arange(8))  # rises 3 per row, falls 1 per column


@given(st.floats(-3.9, 9.9), st.floats(8.1, 17.9))
def test_a_plane_is_sampled_exactly(x_m: float, z_m: float) -> None:
    ground = Ground(PLANE, 2.0, row=4, column=-2)
    x, z = np.array([x_m]), np.array([z_m])
    expected = 3.0 * (z_m / 2.0 - 4.0) - (x_m / 2.0 + 2.0)
    assert ground.sample(PLANE, x, z)[0] == pytest.approx(expected)
    along_x, along_z = ground.gradient(x, z)
    assert (along_x[0], along_z[0]) == (pytest.approx(-0.5), pytest.approx(1.5))


@given(st.integers(0, 2**32), st.integers(-(2**31), 2**31))
def test_windows_agree_bit_for_bit(seed: int, start: int) -> None:
    generator = np.random.Generator(np.random.Philox(seed))
    height = generator.normal(size=(12, 12))
    whole = Ground(height, 0.7, start, start)
    part = Ground(height[3:9, 2:11], 0.7, start + 3, start + 2)
    x = (start + 2 + generator.uniform(0.0, 8.0, 20)) * 0.7
    z = (start + 3 + generator.uniform(0.0, 5.0, 20)) * 0.7
    np.testing.assert_array_equal(whole.sample(whole.height_m, x, z), part.sample(part.height_m, x, z))
    np.testing.assert_array_equal(whole.gradient(x, z), part.gradient(x, z))


def test_a_ground_covers_what_lies_between_its_samples() -> None:
    ground = Ground(np.zeros((11, 11)), 2.0, row=-5, column=-5)
    assert ground.covers(Area(-5, -5, 10, 10), 0.0)
    assert ground.covers(Area(-3, -3, 6, 6), 4.0)
    assert not ground.covers(Area(-3, -3, 6, 6), 4.1)
    assert not ground.covers(Area(-5, -5, 11, 10), 0.0)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"height_m": np.zeros((1, 9)), "spacing_m": 1.0}, "ground.height_m"),
        ({"height_m": np.zeros((4, 4)), "spacing_m": 0.0}, "ground.spacing_m"),
        ({"height_m": np.zeros((4, 4)), "spacing_m": float("nan")}, "ground.spacing_m"),
        ({"height_m": np.zeros((4, 4)), "spacing_m": 1.0, "water_depth_m": np.zeros((4, 5))}, "ground.water_depth_m"),
        ({"height_m": np.zeros((4, 4)), "spacing_m": 1.0, "biomes": {"forest": np.zeros(4)}}, "ground.biomes.forest"),
    ],
)
def test_grids_that_do_not_fit_are_refused(arguments: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequestError, match=field):
        Ground(**arguments)  # type: ignore[arg-type]
