"""Masks: from a fixed neighbourhood, so that chunks agree."""

import numpy as np
import pytest

from engine.terrain.fractal import fractal
from engine.terrain.masks import FLOW_RIM, FLOW_STRIDE, Masks, blurred, flow_count, masks_of, smoothstep, strips

RIM = FLOW_STRIDE * FLOW_RIM
"""Of the grids below, around the vertices that masks are made of."""


def masks(land: np.ndarray, spacing_m: float, sea_level_m: float, river: np.ndarray | None = None) -> Masks:
    """Of the vertices of `land` [rows + 2 RIM, columns + 2 RIM] within the rim."""
    near = land[RIM - 1 : -RIM + 1, RIM - 1 : -RIM + 1]
    rows, columns = (flow_count(count - 2) for count in near.shape)
    wide = np.pad(land, ((0, FLOW_STRIDE), (0, FLOW_STRIDE)), mode="edge")
    return masks_of(near, wide[::FLOW_STRIDE, ::FLOW_STRIDE][:rows, :columns], spacing_m, sea_level_m, river)


def test_slope_and_normal_of_a_plane() -> None:
    _, x = np.mgrid[0 : 16 + 2 * RIM, 0 : 16 + 2 * RIM].astype(np.float32)
    plane = masks(1.2 * x, 2.0, -1000.0)
    assert plane.slope == pytest.approx(np.full((16, 16), 0.6), abs=1e-4)
    length = np.hypot(0.6, 1.0)
    assert plane.normal[3, 3] == pytest.approx([-0.6 / length, 1.0 / length, 0.0], abs=1e-4)
    assert plane.water.max() == 0.0
    assert plane.rock.max() < 0.2
    assert masks(4.0 * x, 2.0, -1000.0).rock.min() == 1.0


def test_land_below_the_sea_is_under_water_and_rivers_add_to_it() -> None:
    edge = 8 + 2 * RIM
    height = np.full((edge, edge), -3.0, np.float32)
    assert masks(height, 1.0, 2.0).water == pytest.approx(np.full((8, 8), 5.0))
    river = np.zeros((8, 8), np.float32)
    river[:, 2] = 1.5
    water = masks(height, 1.0, -100.0, river).water
    assert water[:, 2].tolist() == [1.5] * 8
    assert water[:, 3].max() == 0.0


def test_water_gathers_in_valleys() -> None:
    y, x = np.mgrid[0 : 64 + 2 * RIM, 0 : 65 + 2 * RIM].astype(np.float32)
    valley = np.abs(x - (RIM + 32)) + 0.5 * y
    flow = masks(valley.astype(np.float32), 1.0, -1000.0).flow
    assert flow[:, 32].mean() > flow[:, 8].mean() + 0.3
    assert flow.min() >= 0.0
    assert flow.max() <= 1.0


def test_neighbouring_windows_agree_on_every_mask() -> None:
    land = (fractal(256, 5) * 60).astype(np.float32)
    shift = 4 * FLOW_STRIDE
    first = masks(land[: 65 + 2 * RIM, : 65 + 2 * RIM], 1.0, 0.0)
    second = masks(land[: 65 + 2 * RIM, shift : shift + 65 + 2 * RIM], 1.0, 0.0)
    for name in ("normal", "slope", "rock", "flow", "water"):
        assert np.array_equal(getattr(first, name)[:, shift:], getattr(second, name)[:, :-shift]), name


def test_smoothstep_is_flat_outside_and_monotone_inside() -> None:
    values = smoothstep(np.linspace(-1, 2, 31, dtype=np.float32), 0.0, 1.0)
    assert values[0] == values[9] == 0.0
    assert values[-1] == 1.0
    assert (np.diff(values) >= 0).all()


def test_smoothstep_is_the_same_in_pieces_that_lie_on_one_side() -> None:
    values = np.linspace(-0.4, 1.1, 4001, dtype=np.float32)
    for low, high in ((0.15, 0.6), (-0.1, 0.8), (0.55, 0.95), (0.25, 0.45)):
        whole = smoothstep(values, low, high)
        pieces = [smoothstep(piece, low, high) for piece in np.split(values, np.arange(7, 4001, 7))]
        assert np.array_equal(np.concatenate(pieces), whole)
    assert smoothstep(values[:0], 0.0, 1.0).shape == (0,)


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (0.5, 0.5), (float("nan"), 1.0)])
def test_smoothstep_refuses_ends_that_are_not_in_order(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="low, high"):
        smoothstep(np.zeros(3, np.float32), low, high)


def test_blurred_keeps_the_sum() -> None:
    spike = np.zeros((21, 21), np.float32)
    spike[10, 10] = 1.0
    assert float(blurred(spike, 1.5).sum()) == pytest.approx(1.0, abs=1e-3)


def test_strips_cover_every_row_once() -> None:
    for rows in (1, 48, 49, 545):
        assert np.array_equal(np.concatenate([np.arange(rows)[strip] for strip in strips(rows)]), np.arange(rows))
