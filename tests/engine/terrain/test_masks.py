"""Masks: from a fixed neighbourhood, so that chunks agree."""

import numpy as np
import pytest

from engine.terrain.fractal import fractal
from engine.terrain.masks import FLOW_STRIDE, MASK_RIM, blurred, masks_of, smoothstep

RIM = MASK_RIM


def test_slope_and_normal_of_a_plane() -> None:
    _, x = np.mgrid[0 : 16 + 2 * RIM, 0 : 16 + 2 * RIM].astype(np.float32)
    masks = masks_of(1.2 * x, 2.0, -1000.0)
    assert masks.slope == pytest.approx(np.full((16, 16), 0.6), abs=1e-4)
    length = np.hypot(0.6, 1.0)
    assert masks.normal[3, 3] == pytest.approx([-0.6 / length, 1.0 / length, 0.0], abs=1e-4)
    assert masks.water.max() == 0.0
    assert masks.rock.max() < 0.2
    assert masks_of(4.0 * x, 2.0, -1000.0).rock.min() == 1.0


def test_land_below_the_sea_is_under_water_and_rivers_add_to_it() -> None:
    edge = 8 + 2 * RIM
    height = np.full((edge, edge), -3.0, np.float32)
    assert masks_of(height, 1.0, 2.0).water == pytest.approx(np.full((8, 8), 5.0))
    river = np.zeros_like(height)
    river[:, RIM + 2] = 1.5
    water = masks_of(height, 1.0, -100.0, river).water
    assert water[:, 2].tolist() == [1.5] * 8
    assert water[:, 3].max() == 0.0


def test_water_gathers_in_valleys() -> None:
    y, x = np.mgrid[0 : 64 + 2 * RIM, 0 : 65 + 2 * RIM].astype(np.float32)
    valley = np.abs(x - (RIM + 32)) + 0.5 * y
    flow = masks_of(valley.astype(np.float32), 1.0, -1000.0).flow
    assert flow[:, 32].mean() > flow[:, 8].mean() + 0.3
    assert flow.min() >= 0.0
    assert flow.max() <= 1.0


def test_neighbouring_windows_agree_on_every_mask() -> None:
    land = (fractal(256, 5) * 60).astype(np.float32)
    shift = 4 * FLOW_STRIDE
    first = masks_of(land[: 65 + 2 * RIM, : 65 + 2 * RIM], 1.0, 0.0)
    second = masks_of(land[: 65 + 2 * RIM, shift : shift + 65 + 2 * RIM], 1.0, 0.0)
    for name in ("normal", "slope", "rock", "flow", "water"):
        assert np.array_equal(getattr(first, name)[:, shift:], getattr(second, name)[:, :-shift]), name


def test_smoothstep_is_flat_outside_and_monotone_inside() -> None:
    values = smoothstep(np.linspace(-1, 2, 31, dtype=np.float32), 0.0, 1.0)
    assert values[0] == values[9] == 0.0
    assert values[-1] == 1.0
    assert (np.diff(values) >= 0).all()


def test_blurred_keeps_the_sum() -> None:
    spike = np.zeros((21, 21), np.float32)
    spike[10, 10] = 1.0
    assert float(blurred(spike, 1.5).sum()) == pytest.approx(1.0, abs=1e-3)
