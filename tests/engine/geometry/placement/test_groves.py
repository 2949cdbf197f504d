import numpy as np
import pytest

from engine.geometry.placement.groves import PATCH_PEAK, World, groves
from engine.geometry.props.library import PROPS

RANDOM = np.random.default_rng(1)
X, Z = RANDOM.uniform(-9000.0, 9000.0, (2, 60_000))


@pytest.mark.parametrize("name", ["broadleaf_tree", "conifer", "grass_tuft", "flower"])
def test_groves_are_dense_or_empty_and_keep_the_mean(name: str) -> None:
    field = groves(World(3, 0.0), PROPS[name], X, Z)
    assert field.min() >= 0.0
    assert field.max() <= 1.0
    assert 0.85 < PATCH_PEAK * field.mean() < 1.15
    assert (field < 0.05).mean() > 0.3
    assert (field > 0.95).mean() > 0.1


def test_trees_share_their_woods_and_small_things_do_not() -> None:
    world = World(3, 0.0)
    fields = {name: groves(world, PROPS[name], X, Z) for name in ("broadleaf_tree", "birch", "conifer", "flower")}
    assert np.corrcoef(fields["broadleaf_tree"], fields["birch"])[0, 1] > 0.3
    assert np.corrcoef(fields["broadleaf_tree"], fields["conifer"])[0, 1] > 0.3
    assert abs(np.corrcoef(fields["broadleaf_tree"], fields["flower"])[0, 1]) < 0.1


def test_the_field_has_no_steps() -> None:
    x = np.arange(0.0, 400.0, 0.25)
    field = groves(World(3, 0.0), PROPS["broadleaf_tree"], x, np.full_like(x, 33.0))
    assert np.abs(np.diff(field)).max() < 0.03


def test_a_world_that_repeats_has_its_groves_again() -> None:
    world = World(5, 2048.0)
    kind = PROPS["birch"]
    np.testing.assert_allclose(groves(world, kind, X, Z), groves(world, kind, X + 2048.0, Z - 4096.0), atol=1e-6)


@pytest.mark.parametrize("wanted_m", [3.7, 45.0, 140.0])
def test_grids_fit_into_a_world_that_repeats(wanted_m: float) -> None:
    cell_m = World(1, 2048.0).cell_m(wanted_m)
    assert cell_m >= wanted_m
    assert 2048.0 / cell_m == pytest.approx(round(2048.0 / cell_m))
    assert World(1, 0.0).cell_m(wanted_m) == wanted_m
