"""The contact sheet of levels."""

import numpy as np
import torch

from benchmarks.sheets.levels import EDGE_PX, level_sheet
from engine.generators.level import LevelGenerator
from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import CLASS_COUNTS, conditions_of
from engine.levels.decoding.hiding import INPUT_COUNT, TILE_COUNT
from engine.nets.levelgen.network import LevelGen, LevelGenConfig
from engine.nets.levelgen.weights_file import LevelGenHeader, LevelGenWeights
from engine.nets.precision import KernelClass


def test_sheet_shows_twelve_different_levels() -> None:
    config = LevelGenConfig(TILE_COUNT, INPUT_COUNT, CLASS_COUNTS, width=32, depth=1)
    made = [make_level(seed, 20) for seed in range(6)]
    bank = torch.tensor(np.stack([conditions_of(20, level.attributes, level.style) for level in made])).byte()
    weights = LevelGenWeights(LevelGenHeader("0", "S", config, ()), LevelGen(config).eval(), bank, "")
    image = level_sheet(LevelGenerator(weights, KernelClass("cpu", torch.float32, 1)))
    gap = EDGE_PX // 20
    assert image.shape == (3 * (EDGE_PX + gap) + gap, 4 * (EDGE_PX + gap) + gap, 3)
    cells = [
        image[gap + row * (EDGE_PX + gap) :, gap + column * (EDGE_PX + gap) :][:EDGE_PX, :EDGE_PX].tobytes()
        for row in range(3)
        for column in range(4)
    ]
    assert len(set(cells)) == 12
