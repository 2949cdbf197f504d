"""The synthetic generator."""

import hashlib
import time

import pytest

from engine.assets import Part
from engine.errors import InvalidRequestError
from engine.generators.probe import CONTROL_MAX_BYTES, ProbeGenerator, ProbeState
from engine.generators.protocol import Steerable
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import CHECKPOINT_MAX_BYTES


def finished(generator: ProbeGenerator, state: ProbeState) -> list[Part]:
    """The parts that are left."""
    made: list[Part] = []
    while not state.finished:
        made += generator.step([state])[0]
    return made


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


@pytest.mark.parametrize("step_count", range(5))
def test_session_resumed_after_any_step_makes_the_same_parts(step_count: int) -> None:
    request = ProbeRequest(70_000, 5)
    first, second = ProbeGenerator(), ProbeGenerator()
    state = first.begin(request)
    for _ in range(step_count):
        first.step([state])
    checkpoint = first.checkpoint(state)
    assert len(checkpoint) <= CHECKPOINT_MAX_BYTES
    second.begin(ProbeRequest(10, 1))  # leaves no trace
    resumed = second.resume(request, checkpoint)
    assert second.checkpoint(resumed) == checkpoint
    assert [part.sequence for part in finished(second, resumed)] == list(range(step_count, 5))
    assert finished(second, second.resume(request, checkpoint)) == finished(first, state)


@pytest.mark.parametrize(
    ("checkpoint", "allowed"),
    [
        (b"", "4 bytes"),
        (b"\0\0\1", "4 bytes"),
        (b"\0\0\0\0\1", "4 bytes"),
        (b"\0\0\0\3", "fewer than 3 parts"),
        (b"\xff" * 4, "fewer than 3 parts"),
    ],
)
def test_checkpoint_of_another_request_is_refused(checkpoint: bytes, allowed: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ProbeGenerator().resume(ProbeRequest(10, 3), checkpoint)
    assert (caught.value.field, caught.value.allowed) == ("checkpoint", allowed)


def test_steps_ahead_are_those_that_follow() -> None:
    generator = ProbeGenerator()
    state = generator.begin(ProbeRequest(10, 3, step_ms=0.5))
    for left in (3, 2, 1):
        ((kind, count),) = generator.steps_ahead(state)
        assert (kind, count) == ("probe 0.5 ms", left)
        generator.step([state])
    assert state.finished


def test_steps_of_other_length_are_of_another_kind() -> None:
    generator = ProbeGenerator()
    kinds = [generator.steps_ahead(generator.begin(ProbeRequest(10, 3, step_ms=step_ms))) for step_ms in (0.0, 1.0)]
    assert kinds[0] != kinds[1]


def test_controls_arrive_and_change_nothing() -> None:
    generator = ProbeGenerator()
    assert isinstance(generator, Steerable)
    steered, plain = (generator.begin(ProbeRequest(10, 2)) for _ in range(2))
    generator.steer(steered, bytes(CONTROL_MAX_BYTES))
    assert finished(generator, steered) == finished(generator, plain)
    with pytest.raises(InvalidRequestError) as caught:
        generator.steer(plain, bytes(CONTROL_MAX_BYTES + 1))
    assert (caught.value.field, caught.value.allowed) == ("control", "at most 64 bytes")
