"""One picture of everything the shipped weights can make: a row per class, a column per seed, lit so that relief shows.

Every cell is a delivered material: its own albedo, normals, roughness and occlusion under one low light. The same
weights give the same pixels on the same kind of machine.

    python -m benchmarks.sheets.textures docs/textures.png --seeds 4 --columns 2
    python -m benchmarks.sheets.textures docs/textures-16.jpg --seeds 16
    python -m benchmarks.sheets.textures docs/textures-tiled.jpg --seeds 4 --size 1024 --tiled
    python -m benchmarks.sheets.textures docs/texture-sliders.jpg --sliders
    python -m benchmarks.sheets.textures OUT.png --seeds 4 --size 512 --weights runs/texture/weights.safetensors
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.sheets.saving import saved
from engine.assets import GeneratorInfo
from engine.catalog import Catalog, load_catalog
from engine.codecs.image import Pixels, decode_png
from engine.codecs.preview import render_tile
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.generators.whole import steps_of
from engine.requests.texture import TEXTURE_SIZES_PX, MapKind, TextureRequest

CELL_PX, GAP_PX, MARGIN_PX = 128, 4, 128
"""Edge of a cell, space between cells, and width of the column of names."""

PAPER, INK = 250, 40
"""Grey values of background and writing."""

TILED_PX = 256
"""Edge of a cell that shows two by two tiles."""

SLIDERS = {
    "scale": (0.3, 0.5, 0.7),
    "direction": (-0.8, 0.0, 0.8),
    "detail": (0.1, 0.4, 0.7),
    "joint_tone": (-0.8, 0.0, 0.8),
    "contrast": (0.05, 0.15, 0.3),
    "hue_variation": (0.0, 0.03, 0.06),
    "relief": (0.5, 2.0, 5.0),
    "roughness": (0.2, 0.5, 0.8),
}
SLIDER_SEEDS = {"stone": 4, "brick": 13, "grass": 3, "wood": 5}
"""What a sheet of sliders shows: values per slider, and classes with their seeds."""

Picture = NDArray[np.uint8]


def contact_sheet(catalog: Catalog, seeds: int, size_px: int, tiled: bool = False, columns: int = 1) -> Picture:
    """Every class with seeds 0 to `seeds` - 1 at `size_px`, RGB in sRGB, [height, width, 3]; see `row`.

    The classes run down `columns` columns.
    """
    painted = [row(catalog, name, seeds, size_px, tiled) for name in track(texture_info(catalog).classes, "painting")]
    painted += [np.full_like(painted[0], PAPER)] * (-len(painted) % columns)
    lines = len(painted) // columns
    rows = [np.concatenate(painted[line::lines], axis=1) for line in range(lines)]
    gap = np.full((GAP_PX, rows[0].shape[1], 3), PAPER, np.uint8)
    return np.concatenate([gap, *(piece for line in rows for piece in (line, gap))])


def row(catalog: Catalog, texture_class: str, seeds: int, size_px: int, tiled: bool) -> Picture:
    """The class's name, then per seed one cell, or with `tiled` two of two by two tiles, lit from left and right."""
    materials = (material(catalog, texture_class, seed, size_px) for seed in range(seeds))
    if tiled:
        cells = [cell for maps in materials for cell in lit_from_both_sides(maps)]
    else:
        cells = [render_tile(maps, CELL_PX) for maps in materials]
    gap = np.full((cells[0].shape[0], GAP_PX, 3), PAPER, np.uint8)
    name = label(texture_class, cells[0].shape[0])
    return np.concatenate([name, *(piece for cell in cells for piece in (cell, gap))], axis=1)


def slider_sheet(catalog: Catalog, size_px: int) -> Picture:
    """A row per slider: its values on each class of SLIDER_SEEDS, everything else being equal."""
    rows = []
    for name, values in track(SLIDERS.items(), "painting"):
        rows.append([label(name)])
        for texture_class, seed in SLIDER_SEEDS.items():
            for value in values:
                request = TextureRequest(texture_class, seed, size_px, attributes={name: value})
                rows[-1].append(render_tile(finest_maps(catalog, request), CELL_PX))
            rows[-1].append(np.full((CELL_PX, GAP_PX, 3), PAPER, np.uint8))
    lines = [np.concatenate(cells, axis=1) for cells in rows]
    gap = np.full((GAP_PX, lines[0].shape[1], 3), PAPER, np.uint8)
    return np.concatenate([gap, *(piece for line in lines for piece in (line, gap))])


