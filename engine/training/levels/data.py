"""The corpus on disk, its turned and mirrored copies, and the masks that the network learns from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.arrays import read_arrays, write_arrays
from engine.errors import DataError
from engine.levels.corpus.maker import MadeLevel, make_level
from engine.levels.decoding.conditions import ABSENT, NAMES, Conditions, conditions_of
from engine.levels.grid import Grid

LEVELS_PER_SIZE: Mapping[int, int] = {
    16: 5000, 18: 2500, 20: 3500, 22: 2500, 24: 4500, 26: 1500, 28: 2500, 32: 4500, 36: 1000, 40: 1500, 48: 1000,
    56: 600, 64: 700,
}  # fmt: skip
"""Levels in the corpus by edge length: 31,300."""

HELD_OUT_SEED = 1 << 20
"""Seeds from here on belong to the evaluation and are never trained on."""

SYMMETRY = NAMES.index("symmetry")
SWAPPED_SYMMETRY = np.array([0, 2, 1, 3, 4])
"""Classes of symmetry after x and y changed places: none, y, x, both, not asked for."""


@dataclass(frozen=True, slots=True)
class SizedCorpus:
    """All levels of one size: tiles uint8 [level, size, size] and condition classes int64 [level, attribute]."""

    grids: NDArray[np.uint8]
    conditions: Conditions


def make_corpus(path: Path, per_size: Mapping[int, int] = LEVELS_PER_SIZE) -> Iterator[tuple[int, int]]:
    """Write the corpus to `path` (.npz), yielding (levels made, levels in all); equal arguments, equal levels.

    Raises OutputError where the file cannot be written.
    """
    arrays: dict[str, NDArray[np.uint8]] = {}
    done, total = 0, sum(per_size.values())
    for size, count in per_size.items():
        made: list[MadeLevel] = []
        for seed in range(count):
            made.append(make_level(seed, size))
            done += 1
            if done % 500 == 0:
                yield done, total
        arrays[f"grids_{size}"] = np.stack([level.grid for level in made])
        rows = [conditions_of(size, level.attributes, level.style) for level in made]
        arrays[f"conditions_{size}"] = np.stack(rows).astype(np.uint8)
    write_arrays(path, arrays)
    yield total, total


def read_corpus(path: Path) -> dict[int, SizedCorpus]:
    """The corpus by size. Raises DataError for a file that is not one."""
    arrays = read_arrays(path, "corpus of levels")
    try:
        sizes = sorted(int(name.removeprefix("grids_")) for name in arrays if name.startswith("grids_"))
        corpus = {
            size: SizedCorpus(arrays[f"grids_{size}"], arrays[f"conditions_{size}"].astype(np.int64)) for size in sizes
        }
    except (ValueError, KeyError) as error:
        raise DataError(f"{path}: is no corpus of levels: array {error} is missing or misnamed") from error
    for size, levels in corpus.items():
        if levels.grids.shape != (len(levels.conditions), size, size):
            raise DataError(f"{path}: grids_{size} has shape {levels.grids.shape}, expected [levels, {size}, {size}]")
    return corpus


def turned(grid: Grid, conditions: Conditions, turn: int) -> tuple[Grid, Conditions]:
    """One of the eight turned and mirrored copies of a level, `turn` 0 to 7, with its conditions."""
    copy = np.rot90(grid, turn % 4)
    if turn >= 4:
        copy = copy[:, ::-1]
    result = conditions.copy()
    if turn % 2:
        result[SYMMETRY] = SWAPPED_SYMMETRY[result[SYMMETRY]]
    return copy, result


def drop_conditions(random: np.random.Generator, conditions: Conditions) -> Conditions:
    """Conditions [level, attribute] of which some, sometimes all, are not asked for; size always stays."""
    share = random.choice([0.0, 0.15, 0.5, 1.0], size=(len(conditions), 1), p=[0.45, 0.35, 0.1, 0.1])
    dropped = random.random(conditions.shape) < share
    dropped[:, 0] = False
    return np.where(dropped, ABSENT, conditions)
