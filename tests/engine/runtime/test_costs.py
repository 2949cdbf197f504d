import random
import statistics
from collections.abc import Callable
from itertools import count
from math import pi, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runtime.costs import DOUBT_RECORDS, KEYS_MAX, CostTable

StepTime = Callable[[int], float]


def fixed(batch_size: int) -> float:
    """5 ms whatever the batch."""
    return 0.005 + 0.0 * batch_size


def proportional(batch_size: int) -> float:
    """5 ms for each session of the batch."""
    return 0.005 * batch_size


def measured(step_s: StepTime, batch_size_max: int = 32, record_count: int = 40) -> CostTable:
    """What steps with full batches have taught."""
    costs = CostTable(batch_size_max)
    fill(costs, step_s, record_count)
    return costs


def fill(costs: CostTable, step_s: StepTime, record_count: int, key: str = "a") -> list[int]:
    """Step full batches; the caps on the way."""
    caps = []
    for _ in range(record_count):
        caps.append(costs.batch_cap(key))
        costs.record(key, caps[-1], step_s(caps[-1]))
    return caps


def test_unknown_key_has_no_cost_and_steps_alone() -> None:
    costs = CostTable(32)
    assert (costs.step_s("a", 1), costs.part_s("a"), costs.batch_cap("a")) == (None, None, 1)
    assert costs.path_s((("a", 7),)) == 0.0


@pytest.mark.parametrize(("batch_size_max", "caps"), [(32, [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32]), (1, [1, 1, 1])])
def test_cap_doubles_up_to_the_maximum_where_a_step_costs_the_same_whatever_the_batch(
    batch_size_max: int, caps: list[int]
) -> None:
    assert fill(CostTable(batch_size_max), fixed, len(caps)) == caps


def test_maximum_needs_not_be_a_power_of_two() -> None:
    costs = measured(fixed, batch_size_max=24)
    assert costs.batch_cap("a") == 24
    assert costs.part_s("a") == pytest.approx(0.005 / 24)


def test_batches_stay_at_one_where_they_gain_nothing() -> None:
    caps = fill(CostTable(32), proportional, 4 * DOUBT_RECORDS)
    assert max(caps) == 2
    assert 2 <= caps.count(2) <= 0.1 * len(caps)


def test_cap_stops_where_doubling_gains_less_than_a_tenth() -> None:
    costs = measured(lambda batch_size: 0.005 if batch_size <= 8 else 0.005 * batch_size / 8, record_count=60)
    assert costs.batch_cap("a") == 8
    assert costs.part_s("a") == pytest.approx(0.005 / 8)


def test_cap_is_found_with_batches_that_are_rarely_full() -> None:
    costs = CostTable(32)
    for step in range(60):
        batch_size = min(costs.batch_cap("a"), 5 + step % 3)
        costs.record("a", batch_size, 0.004 + 0.0001 * batch_size)
    assert costs.batch_cap("a") >= 8
    assert costs.step_s("a", 4) == pytest.approx(0.0044, rel=0.01)


def test_first_measurement_is_a_warm_up() -> None:
    costs = CostTable(32)
    costs.record("a", 1, 3.0)
    costs.record("a", 1, 0.005)
    assert costs.step_s("a", 1) == 0.005


def test_warm_up_does_not_make_batches_look_good() -> None:
    costs = CostTable(32)
    costs.record("a", 1, 3.0)
    fill(costs, proportional, 20)
    assert costs.batch_cap("a") == 1


@pytest.mark.parametrize("step_s", [fixed, proportional])
def test_outlier_flips_the_cap_for_a_while_at_most(step_s: StepTime) -> None:
    costs = measured(step_s)
    cap = costs.batch_cap("a")
    costs.record("a", cap, 100.0)
    assert costs.step_s("a", cap) == pytest.approx(step_s(cap), rel=0.21)
    fill(costs, step_s, 2 * DOUBT_RECORDS)
    assert costs.batch_cap("a") == cap


def test_rejected_size_is_tried_again() -> None:
    costs = measured(proportional)
    assert costs.batch_cap("a") == 1
    fill(costs, fixed, DOUBT_RECORDS)
    assert costs.batch_cap("a") > 1
    fill(costs, fixed, 3 * DOUBT_RECORDS)
    assert costs.batch_cap("a") == 32


