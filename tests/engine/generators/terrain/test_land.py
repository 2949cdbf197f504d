"""What any piece of land keeps to, whatever the network has learned; and what the shipped one's land is like."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.errors import InvalidRequestError
from engine.generators.terrain.biomes import BIOMES
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import HEIGHT_STEPS_PER_M, REROLL_EDGE_CELLS, Ground, Land
from engine.requests.landscape import COORDINATE_MAX_CELLS, Landscape, Reroll, Sketch
from engine.terrain.masks import FLOW_STRIDE

NEAR_THE_END = COORDINATE_MAX_CELLS - 4096
FIELDS = ("normal", "slope", "rock", "flow", "water")


def layers(ground: Ground) -> dict[str, np.ndarray[Any, Any]]:
    """Everything that is known of the vertices, by name."""
    masks = {name: getattr(ground.masks, name) for name in FIELDS}
    return {"height": ground.height_m, "splat": ground.splat, **masks, **ground.biomes}


def assert_agree(one: Ground, other: Ground) -> None:
    """Where both have a vertex it is the same, to the bit."""
    top, left = max(one.y, other.y), max(one.x, other.x)
    bottom = min(each.y + len(each.height_m) for each in (one, other))
    right = min(each.x + each.height_m.shape[1] for each in (one, other))
    assert bottom > top
    assert right > left
    first, second = (np.s_[top - each.y : bottom - each.y, left - each.x : right - each.x] for each in (one, other))
    there = layers(other)
    for name, values in layers(one).items():
        np.testing.assert_array_equal(values[first], there[name][second], err_msg=name)


@pytest.mark.parametrize(
    ("y", "x"), [(0, 0), (-40, 72), (123_456, -9_996), (NEAR_THE_END, -NEAR_THE_END), (-NEAR_THE_END, NEAR_THE_END)]
)
def test_rectangles_agree_wherever_they_overlap(decoders: Decoders, y: int, x: int) -> None:
    land = Land(decoders, Landscape(7, {"alpine": 1.0, "forest": 0.5}))
    whole = land.ground(y, x, 257, 257)
    assert np.ptp(whole.height_m) > 0.5
    for down, right in ((128, 0), (0, -256), (-128, 128)):
        assert_agree(whole, Land(decoders, land.landscape).ground(y + down, x + right, 257, 257))


def test_rectangles_of_other_sizes_are_at_most_a_step_off(decoders: Decoders) -> None:
    # Other sizes may run other kernels, which round differently: here and there a height goes to the next step.
    land = Land(decoders, Landscape(7, {"alpine": 1.0, "forest": 0.5}))
    whole = land.ground(-40, 72, 65, 97).height_m
    for top, left, rows, columns in ((0, 0, 33, 33), (32, 64, 33, 33), (8, 20, 30, 41), (4, 4, 1, 1)):
        part = land.ground(top - 40, left + 72, rows, columns).height_m
        off = np.abs(part - whole[top : top + rows, left : left + columns]) * HEIGHT_STEPS_PER_M
        assert off.max() <= 1.0
        assert off.mean() < 0.02


def test_heights_are_whole_steps(decoders: Decoders) -> None:
    height_m = Land(decoders, Landscape(2, relief=0.37)).ground(0, 0, 33, 33).height_m
    steps = height_m.astype(np.float64) * HEIGHT_STEPS_PER_M
    np.testing.assert_array_equal(steps, np.rint(steps))


def test_no_relief_is_a_plain_at_sea_level(decoders: Decoders) -> None:
    ground = Land(decoders, Landscape(2, relief=0.0)).ground(0, 0, 17, 17)
    np.testing.assert_array_equal(ground.height_m, 0.0)
    np.testing.assert_array_equal(ground.masks.slope, 0.0)


def test_relief_is_a_factor_of_all_heights(decoders: Decoders) -> None:
    plain, high = (Land(decoders, Landscape(2, relief=relief)).ground(0, 0, 33, 33).height_m for relief in (1.0, 2.0))
    np.testing.assert_allclose(high, 2.0 * plain, atol=1.5 / HEIGHT_STEPS_PER_M)


def test_water_stands_where_land_is_below_the_sea(decoders: Decoders) -> None:
    dry = Land(decoders, Landscape(2)).ground(0, 0, 33, 33)
    level = float(np.median(dry.height_m))
    wet = Land(decoders, Landscape(2, sea_level_m=level)).ground(0, 0, 33, 33)
    np.testing.assert_array_equal(wet.height_m, dry.height_m)
    np.testing.assert_allclose(wet.masks.water, np.maximum(level - wet.height_m, 0.0), atol=1e-5)
    assert 0.2 < (wet.masks.water > 0).mean() < 0.8


@pytest.mark.parametrize(("rows", "columns"), [(1, 0), (0, -2), (3, 5)])
def test_a_torus_is_the_same_after_each_turn(decoders: Decoders, rows: int, columns: int) -> None:
    land = Land(decoders, Landscape(4, period_cells=1024, rerolls=(Reroll(-300.0, -300.0, 600.0, 600.0, 5),)))
    here = land.ground(-60, 20, 65, 33)
    there = land.ground(-60 + 1024 * rows, 20 + 1024 * columns, 65, 33)
    for name, values in layers(here).items():
        np.testing.assert_array_equal(values, layers(there)[name], err_msg=name)


def test_a_torus_has_no_seam(decoders: Decoders) -> None:
    land = Land(decoders, Landscape(4, period_cells=1024))
    across = land.ground(1000, 0, 49, 17).height_m.astype(np.float64)
    bend = np.abs(np.diff(across, 2, axis=0)).mean(axis=1)  # row 22 is the bend over the seam
    assert bend[22] <= 2.5 * np.median(bend)


REROLL = Reroll(-400.0, -300.0, 700.0, 900.0, 9)


def test_land_made_anew_leaves_everything_outside_as_it_was(shipped_decoders: Decoders) -> None:
    before = Land(shipped_decoders, Landscape(5, {"alpine": 1.0}))
    after = Land(shipped_decoders, replace(before.landscape, rerolls=(REROLL,)))
    y, x, rows, columns = -160 - 48, -200 - 48, 450 + 96, 350 + 96  # the rectangle, and some land around it
    old, new = (land.ground(y // 4 * 4, x // 4 * 4, rows, columns) for land in (before, after))
    at_y = (old.y + np.arange(rows)) * 2.0
    at_x = (old.x + np.arange(columns)) * 2.0
    inside = ((at_y > REROLL.z_m) & (at_y < REROLL.z_m + REROLL.depth_m))[:, None] & (
        (at_x > REROLL.x_m) & (at_x < REROLL.x_m + REROLL.width_m)
    )
    for name, values in layers(old).items():
        np.testing.assert_array_equal(values[~inside], layers(new)[name][~inside], err_msg=name)
    changed = old.height_m != new.height_m
    assert changed[inside].mean() > 0.2
    assert np.abs(old.height_m - new.height_m).max() > 1.0
    step = np.abs(np.diff(new.height_m, axis=1)).max()
    assert step < 3.0 * np.abs(np.diff(old.height_m, axis=1)).max()  # no cliff around it


def test_later_pieces_lie_over_earlier_ones(decoders: Decoders) -> None:
    first, second = (replace(REROLL, seed=seed) for seed in (1, 2))
    both = Land(decoders, Landscape(5, rerolls=(first, second))).ground(40, -40, 9, 9)  # deep inside
    last = Land(decoders, Landscape(5, rerolls=(second,))).ground(40, -40, 9, 9)
    other = Land(decoders, Landscape(5, rerolls=(first,))).ground(40, -40, 9, 9)
    np.testing.assert_array_equal(both.height_m, last.height_m)
    assert (both.height_m != other.height_m).any()


def test_pieces_elsewhere_change_nothing(decoders: Decoders) -> None:
    far = Reroll(1e6, 1e6, 1000.0, 1000.0, 3)
    with_it = Land(decoders, Landscape(5, rerolls=(far,))).ground(0, 0, 17, 17)
    np.testing.assert_array_equal(with_it.height_m, Land(decoders, Landscape(5)).ground(0, 0, 17, 17).height_m)


@pytest.mark.parametrize(("width_m", "period_cells"), [(4.0 * REROLL_EDGE_CELLS + 14.0, 0), (2100.0, 1024)])
def test_pieces_too_small_or_larger_than_the_world_are_refused(
    decoders: Decoders, width_m: float, period_cells: int
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Land(decoders, Landscape(period_cells=period_cells, rerolls=(Reroll(0.0, 0.0, width_m, 800.0, 1),)))
    assert refusal.value.field == "reroll"
    assert "m" in refusal.value.allowed


@pytest.mark.parametrize(
    ("field", "y", "x"),
    [
        ("z", -COORDINATE_MAX_CELLS - 4, 0),
        ("z", COORDINATE_MAX_CELLS - 8, 0),
        ("x", 0, -COORDINATE_MAX_CELLS - 4),
        ("x", 0, 2**40),
    ],
)
def test_places_outside_of_the_world_are_refused(decoders: Decoders, field: str, y: int, x: int) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Land(decoders, Landscape()).ground(y, x, 17, 17)
    assert refusal.value.field == field


def test_unknown_biomes_and_weights_of_nothing_are_refused(decoders: Decoders) -> None:
    for biomes in ({"lava": 1.0}, {"forest": 0.0}, {"forest": 2.0}, {"forest": -1.0}):
        with pytest.raises(InvalidRequestError, match="biomes"):
            Land(decoders, Landscape(biomes=biomes))


def test_windows_begin_on_the_grid_of_the_flow(decoders: Decoders) -> None:
    with pytest.raises(ValueError, match=f"multiples of {FLOW_STRIDE}"):
        Land(decoders, Landscape()).ground(2, 0, 17, 17)


def test_a_sketch_needs_a_world_without_end(decoders: Decoders) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Land(decoders, Landscape(period_cells=1024, sketch=Sketch(b"png", 512.0)))
    assert refusal.value.field == "sketch"


def test_the_view_from_afar_is_alike(shipped_decoders: Decoders) -> None:
    land = Land(shipped_decoders, Landscape(5, {"alpine": 1.0}))
    near = land.ground(-128, -128, 257, 257)
    far = land.outlook(3, -16, -16, 33, 33)
    miss = np.abs(near.height_m[::8, ::8] - far.height_m)
    assert miss.mean() < 0.5 * near.height_m.std()
    assert far.splat.shape == (33, 33, 4)
    np.testing.assert_allclose(far.splat.sum(axis=-1), 1.0, atol=1e-5)


@pytest.mark.parametrize("biome", BIOMES)
def test_a_world_is_entered_on_dry_level_ground(shipped_decoders: Decoders, biome: str) -> None:
    for seed in (1, 2):
        land = Land(shipped_decoders, Landscape(seed, {biome: 1.0}))
        y, x = land.spawn()
        ground = land.ground(y - 4, x - 4, 9, 9)
        assert float(ground.masks.water.max()) == 0.0
        assert float(ground.height_m.min()) > 0.0
        assert float(ground.masks.slope.mean()) < 0.5


@pytest.mark.parametrize("biome", ["beach", "swamp"])
def test_worlds_of_shores_and_pools_show_land_and_water(shipped_decoders: Decoders, biome: str) -> None:
    shares = []
    for seed in range(6):
        land = Land(shipped_decoders, Landscape(seed, {biome: 1.0}))
        y, x = (cell - 512 for cell in land.spawn())
        shares.append(float((land.ground(y, x, 1025, 1025).masks.water > 0.0).mean()))
    assert max(shares) < 0.97
    assert sorted(shares)[1] > 0.1  # all but one, which may lie on higher land


def test_a_drowned_world_says_so(decoders: Decoders) -> None:
    with pytest.raises(InvalidRequestError, match=r"sea_level_m: 1000\.0 .* dry, level land") as caught:
        Land(decoders, Landscape(sea_level_m=1000.0, relief=0.0)).spawn()
    assert caught.value.field == "sea_level_m"
