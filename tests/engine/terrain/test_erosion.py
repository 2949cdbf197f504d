"""The classical erosion that TerraGen is measured by."""

import numpy as np

from engine.terrain.drainage import sinks
from engine.terrain.erosion import Erosion, eroded
from engine.terrain.fractal import fractal


def test_no_step_changes_nothing() -> None:
    height = fractal(48, 1) * 5
    assert np.array_equal(eroded(height, 0), height)


def test_rain_takes_from_steep_land_and_keeps_the_input() -> None:
    height = fractal(64, 1) * 12
    before = height.copy()
    after = eroded(height, 50)
    assert np.array_equal(height, before)
    assert after.dtype == np.float32
    assert np.isfinite(after).all()
    assert 0.005 < np.abs(after - before).mean() < 3.0
    assert np.array_equal(after, eroded(height, 50))


def test_level_land_stays_level() -> None:
    flat = np.full((24, 24), 3.0, np.float32)
    assert np.abs(eroded(flat, 30) - flat).max() < 1e-3


def test_cliffs_slide() -> None:
    cliff = np.zeros((16, 16), np.float32)
    cliff[:, 8:] = 20.0
    drop = np.abs(np.diff(eroded(cliff, 40, Erosion(rain=0.0)), axis=1)).max()
    assert drop < 10.0


def test_material_is_neither_made_nor_lost_by_sliding() -> None:
    height = fractal(48, 2) * 20
    after = eroded(height, 20, Erosion(rain=0.0))
    assert abs(float(after.sum() - height.sum())) < 0.5
    assert sinks(after).mean() <= sinks(height).mean() + 0.01