def test_size_that_no_longer_pays_is_given_up() -> None:
    costs = measured(fixed)
    assert costs.batch_cap("a") == 32
    fill(costs, proportional, 8 * DOUBT_RECORDS)
    assert costs.batch_cap("a") <= 2


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_cap_stays_when_the_whole_device_becomes_faster_or_slower(factor: float) -> None:
    costs = measured(fixed, record_count=100)
    caps = fill(costs, lambda batch_size: factor * fixed(batch_size), 100)
    assert set(caps) == {32}
    assert costs.step_s("a", 32) == pytest.approx(factor * 0.005, rel=0.01)


def test_estimates_lie_between_measured_sizes_and_extend_beyond_them() -> None:
    costs = CostTable(32)
    for batch_size, step_s in ((2, 0.010), (6, 0.018)):
        costs.record("a", batch_size, step_s)
    estimates = [costs.step_s("a", batch_size) for batch_size in (1, 2, 4, 6, 12)]
    assert estimates == pytest.approx([0.010, 0.010, 0.014, 0.018, 0.036])


def test_key_that_was_measured_longest_ago_is_forgotten_first() -> None:
    costs = CostTable(32)
    for number in range(KEYS_MAX):
        costs.record(str(number), 1, 0.005)
    costs.record("0", 1, 0.005)
    costs.record("new", 1, 0.005)
    assert costs.step_s("1", 1) is None
    assert None not in (costs.step_s("0", 1), costs.step_s("2", 1), costs.step_s("new", 1))


def test_path_is_as_long_as_its_steps_in_full_batches() -> None:
    costs = measured(fixed)
    fill(costs, lambda batch_size: 0.1 * batch_size, 40, key="b")
    assert costs.path_s((("a", 10), ("b", 2), ("unknown", 5))) == pytest.approx(10 * 0.005 + 2 * 0.1)


def test_utilisation_of_sessions_that_cannot_share_steps_is_their_sum() -> None:
    costs = measured(proportional)
    assert costs.utilisation([((("a", 100),), 20.0), ((("a", 5),), 30.0)]) == pytest.approx(50 * 0.005)


def test_utilisation_counts_shared_steps_once_and_only_as_far_as_rates_allow() -> None:
    costs = measured(fixed)
    steps = (("a", 100),)
    assert costs.utilisation([(steps, 30.0)]) == pytest.approx(30 * 0.005)
    assert costs.utilisation([(steps, 30.0)] * 8) == pytest.approx(30 * 0.005)
    assert costs.utilisation([(steps, 30.0)] * 64) == pytest.approx(60 * 0.005)
    assert costs.utilisation([(steps, 60.0), *[(steps, 1.0)] * 8]) == pytest.approx(68 * 0.005)


def test_utilisation_weighs_keys_by_their_steps() -> None:
    costs = measured(proportional)
    for _ in range(40):
        costs.record("b", 1, 0.1)
    assert costs.utilisation([((("b", 1), ("a", 99)), 10.0)]) == pytest.approx(10 * (0.01 * 0.1 + 0.99 * 0.005))


def test_work_of_sessions_with_equal_keys_is_shared_up_to_the_cap() -> None:
    costs = measured(fixed, batch_size_max=4)
    assert costs.work_s([(("a", 10),)]) == pytest.approx([0.05])
    assert costs.work_s([(("a", 10),)] * 2) == pytest.approx([0.025] * 2)
    assert costs.work_s([(("a", 10), ("unknown", 3))] * 8) == pytest.approx([0.0125] * 8)


def test_first_measurements_promise_no_more_than_they_must() -> None:
    costs = CostTable(1)
    for record_count, used in ((1, 0.25), (1, 0.367), (40, 0.5)):
        fill(costs, lambda _: 0.005, record_count)
        assert costs.utilisation([((("a", 5),), 100.0)]) == pytest.approx(used, abs=0.001)
        assert costs.work_s([(("a", 5),)]) == pytest.approx([0.025])


RARE_S = 0.005
"""What one step in three takes on top of the half millisecond of every step: poses at 90 Hz."""


def uneven(seed: int) -> StepTime:
    """Steps of two lengths that take little longer in batches."""
    chance = random.Random(seed)
    return lambda batch_size: 0.0005 + RARE_S * (chance.random() < 1 / 3) + 0.00005 * batch_size


