"""The contact sheet."""

import numpy as np
import torch

from engine.generators.terrain.heights import Decoders
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.training.terrain.data import Tile
from engine.training.terrain.sheet import EDGE_PX, RUGGEDNESS, real_crops, shaded, terrain_sheet


def test_sheet_has_real_land_on_the_left_and_made_land_on_the_right(tiles: tuple[Tile, ...]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        decoders = Decoders(Decoder(DecoderConfig(8, 1, 2)), Decoder(DecoderConfig(8, 1, 2)))
    pixels = terrain_sheet(decoders, tiles, 3)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (len(RUGGEDNESS) * (EDGE_PX + 8), 6 * (EDGE_PX + 8) + 16)
    crop, _ = real_crops(tiles, RUGGEDNESS[0], 3)[0]
    assert np.array_equal(pixels[4 : 4 + EDGE_PX, 4 : 4 + EDGE_PX], shaded(crop))
    assert pixels[:, -EDGE_PX:].std() > 5.0


def test_crops_come_from_different_tiles_and_fit(tiles: tuple[Tile, ...]) -> None:
    rugged, flat = real_crops(tiles, 2.0, 1), real_crops(tiles, -2.0, 1)
    assert len({crop.tobytes() for crop, _ in rugged}) == 3
    assert max(style[0] for _, style in flat) < max(style[0] for _, style in rugged)


def test_slopes_towards_the_light_are_bright() -> None:
    y, x = np.mgrid[0:16, 0:16].astype(np.float32)
    assert shaded(x + y).mean() > shaded(-x - y).mean() + 50
