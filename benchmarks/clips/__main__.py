"""Short clips of characters that play in the documents: steered, reshaped while walking, and with their poses.

    python -m benchmarks.clips docs                      # writes character-steered.webp and the others
    python -m benchmarks.clips docs --only character-poses --sheets runs/clips

The frames are what `morphogen character` makes; ground, shadow, sliders and skeletons are drawn around them.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips.drawing import Picture
from benchmarks.clips.films import FILMS
from benchmarks.clips.takes import RATE_HZ
from benchmarks.clips.webp import animated_webp
from engine.catalog import load_catalog
from engine.codecs.files import publish_file
from engine.errors import MorphogenError
from engine.generators.character.frames import FramesGenerator
from engine.requests.character.frames import FramesRequest

QUALITY = 64
SHEET_COLUMNS, PAPERS = 6, (250, 18)
"""Of a sheet: frames side by side; greys of the two papers on which they are looked at."""


def sheet(frames: list[Picture], count: int = 24) -> Picture:
    """Every few frames, alternating on light and dark, RGB."""
    chosen = [frames[round(index * (len(frames) - 1) / (count - 1))] for index in range(count)]
    cells = []
    for index, frame in enumerate(chosen):
        alpha = frame[..., 3:] / 255.0
        paper = PAPERS[(index + index // SHEET_COLUMNS) % 2]
        cells.append(np.rint(frame[..., :3] * alpha + paper * (1.0 - alpha)).astype(np.uint8))
    rows = [np.concatenate(cells[first : first + SHEET_COLUMNS], 1) for first in range(0, count, SHEET_COLUMNS)]
    return np.concatenate(rows)


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clips", description="Make the documents' clips.")
    parser.add_argument("out", type=Path, metavar="FOLDER")
    parser.add_argument("--only", choices=tuple(FILMS), help="one of them; default: all")
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="sheets of their frames too, to look at")
    options = parser.parse_args()
    try:
        generator = load_catalog(precision="fp32", thread_count=1).generators[FramesRequest]
        assert isinstance(generator, FramesGenerator)
        info = generator.info
        for name in [options.only] if options.only else FILMS:
            frames = FILMS[name](generator)
            data = animated_webp(frames, RATE_HZ, QUALITY, f"{info.name}/{info.version}/{info.tier}")
            publish_file(options.out / f"{name}.webp", data)
            if options.sheets:
                options.sheets.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(options.sheets / f"{name}.png"), sheet(frames)[..., ::-1])
            height_px, width_px = frames[0].shape[:2]
            print(f"{name}.webp: {len(frames)} frames of {width_px}x{height_px} px, {len(data) / 1000:.0f} KB")
    except MorphogenError as error:
        print(f"clips: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
