"""What is promised of locked and of rerolled rectangles, on land from the shipped weights."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.catalog import SHIPPED_TERRAIN_WEIGHTS
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import REROLL_EDGE_CELLS, Ground, Land
from engine.nets.terragen.weights_file import load_terragen
from engine.requests.landscape import Landscape
from engine.requests.scene import SceneRequest
from workers.cli.scenes.earlier import EDGE_CELLS, Earlier, Rectangle, kept, made_anew

BEFORE = Earlier(SceneRequest(Landscape(7), extent_m=512.0, x_m=64.0, z_m=-32.0), 64.0, -32.0)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    count = torch.get_num_threads()
    torch.set_num_threads(1)
    weights = load_terragen(SHIPPED_TERRAIN_WEIGHTS)
    yield Decoders(weights.landforms, weights.details)
    torch.set_num_threads(count)


def ground_of(decoders: Decoders, request: SceneRequest, area: Rectangle) -> Ground:
    """The vertices in a rectangle of the scene, its edge included, a cell of 2 m each."""
    y, x = (round((middle_m + edge_m) / 2) for middle_m, edge_m in ((-32.0, area.z_m), (64.0, area.x_m)))
    rows, columns = round(area.depth_m / 2) + 1, round(area.width_m / 2) + 1
    return Land(decoders, request.landscape).ground(y, x, rows, columns)


def changed(before: Ground, after: Ground) -> NDArray[np.bool_]:
    """Where a height, a normal or a mask differs."""
    masks = [(before.masks.normal, after.masks.normal), (before.masks.slope, after.masks.slope)]
    masks += [(before.masks.flow, after.masks.flow), (before.masks.water, after.masks.water)]
    masks += [(before.height_m, after.height_m), (before.splat, after.splat)]
    differs = [first != second for first, second in masks]
    anywhere: NDArray[np.bool_] = np.any([each if each.ndim == 2 else each.any(axis=-1) for each in differs], axis=0)
    return anywhere


def test_new_land_begins_where_the_commands_say() -> None:
    assert EDGE_CELLS == REROLL_EDGE_CELLS


@pytest.mark.parametrize("lock", [Rectangle(-64, -64, 120, 120), Rectangle(-256, -256, 200, 64)])
def test_locked_rectangle_keeps_every_bit_and_the_rest_is_new(decoders: Decoders, lock: Rectangle) -> None:
    request = kept(BEFORE, lock, 8)
    assert not changed(ground_of(decoders, BEFORE.request, lock), ground_of(decoders, request, lock)).any()
    far = Rectangle(192, 192, 64, 64)
    assert changed(ground_of(decoders, BEFORE.request, far), ground_of(decoders, request, far)).mean() > 0.9
    assert request.landscape.seed == 7


def test_everything_outside_of_a_rerolled_rectangle_keeps_every_bit(decoders: Decoders) -> None:
    request = made_anew(BEFORE, Rectangle(-152, -152, 304, 304), 8)
    for outside in (Rectangle(-152, -192, 80, 40), Rectangle(152, 0, 40, 80), Rectangle(-192, 112, 40, 80)):
        before, after = (ground_of(decoders, each, outside) for each in (BEFORE.request, request))
        assert not changed(before, after).any()
    inside = Rectangle(-32, -32, 64, 64)
    assert changed(ground_of(decoders, BEFORE.request, inside), ground_of(decoders, request, inside)).mean() > 0.9


def test_scene_stays_where_it_was() -> None:
    request = made_anew(BEFORE, Rectangle(0, 0, 220, 220), 8)
    assert (request.x_m, request.z_m, request.extent_m) == (64.0, -32.0, 512.0)
