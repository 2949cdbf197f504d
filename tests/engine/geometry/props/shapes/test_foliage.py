from collections.abc import Callable

import numpy as np
import pytest

from engine.geometry.props.dice import Dice
from engine.geometry.props.shapes.foliage import (
    Blades,
    Clump,
    Shading,
    blades_mesh,
    bounding_clump,
    clump_mesh,
    leaves_mesh,
    make_waves,
)

SHADING = Shading((0.2, 0.3, 0.2), (0.8, 0.9, 0.6), 0.0, 2.0)


@pytest.fixture
def clump() -> Clump:
    return Clump(np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.8, 1.2]), make_waves(Dice(1), "waves"))


@pytest.fixture
def blades() -> Blades:
    count = 5
    return Blades(
        root=np.zeros((count, 3)),
        heading=np.linspace(0.0, 5.0, count),
        length_m=np.full(count, 1.0),
        width_m=np.full(count, 0.1),
        rise=np.full(count, 1.4),
        bend=np.full(count, 1.0),
    )


@pytest.mark.parametrize("level", [0, 1, 2])
def test_clumps_are_closed_and_their_normals_point_outwards(
    clump: Clump, level: int, open_edges: Callable[..., int]
) -> None:
    mesh = clump_mesh(clump, level, clump.center, SHADING)
    assert open_edges(mesh.position, mesh.triangle) == 0
    assert np.einsum("ni,ni->n", mesh.normal, mesh.position - clump.center.astype(np.float32)).min() > 0.0


def test_crowns_are_darker_underneath(clump: Clump) -> None:
    mesh = clump_mesh(clump, 2, clump.center, SHADING)
    assert mesh.color is not None
    high = mesh.position[:, 1] > 1.3
    low = mesh.position[:, 1] < 0.7
    assert mesh.color[high, 1].mean() > 1.3 * mesh.color[low, 1].mean()


def test_leaves_have_two_sides_and_lie_on_their_clump(clump: Clump, open_edges: Callable[..., int]) -> None:
    mesh = leaves_mesh(clump, 40, 0.2, clump.center, SHADING, Dice(2), "leaves")
    assert mesh.triangle_count == 80
    assert open_edges(mesh.position, mesh.triangle) == 0
    assert np.linalg.norm(mesh.position - clump.center, axis=1).max() < 1.2 * 1.25 + 0.3


def test_blades_start_at_their_roots_bend_over_and_have_two_sides(
    blades: Blades, open_edges: Callable[..., int]
) -> None:
    mesh = blades_mesh(blades, 4, (0.1, 0.2, 0.1), (0.5, 0.9, 0.4))
    assert mesh.triangle_count == 5 * 2 * 7
    assert open_edges(mesh.position, mesh.triangle) == 0
    assert mesh.normal[:, 1].min() > 0.0
    spine = blades.spines(16)
    np.testing.assert_array_equal(spine[:, 0], blades.root)
    length = np.linalg.norm(np.diff(spine, axis=1), axis=-1).sum(axis=1)
    np.testing.assert_allclose(length, 1.0)


def test_one_clump_replaces_several(clump: Clump) -> None:
    other = Clump(np.array([2.0, 1.0, 0.0]), np.array([0.5, 0.5, 0.5]), clump.waves)
    whole = bounding_clump([clump, other], clump.waves)
    np.testing.assert_allclose(whole.center, [0.75, 1.0, 0.0])
    np.testing.assert_allclose(whole.radii, [1.75, 0.8, 1.2])
