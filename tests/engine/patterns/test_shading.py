"""The surface that is carved into the bodies of cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.patterns import Structure, pattern_catalog, render_pattern
from engine.patterns.canvas import Canvas
from engine.patterns.shading import fibre_relief
from engine.requests.texture import Pattern

NAMES = sorted(info.name for info in pattern_catalog() if any(entry.name == "surface" for entry in info.parameters))
ROUGH = pytest.mark.parametrize("name", NAMES)


def pair(name: str, surface: float, size_px: int = 256) -> tuple[Structure, Structure]:
    """The pattern with a smooth surface and with a rough one."""
    smooth, rough = (render_pattern(Pattern(name, {"surface": share}), 7, size_px) for share in (0.0, surface))
    return smooth, rough


def halved(field: NDArray[np.float32]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = field.reshape(field.shape[0] // 2, 2, field.shape[1] // 2, 2).mean(axis=(1, 3))
    return mean


def test_every_pattern_of_cells_has_a_surface_and_fields_have_none() -> None:
    every = {info.name for info in pattern_catalog()}
    assert every - set(NAMES) == {"waves", "grain", "noise", "ridges", "flat"}


@ROUGH
def test_surface_leaves_outlines_and_joints_as_they_are(name: str) -> None:
    smooth, rough = pair(name, 1.0)
    assert np.array_equal(smooth.edge_distance, rough.edge_distance)
    joint = smooth.height == 0.0
    assert (rough.height[joint] == 0.0).all()
    outline = (smooth.edge_distance == 0.0) & (smooth.cell_tone == 0.0)
    assert (rough.cell_tone[outline] == 0.0).all()


@ROUGH
@pytest.mark.parametrize("surface", [0.2, 1.0])
def test_surface_takes_no_more_than_its_share_of_the_height(name: str, surface: float) -> None:
    smooth, rough = pair(name, surface)
    assert (rough.height <= smooth.height).all()
    assert (rough.height >= (1.0 - surface) * smooth.height - 1e-6).all()


@ROUGH
def test_rougher_surfaces_have_more_detail_inside_the_cells(name: str) -> None:
    def roughness(surface: float) -> float:
        smooth, rough = pair(name, surface)
        shares = (rough.height / np.maximum(smooth.height, 0.05))[smooth.edge_distance > 0.4]
        return float(shares.std())

    gentle, strong = roughness(0.3), roughness(0.9)
    assert gentle > 0.02
    assert 2.5 * gentle < strong < 3.5 * gentle


@ROUGH
def test_tone_follows_the_surface_a_little(name: str) -> None:
    smooth, rough = pair(name, 1.0)
    change = rough.cell_tone - smooth.cell_tone
    assert float(np.abs(change).max()) <= 0.3 + 1e-6
    body = (smooth.edge_distance > 0.4) & (smooth.height > 0.2) & (np.abs(rough.cell_tone) < 1.0)
    share = rough.height[body] / smooth.height[body]
    assert float(np.corrcoef(change[body], share)[0, 1]) > 0.95


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(NAMES), st.integers(0, 2**32 - 1), st.sampled_from([64, 96, 128, 256]))
def test_the_roughest_surface_agrees_between_levels_of_detail(name: str, seed: int, size_px: int) -> None:
    pattern = Pattern(name, {"surface": 1.0})
    small, large = render_pattern(pattern, seed, size_px), render_pattern(pattern, seed, 2 * size_px)
    assert float(np.abs(halved(large.height) - small.height).mean()) < 0.03
    assert float(np.abs(halved(large.cell_tone) - small.cell_tone).mean()) < 0.04


@pytest.mark.parametrize("vertical", [0, 1])
def test_fibres_run_along_the_boards(vertical: int) -> None:
    parameters = {"surface": 1.0, "relief": 0.0, "vertical": vertical}
    structure = render_pattern(Pattern("planks", parameters), 2, 512)
    inside = structure.edge_distance > 0.3
    along, across = (
        float(np.abs(np.diff(structure.height, axis=axis))[inside.take(range(511), axis)].mean())
        for axis in ((0, 1) if vertical else (1, 0))
    )
    assert across > 3.0 * along


def test_fibres_end_where_the_next_board_begins() -> None:
    pixels = np.arange(512)
    one_board = np.full((512, 512), 0.3, dtype=np.float32)
    two_boards = one_board.copy()
    two_boards[:, 256:] = -0.4

    def likeness(tone: NDArray[np.float32]) -> float:
        fibres = fibre_relief(Canvas(3, 512, pixels, pixels), 20.0, tone)
        return float(np.asarray(np.corrcoef(fibres[:, 255], fibres[:, 256]))[0, 1])

    assert likeness(one_board) > 0.95
    assert abs(likeness(two_boards)) < 0.5
