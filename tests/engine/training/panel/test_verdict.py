import pytest

from engine.training.panel.measure import Measurements
from engine.training.panel.metrics.estimate import Estimate
from engine.training.panel.verdict import GeneratorChecks, Outcome, beats, flags, judge

REALS = {
    "sliced_hi": 30.0,
    "kernel_distance": 0.0,
    "gram_distance": 0.0,
    "told_apart": 0.5,
    "coverage": 1.0,
    "seam_to_uniform": 0.1,
    "seam_to_reals": 0.0,
    "class_accuracy": 0.9,
    "nearest_ratio": 1.0,
    "nearest_ratio_p1": 0.6,
    "copy_share": 0.05,
}


def scores(**changed: float) -> Measurements:
    """Scores with a standard error of 1 % of the value, at least 0.01."""
    result = {}
    for name, value in {**REALS, **changed}.items():
        spread = max(0.01, 0.01 * abs(value)) / 3
        result[name] = Estimate(value, tuple(value + spread * (1 if index % 2 else -1) for index in range(10)))
    return result


CEILING = scores()
NOISE = {"noise": scores(told_apart=0.9, sliced_hi=300.0, class_accuracy=0.3)}
CONTROLS = {"blurred": scores(sliced_hi=200.0), "memorised": scores(nearest_ratio=0.05)}


def outcome(generator: Measurements, checks: GeneratorChecks | None = None) -> Outcome:
    return judge(CEILING, NOISE, CONTROLS, generator, checks or GeneratorChecks(), 400)[0]


def test_a_generator_like_reals_passes() -> None:
    assert outcome(scores(told_apart=0.6, sliced_hi=40.0)) is Outcome.PASS


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("sliced_hi", 61.0),
        ("coverage", 0.79),
        ("class_accuracy", 0.71),
        ("nearest_ratio", 0.5),
        ("nearest_ratio_p1", 0.45),
        ("copy_share", 0.3),
        ("seam_to_uniform", 0.2),
        ("told_apart", 0.9),
    ],
)
def test_each_criterion_fails_by_its_own_metric(metric: str, value: float) -> None:
    assert outcome(scores(**{metric: value})) is Outcome.FAIL


@pytest.mark.parametrize("checks", [GeneratorChecks(level_difference=4.1), GeneratorChecks(normal_agreement=0.7)])
def test_levels_and_normals_that_disagree_fail(checks: GeneratorChecks) -> None:
    assert outcome(scores(), checks) is Outcome.FAIL


def test_an_uncaught_control_makes_even_a_perfect_generator_inconclusive() -> None:
    found, criteria = judge(CEILING, NOISE, {"blurred": scores()}, scores(), GeneratorChecks(), 400)
    assert found is Outcome.INCONCLUSIVE
    assert criteria[0].holds is False


def test_a_baseline_that_no_metric_tells_from_reals_is_inconclusive() -> None:
    assert judge(CEILING, {"noise": scores()}, CONTROLS, scores(), GeneratorChecks(), 400)[0] is Outcome.INCONCLUSIVE


def test_reals_with_near_twins_lower_the_limit_of_the_first_percentile_to_their_own() -> None:
    twins = scores(nearest_ratio_p1=0.1)
    found, _ = judge(twins, NOISE, CONTROLS, scores(nearest_ratio_p1=0.12), GeneratorChecks(), 400)
    assert found is Outcome.PASS


def test_nearness_to_exemplars_does_not_count_as_catching_a_blur() -> None:
    near = scores(nearest_ratio=0.05, nearest_ratio_p1=0.0, copy_share=1.0)
    assert flags("blurred", near, CEILING) == ()
    assert flags("memorised", near, CEILING) == ("nearest_ratio", "nearest_ratio_p1", "copy_share")


def test_beating_takes_three_standard_errors_in_the_better_direction() -> None:
    assert beats("sliced_hi", scores(), scores(sliced_hi=200.0))
    assert not beats("sliced_hi", scores(sliced_hi=200.0), scores())
    assert not beats("class_accuracy", scores(), scores())
