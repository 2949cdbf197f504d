"""Which control was caught by which metric, and whether the generator passes.

Every threshold comes from the same run: from what real textures score against real textures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.training.panel.material import LOD_LIMIT, NORMAL_AGREEMENT_LIMIT
from engine.training.panel.measure import Measurements
from engine.training.panel.metrics.estimate import Estimate

SIGNIFICANCE = 3.0
"""Standard errors by which a difference must exceed zero."""

HIGHER_IS_BETTER = frozenset(
    {"precision", "recall", "density", "coverage", "learned_coverage", "class_accuracy"}
    | {"nearest_ratio", "nearest_ratio_p1"}
)
DESCRIPTIVE = frozenset({"seam_to_reals"})
"""Printed, but no fault: real pictures may have seams that a torus has not."""

COPYING = frozenset({"nearest_ratio", "nearest_ratio_p1", "copy_share"})
"""No merit of other controls: all are made of exemplars, so they are near exemplars by construction."""

NAMED = ("told_apart", "gram_distance", "kernel_distance", "sliced_hi", "class_accuracy")
"""Metrics on which a generator must beat the baselines, where reals beat them."""

COPYING_COUNTS_FOR = ("memorised", "generator")
NEAREST_RATIO_LIMIT = 0.6
NEAREST_RATIO_P1_LIMIT = 0.5
SLICED_FACTOR = 2.0
COVERAGE_SHARE = 0.8
ACCURACY_SHARE = 0.8
SEAM_MARGIN = 1.63
"""Kolmogorov-Smirnov distance times sqrt(count) exceeded by chance once in a hundred times."""


class Outcome(StrEnum):
    """What a run says of its generator; inconclusive means that the metrics themselves failed."""

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition in words with its numbers; `holds` is None where it could not be measured."""

    name: str
    holds: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class GeneratorChecks:
    """Worst values over the generated materials; None where the maps for it were not given."""

    level_difference: float | None = None
    normal_agreement: float | None = None


def flags(name: str, scores: Measurements, ceiling: Measurements) -> tuple[str, ...]:
    """Metrics on which the set called `name` is worse than reals by more than three standard errors of both."""
    return tuple(
        metric
        for metric, score in scores.items()
        if metric not in DESCRIPTIVE
        and (metric not in COPYING or name in COPYING_COUNTS_FOR)
        and _is_worse(metric, score, ceiling[metric])
    )


def _is_worse(metric: str, score: Estimate, ceiling: Estimate) -> bool:
    if metric == "nearest_ratio":
        return score.value < NEAREST_RATIO_LIMIT
    # Errors as of independent sets, though controls share exemplars with the ceiling: a generator will not.
    error = (score.standard_error**2 + ceiling.standard_error**2) ** 0.5
    return bool(_gain(metric, ceiling.value - score.value) > SIGNIFICANCE * error)


def _gain(metric: str, difference: float) -> float:
    return difference if metric in HIGHER_IS_BETTER else -difference


def beats(metric: str, scores: Measurements, rival: Measurements) -> bool:
    """Whether `scores` are better than the rival's by more than three standard errors of the paired difference."""
    difference, error = scores[metric].minus(rival[metric])
    return _gain(metric, difference) > SIGNIFICANCE * error


def judge(
    ceiling: Measurements,
    baselines: Mapping[str, Measurements],
    controls: Mapping[str, Measurements],
    generator: Measurements,
    checks: GeneratorChecks,
    count: int,
) -> tuple[Outcome, tuple[Criterion, ...]]:
    """The outcome of sets of `count` pictures, and every criterion behind it."""
    trust = [_control_criterion(name, flags(name, scores, ceiling)) for name, scores in controls.items()]
    rivals = [_baseline_criterion(name, generator, rival, ceiling) for name, rival in baselines.items()]
    absolute = [
        *_likeness_criteria(generator, ceiling, count),
        *_copying_criteria(generator, ceiling),
        *_map_criteria(checks),
    ]
    criteria = (*trust, *rivals, *absolute)
    if not all(item.holds for item in trust) or any(item.holds is None for item in rivals):
        return Outcome.INCONCLUSIVE, criteria
    return Outcome.FAIL if any(item.holds is False for item in criteria) else Outcome.PASS, criteria


