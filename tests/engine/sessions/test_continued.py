"""Streams whose workers go away at chosen points."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import GenerationError, InvalidRequestError, OverloadedError, UnavailableError
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Priority, ResumePoint, Tally, Terms
from engine.runtime.pool import WorkerLostError
from engine.sessions.continued import CONTROLS_MAX, Continuation, ContinuedStream

REQUEST = ProbeRequest(32, 6)


class Moves:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def continued(
    pool: Any,
    terms: Terms | None = None,
    timeout_s: float = 5.0,
    moved: Callable[[], None] = lambda: None,
    dated: Callable[[], bool] = lambda: True,
) -> ContinuedStream:
    return ContinuedStream(pool, REQUEST, 4, terms or Terms(), Continuation(timeout_s, moved), dated)


def lost(*, suspected: bool = False) -> WorkerLostError:
    return WorkerLostError("gone", suspected=suspected)


async def test_stream_of_a_worker_that_stays_is_passed_through(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.last.finish()
    assert [sealed.part.sequence async for sealed in stream] == list(range(6))
    assert (stream.part_count, stream.summary().tally.part_count) == (6, 6)
    stream.close()
    assert pool.open_count == 0


@pytest.mark.parametrize("received_count", range(6))
async def test_no_part_is_lost_or_repeated_wherever_the_worker_goes(pool: Any, received_count: int) -> None:
    moves = Moves()
    stream = await continued(pool, moved=moves).open(None)
    pool.last.make(received_count)
    received = [await anext(stream) for _ in range(received_count)]
    pool.last.fail(lost())
    rest = asyncio.create_task(collected(stream))
    await pool.opened(2)
    first, second = pool.streams
    assert first.closed
    assert second.resume_point == (received[-1].resume_point if received else None)
    assert second.credit == 4 - received_count if received_count < 4 else second.credit == 0
    second.finish()
    received += await rest
    assert [sealed.part.sequence for sealed in received] == list(range(6))
    tally = Tally()
    for sealed in received:
        tally = tally.plus(sealed.sha256, len(sealed.part.payload))
    assert stream.summary().tally == tally
    assert moves.count == 1
    stream.close()
    assert pool.open_count == 0


async def test_parts_that_lie_ready_are_taken_before_the_loss_is_noticed(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.last.make(3)
    pool.last.fail(lost())
    assert [(await anext(stream)).part.sequence for _ in range(3)] == [0, 1, 2]
    assert len(pool.streams) == 1
    stream.close()


async def test_worker_lost_while_opening_is_replaced_too(pool: Any) -> None:
    pool.refusals.append(lost())
    point = ResumePoint(2, Tally(), b"", 0)
    stream = await continued(pool).open(point)
    assert pool.last.resume_point == point
    stream.close()


async def test_controls_that_the_state_does_not_hold_are_sent_again_in_order(pool: Any) -> None:
    stream = await continued(pool).open(None)
    for number in (1, 2, 3):
        stream.steer(number, b"%d" % number)
    pool.last.make(control_count=2)  # two are in the checkpoint, the third is still on its way
    await anext(stream)
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.001)
    stream.steer(4, b"4")
    await pool.opened(2)
    pool.last.make()
    await moving
    assert pool.last.steered == [(3, b"3"), (4, b"4")]
    stream.close()


async def test_controls_are_there_before_the_next_worker_has_room_for_a_step(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.last.make(2)
    for _ in range(2):
        await anext(stream)
    stream.steer(1, b"left")
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await pool.opened(2)
    pool.last.make()
    await moving
    assert (pool.last.credit, pool.last.granted_count, pool.last.steered) == (0, 2, [(1, b"left")])
    stream.close()


async def test_what_the_reader_says_during_a_move_reaches_the_next_worker_once(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.last.make(4)
    for _ in range(4):
        await anext(stream)
    pool.held = asyncio.Event()
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.01)
    stream.grant(3)
    stream.promote(Priority.INTERACTIVE)
    stream.steer(1, b"left")
    pool.held.set()
    await pool.opened(2)
    pool.last.make()
    await moving
    assert (pool.last.credit, pool.last.granted_count) == (0, 3)
    assert pool.last.promoted == [Priority.INTERACTIVE]
    assert pool.last.steered == [(1, b"left")]
    stream.close()


async def test_due_time_shrinks_with_the_time_that_has_passed(pool: Any) -> None:
    waiting = continued(pool, Terms(due_in_s=100.0))
    await asyncio.sleep(0.1)
    stream = await waiting.open(None)
    first_s = pool.last.terms.due_in_s
    assert 50.0 < first_s <= 99.91
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await pool.opened(2)
    assert pool.last.terms.due_in_s < first_s
    pool.last.make()
    await moving
    stream.close()


async def test_accepted_session_that_is_late_moves_without_its_due_time(pool: Any) -> None:
    stream = await continued(pool, Terms(due_in_s=0.02)).open(None)
    assert 0.0 < pool.last.terms.due_in_s <= 0.02
    await asyncio.sleep(0.03)
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await pool.opened(2)
    assert pool.last.terms.due_in_s is None
    pool.last.make()
    await moving
    stream.close()


async def test_accepted_session_that_is_refused_moves_without_its_due_time_but_keeps_its_pace(pool: Any) -> None:
    stream = await continued(pool, Terms(due_in_s=100.0, interval_s=0.1)).open(None)
    pool.refusals.append(OverloadedError("cannot be made in time", 1.0))
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await pool.opened(2)
    assert (pool.last.terms.due_in_s, pool.last.terms.interval_s) == (None, 0.1)
    pool.last.make()
    await moving
    stream.close()


async def test_session_that_nobody_has_accepted_is_refused_at_once(pool: Any) -> None:
    waiting = continued(pool, Terms(due_in_s=0.01))
    await asyncio.sleep(0.02)
    pool.refusals.extend([lost(), OverloadedError("cannot be made in time", 1.0)])
    async with asyncio.timeout(1):
        with pytest.raises(OverloadedError):
            await waiting.open(None)
    assert pool.streams == []


async def test_session_whose_due_time_nobody_waits_for_has_none(pool: Any) -> None:
    stream = await continued(pool, Terms(due_in_s=100.0), dated=lambda: False).open(None)
    assert pool.last.terms.due_in_s is None
    stream.close()


async def test_controls_that_no_part_shows_are_limited(pool: Any) -> None:
    stream = await continued(pool).open(None)
    for number in range(1, CONTROLS_MAX + 1):
        stream.steer(number, b"left")
    with pytest.raises(InvalidRequestError) as refused:
        stream.steer(CONTROLS_MAX + 1, b"left")
    assert refused.value.field == "control"
    assert len(pool.last.steered) == CONTROLS_MAX
    pool.last.make(control_count=1)
    await anext(stream)
    stream.steer(CONTROLS_MAX + 1, b"left")
    stream.close()


async def test_suspected_session_is_given_up_after_three_workers(pool: Any) -> None:
    stream = await continued(pool).open(None)
    moving = asyncio.create_task(anext(stream))
    for count in (1, 2, 3):
        await pool.opened(count)
        pool.last.fail(lost(suspected=True))
    with pytest.raises(GenerationError, match="3 workers"):
        await moving
    stream.close()
    assert pool.open_count == 0


async def test_session_that_brings_workers_down_while_it_opens_is_given_up_too(pool: Any) -> None:
    pool.refusals.extend(lost(suspected=True) for _ in range(3))
    with pytest.raises(GenerationError, match="3 workers"):
        await continued(pool).open(None)


async def test_of_several_suspects_each_goes_on_alone_so_that_only_the_cause_is_given_up(pool: Any) -> None:
    continuation = Continuation(5.0, lambda: None)
    streams = [await ContinuedStream(pool, REQUEST, 4, Terms(), continuation).open(None) for _ in range(3)]
    taking = [asyncio.create_task(collected(stream)) for stream in streams]
    for round_end in (3, 6):  # two workers with all three on them go down
        await pool.opened(round_end)
        for stream in pool.streams[round_end - 3 : round_end]:
            stream.fail(lost(suspected=True))
    await pool.opened(7)
    await asyncio.sleep(0.1)
    assert len(pool.streams) == 7  # one is alone, the others wait
    pool.last.fail(lost(suspected=True))  # it was the cause
    for count in (8, 9):
        await pool.opened(count)
        await asyncio.sleep(0.1)
        assert len(pool.streams) == count
        pool.last.make()  # cleared by its first part: the next one may go on
        pool.last.finish()
    outcomes = await asyncio.gather(*taking, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["GenerationError", "list", "list"]
    for stream in streams:
        stream.close()
    assert (pool.open_count, continuation.isolation.locked()) == (0, False)


async def test_part_in_between_clears_the_suspicion(pool: Any) -> None:
    stream = await continued(pool).open(None)
    taking = asyncio.create_task(collected(stream))
    for count in range(1, 6):
        await pool.opened(count)
        pool.last.make()
        pool.last.fail(lost(suspected=True))
    await pool.opened(6)
    pool.last.finish()
    assert [sealed.part.sequence for sealed in await taking] == list(range(6))
    stream.close()


async def test_unsuspected_session_may_lose_any_number_of_workers(pool: Any) -> None:
    stream = await continued(pool).open(None)
    taking = asyncio.create_task(collected(stream))
    for count in range(1, 10):
        await pool.opened(count)
        pool.last.fail(lost())
    await pool.opened(10)
    pool.last.finish()
    assert len(await taking) == 6
    stream.close()


async def test_pool_without_workers_is_asked_again_until_one_is_back(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.refusals.extend([UnavailableError("none"), OverloadedError("full", 1.0), lost()])
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await pool.opened(2)
    pool.last.make()
    assert (await moving).part.sequence == 0
    stream.close()


async def test_search_for_another_worker_ends_in_time(pool: Any) -> None:
    stream = await continued(pool, timeout_s=0.1).open(None)
    pool.draining = True
    pool.last.fail(lost())
    async with asyncio.timeout(2):
        with pytest.raises(UnavailableError, match="no other one could continue"):
            await anext(stream)
    stream.close()
    assert pool.open_count == 0


@pytest.mark.parametrize("error", [GenerationError("failed"), UnavailableError("closing")])
async def test_other_errors_are_final(pool: Any, error: Exception) -> None:
    stream = await continued(pool).open(None)
    pool.last.fail(error)
    with pytest.raises(type(error)):
        await anext(stream)
    assert len(pool.streams) == 1
    stream.close()


async def test_request_that_the_next_worker_refuses_ends_the_stream(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.refusals.append(InvalidRequestError("checkpoint", "x", "y"))
    pool.last.fail(lost())
    with pytest.raises(InvalidRequestError):
        await anext(stream)
    stream.close()
    assert pool.open_count == 0


async def test_reader_that_leaves_during_a_move_leaves_nothing_behind(pool: Any) -> None:
    stream = await continued(pool).open(None)
    pool.held = asyncio.Event()
    pool.last.fail(lost())
    moving = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.01)
    moving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await moving
    stream.grant(1)
    stream.close()
    assert pool.open_count == 0


async def collected(stream: ContinuedStream) -> list[Any]:
    return [sealed async for sealed in stream]
