"""One picture of what levels look like: one per style and size, consecutive seeds, nothing picked out.

python -m benchmarks.sheets.levels docs/levels.png
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.sheets.saving import saved
from engine.catalog import load_catalog
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
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


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sheets.levels", description="Draw the sheet of levels.")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    options = parser.parse_args()

    def draw() -> tuple[NDArray[np.uint8], dict[str, str]]:
        generator = load_catalog(precision="fp32", thread_count=1).generators[LevelRequest]
        assert isinstance(generator, LevelGenerator)
        picture = level_sheet(generator)
        return picture, {"DigitalSourceType": DIGITAL_SOURCE_TYPE, "Generator": generator.info.name}

    return saved("levels", options.out, draw)


if __name__ == "__main__":
    sys.exit(main())
