"""What is promised of locked and of rerolled rectangles, on land from the shipped weights."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from engine.catalog import SHIPPED_TERRAIN_WEIGHTS
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import REROLL_EDGE_CELLS, Ground, Land
from engine.nets.terragen_file import load_terragen
from engine.requests.landscape import Landscape
from engine.requests.scene import SceneRequest
from workers.cli.scenes.earlier import EDGE_CELLS, Earlier, Rectangle, kept, made_anew

BEFORE = Earlier(SceneRequest(Landscape(7), extent_m=512.0, x_m=64.0, z_m=-32.0), 64.0, -32.0)


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    count = torch.get_num_threads()
    weights = load_terragen(SHIPPED_TERRAIN_WEIGHTS)
    yield Decoders(weights.landforms, weights.details)
    torch.set_num_threads(count)


def ground_of(decoders: Decoders, request: SceneRequest) -> Ground:
    """All vertices of the scene, a cell of 2 m each."""
    return Land(decoders, request.landscape).ground(-16 - 128, 32 - 128, 257, 257)


def window(area: Rectangle) -> tuple[slice, slice]:
    """The vertices in a rectangle, its edge included."""
    top, left = round(area.z_m / 2) + 128, round(area.x_m / 2) + 128
    return slice(top, top + round(area.depth_m / 2) + 1), slice(left, left + round(area.width_m / 2) + 1)


def changed(before: Ground, after: Ground) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Where a height, a normal or a mask differs."""
    masks = [(before.masks.normal, after.masks.normal), (before.masks.slope, after.masks.slope)]
    masks += [(before.masks.flow, after.masks.flow), (before.masks.water, after.masks.water)]
    masks += [(before.height_m, after.height_m), (before.splat, after.splat)]
    differs = [first != second for first, second in masks]
    return np.any([each if each.ndim == 2 else each.any(axis=-1) for each in differs], axis=0)


def test_new_land_begins_where_the_commands_say() -> None:
    assert EDGE_CELLS == REROLL_EDGE_CELLS


@pytest.mark.parametrize("lock", [Rectangle(-60, -60, 120, 120), Rectangle(-256, -256, 200, 100)])
def test_locked_rectangle_keeps_every_bit_and_the_rest_is_new(decoders: Decoders, lock: Rectangle) -> None:
    before = ground_of(decoders, BEFORE.request)
    after = ground_of(decoders, kept(BEFORE, lock, 8))
    differs = changed(before, after)
    assert not differs[window(lock)].any()
    assert differs.mean() > 0.3
    assert kept(BEFORE, lock, 8).landscape.seed == 7


def test_everything_outside_of_a_rerolled_rectangle_keeps_every_bit(decoders: Decoders) -> None:
    area = Rectangle(-150, -150, 300, 300)
    differs = changed(ground_of(decoders, BEFORE.request), ground_of(decoders, made_anew(BEFORE, area, 8)))
    inside = differs[window(area)]
    assert inside.mean() > 0.1
    assert differs.sum() == inside.sum()


def test_scene_stays_where_it_was() -> None:
    request = made_anew(BEFORE, Rectangle(0, 0, 220, 220), 8)
    assert (request.x_m, request.z_m, request.extent_m) == (64.0, -32.0, 512.0)
