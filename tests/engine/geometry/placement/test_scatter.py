from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codecs.render.soup import rotations
from engine.errors import InvalidRequestError
from engine.geometry.placement.ground import Area, Ground
from engine.geometry.placement.scatter import Placed, as_instances, margin_m, scatter
from engine.geometry.props.kinds import Habitat, WaterRule
from engine.geometry.props.library import PROPS

SPACING_M = 2.0
PAD = 12
KINDS = tuple(PROPS.values())
AREA = Area(-30, -30, 60, 60)


def hilly(area: Area, *, water: bool = True) -> Ground:
    """A window of one endless world of hills, lakes and two biomes."""
    row = np.arange(area.row - PAD, area.row + area.row_count + PAD + 1)[:, None]
    column = np.arange(area.column - PAD, area.column + area.column_count + PAD + 1)[None, :]
    height = 9.0 * np.sin(row / 9.0) * np.cos(column / 7.0) + 1.5 * np.sin(column / 2.1 + row / 3.0)
    forest = 0.5 + 0.5 * np.sin(row / 11.0 + column / 17.0)
    return Ground(
        height_m=height,
        spacing_m=SPACING_M,
        row=int(row[0, 0]),
        column=int(column[0, 0]),
        water_depth_m=np.maximum(-4.0 - height, 0.0) if water else None,
        biomes={"forest": forest, "grassland": 1.0 - forest},
    )


def flat(side: int = 160, biome: str = "grassland") -> tuple[Ground, Area]:
    size = side + 2 * PAD + 1
    ground = Ground(np.zeros((size, size)), SPACING_M, -PAD, -PAD, None, {biome: np.ones((size, size))})
    return ground, Area(0, 0, side, side)


def rows(placed: tuple[Placed, ...]) -> set[tuple[object, ...]]:
    """Everything about every placement, for comparison as a set."""
    return {
        (one.kind.name, *position, *rotation, scale, variant)
        for one in placed
        for position, rotation, scale, variant in zip(
            one.position.tolist(), one.rotation.tolist(), one.scale.tolist(), one.variant.tolist(), strict=True
        )
    }


@pytest.fixture(scope="module")
def world() -> tuple[Placed, ...]:
    return scatter(hilly(AREA), AREA, 5, KINDS)


def test_no_two_props_overlap(world: tuple[Placed, ...]) -> None:
    position = np.concatenate([one.position for one in world])[:, [0, 2]]
    radius = np.concatenate([one.radius_m for one in world])
    assert len(position) > 500
    away = np.hypot(*(position[:, None] - position[None, :]).transpose(2, 0, 1))
    np.fill_diagonal(away, np.inf)
    assert (away - radius[:, None] - radius[None, :]).min() >= 0.0


def test_slope_and_water_are_respected(world: tuple[Placed, ...]) -> None:
    ground = hilly(AREA)
    assert ground.water_depth_m is not None
    for one in world:
        x, z = one.position[:, 0], one.position[:, 2]
        assert (np.hypot(*ground.gradient(x, z)) <= one.kind.slope_max).all()
        depth = ground.sample(ground.water_depth_m, x, z)
        if one.kind.water == WaterRule.DRY:
            assert (depth == 0.0).all()
        else:
            assert (depth <= 0.7).all()
    reeds = next(one for one in world if one.kind.name == "reed")
    assert len(reeds.position) > 0


def test_props_stand_on_the_ground(world: tuple[Placed, ...]) -> None:
    ground = hilly(AREA)
    for one in world:
        height = ground.sample(ground.height_m, one.position[:, 0], one.position[:, 2])
        assert (one.position[:, 1] <= height).all()
        assert (one.position[:, 1] >= height - 0.3).all()