def test_batches_are_found_to_pay_though_one_step_in_three_takes_ten_times_as_long() -> None:
    shares = []
    for seed in range(60):
        caps = fill(CostTable(8), uneven(seed), 1200)[200:]
        mean_s = [0.0005 + RARE_S / 3 + 0.00005 * cap for cap in caps]
        shares.append(sum(caps) / sum(mean_s) / (8 / (0.0005 + RARE_S / 3 + 0.0004)))
    assert min(shares) > 0.55
    assert statistics.median(shares) > 0.95


def noisy(seed: int, share: float, drift: float, period: int = 2000) -> StepTime:
    """Proportional steps: each off by up to `share`, and all by up to `drift`, slowly, as the device is busy."""
    chance = random.Random(seed)
    steps = count(chance.randrange(period))

    def step_s(batch_size: int) -> float:
        load = 1 + drift * sin(2 * pi * next(steps) / period)
        return proportional(batch_size) * load * (1 + chance.uniform(-share, share))

    return step_s


@pytest.mark.parametrize(
    ("share", "drift", "often"),
    [(0.2, 0.0, 0.01), (0.5, 0.0, 0.05), (0.0, 0.5, 0.0), (0.2, 0.2, 0.01), (0.5, 0.5, 0.06)],
)
def test_batches_stay_small_where_they_gain_nothing_however_noisy_steps_are(
    share: float, drift: float, often: float
) -> None:
    caps = [cap for seed in range(20) for cap in fill(CostTable(16), noisy(seed, share, drift), 1500)]
    assert sum(cap > 2 for cap in caps) <= often * len(caps)


def test_cap_is_not_unlearned_while_batches_are_small() -> None:
    costs = measured(fixed, batch_size_max=16, record_count=200)
    for _ in range(8 * DOUBT_RECORDS):
        costs.record("a", 1, fixed(1))
        assert costs.batch_cap("a") == 16


def test_means_of_other_times_are_not_compared() -> None:
    costs = CostTable(8)
    assert fill(costs, fixed, 7)[-1] == 8  # tried once
    for _ in range(DOUBT_RECORDS):
        costs.record("a", 1, fixed(1))
    caps = fill(costs, lambda batch_size: 20 * fixed(batch_size), 4)  # the device is busy now
    assert caps == [4, 4, 8, 8]
    assert costs.batch_cap("a") == 8


@pytest.mark.parametrize("seed", range(8))
def test_steps_of_two_lengths_take_their_mean(seed: int) -> None:
    costs, step_s, means = CostTable(1), uneven(seed), []
    for _ in range(600):
        costs.record("a", 1, step_s(1))
        means.append(costs.step_s("a", 1) or 0.0)
    assert statistics.mean(means[30:]) == pytest.approx(0.00055 + RARE_S / 3, rel=0.15)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 3, 8, 24, 32]), st.floats(0.0, 0.02), st.floats(1e-4, 0.01))
def test_noise_costs_no_more_than_a_little_throughput(
    seed: int, batch_size_max: int, fixed_s: float, marginal_s: float
) -> None:
    noise, costs = random.Random(seed), CostTable(batch_size_max)

    def step_s(batch_size: int) -> float:
        return fixed_s + marginal_s * batch_size

    made = spent_s = 0.0
    for _ in range(1500):
        cap = costs.batch_cap("a")
        assert 1 <= cap <= batch_size_max
        costs.record("a", cap, step_s(cap) * noise.uniform(0.95, 1.05) * (10.0 if noise.random() < 0.01 else 1.0))
        made, spent_s = made + cap, spent_s + step_s(cap)
    best = max(size / step_s(size) for size in (1, batch_size_max))
    assert made / spent_s > 0.6 * best


def test_streams_that_come_at_once_are_counted_as_sharing_steps_until_it_shows_that_they_cannot() -> None:
    table = CostTable(16)
    eight = [((("pose", 900),), 90.0)] * 8
    for _ in range(40):  # of the first stream, alone
        table.record("pose", 1, 0.004)
    assert table.utilisation(eight) <= 90 * 0.008 * 1.05  # of a batch of two, which is tried next
    for _ in range(40):
        table.record("pose", 1, 0.004)
        table.record("pose", 2, 0.008)
    assert table.batch_cap("pose") == 1
    assert table.utilisation(eight) == pytest.approx(720 * 0.004, rel=0.05)
