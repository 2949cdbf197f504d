"""Judges a terrain generator against real elevation, classical baselines and faulty controls in one run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.errors import DataError
from engine.terrain.erosion import eroded
from engine.terrain.fractal import fractal
from engine.training.panel.measure import Measurements
from engine.training.panel.metrics.estimate import Estimate, Keep, jackknife
from engine.training.panel.report import PanelReport
from engine.training.panel.verdict import Criterion, Outcome
from engine.training.terrain.data import LAND_SHARE_MIN, SPACING_M, TRIES, Tile
from engine.training.terrain.statistics import (
    Crop,
    Described,
    coverage,
    described,
    energy_distance,
    nearest_ratio,
)

CROP_PX = 128
POOL = 5
"""Crops that are looked at for each one that is compared."""

SIGNIFICANCE = 3.0
COVERAGE_SHARE = 0.8
COPY_LIMIT = 0.6
EROSION_STEPS = 50
BASELINES = ("fractal", "ridged_eroded")

Generate = Callable[[Sequence[tuple[float, float]], int], list[Crop]]
"""Makes crops of CROP_PX, heights over the spacing, one per (ruggedness, roughness), from a seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Reals:
    """Crops that are held out with their styles (ruggedness, roughness), and as many of other tiles that are most like
    them in style.
    """

    held_out: list[Crop]
    known: list[Crop]
    styles: list[tuple[float, float]]


def read_reals(tiles: Sequence[Tile], held_out_tiles: Sequence[str], count: int, seed: int) -> Reals:
    """`count` random crops on land of the tiles that are held out, and as many of the others.

    The others are chosen for their style: what is compared is land of one kind, whichever kinds the held-out tiles
    happen to have. Raises DataError if one of the halves has no land that is large enough.
    """
    random = np.random.default_rng(seed)
    held_out, styles = _crops([tile for tile in tiles if tile.name in held_out_tiles], count, random)
    others, their_styles = _crops([tile for tile in tiles if tile.name not in held_out_tiles], POOL * count, random)
    return Reals(held_out, [others[index] for index in _matched(styles, their_styles)], styles)


def _matched(styles: Sequence[tuple[float, float]], pool: Sequence[tuple[float, float]]) -> list[int]:
    """For every style the nearest one of the pool that no other has taken."""
    left = np.array(pool)
    chosen = []
    for style in styles:
        index = int(((left - np.array(style)) ** 2).sum(axis=1).argmin())
        chosen.append(index)
        left[index] = np.inf
    return chosen


def evaluate_terrain(
    reals: Reals, generate: Generate, seed: int, conditions: Mapping[str, object] | None = None
) -> PanelReport:
    """The panel's findings, with further `conditions` of the run to be noted.

    Higher `coverage` and `nearest_ratio` are better, distances are better small.
    """
    start_s = time.monotonic()
    held_out, known = described(reals.held_out), described(reals.known)
    sets: dict[str, list[Crop]] = {
        "reals": reals.known,
        **_baselines(reals, seed),
        **_controls(reals, seed),
        "generator": generate(reals.styles, seed),
    }
    fresh = described(_mixed(reals.held_out))
    scores = {name: _scores(held_out, known, fresh, described(crops), name) for name, crops in sets.items()}
    flags = {name: _flags(name, score, scores["reals"]) for name, score in scores.items() if name != "reals"}
    criteria = _criteria(scores, flags)
    caught = criteria[0].holds
    passed = all(item.holds for item in criteria)
    outcome = Outcome.INCONCLUSIVE if not caught else Outcome.PASS if passed else Outcome.FAIL
    noted = {
        **(conditions or {}),
        "crops": len(reals.known),
        "size_px": CROP_PX,
        "seed": seed,
        "duration_s": round(time.monotonic() - start_s, 1),
    }
    return PanelReport(outcome, criteria, scores, flags, noted)


def _crops(
    tiles: Sequence[Tile], count: int, random: np.random.Generator
) -> tuple[list[Crop], list[tuple[float, float]]]:
    crops: list[Crop] = []
    styles: list[tuple[float, float]] = []
    tiles = [tile for tile in tiles if min(tile.height_m.shape) >= CROP_PX]
    for _ in range(TRIES * count if tiles else 0):
        if len(crops) == count:
            return crops, styles
        tile = tiles[int(random.integers(len(tiles)))]
        rows, columns = tile.height_m.shape
        y, x = int(random.integers(rows - CROP_PX + 1)), int(random.integers(columns - CROP_PX + 1))
        window = slice(y, y + CROP_PX), slice(x, x + CROP_PX)
        if tile.land[window].mean() >= LAND_SHARE_MIN:
            crops.append(tile.height_m[window] / SPACING_M)
            ruggedness, roughness = tile.style[:, *window].mean((1, 2)).tolist()
            styles.append((ruggedness, roughness))
    raise DataError(f"tiles: no {count} crops of land, {CROP_PX} vertices wide, in one half of them")


