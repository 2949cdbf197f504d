"""One picture of what scenes look like: biomes at several times of day, a sketch, a torus, water.

    python -m benchmarks.sheets.scenes docs/scenes.png

Every cell is the preview that the scene comes with, made small.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.sheets.saving import saved
from engine.catalog import load_catalog
from engine.codecs.image import encode_png
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.generators.scene.generator import SceneGenerator
from engine.generators.scene.work import SceneWork
from engine.generators.terrain.sketch import STROKES
from engine.requests.landscape import Landscape, Sketch
from engine.requests.scene import SceneRequest

COLUMNS, CELL_PX, GAP_PX = 3, (592, 333), 6
SKETCH_PX, SKETCH_EXTENT_M = 256, 1024.0


def drawn_sketch() -> Sketch:
    """A ridge around a lake, with a river out of it."""
    picture = np.zeros((SKETCH_PX, SKETCH_PX, 3), np.uint8)
    cv2.ellipse(picture, (134, 112), (58, 50), 0, 230, 400, STROKES["ridge"], 5)
    cv2.circle(picture, (124, 128), 15, STROKES["sea"], -1)
    cv2.polylines(picture, [np.array([(118, 136), (108, 160), (112, 190), (96, 250)])], False, STROKES["river"], 4)
    return Sketch(encode_png(picture, {}), SKETCH_EXTENT_M)


def requests() -> tuple[SceneRequest, ...]:
    """The scenes of the sheet, row by row."""
    meadow = Landscape(3, {"grassland": 1.0})
    return (
        SceneRequest(meadow, hour=10.0),
        SceneRequest(Landscape(5, {"forest": 1.0}), hour=18.2),
        SceneRequest(Landscape(3, {"alpine": 1.0}), hour=14.0),
        SceneRequest(Landscape(9, {"desert": 1.0}), hour=8.0),
        SceneRequest(Landscape(21, {"taiga": 1.0}), hour=13.0),
        SceneRequest(Landscape(12, {"beach": 1.0}), hour=11.0),
        SceneRequest(Landscape(4, {"savanna": 1.0}), hour=17.6),
        SceneRequest(Landscape(4, {"swamp": 1.0}), hour=9.0),
        SceneRequest(Landscape(15, {"tundra": 1.0}), hour=15.0),
        SceneRequest(
            replace(meadow, seed=31, sketch=drawn_sketch(), biomes={"forest": 1.0}), x_m=0.0, z_m=0.0, hour=16.0
        ),
        SceneRequest(Landscape(18, {"grassland": 1.0, "alpine": 0.6}, period_cells=1024), hour=12.0),
        SceneRequest(Landscape(27, {"forest": 1.0, "alpine": 0.5}), hour=21.5),
    )


def preview(generator: SceneGenerator, request: SceneRequest) -> NDArray[np.uint8]:
    """The scene's own preview, in the size of a cell."""
    state = generator.begin(request)
    assert isinstance(state.work, SceneWork)
    return np.asarray(cv2.resize(state.work.preview(), CELL_PX, interpolation=cv2.INTER_AREA), np.uint8)


def sheet(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The pictures side by side."""
    width, height = CELL_PX
    rows = -(-len(pictures) // COLUMNS)
    shape = rows * (height + GAP_PX) - GAP_PX, COLUMNS * (width + GAP_PX) - GAP_PX, 3
    result = np.full(shape, 24, np.uint8)
    for index, picture in enumerate(pictures):
        y, x = index // COLUMNS * (height + GAP_PX), index % COLUMNS * (width + GAP_PX)
        result[y : y + height, x : x + width] = picture
    return result


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sheets.scenes", description="Draw the sheet of scenes.")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    options = parser.parse_args()

    def draw() -> tuple[NDArray[np.uint8], dict[str, str]]:
        generator = load_catalog(precision="fp32", thread_count=1).generators[SceneRequest]
        assert isinstance(generator, SceneGenerator)
        made = [preview(generator, request) for request in track(requests(), "scenes", transient=True)]
        picture = sheet(made)
        return picture, {"DigitalSourceType": DIGITAL_SOURCE_TYPE, "Generator": generator.info.name}

    return saved("scenes", options.out, draw)


if __name__ == "__main__":
    sys.exit(main())