def lit_from_both_sides(maps: Mapping[MapKind, Pixels]) -> tuple[Picture, Picture]:
    """Two by two tiles under the light from the left, and from the right: the mirrored material, mirrored back."""
    four = {kind: four_tiles(pixels) for kind, pixels in maps.items()}
    mirrored = {kind: pixels[:, ::-1].copy() for kind, pixels in four.items()}
    if MapKind.NORMAL in mirrored:
        mirrored[MapKind.NORMAL][..., 0] = 255 - mirrored[MapKind.NORMAL][..., 0]
    return render_tile(four, TILED_PX), np.ascontiguousarray(render_tile(mirrored, TILED_PX)[:, ::-1])


def material(catalog: Catalog, texture_class: str, seed: int, size_px: int) -> dict[MapKind, Pixels]:
    """The finest maps as they are delivered."""
    return finest_maps(catalog, TextureRequest(texture_class, seed, size_px))


def finest_maps(catalog: Catalog, request: TextureRequest) -> dict[MapKind, Pixels]:
    """The finest maps of a request as they are delivered."""
    generator = catalog.generator_for(request)
    parts = (part for made in steps_of(generator, request) for part in made)
    return {MapKind(part.map): decode_png(part.payload) for part in parts if part.lod_px == request.size_px}


def four_tiles(pixels: Pixels) -> Pixels:
    """Two by two copies of a map [height, width] or [height, width, channels], averaged down to fill a cell."""
    averaged = cv2.resize(pixels, (TILED_PX // 2, TILED_PX // 2), interpolation=cv2.INTER_AREA)
    tiled = np.tile(averaged, (2, 2, *[1] * (pixels.ndim - 2)))
    return np.asarray(tiled, np.uint16) if pixels.dtype == np.uint16 else np.asarray(tiled, np.uint8)


def label(text: str, row_px: int = CELL_PX) -> Picture:
    """The name, right-aligned beside the middle of its row, [row_px, MARGIN_PX, 3]."""
    paper = np.full((row_px, MARGIN_PX, 3), PAPER, np.uint8)
    (width_px, height_px), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.55, 1)
    corner = (MARGIN_PX - 10 - width_px, (row_px + height_px) // 2)
    cv2.putText(paper, text, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (INK, INK, INK), 1, cv2.LINE_AA)
    return paper


def texture_info(catalog: Catalog) -> GeneratorInfo:
    """The texture generator's entry."""
    return next(info for info in catalog.infos() if info.asset_kind == "texture")


def provenance_of(info: GeneratorInfo) -> dict[str, str]:
    """Which weights painted the sheet."""
    return {
        "Generator": f"{info.name}/{info.version}/{info.tier}",
        "WeightsSHA256": info.weights_sha256,
        "TrainingLicences": "; ".join(info.training_licences),
        "DigitalSourceType": DIGITAL_SOURCE_TYPE,
    }


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sheets.textures", description="Draw every class.")
    parser.add_argument("out", type=Path, metavar="OUT.png", help="or OUT.jpg")
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="cells per class; default 8")
    parser.add_argument("--size", type=int, default=256, choices=TEXTURE_SIZES_PX, help="edge in pixels; default 256")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped ones")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--tiled", action="store_true", help="two by two tiles, lit from the left and from the right")
    shown.add_argument("--sliders", action="store_true", help="what the sliders do, in place of all classes and seeds")
    parser.add_argument("--columns", type=int, default=1, choices=(1, 2), help="of classes; default 1")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error(f"--seeds: {options.seeds} is not allowed; allowed: 1 or more")

    def draw() -> tuple[Picture, dict[str, str]]:
        catalog = load_catalog(texture_weights=options.weights)
        if options.sliders:
            picture = slider_sheet(catalog, options.size)
        else:
            picture = contact_sheet(catalog, options.seeds, options.size, options.tiled, options.columns)
        return picture, provenance_of(texture_info(catalog))

    return saved("textures", options.out, draw)


if __name__ == "__main__":
    sys.exit(main())
