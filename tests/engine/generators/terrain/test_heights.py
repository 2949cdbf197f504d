"""Heights: every window agrees with every other, bit for bit, at any place and in any order."""

import pytest
import torch

from engine.generators.terrain.climate import Climate
from engine.generators.terrain.fields import Window
from engine.generators.terrain.heights import TOP_LEVEL, Decoders, World, heights, resting
from engine.nets.blocks import channels_last
from engine.nets.terragen.network import Decoder, DecoderConfig

WORLD = World(5, Climate(1.0, 0.6, 0.2, 0.1, 0.2, 0.0, 0.0))
PLACES = ((0, 0), (-1280, 384), (2**31 - 384, -(2**31)), (-(2**31), 2**31 - 384))


def decoders_of(dtype: torch.dtype) -> Decoders:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        pair = Decoder(DecoderConfig(16, 2, 2)), Decoder(DecoderConfig(8, 1, 2))
    for decoder in pair:
        decoder.exit.weight.data *= 20.0
        channels_last(decoder.to(dtype)).eval().requires_grad_(False)
    return Decoders(*pair)


@pytest.fixture(scope="module", params=[torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
def decoders(request: pytest.FixtureRequest) -> Decoders:
    return decoders_of(request.param)


def finest(decoders: Decoders, window: Window, world: World = WORLD) -> torch.Tensor:
    return heights(decoders, world, window)[window.spacing.bit_length() - 1].height


@pytest.mark.parametrize("place", PLACES)
def test_chunks_share_their_borders_in_any_order(decoders: Decoders, place: tuple[int, int]) -> None:
    y, x = place
    south_east = finest(decoders, Window(y + 128, x + 128, 129, 129, 1))
    chunk, east, south = (
        finest(decoders, Window(y + dy, x + dx, 129, 129, 1)) for dy, dx in ((0, 0), (0, 128), (128, 0))
    )
    assert torch.equal(chunk[:, -1], east[:, 0])
    assert torch.equal(chunk[-1], south[0])
    assert torch.equal(east[-1], south_east[0])
    assert chunk[-1, -1] == south_east[0, 0]
    assert bool(torch.isfinite(chunk).all())


def test_window_of_another_size_shows_the_same_land(decoders: Decoders) -> None:
    # Other sizes may run other kernels, which round differently.
    chunk, part = finest(decoders, Window(0, 0, 65, 65, 1)), finest(decoders, Window(11, 4, 30, 41, 1))
    assert float((part - chunk[11:41, 4:45]).abs().max()) < 0.02 * float(chunk.std())


def test_every_level_down_to_the_window_is_given(decoders: Decoders) -> None:
    grids = heights(decoders, WORLD, Window(8, -4, 33, 17, 4))
    assert sorted(grids) == list(range(2, TOP_LEVEL + 1))
    for level, grid in grids.items():
        assert grid.window.spacing == 2**level
        assert grid.height.shape == (grid.window.rows, grid.window.columns)
    assert grids[2].height.shape == (33, 17)
    (only,) = heights(decoders, WORLD, Window(0, 0, 5, 6, 2**TOP_LEVEL)).values()
    assert only.height.shape == (5, 6)


def test_seed_and_climate_decide(decoders: Decoders) -> None:
    window = Window(0, 0, 33, 33, 1)
    land = finest(decoders, window)
    assert not torch.equal(land, finest(decoders, window, World(6, WORLD.climate)))
    flat = finest(decoders, window, World(5, Climate(-1.5, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0)))
    assert float(flat.std()) < float(land.std())


def test_detail_seed_keeps_the_lie_of_the_land(decoders: Decoders) -> None:
    window = Window(0, 0, 65, 65, 1)
    grids, other = (heights(decoders, World(5, WORLD.climate, 0, seed), window) for seed in (None, 77))
    assert torch.equal(grids[TOP_LEVEL].height, other[TOP_LEVEL].height)
    assert not torch.equal(grids[0].height, other[0].height)


def test_world_that_repeats_has_no_seam(decoders: Decoders) -> None:
    world = World(5, WORLD.climate, 512)
    first = finest(decoders, Window(100, 500, 33, 33, 1, 512), world)
    assert torch.equal(first, finest(decoders, Window(100 - 512, 500 + 1024, 33, 33, 1, 512), world))


def test_edited_grid_is_what_finer_ones_are_made_from(decoders: Decoders) -> None:
    def raised(level: int, _window: Window, grid: torch.Tensor) -> torch.Tensor:
        return grid + 1000.0 if level == 4 else grid

    window = Window(0, 0, 33, 33, 1)
    plain, edited = heights(decoders, WORLD, window), heights(decoders, WORLD, window, raised)
    assert torch.equal(edited[4].height, plain[4].height + 1000.0)
    assert float((edited[0].height - plain[0].height).mean()) == pytest.approx(1000.0, rel=0.05)


@pytest.mark.parametrize("place", PLACES)
def test_pieces_of_one_base_are_those_made_alone(decoders: Decoders, place: tuple[int, int]) -> None:
    y, x = place
    wide, part = Window(y, x, 129, 129, 1), Window(y + 32, x + 64, 65, 65, 1)
    base = heights(decoders, WORLD, resting(decoders, wide, 2)[-1])[2]
    made, again = (heights(decoders, WORLD, part, base=each)[0].height for each in (base, base))
    assert torch.equal(made, again)
    assert float((made - finest(decoders, part)).abs().max()) < 0.02 * float(made.std())
    with pytest.raises(ValueError, match="reaches out of"):
        heights(decoders, WORLD, wide.widened(8), base=base)
