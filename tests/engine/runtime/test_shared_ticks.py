"""Streams of one pace on a simulated device: a deterministic stand-in for the benchmark of eight streams of poses."""

import random

import pytest

from engine.runtime.costs import CostTable
from engine.runtime.messages import Delivery, Terms
from engine.runtime.scheduler import Scheduler

RATE_HZ, NETWORK_RATE_HZ = 90, 30
CALL_S, NETWORK_S, SESSION_S = 0.0004, 0.0035, 0.00025
"""Of a step: in any case, where a session's frame needs the network, and for each session."""


class PoseDevice:
    """Eight LIVE streams, each of which needs the network for every third frame, counted from its own first one."""

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
