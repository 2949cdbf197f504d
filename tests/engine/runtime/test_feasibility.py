"""The admission test, as the scheduler applies it, and what its promises are worth on simulated devices."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generators.protocol import StepKinds
from engine.runtime.costs import CostTable
from engine.runtime.messages import Delivery, Priority, Terms
from engine.runtime.scheduler import Scheduler

ENDLESS = 10**9
StepTime = Callable[[int], float]


def cost_table(batch_size_max: int, step_times: dict[str, StepTime]) -> CostTable:
    """Costs as measured with full batches, by key."""
    costs = CostTable(batch_size_max)
    for key, step_s in step_times.items():
        for _ in range(40):
            batch_size = costs.batch_cap(key)
            costs.record(key, batch_size, step_s(batch_size))
    return costs


def live(interval_s: float) -> Terms:
    """Terms of a LIVE session."""
    return Terms(delivery=Delivery.LIVE, interval_s=interval_s)


def run(scheduler: Scheduler, step_s: float, step_count: int, now_s: float) -> None:
    """Step a device whose readers are as fast as it is."""
    for _ in range(step_count):
        now_s += step_s
        for ticket in scheduler.next_batch(now_s - step_s):
            scheduler.stepped(ticket, 1, step_s, now_s)
            scheduler.grant(ticket, 1, now_s)


ADMISSION_COSTS: dict[str, StepTime] = {"a": lambda batch_size: 0.01 * batch_size, "flat": lambda _: 0.01}


def loaded(*running: tuple[Terms, StepKinds]) -> Scheduler:
    """A device on which steps take 10 ms, those of key "flat" in batches of up to 8, with these sessions."""
    scheduler = Scheduler(cost_table(8, ADMISSION_COSTS))
    for ticket, (terms, steps) in enumerate(running):
        assert scheduler.admit(terms, steps, 0.0) is None
        scheduler.add(ticket, steps, 4, terms, 0.0)
    return scheduler


def test_session_without_promise_is_always_admitted() -> None:
    scheduler = loaded(*[(live(0.03), (("a", ENDLESS),))] * 2)
    assert scheduler.admit(Terms(priority=Priority.INTERACTIVE), (("a", ENDLESS),), 0.0) is None


def test_paces_are_admitted_up_to_the_capacity() -> None:
    scheduler = loaded((live(0.02), (("a", 100),)), (live(0.04), (("a", 1000),)))  # 0.5 + 0.25
    assert scheduler.admit(live(0.05), (("a", 9),), 0.0) is None
    assert scheduler.admit(live(0.04), (("a", 9),), 0.0) == pytest.approx(2.0)  # when the first one has ended
    assert scheduler.admit(live(0.0101), (("a", 9),), 0.0) == 30.0


def test_pace_that_was_measured_as_too_slow_may_try_alone() -> None:
    scheduler = loaded()
    assert scheduler.admit(live(0.005), (("a", ENDLESS),), 0.0) is None
    assert scheduler.admit(Terms(interval_s=0.005, due_in_s=1.0), (("a", 200),), 0.0) is not None
    scheduler.add(0, (("a", ENDLESS),), 4, Terms(), 0.0)
    assert scheduler.admit(live(0.005), (("a", ENDLESS),), 0.0) == 30.0


def test_paces_that_share_steps_need_less() -> None:
    scheduler = loaded(*[(live(0.02), (("flat", 100),))] * 8)
    assert scheduler.admit(live(0.02), (("flat", 100),), 0.0) is None
    assert scheduler.admit(live(0.02), (("a", 100),), 0.0) == pytest.approx(2.0)


def test_unknown_costs_are_taken_for_nothing() -> None:
    scheduler = loaded((live(0.001), (("unknown", ENDLESS),)))
    assert scheduler.admit(live(0.011), (("a", ENDLESS),), 0.0) is None
    assert scheduler.admit(Terms(due_in_s=0.001), (("unknown", ENDLESS),), 0.0) is None


def test_due_time_is_promised_only_if_the_work_before_it_fits() -> None:
    scheduler = loaded((Terms(due_in_s=1.0), (("a", 50),)))
    assert scheduler.admit(Terms(due_in_s=1.0), (("a", 44),), 0.0) is None
    assert scheduler.admit(Terms(due_in_s=2.0), (("a", 139),), 0.0) is None
    assert scheduler.admit(Terms(due_in_s=1.0), (("a", 64),), 0.0) == pytest.approx((1.14 - 0.95) / 0.95)
    assert scheduler.admit(Terms(due_in_s=1.0), (("a", 100),), 0.0) == 30.0  # would not fit alone either


def test_later_due_times_count_when_an_earlier_one_wants_in() -> None:
    scheduler = loaded((Terms(due_in_s=1.0), (("a", 90),)))
    assert scheduler.admit(Terms(due_in_s=0.5), (("a", 4),), 0.0) is None
    assert scheduler.admit(Terms(due_in_s=0.5), (("a", 40),), 0.0) == pytest.approx((1.3 - 0.95) / 0.95)


def test_paces_leave_less_for_due_times_and_the_other_way_round() -> None:
    pace, asset = (live(0.02), (("a", ENDLESS),)), (Terms(due_in_s=1.0), (("a", 50),))
    assert loaded(pace).admit(*asset, 0.0) == 30.0
    assert loaded(asset).admit(*pace, 0.0) == pytest.approx(0.05 / 0.45)


def test_one_measurement_promises_no_due_times_that_it_does_not_allow() -> None:
    costs = CostTable(16)
    costs.record("a", 1, 0.4)
    scheduler, wanted = Scheduler(costs), Terms(due_in_s=1.0)
    for ticket in range(2):
        assert scheduler.admit(wanted, (("a", 1),), 0.0) is None
        scheduler.add(ticket, (("a", 1),), 4, wanted, 0.0)
    assert scheduler.admit(wanted, (("a", 1),), 0.0) is not None


def test_first_measurements_promise_at_most_twice_the_paces_that_their_mean_allows() -> None:
    costs = CostTable(1)
    for step_s in (0.004, 0.0005, 0.004):
        costs.record("a", 1, step_s)
    allowed = 0.95 / (90 * costs.path_s((("a", 1),)))
    scheduler, count = Scheduler(costs), 0
    while scheduler.admit(live(1 / 90), (("a", ENDLESS),), 0.0) is None:
        scheduler.add(count, (("a", ENDLESS),), 4, live(1 / 90), 0.0)
        count += 1
    assert allowed < count <= 2 * allowed


def test_work_that_is_done_makes_room() -> None:
    scheduler = loaded(
        (
            Terms(due_in_s=1.0),
            (("a", 60),),
        )
    )
    asset = (Terms(due_in_s=1.0), (("a", 60),))
    retry_after_s = scheduler.admit(*asset, 0.0)
    assert retry_after_s is not None
    run(scheduler, 0.01, 4, 0.0)
    assert scheduler.admit(*asset, 0.04) is not None
    run(scheduler, 0.01, round(retry_after_s / 0.01) - 4, 0.04)
    assert scheduler.admit(*asset, retry_after_s) is None


def test_pace_that_is_too_slow_for_the_due_time_counts_as_fast_as_needed() -> None:
    terms = Terms(interval_s=1.0, due_in_s=1.0)
    assert loaded().admit(terms, (("a", 95),), 0.0) is None
    assert loaded().admit(terms, (("a", 96),), 0.0) is not None


def test_a_million_equal_steps_are_counted_in_no_time() -> None:
    scheduler = loaded((Terms(due_in_s=20_000.0), (("a", 1_000_000),)))
    assert scheduler.admit(Terms(due_in_s=20_000.0), (("a", 800_000),), 0.0) is None
    assert scheduler.admit(Terms(due_in_s=20_000.0), (("a", 1_000_000),), 0.0) is not None


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32))
def test_delay_is_always_in_its_range(seed: int) -> None:
    chance = random.Random(seed)
    scheduler = Scheduler(cost_table(8, ADMISSION_COSTS))
    for ticket in range(30):
        interval_s, due_in_s = chance.choice([0.0, 0.02, 0.1, 1.0]), chance.choice([None, 0.0, 0.1, 1.0, 100.0])
        terms = Terms(interval_s=interval_s, due_in_s=due_in_s)
        steps = tuple((chance.choice(["a", "flat", "unknown"]), chance.choice([1, 10, 1000])) for _ in range(3))
        now_s = 0.05 * ticket
        retry_after_s = scheduler.admit(terms, steps, now_s)
        assert retry_after_s is None or 0.1 <= retry_after_s <= 30.0
        if retry_after_s is None or chance.random() < 0.1:
            scheduler.add(ticket, steps, 4, terms, now_s)
        run(scheduler, 0.01, 5, now_s)


# --- what the promises are worth -------------------------------------------------------------------------------------


class Device:
    """Simulated steps of given costs, whose readers take parts as fast as they come. Sessions open over a while.

    late_s   the latest of all paced steps, less the longest step
    """

    def __init__(self, seed: int, batch_size_max: int, step_times: dict[str, StepTime]) -> None:
        self.chance = random.Random(seed)
        self.step_times = step_times
        self.costs = cost_table(batch_size_max, step_times)
        self.scheduler = Scheduler(self.costs)
        self.steps_left: dict[int, int] = {}
        self.keys: dict[int, str] = {}
        self.now_s = 0.0
        self.late_s = -1.0
        self.step_max_s = max(time_s(self.costs.batch_cap(key)) for key, time_s in step_times.items())

    def open(self, terms: Terms, key: str, step_count: int) -> None:
        ticket = len(self.keys)
        if self.scheduler.admit(terms, ((key, step_count),), self.now_s) is None:
            self.keys[ticket], self.steps_left[ticket] = key, step_count
            self.scheduler.add(ticket, ((key, step_count),), 4, terms, self.now_s)

    def step(self) -> None:
        batch = self.scheduler.next_batch(self.now_s)
        if not batch:
            wake_at_s = self.scheduler.wake_at_s()
            self.now_s = max(self.now_s, self.now_s + 0.01 if wake_at_s is None else wake_at_s)
            return
        step_s = self.step_times[self.keys[batch[0]]](len(batch))
        self.now_s += step_s
        for ticket in batch:
            late_s = self.scheduler.stepped(ticket, 1, step_s / len(batch), self.now_s)
            self.late_s = max(self.late_s, -1.0 if late_s is None else late_s - self.step_max_s)
            self.scheduler.grant(ticket, 1, self.now_s)
            self.steps_left[ticket] -= 1
            if not self.steps_left[ticket]:
                self.scheduler.remove(ticket)


def paced(device: Device) -> None:
    """Let a paced session ask for admission."""
    chance = device.chance
    delivery = chance.choice(list(Delivery))
    terms = Terms(delivery=delivery, interval_s=chance.choice([1 / 90, 1 / 60, 1 / 30, 0.1, 0.25]))
    device.open(terms, chance.choice(list(device.step_times)), chance.choice([20, 1000, ENDLESS]))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from([0, 5]))
def test_paces_are_kept_to_within_one_step(seed: int, best_effort_count: int) -> None:
    steps: dict[str, StepTime] = {"a": lambda size: 0.001 * size, "b": lambda size: 0.004 * size}
    device = Device(seed, 8, steps)
    for _ in range(best_effort_count):
        device.open(Terms(), "a", ENDLESS)
    for _ in range(1500):
        if device.chance.random() < 0.05:
            paced(device)
        device.step()
    assert device.late_s <= 1e-9


# --- eight streams of poses, a deterministic stand-in for the benchmark ---------------------------------------------

RATE_HZ, NETWORK_RATE_HZ = 90, 30
CALL_S, NETWORK_S, SESSION_S = 0.0004, 0.0035, 0.00025
"""Of a step: in any case, where a session's frame needs the network, and for each session."""


