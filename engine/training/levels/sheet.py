"""The contact sheet of LevelGen: one level per style and size, consecutive seeds, nothing picked out."""

import numpy as np
from numpy.typing import NDArray

from engine.generators.level import LevelGenerator
from engine.levels.picture import draw_level, sheet
from engine.requests.level import LevelRequest, LevelStyle

SIZES = (20, 28, 40)
EDGE_PX = 400


def level_sheet(generator: LevelGenerator, first_seed: int = 1) -> NDArray[np.uint8]:
    """RGB [height, width, 3]: a row per size, a column per style; every third level has no lock, one lock, two."""
    pictures: list[NDArray[np.uint8]] = []
    for size in SIZES:
        for style in LevelStyle:
            seed = first_seed + len(pictures)
            refinement = generator.refinement(LevelRequest(seed, size, style=style, keys=seed % 3))
            for _ in range(refinement.step_count):
                refinement.advance()
            repaired = refinement.finish()
            pictures.append(draw_level(repaired.grid, repaired.solution.path))
    return sheet(pictures, len(LevelStyle), EDGE_PX)
