"""Water on small surfaces whose answer is known."""

import numpy as np
import pytest

from engine.terrain.drainage import accumulation, drainage_statistics, filled, sinks
from engine.terrain.fractal import fractal


def plane(rows: int = 12, columns: int = 12) -> np.ndarray:
    """Falls to the west."""
    return np.tile(np.arange(columns, dtype=np.float32), (rows, 1))


def bowl(edge: int = 11) -> np.ndarray:
    y, x = np.mgrid[0:edge, 0:edge].astype(np.float32) - edge // 2
    return np.asarray(np.hypot(x, y), np.float32)


def test_plane_has_no_sinks_and_a_bowl_has_one() -> None:
    assert not sinks(plane()).any()
    assert np.argwhere(sinks(bowl())).tolist() == [[5, 5]]


def test_filled_bowl_drains_to_the_edge_and_a_plane_stays() -> None:
    height = bowl()
    surface = filled(height)
    assert not sinks(surface).any()
    assert (surface >= height).all()
    assert surface[5, 5] == pytest.approx(5.0, abs=0.01)
    assert np.array_equal(filled(plane()), plane())


def test_water_of_a_plane_gathers_along_its_fall() -> None:
    area = accumulation(filled(plane(12, 12)))
    assert area[6].tolist() == list(range(12, 0, -1))


def test_all_water_of_a_valley_leaves_at_its_mouth() -> None:
    y, x = np.mgrid[0:20, 0:21].astype(np.float32)
    valley = (np.abs(x - 10) + 0.1 * y).astype(np.float32)
    assert accumulation(filled(valley))[0, 10] > 0.9 * valley.size


def test_every_vertex_drains_somewhere() -> None:
    height = fractal(64, 3) * 10
    area = accumulation(filled(height))
    assert area.min() == 1.0
    edge = np.concatenate([area[0], area[-1], area[1:-1, 0], area[1:-1, -1]])
    assert edge.sum() >= height.size


def test_statistics_tell_carved_land_from_noise_and_do_not_depend_on_relief() -> None:
    y, x = np.mgrid[0:64, 0:64].astype(np.float32)
    carved = (np.abs((x % 16) - 8) + 0.2 * y + 0.1 * fractal(64, 2)).astype(np.float32)
    noise = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
    one, other = drainage_statistics(carved), drainage_statistics(noise)
    assert one.shape == (5,)
    assert one[0] < 0.3 < other[0]
    assert one[2] > 0.5
    assert drainage_statistics(3.0 * carved) == pytest.approx(one, abs=0.05)
