"""Do the attribute sliders do what they say, and nothing else? Requests with all sliders at random, measured.

    python -m benchmarks.likeness.sliders --count 160

Every request draws its class, seed and all sliders independently; what the delivered maps have of each attribute is
measured as it is in training materials. R^2 of asked against measured says how well a slider is followed; R^2 of a
slider against the measure of another attribute says how much it leaks into it.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.sheets.textures import finest_maps
from engine.catalog import Catalog, load_catalog
from engine.codecs.image import Pixels
from engine.generators.texture.appearance import ATTRIBUTE_NAMES, ATTRIBUTES
from engine.requests.texture import MapKind, TextureRequest
from engine.training.data.exemplars import measure
from engine.training.data.materials import RawMaterial
from engine.training.data.surface import height_from_slopes, slopes_from_normals

SIZE_PX = 256
ASKED = {
    "scale": (0.35, 0.8),
    "direction": (-0.6, 0.6),
    "detail": (0.2, 0.7),
    "joint_tone": (-0.9, 0.9),
    "contrast": (0.05, 0.3),
    "hue_variation": (0.0, 0.05),
    "relief": (0.2, 4.0),
    "roughness": (0.2, 0.8),
    "roughness_variation": (0.0, 0.15),
    "metalness": (0.1, 0.9),
    "metalness_variation": (0.0, 0.15),
}
"""What is asked for: about what the training materials span, and where no map clips."""

FOLLOWED, LEAKED = 0.7, 0.2
"""What is aimed at: R^2 of a slider with its own measure, and with any other."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Sliders and measures float64 [count, attributes], in the order of ATTRIBUTE_NAMES."""

    asked: NDArray[np.float64]
    measured: NDArray[np.float64]

    def explained(self) -> NDArray[np.float64]:
        """R^2 [slider, measure] of simple linear regressions."""
        count = len(ATTRIBUTE_NAMES)
        return np.asarray(np.corrcoef(self.asked.T, self.measured.T)[:count, count:] ** 2)


def draw(catalog: Catalog, count: int, seed: int) -> Findings:
    """Findings on `count` random requests."""
    random = np.random.default_rng(seed)
    classes = next(info.classes for info in catalog.infos() if info.asset_kind == "texture")
    asked, measured = [], []
    for number in track(range(count), "measuring"):
        sliders = {name: float(random.uniform(*ASKED[name])) for name in ATTRIBUTE_NAMES}
        texture_class = classes[int(random.integers(len(classes)))]
        request = TextureRequest(texture_class, number, SIZE_PX, attributes=sliders)
        found = attributes_of(finest_maps(catalog, request))
        asked.append([sliders[name] for name in ATTRIBUTE_NAMES])
        measured.append([found[name] for name in ATTRIBUTE_NAMES])
    return Findings(np.array(asked), np.array(measured))


def attributes_of(maps: dict[MapKind, Pixels]) -> dict[str, float]:
    """Every attribute as delivered maps have it, measured like a training material.

    Scale and direction are those at half the size: in the octave that is lost there, `detail` rules.
    """
    normal = np.asarray(maps[MapKind.NORMAL], np.uint8)
    material = RawMaterial(
        "measured",
        "none",
        "none",
        np.asarray(maps[MapKind.ALBEDO], np.uint8),
        normal,
        np.asarray(maps[MapKind.ROUGHNESS], np.uint8),
        np.asarray(maps[MapKind.METALLIC], np.uint8),
    )
    height_px = height_from_slopes(*slopes_from_normals(normal))
    whole, half = (measure(material, halvings, height_px)[0].statistics for halvings in (0, 1))
    return dict(whole) | {name: half[name] for name in ("scale", "direction")}


def table(explained: NDArray[np.float64]) -> Table:
    """One row per slider: how far it is followed, and where it leaks most."""
    rows = Table(title=f"R^2 of sliders; wanted: own at least {FOLLOWED}, others under {LEAKED}")
    for heading in ("slider", "range", "own", "largest other", "of"):
        rows.add_column(heading)
    for row, info in enumerate(ATTRIBUTES):
        others = explained[row].copy()
        others[row] = 0
        low, high = ASKED[info.name]
        worst = ATTRIBUTE_NAMES[int(others.argmax())]
        rows.add_row(info.name, f"{low:g} to {high:g}", f"{explained[row, row]:.2f}", f"{others.max():.2f}", worst)
    return rows


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness.sliders", description="Measure the sliders.")
    parser.add_argument("--count", type=int, default=160, metavar="N", help="requests; default 160")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped ones")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the findings there, as JSON")
    options = parser.parse_args()
    findings = draw(load_catalog(texture_weights=options.weights), options.count, 0)
    explained = findings.explained()
    Console(width=120).print(table(explained))
    if options.report is not None:
        options.report.write_text(json.dumps(dict(zip(ATTRIBUTE_NAMES, explained.tolist(), strict=True)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