@pytest.mark.parametrize("side", [15, 20])
def test_chunks_in_any_order_make_the_same_world(world: tuple[Placed, ...], side: int) -> None:
    starts = [AREA.row + side * step for step in range(60 // side)]
    chunks = [Area(row, column, side, side) for row, column in product(starts, starts)]
    parts = [rows(scatter(hilly(chunk), chunk, 5, KINDS)) for chunk in reversed(chunks)]
    assert sum(map(len, parts)) == len(set().union(*parts))
    assert set().union(*parts) == rows(world)


def test_far_from_the_origin_chunks_agree_too() -> None:
    far = 2**31 - 64
    whole = Area(far, -far, 24, 24)
    halves = [Area(far, -far, 12, 24), Area(far + 12, -far, 12, 24)]
    parts = [rows(scatter(hilly(half), half, 1, KINDS)) for half in halves]
    assert parts[0] | parts[1] == rows(scatter(hilly(whole), whole, 1, KINDS))
    assert len(parts[0]) > 20


@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_kinds_changes_nothing(seed: int) -> None:
    area = Area(0, 0, 16, 16)
    forwards, backwards = (scatter(hilly(area), area, seed, kinds) for kinds in (KINDS, KINDS[::-1]))
    assert rows(forwards) == rows(backwards)
    assert [one.kind for one in forwards] == list(KINDS)


def test_another_seed_gives_another_world(world: tuple[Placed, ...]) -> None:
    assert not rows(world) & rows(scatter(hilly(AREA), AREA, 6, KINDS))


@pytest.mark.parametrize(("name", "per_hectare"), [("rock", 40.0), ("grass_tuft", 500.0), ("broadleaf_tree", 100.0)])
def test_densities_are_met_on_open_ground(name: str, per_hectare: float) -> None:
    ground, area = flat(800)  # woods are large: a small area may lie in one, or in a clearing
    placed = scatter(ground, area, 2, [PROPS[name]], densities={name: {"grassland": per_hectare}})[0]
    hectares = (800 * SPACING_M) ** 2 / 10_000.0
    assert 0.65 * per_hectare < len(placed.position) / hectares < 1.35 * per_hectare


def test_densities_beyond_what_fits_are_cut() -> None:
    ground, area = flat(40)
    placed = scatter(ground, area, 2, [PROPS["hut"]], densities={"hut": {"grassland": 1e6}})[0]
    assert 0 < len(placed.position) < 80 * 80 / (2 * 4.2) ** 2


def test_a_lower_density_takes_away_and_adds_only_where_room_was_made() -> None:
    ground, area = flat(60)
    kinds = [PROPS["rock"]]
    many = rows(scatter(ground, area, 3, kinds))
    few = rows(scatter(ground, area, 3, kinds, density=0.4))
    assert len(few) < 0.6 * len(many)
    assert len(few - many) <= 0.1 * len(few)
    assert rows(scatter(ground, area, 3, kinds, density=0.0)) == set()


def test_trees_stand_in_woods_with_clearings_between_them() -> None:
    ground, area = flat(800)
    placed = scatter(
        ground,
        area,
        2,
        [PROPS["broadleaf_tree"], PROPS["birch"]],
        densities={name: {"grassland": 80.0} for name in ("broadleaf_tree", "birch")},
    )
    counts = []
    for one in placed:
        squares = (one.position[:, [0, 2]] // 50.0).astype(int)
        counts.append(np.bincount(squares[:, 1] * 32 + squares[:, 0], minlength=32 * 32))
    for own in counts:
        assert own.var() > 4.0 * own.mean()  # scattered evenly, it would be at most the mean
        assert (own <= 1).mean() > 0.2
    assert np.corrcoef(counts[0], counts[1])[0, 1] > 0.25


def test_a_world_that_repeats_has_the_same_props_a_period_on() -> None:
    period = 1024
    first, again = Area(8, -30, 24, 60), Area(8 + period, -30 - period, 24, 60)
    level = Ground(
        np.zeros((24 + 2 * PAD + 1, 60 + 2 * PAD + 1)),
        SPACING_M,
        8 - PAD,
        -30 - PAD,
        None,
        {"forest": np.ones((24 + 2 * PAD + 1, 60 + 2 * PAD + 1))},
    )
    moved = Ground(level.height_m, SPACING_M, level.row + period, level.column - period, None, level.biomes)
    here = scatter(level, first, 4, KINDS, period_m=period * SPACING_M)
    there = scatter(moved, again, 4, KINDS, period_m=period * SPACING_M)
    assert sum(len(one.position) for one in here) > 50
    for one, other in zip(here, there, strict=True):
        shift = np.array([-period * SPACING_M, 0.0, period * SPACING_M])
        np.testing.assert_allclose(one.position + shift, other.position, atol=1e-6)
        np.testing.assert_array_equal(one.variant, other.variant)


@pytest.mark.parametrize("period_m", [-1.0, 100.0, float("inf"), float("nan")])
def test_a_period_out_of_range_is_refused(period_m: float) -> None:
    ground, area = flat(16)
    with pytest.raises(InvalidRequestError, match="period_m"):
        scatter(ground, area, 1, KINDS, period_m=period_m)


def test_foreign_biomes_stay_empty() -> None:
    ground, area = flat(20, biome="moon")
    assert rows(scatter(ground, area, 3, KINDS)) == set()


def test_without_water_nothing_grows_that_needs_it() -> None:
    placed = scatter(hilly(AREA, water=False), AREA, 5, KINDS)
    assert next(len(one.position) for one in placed if one.kind.name == "reed") == 0


def test_rocks_lie_square_on_slopes_and_trees_stand_upright() -> None:
    placed = {one.kind.name: one for one in scatter(hilly(AREA, water=False), AREA, 5, KINDS)}
    ground = hilly(AREA)
    for name, leans in (("rock", True), ("broadleaf_tree", False)):
        one = placed[name]
        up = rotations(one.rotation)[:, :, 1]
        slope_x, slope_z = ground.gradient(one.position[:, 0], one.position[:, 2])
        normal = np.stack([-slope_x, np.ones_like(slope_x), -slope_z], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        np.testing.assert_allclose(up, normal if leans else np.tile([0.0, 1.0, 0.0], (len(up), 1)), atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(one.rotation, axis=1), 1.0, atol=1e-6)


def test_headings_and_variants_are_mixed(world: tuple[Placed, ...]) -> None:
    trees = next(one for one in world if one.kind.name == "broadleaf_tree")
    assert set(trees.variant.tolist()) == set(range(trees.kind.variant_count))
    assert len(np.unique(np.round(trees.rotation[:, 1], 2))) > 20
    low, high = trees.kind.scale
    assert low <= trees.scale.min() < trees.scale.max() <= high


def test_instances_hold_every_placement_once(world: tuple[Placed, ...]) -> None:
    trees = next(one for one in world if one.kind.name == "broadleaf_tree")
    instances = as_instances(trees, [7, 8, 9, 10], origin_m=(10.0, 0.0, -5.0))
    assert [one.model for one in instances] == [7, 8, 9, 10]
    moved = np.concatenate([one.translation for one in instances])
    assert len(moved) == len(trees.position)
    expected = (trees.position - [10.0, 0.0, -5.0]).astype(np.float32)
    assert {tuple(row) for row in moved.tolist()} == {tuple(row) for row in expected.tolist()}
    assert all(one.scale.shape == (len(one.translation), 3) for one in instances)


def test_a_ground_without_its_margin_is_refused() -> None:
    ground, area = flat(20)
    with pytest.raises(InvalidRequestError, match=r"margin of \d+\.\d meters"):
        scatter(ground, Area(0, 0, 31, 20), 1, KINDS)
    assert margin_m(KINDS) < PAD * SPACING_M
    assert margin_m([]) > 0.0
    assert area.row_count == 20


@pytest.mark.parametrize("density", [-0.1, 1.1, float("nan")])
def test_a_density_out_of_range_is_refused(density: float) -> None:
    ground, area = flat(20)
    with pytest.raises(InvalidRequestError, match="0 to 1"):
        scatter(ground, area, 1, KINDS, density=density)


def test_a_kind_of_ones_own_is_placed_like_any_other() -> None:
    ground, area = flat(40)
    statue = Habitat(name="statue", densities={"grassland": 20.0}, radius_m=1.0)
    assert len(scatter(ground, area, 1, [statue])[0].position) > 5