def _control_criterion(name: str, caught_by: tuple[str, ...]) -> Criterion:
    return Criterion(f"control {name} is caught", bool(caught_by), ", ".join(caught_by) or "by no metric")


def _baseline_criterion(name: str, generator: Measurements, rival: Measurements, ceiling: Measurements) -> Criterion:
    """Not measurable where no named metric can tell even reals from the baseline."""
    deciding = [metric for metric in NAMED if _is_worse(metric, rival[metric], ceiling[metric])]
    parts = []
    for metric in deciding:
        difference, error = generator[metric].minus(rival[metric])
        parts.append(f"{metric} {_gain(metric, difference):+.3g} (s.e. {error:.2g})")
    holds = all(beats(metric, generator, rival) for metric in deciding) if deciding else None
    return Criterion(f"beats {name} by 3 s.e.", holds, "; ".join(parts) or "reals do not beat it on any named metric")


def _likeness_criteria(generator: Measurements, ceiling: Measurements, count: int) -> list[Criterion]:
    fine, fine_limit = generator["sliced_hi"].value, SLICED_FACTOR * ceiling["sliced_hi"].value
    cover, cover_limit = generator["coverage"].value, COVERAGE_SHARE * ceiling["coverage"].value
    right, right_limit = generator["class_accuracy"].value, ACCURACY_SHARE * ceiling["class_accuracy"].value
    seam = generator["seam_to_uniform"]
    seam_limit = max(SEAM_MARGIN / (2 * count) ** 0.5, ceiling["seam_to_uniform"].value)  # two axes per picture
    return [
        Criterion("sliced_hi at most 2x reals", fine <= fine_limit, f"{fine:.1f}, limit {fine_limit:.1f}"),
        Criterion("coverage at least 0.8x reals", cover >= cover_limit, f"{cover:.3f}, limit {cover_limit:.3f}"),
        Criterion("class_accuracy at least 0.8x reals", right >= right_limit, f"{right:.3f}, limit {right_limit:.3f}"),
        Criterion("seam no worse than reals", seam.value <= seam_limit, f"{seam.value:.3f}, limit {seam_limit:.3f}"),
    ]


def _copying_criteria(generator: Measurements, ceiling: Measurements) -> list[Criterion]:
    median, low, copies = (generator[name] for name in ("nearest_ratio", "nearest_ratio_p1", "copy_share"))
    low_limit = min(NEAREST_RATIO_P1_LIMIT, ceiling["nearest_ratio_p1"].value)
    return [
        Criterion(
            "nearest_ratio median at least 0.6",
            median.value >= NEAREST_RATIO_LIMIT,
            f"{median.value:.3f}, limit {NEAREST_RATIO_LIMIT}",
        ),
        Criterion(
            "nearest_ratio_p1 at least 0.5, or the reals' own where they have near twins",
            low.value >= low_limit - SIGNIFICANCE * low.standard_error,
            f"{low.value:.3f} (s.e. {low.standard_error:.3f}), limit {low_limit:.3f} less 3 s.e.",
        ),
        Criterion(
            "copy_share no higher than among reals",
            not _is_worse("copy_share", copies, ceiling["copy_share"]),
            f"{copies.value:.3f}, reals {ceiling['copy_share'].value:.3f}",
        ),
    ]


def _map_criteria(checks: GeneratorChecks) -> list[Criterion]:
    levels, normals = checks.level_difference, checks.normal_agreement
    return [
        Criterion(
            f"levels of detail agree within {LOD_LIMIT:g}/255",
            None if levels is None else levels <= LOD_LIMIT,
            "no levels given" if levels is None else f"worst mean difference {levels:.2f}/255",
        ),
        Criterion(
            f"normals agree with heights, correlation at least {NORMAL_AGREEMENT_LIMIT}",
            None if normals is None else normals >= NORMAL_AGREEMENT_LIMIT,
            "no normals given" if normals is None else f"5th percentile {normals:.3f}",
        ),
    ]
