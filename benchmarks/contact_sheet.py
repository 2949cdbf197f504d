"""One picture of everything the shipped weights can make: a row per class, a column per seed, lit so that relief shows.

Every cell is a delivered material: its own albedo, normals, roughness and occlusion under one low light. The same
weights give the same pixels on the same kind of machine.

    python -m benchmarks.contact_sheet docs/textures.png
    python -m benchmarks.contact_sheet OUT.png --seeds 4 --size 512 --weights runs/texture/weights.safetensors
"""

import argparse
import os
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from engine.assets import GeneratorInfo
from engine.catalog import Catalog, load_catalog
from engine.codecs.image import Pixels, decode_png, encode_png
from engine.codecs.preview import render_tile
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.errors import MorphogenError, OutputError
from engine.generators.whole import steps_of
from engine.requests.texture import TEXTURE_SIZES_PX, MapKind, TextureRequest

CELL_PX, GAP_PX, MARGIN_PX = 128, 4, 108
"""Edge of a cell, space between cells, and width of the column of names."""

PAPER, INK = 250, 40
"""Grey values of background and writing."""

SMALLEST = 9
"""PNG compression level."""

Picture = NDArray[np.uint8]


def contact_sheet(catalog: Catalog, seeds: int, size_px: int) -> Picture:
    """Every class with seeds 0 to `seeds` - 1 at `size_px`, RGB in sRGB, [height, width, 3]."""
    rows = [row(catalog, name, seeds, size_px) for name in track(texture_info(catalog).classes, "painting")]
    gap = np.full((GAP_PX, rows[0].shape[1], 3), PAPER, np.uint8)
    return np.concatenate([gap, *(piece for painted in rows for piece in (painted, gap))])


def row(catalog: Catalog, texture_class: str, seeds: int, size_px: int) -> Picture:
    """The class's name, then one cell per seed."""
    gap = np.full((CELL_PX, GAP_PX, 3), PAPER, np.uint8)
    cells = [render_tile(material(catalog, texture_class, seed, size_px), CELL_PX) for seed in range(seeds)]
    return np.concatenate([label(texture_class), *(piece for cell in cells for piece in (cell, gap))], axis=1)


def material(catalog: Catalog, texture_class: str, seed: int, size_px: int) -> dict[MapKind, Pixels]:
    """The finest maps as they are delivered."""
    request = TextureRequest(texture_class, seed, size_px)
    generator = catalog.generator_for(request)
    finest = (part for made in steps_of(generator, request) for part in made if part.lod_px == size_px)
    return {MapKind(part.map): decode_png(part.payload) for part in finest}


def label(text: str) -> Picture:
    """The name, right-aligned beside the middle of its row, [CELL_PX, MARGIN_PX, 3]."""
    paper = np.full((CELL_PX, MARGIN_PX, 3), PAPER, np.uint8)
    (width_px, height_px), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.55, 1)
    corner = (MARGIN_PX - 10 - width_px, (CELL_PX + height_px) // 2)
    cv2.putText(paper, text, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (INK, INK, INK), 1, cv2.LINE_AA)
    return paper


def texture_info(catalog: Catalog) -> GeneratorInfo:
    """The texture generator's entry."""
    return next(info for info in catalog.infos() if info.asset_kind == "texture")


def write(path: Path, picture: Picture, info: GeneratorInfo) -> None:
    """The picture as a PNG that says which weights painted it; replaces `path` at once. Raises OutputError."""
    provenance = {
        "Generator": f"{info.name}/{info.version}/{info.tier}",
        "WeightsSHA256": info.weights_sha256,
        "TrainingLicences": "; ".join(info.training_licences),
        "DigitalSourceType": DIGITAL_SOURCE_TYPE,
    }
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        staged.write_bytes(encode_png(picture, provenance, SMALLEST, srgb=True))
        staged.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        staged.unlink(missing_ok=True)


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contact_sheet", description="Draw every class.")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="cells per class; default 8")
    parser.add_argument("--size", type=int, default=256, choices=TEXTURE_SIZES_PX, help="edge in pixels; default 256")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped ones")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error(f"--seeds: {options.seeds} is not allowed; allowed: 1 or more")
    try:
        catalog = load_catalog(texture_weights=options.weights)
        write(options.out, contact_sheet(catalog, options.seeds, options.size), texture_info(catalog))
    except MorphogenError as error:
        print(f"contact_sheet: {error}", file=sys.stderr)
        return 1
    print(f"wrote {options.out}, {options.out.stat().st_size / 2**20:.1f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