class PoseDevice:
    """Eight LIVE streams on a simulated device. Each needs the network for every third frame from its first one on."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.costs = CostTable(16)
        self.scheduler = Scheduler(self.costs)
        self.starts_s = [0.13 * number + self.chance.uniform(0.0, 0.05) for number in range(8)]
        self.frames = [0] * len(self.starts_s)
        self.now_s = self.busy_s = 0.0
        self.skipped_count = 0

    def run_until(self, end_s: float) -> None:
        while self.now_s < end_s:
            while len(self.scheduler) < len(self.starts_s) and self.starts_s[len(self.scheduler)] <= self.now_s:
                terms = Terms(delivery=Delivery.LIVE, interval_s=1 / RATE_HZ)
                self.scheduler.add(len(self.scheduler), (("pose", 10**9),), 64, terms, self.now_s)
            batch = self.scheduler.next_batch(self.now_s)
            if batch:
                self.step(batch)
            else:
                later_s = [at_s for at_s in (*self.starts_s, self.scheduler.wake_at_s()) if at_s and at_s > self.now_s]
                self.now_s = min(later_s)

    def step(self, batch: tuple[int, ...]) -> None:
        step_s, needs_network = CALL_S + SESSION_S * len(batch), False
        for ticket in batch:
            before = self.frames[ticket] * NETWORK_RATE_HZ // RATE_HZ
            self.skipped_count += self.scheduler.behind(ticket)
            self.frames[ticket] += 1 + self.scheduler.behind(ticket)
            needs_network |= self.frames[ticket] * NETWORK_RATE_HZ // RATE_HZ > before
        step_s = (step_s + NETWORK_S * needs_network) * self.chance.uniform(0.85, 1.15)
        self.now_s += step_s
        self.busy_s += step_s
        self.costs.record("pose", len(batch), step_s)
        for ticket in batch:
            self.scheduler.stepped(ticket, 1, step_s / len(batch), self.now_s)


@pytest.mark.parametrize("seed", range(6))
def test_eight_streams_of_poses_share_their_steps_and_skip_nothing(seed: int) -> None:
    device = PoseDevice(seed)
    device.run_until(3.0)
    device.busy_s, device.skipped_count, made_before = 0.0, 0, sum(device.frames)
    device.run_until(13.0)
    assert device.skipped_count == 0
    assert sum(device.frames) - made_before == pytest.approx(8 * 10 * RATE_HZ, abs=8)
    assert device.busy_s < 0.65 * 10
