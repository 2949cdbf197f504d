"""One picture of what levels look like: one per style and size, consecutive seeds, nothing picked out.

python -m benchmarks.sheets.levels docs/levels.png
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.catalog import load_catalog
from engine.codecs.image import encode_png
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.errors import MorphogenError
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
    try:
        generator = load_catalog(precision="fp32", thread_count=1).generators[LevelRequest]
        assert isinstance(generator, LevelGenerator)
        provenance = {"DigitalSourceType": DIGITAL_SOURCE_TYPE, "Generator": generator.info.name}
        options.out.write_bytes(encode_png(level_sheet(generator), provenance, 9, srgb=True))
    except MorphogenError as error:
        print(f"levels: {error}", file=sys.stderr)
        return 1
    print(f"wrote {options.out}, {options.out.stat().st_size / 2**20:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
