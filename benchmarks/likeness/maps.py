"""Do albedo, height and roughness go together as they do in real materials? Correlations of maps and of their edges.

    python -m benchmarks.likeness.maps configs/texture.yaml

Real materials with all three maps, at 128 px, are halved: what one half is away from the other is the ceiling, what as
many generated materials of the same classes are away from all reals the generator's figure. Misaligned maps, each
generated albedo with the height and roughness of the next material, show that the figure can tell.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.catalog import Catalog, load_catalog
from engine.errors import MorphogenError
from engine.training.data.materials import RawMaterial
from engine.training.data.preparation import read_all
from engine.training.data.surface import height_from_slopes, slopes_from_normals
from engine.training.panel.joint import joint_distance, joint_numbers
from engine.training.panel.metrics.estimate import Estimate, wasserstein
from engine.training.plan import TexturePlan
from engine.training.plan_file import read_plan
from workers.cli.training.texture import sample

SIZE_PX = 128
SEEDS_PER_MATERIAL = 2
HALVINGS = 40
"""How often the reals are halved at random: a single halving of few materials says little."""

Numbers = NDArray[np.float64]


def real_numbers(plan: TexturePlan) -> tuple[Numbers, list[str]]:
    """Joint numbers [count, 6] of every real material with normals and roughness, and their classes."""
    full = [material for material in read_all(plan) if material.normal is not None and material.roughness is not None]
    return np.stack([_numbers_of(material) for material in full]), [material.texture_class for material in full]


def _numbers_of(material: RawMaterial) -> Numbers:
    if material.normal is None or material.roughness is None:
        raise ValueError(f"{material.name}: has no normals or no roughness")
    fields: list[NDArray[np.float32]] = [
        np.asarray(material.albedo / 255, np.float32),
        height_from_slopes(*slopes_from_normals(material.normal)),
        np.asarray(material.roughness / 255, np.float32),
    ]
    size = (SIZE_PX, SIZE_PX)
    small = [np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_AREA), np.float32) for field in fields]
    return joint_numbers(small[0].transpose(2, 0, 1), small[1], small[2])


def generated_numbers(catalog: Catalog, classes: list[str]) -> tuple[Numbers, Numbers]:
    """Joint numbers of materials of the classes, and of the same maps misaligned."""
    made = [
        sample(catalog, name, SEEDS_PER_MATERIAL * index + turn, SIZE_PX)
        for index, name in enumerate(classes)
        for turn in range(SEEDS_PER_MATERIAL)
    ]
    aligned, misaligned = [], []
    for position, material in enumerate(made):
        following = made[(position + 1) % len(made)]
        if material.height is None or material.roughness is None or following.height is None:
            raise ValueError("the generator makes all maps")
        aligned.append(joint_numbers(material.albedo, material.height[0], material.roughness[0]))
        if following.roughness is not None:
            misaligned.append(joint_numbers(material.albedo, following.height[0], following.roughness[0]))
    return np.stack(aligned), np.stack(misaligned)


def ceiling(reals: Numbers, seed: int) -> float:
    """Mean distance of two halves of the reals, over random halvings."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(HALVINGS):
        order = random.permutation(len(reals))
        found.append(wasserstein(reals[order[::2]], reals[order[1::2]]))
    return float(np.mean(found))


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness.maps", description="Compare joint maps.")
    parser.add_argument("plan", type=Path)
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped ones")
    options = parser.parse_args()
    try:
        reals, classes = real_numbers(read_plan(TexturePlan, options.plan))
        aligned, misaligned = generated_numbers(load_catalog(texture_weights=options.weights), classes)
    except MorphogenError as error:
        print(f"maps: {error}", file=sys.stderr)
        return 1
    print(json.dumps(findings(reals, aligned, misaligned), indent=2))
    return 0


def findings(reals: Numbers, aligned: Numbers, misaligned: Numbers) -> dict[str, object]:
    """Every figure by name."""

    def figure(estimate: Estimate) -> dict[str, float]:
        return {"value": estimate.value, "standard_error": estimate.standard_error}

    own = joint_distance(reals, aligned)
    base = ceiling(reals, 0)
    return {
        "reals": len(reals),
        "real_against_real": base,
        "generated": figure(own),
        "times_reals": own.value / base,
        "misaligned": figure(joint_distance(reals, misaligned)),
        "mean_real": reals.mean(0).round(3).tolist(),
        "mean_generated": aligned.mean(0).round(3).tolist(),
    }


if __name__ == "__main__":
    sys.exit(main())
