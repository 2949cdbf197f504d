import numpy as np
import pytest

from engine.errors import InvalidRequestError
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import HEIGHT_STEPS_PER_M, Ground
from engine.generators.world.atlas import (
    BLOCK_CHUNKS,
    BLOCK_OFFSET,
    BLOCKS_MAX,
    REGION_BLOCKS,
    REGIONS_MAX,
    Atlas,
    home_of,
)
from engine.requests.landscape import Landscape
from engine.requests.world import CHUNK_CELLS, CHUNK_MAX, ChunkRequest

COARSE = Landscape(1, cell_m=8.0)
"""Large cells: few of them around a block."""

FAR_REGION = CHUNK_MAX // (REGION_BLOCKS * BLOCK_CHUNKS) - 1


@pytest.mark.parametrize(
    ("row", "column"), [(0, 0), (-1, 0), (-2, 3), (1, 1), (CHUNK_MAX, -CHUNK_MAX), (-CHUNK_MAX, CHUNK_MAX)]
)
def test_a_block_holds_its_chunk_and_room_for_props(decoders: Decoders, row: int, column: int) -> None:
    block = Atlas(decoders).block(ChunkRequest(COARSE, row, column))
    for first, wanted in ((block.row, row), (block.column, column)):
        assert first <= wanted * CHUNK_CELLS <= first + CHUNK_CELLS
    assert (block.ground.y, block.ground.x) == (block.row - block.rim_cells, block.column - block.rim_cells)
    assert len(block.ground.height_m) == 2 * CHUNK_CELLS + 1 + 2 * block.rim_cells


def test_the_origin_lies_in_the_middle_of_a_block(decoders: Decoders) -> None:
    atlas = Atlas(decoders)
    blocks = {id(atlas.block(ChunkRequest(COARSE, row, column))) for row in (-1, 0) for column in (-1, 0)}
    assert len(blocks) == 1
    assert atlas.block(ChunkRequest(COARSE, 1, 0)).row == CHUNK_CELLS


def test_memory_does_not_grow_with_what_was_seen(decoders: Decoders) -> None:
    atlas = Atlas(decoders)
    first = atlas.block(ChunkRequest(COARSE, 0, 0))
    for step in range(BLOCKS_MAX):
        assert atlas.block(ChunkRequest(COARSE, 0, 0)) is first  # what is used stays
        atlas.block(ChunkRequest(COARSE, 0, 2 + 2 * step))
    assert len(atlas._blocks._values) == BLOCKS_MAX
    assert len(atlas._regions._values) <= REGIONS_MAX
    assert atlas.block(ChunkRequest(COARSE, 0, 0)) is first


def test_a_block_is_the_same_whatever_was_made_before(decoders: Decoders) -> None:
    places = (0, 0), (0, 1), (0, 5), (2, 2)  # four blocks, the third in another region
    one, other = Atlas(decoders), Atlas(decoders)
    forth = [one.block(ChunkRequest(COARSE, *place)) for place in places]
    back = [other.block(ChunkRequest(COARSE, *place)) for place in reversed(places)][::-1]
    alone = [Atlas(decoders).block(ChunkRequest(COARSE, *place)) for place in places]
    for first, second, third in zip(forth, back, alone, strict=True):
        for ground in (second.ground, third.ground):
            np.testing.assert_array_equal(first.ground.height_m, ground.height_m)
            np.testing.assert_array_equal(first.ground.masks.flow, ground.masks.flow)
            np.testing.assert_array_equal(first.ground.splat, ground.splat)
    assert len(one._regions._values) == 2


def test_a_block_shows_the_land_that_is_there_without_its_region(decoders: Decoders) -> None:
    atlas = Atlas(decoders)
    made = atlas.block(ChunkRequest(COARSE, 1, -3)).ground
    alone = atlas.land(COARSE).ground(made.y, made.x, *made.height_m.shape)
    # Convolutions of windows of another size may add in another order: by chance a height rounds to the next step.
    apart = np.abs(made.height_m - alone.height_m)
    assert apart.max() <= 1 / HEIGHT_STEPS_PER_M
    assert (apart > 0.0).mean() < 1e-4
    assert (made.masks.flow != alone.masks.flow).mean() < 1e-3


@pytest.mark.parametrize("region", [0, 1, FAR_REGION, -FAR_REGION])
@pytest.mark.parametrize("axis", [0, 1], ids=["rows", "columns"])
def test_blocks_of_different_regions_agree_on_every_vertex_that_both_have(
    shipped_decoders: Decoders, axis: int, region: int
) -> None:
    mountains = Landscape(5, {"alpine": 1.0}, cell_m=8.0)
    first = region * REGION_BLOCKS * BLOCK_CHUNKS - BLOCK_OFFSET
    places = ((first - 1, 2), (first, 2)) if axis == 0 else ((2, first - 1), (2, first))
    atlas = Atlas(shipped_decoders)
    before, after = (atlas.block(ChunkRequest(mountains, *place)) for place in places)
    assert len(atlas._regions._values) == 2
    shared = 2 * before.rim_cells + 1
    one, other = [slice(None), slice(None)], [slice(None), slice(None)]
    one[axis], other[axis] = slice(-shared, None), slice(shared)
    for name, grid in _grids(before.ground).items():
        np.testing.assert_array_equal(grid[tuple(one)], _grids(after.ground)[name][tuple(other)], name)


def _grids(ground: Ground) -> dict[str, np.ndarray]:
    masks = {name: getattr(ground.masks, name) for name in ("normal", "slope", "rock", "flow", "water")}
    return {"height_m": ground.height_m, "splat": ground.splat, **masks, **ground.biomes}


def test_equal_landscapes_share_their_land(decoders: Decoders) -> None:
    atlas = Atlas(decoders)
    assert atlas.land(Landscape(3)) is atlas.land(Landscape(3))
    assert atlas.land(Landscape(3)) is not atlas.land(Landscape(4))
    with pytest.raises(InvalidRequestError, match="biomes"):
        atlas.land(Landscape(biomes={"lava": 1.0}))


def test_a_torus_leads_chunks_home() -> None:
    torus = Landscape(1, period_cells=1024)
    assert home_of(ChunkRequest(torus, -1, 5)) == (3, 1)
    assert home_of(ChunkRequest(torus, 3, 1)) == (3, 1)
    assert home_of(ChunkRequest(Landscape(1), -1, 5)) == (-1, 5)
