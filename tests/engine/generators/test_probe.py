"""The synthetic generator."""

import hashlib
import time

from engine.assets import ProbeRequest
from engine.generators.probe import ProbeGenerator


def test_payload_depends_on_the_size_alone() -> None:
    first, second = ProbeGenerator(), ProbeGenerator()
    large = first.begin(ProbeRequest(200_000, 1)).payload
    assert len(large) == 200_000
    assert second.begin(ProbeRequest(200_000, 5)).payload == large
    assert large.startswith(first.begin(ProbeRequest(1000, 1)).payload)


def test_parts_bring_the_checksum_of_their_payload_along() -> None:
    generator = ProbeGenerator()
    states = [generator.begin(ProbeRequest(size_bytes, 1)) for size_bytes in (70_000, 10)]
    for (part,) in generator.step(states):
        assert part.sha256 == hashlib.sha256(part.payload).digest()


def test_each_step_makes_the_next_part_of_every_state() -> None:
    generator = ProbeGenerator()
    short, long = generator.begin(ProbeRequest(10, 1)), generator.begin(ProbeRequest(20, 2))
    made = generator.step([short, long])
    assert [[part.sequence for part in parts] for parts in made] == [[0], [0]]
    assert (short.finished, long.finished) == (True, False)
    (parts,) = generator.step([long])
    assert parts[0].sequence == 1
    assert long.finished


def test_step_sleeps_once_for_the_whole_batch() -> None:
    generator = ProbeGenerator()
    states = [generator.begin(ProbeRequest(10, 1, step_ms=step_ms)) for step_ms in (0.0, 20.0, 20.0)]
    started_at_s = time.perf_counter()
    generator.step(states)
    assert time.perf_counter() - started_at_s >= 0.02