def _baselines(reals: Reals, seed: int) -> dict[str, list[Crop]]:
    """Fractal noise with the relief of the held-out crops, plain and ridged with erosion."""
    spreads = [float(crop.std()) for crop in reals.held_out]
    plain = [spread * fractal(CROP_PX, seed + index, GAIN) for index, spread in enumerate(spreads)]
    ridged = [
        eroded(spread * fractal(CROP_PX, seed + index, GAIN, ridged=True), EROSION_STEPS)
        for index, spread in enumerate(spreads)
    ]
    return {"fractal": plain, "ridged_eroded": ridged}


GAIN = 0.5
"""Of the baselines' octaves: the usual one, and near what the spectrum of the tiles has."""


def _controls(reals: Reals, seed: int) -> dict[str, list[Crop]]:
    random = np.random.default_rng(seed)
    known = reals.known
    blurred = [np.asarray(cv2.GaussianBlur(crop, (0, 0), 1.5), np.float32) for crop in known]
    noisy = [crop + np.float32(0.02) * random.standard_normal(crop.shape).astype(np.float32) for crop in known]
    few = [known[index % 6] for index in range(len(known))]
    return {
        "blurred": blurred,
        "noisy": noisy,
        "few_modes": few,
        "shuffled": [_shuffled(crop, random) for crop in known],
        "memorised": _mixed(known),
    }


def _mixed(crops: Sequence[Crop]) -> list[Crop]:
    """The same land, seen a few vertices further on."""
    return [np.roll(crop, (3, 5), axis=(0, 1)) for crop in crops]


def _shuffled(crop: Crop, random: np.random.Generator) -> Crop:
    """Blocks of 16 vertices in another order."""
    edge = CROP_PX // 16
    blocks = crop.reshape(edge, 16, edge, 16).swapaxes(1, 2).reshape(-1, 16, 16)
    return blocks[random.permutation(len(blocks))].reshape(edge, edge, 16, 16).swapaxes(1, 2).reshape(crop.shape)


def _scores(held_out: Described, known: Described, fresh: Described, judged: Described, name: str) -> Measurements:
    def distance(statistic: str) -> Estimate:
        rows = judged.statistics[statistic]
        return jackknife(lambda keep: energy_distance(held_out.statistics[statistic], rows[keep]), len(rows))

    def covered(keep: Keep) -> float:
        return coverage(held_out.everything(), judged.everything()[keep])

    def ratio(keep: Keep) -> float:
        return nearest_ratio(known.thumbnails, fresh.thumbnails, judged.thumbnails[keep])

    scores = {statistic: distance(statistic) for statistic in held_out.statistics}
    scores["coverage"] = jackknife(covered, len(judged.thumbnails))
    if name != "reals":
        scores["nearest_ratio"] = jackknife(ratio, len(judged.thumbnails))
    return scores


def _flags(name: str, scores: Measurements, ceiling: Measurements) -> tuple[str, ...]:
    """Metrics on which a set is worse than reals by more than three standard errors, or a copy."""
    found = []
    for metric, score in scores.items():
        if metric == "nearest_ratio":
            if name in ("memorised", "generator") and score.value < COPY_LIMIT:
                found.append(metric)
            continue
        difference, error = score.minus(ceiling[metric])
        if metric == "coverage":
            difference = -difference
        if difference > SIGNIFICANCE * error:
            found.append(metric)
    return tuple(found)


def _criteria(scores: Mapping[str, Measurements], flags: Mapping[str, tuple[str, ...]]) -> tuple[Criterion, ...]:
    controls = [name for name in flags if name not in (*BASELINES, "generator")]
    missed = [name for name in controls if not flags[name]]
    criteria = [Criterion("every faulty control is caught", not missed, f"missed: {', '.join(missed) or 'none'}")]
    own = scores["generator"]
    for baseline in BASELINES:
        for metric in ("slope", "spectrum", "drainage"):
            difference, error = scores[baseline][metric].minus(own[metric])
            detail = f"{own[metric].value:.3f} against {scores[baseline][metric].value:.3f}, error {error:.3f}"
            criteria.append(Criterion(f"{metric} nearer than {baseline}", difference > SIGNIFICANCE * error, detail))
    share = own["coverage"].value / max(scores["reals"]["coverage"].value, 1e-9)
    criteria.append(Criterion("coverage", share >= COVERAGE_SHARE, f"{share:.2f} of the ceiling"))
    copied = own["nearest_ratio"].value
    criteria.append(Criterion("no copies", copied >= COPY_LIMIT, f"nearest-neighbour ratio {copied:.2f}"))
    return tuple(criteria)
