"""One picture of 24 characters in eight poses, as the renderer draws them or as the network paints them.

python -m benchmarks.sheets.characters OUT.png                                          # drawn from the meshes
python -m benchmarks.sheets.characters docs/characters.png --weights engine/weights/framegen-m.safetensors   # painted
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.sheets.saving import saved
from engine.characters.attitudes import attitudes
from engine.characters.character import build_character
from engine.characters.identity import Identity, make_identity
from engine.characters.rendering.pixels import rendered
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.nets.framegen.artist import FrameArtist
from engine.nets.framegen.weights_file import load_framegen

IDENTITIES, COLUMNS = 24, 2
CELL_PX = (84, 112)
"""Width and height of one character in one pose."""

PAPER = (236, 238, 240)
CAMERA, LIGHT = FrameCamera(0.5, 0.12, 2.35), FrameLight()

Picture = NDArray[np.uint8]
Show = Callable[[Identity], Picture]
"""Frames uint8 [8, size, size, 4] of a character in all attitudes."""


def character_sheet(show: Show, first_seed: int = 0, count: int = IDENTITIES) -> Picture:
    """Characters with consecutive seeds, nothing picked out, RGB [height, width, 3]: eight poses side by side each."""
    strips = [strip(show(make_identity(first_seed + index))) for index in track(range(count), "characters")]
    rows = -(-count // COLUMNS)
    strips += [np.full_like(strips[0], PAPER)] * (rows * COLUMNS - count)
    return np.concatenate([np.concatenate(strips[row * COLUMNS : (row + 1) * COLUMNS], axis=1) for row in range(rows)])


def strip(frames: Picture) -> Picture:
    """Frames on paper, side by side, cut to the shape of a cell."""
    size = frames.shape[1]
    width = round(size * CELL_PX[0] / CELL_PX[1])
    left = (size - width) // 2
    alpha = frames[..., 3:].astype(np.float32) / 255.0
    color = frames[..., :3] * alpha + np.array(PAPER, np.float32) * (1.0 - alpha)
    cells = [cv2.resize(cell[:, left : left + width], CELL_PX, interpolation=cv2.INTER_AREA) for cell in color]
    pixels: Picture = np.rint(np.concatenate(cells, axis=1)).astype(np.uint8)
    return pixels


def drawn(identity: Identity) -> Picture:
    """As the renderer draws a character."""
    return rendered(build_character(identity), attitudes(), CAMERA, LIGHT)


def painter(weights: Path) -> tuple[Show, dict[str, str]]:
    """As a network paints characters, and where its pictures come from. Raises WeightsError."""
    loaded = load_framegen(weights)
    artist = FrameArtist(loaded)
    provenance = {
        "Generator": f"framegen/{loaded.header.version}/{loaded.header.tier}",
        "WeightsSHA256": loaded.sha256,
        "TrainingLicences": "; ".join(loaded.header.licences),
        "DigitalSourceType": DIGITAL_SOURCE_TYPE,
    }
    return lambda identity: artist.paint(artist.actor(identity), attitudes(), CAMERA, LIGHT), provenance


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sheets.characters", description="Draw many characters.")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="painted by these; default: drawn by the renderer")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N")
    options = parser.parse_args()

    def draw() -> tuple[Picture, dict[str, str]]:
        show, provenance = (drawn, {"Software": "Morphogen"}) if options.weights is None else painter(options.weights)
        return character_sheet(show, options.first_seed), provenance

    return saved("characters", options.out, draw)


if __name__ == "__main__":
    sys.exit(main())
