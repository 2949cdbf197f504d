"""All ways through the sessions of a gateway, and that each of them gives everything back.

One module however long: every way is taken over the same pool, so that what is left can be counted.
"""

import asyncio
from typing import Any

import pytest

from engine.assets import AssetRequest
from engine.errors import GenerationError, InvalidRequestError, MorphogenError, OverloadedError, UnavailableError
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest
from engine.runtime.messages import Priority, SealedPart, Terms
from engine.runtime.pool import WorkerLostError
from engine.server.convert import stream_header
from engine.sessions.sessions import Sessions, Wishes

TEXTURE, PROBE = TextureRequest("stone"), ProbeRequest(32, 6)


class CountedRequest(TextureRequest):
    """Counts how often it is written down."""

    canonical_count = 0

    def canonical(self) -> str:
        CountedRequest.canonical_count += 1
        return TextureRequest.canonical(self)


async def taken(sessions: Sessions, request: AssetRequest, wishes: Wishes | None = None) -> list[SealedPart]:
    """Every part of one call."""
    async with sessions.open(request, wishes or Wishes()) as session:
        parts = [sealed async for sealed in session]
        assert session.account().tally.part_count == session.part_count
        return parts


def is_released(sessions: Sessions, pool: Any) -> bool:
    """Whether nothing of any call is left."""
    return not (sessions.running_count or sessions.waiting_count or pool.open_count or sessions._flights)


async def test_sixty_four_equal_requests_get_one_generation(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    calls = [asyncio.create_task(taken(sessions, TEXTURE)) for _ in range(64)]
    await until(lambda: pool.streams)
    pool.last.make(2)
    await asyncio.sleep(0.01)
    pool.last.finish()
    everything = await asyncio.gather(*calls)
    assert len(pool.streams) == 1
    assert pool.last.made_count == 6
    assert all(parts == everything[0] for parts in everything)
    assert (sessions.counters.flight_count, sessions.counters.join_count) == (1, 63)
    await until(lambda: is_released(sessions, pool))


async def test_later_request_comes_from_the_store(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    first = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: pool.streams)
    pool.last.finish()
    made = await first
    await until(lambda: is_released(sessions, pool))
    stored = await taken(sessions, TEXTURE)
    assert [each.part.payload for each in stored] == [each.part.payload for each in made]
    assert len(pool.streams) == 1
    assert sessions.store_counters.places["memory"].hit_count == 1


async def test_probes_are_neither_shared_nor_stored(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    calls = [asyncio.create_task(taken(sessions, PROBE)) for _ in range(3)]
    await until(lambda: len(pool.streams) == 3)
    for stream in pool.streams:
        stream.finish()
    await asyncio.gather(*calls)
    assert is_released(sessions, pool)
    assert sessions.store_counters.memory_bytes == 0


async def test_request_right_behind_one_that_leaves_gets_its_own_generation(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    """The cancelled flight is still ending: waiting for that without giving way would never end."""
    sessions = sessions_over(pool)
    leaving = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: pool.streams)
    leaving.cancel()
    staying = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: len(pool.streams) == 2)
    pool.last.finish()
    assert len(await staying) == 6
    await until(lambda: is_released(sessions, pool))
    assert leaving.cancelled()


async def test_refusal_of_the_first_ones_terms_does_not_refuse_those_who_joined(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool, max_running=1)
    running = asyncio.create_task(taken(sessions, PROBE))
    await until(lambda: pool.streams)
    hasty = asyncio.create_task(taken(sessions, TEXTURE, Wishes(Terms(due_in_s=0.001))))
    await until(lambda: sessions.waiting_count == 1)
    patient = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: sessions.counters.join_count == 1)
    pool.refusals.append(OverloadedError("cannot be made in time", 1.0))
    pool.last.finish()
    await running
    with pytest.raises(OverloadedError):
        await hasty
    await until(lambda: len(pool.streams) == 2)
    assert pool.last.terms.due_in_s is None
    pool.last.finish()
    assert len(await patient) == 6
    await until(lambda: is_released(sessions, pool))


@pytest.mark.parametrize("taken_count", range(1, 6))
async def test_token_continues_a_lone_stream_behind_its_part(
    pool: Any, sessions_over: Any, until: Any, taken_count: int
) -> None:
    sessions = sessions_over(pool)
    async with sessions.open(PROBE, Wishes(resume_tokens=True)) as session:
        pool.last.make(taken_count)
        sealed = [await anext(session) for _ in range(taken_count)][-1]
        token = session.token(sealed)
    rest = asyncio.create_task(taken(sessions, PROBE, Wishes(resume_token=token)))
    await until(lambda: len(pool.streams) == 2)
    assert pool.last.resume_point == sealed.resume_point
    pool.last.finish()
    assert [each.part.sequence for each in await rest] == list(range(taken_count, 6))
    assert is_released(sessions, pool)


async def test_token_of_a_shared_asset_is_answered_from_store_flight_or_worker(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool)
    first = asyncio.create_task(tokens_of(sessions, TEXTURE))
    await until(lambda: pool.streams)
    pool.last.make(3)
    await asyncio.sleep(0.01)
    flying = asyncio.create_task(taken(sessions, TEXTURE, Wishes(resume_token=b"")))
    pool.last.finish()
    tokens = await first
    await flying
    await until(lambda: is_released(sessions, pool))
    stored = await taken(sessions, TEXTURE, Wishes(resume_token=tokens[2]))
    assert [each.part.sequence for each in stored] == [3, 4, 5]
    assert len(pool.streams) == 1
    emptied = sessions_over(pool, store_bytes=0)
    alone = asyncio.create_task(taken(emptied, TEXTURE, Wishes(resume_token=tokens[2])))
    await until(lambda: len(pool.streams) == 2)
    assert pool.last.resume_point.next_sequence == 3
    assert emptied._flights == {}  # nobody could join it from the first part
    again = asyncio.create_task(taken(emptied, TEXTURE))
    await until(lambda: len(pool.streams) == 3)
    joined = asyncio.create_task(taken(emptied, TEXTURE, Wishes(resume_token=tokens[4])))
    await asyncio.sleep(0.01)
    for stream in pool.streams[1:]:
        stream.finish()
    assert [each.part.sequence for each in await alone] == [3, 4, 5]
    assert [each.part.sequence for each in await joined] == [5]
    assert len(await again) == 6
    assert len(pool.streams) == 3
    await until(lambda: is_released(emptied, pool))


async def tokens_of(sessions: Sessions, request: AssetRequest) -> list[bytes]:
    async with sessions.open(request, Wishes(resume_tokens=True)) as session:
        return [session.token(sealed) async for sealed in session]


async def test_token_that_does_not_fit_costs_nothing(pool: Any, sessions_over: Any) -> None:
    sessions = sessions_over(pool)
    with pytest.raises(InvalidRequestError, match="resume_token"):
        await taken(sessions, PROBE, Wishes(resume_token=b"junk"))
    assert pool.streams == []
    assert is_released(sessions, pool)


async def test_generator_that_answered_first_is_the_one_that_must_go_on(pool: Any, sessions_over: Any) -> None:
    sessions = sessions_over(pool)
    async with sessions.open(PROBE):
        assert pool.last.terms.generator == pool.last.info.identity()
    assert is_released(sessions, pool)


async def test_session_moves_when_its_worker_is_lost(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    call = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: pool.streams)
    pool.last.make(3)
    pool.last.fail(WorkerLostError("gone"))
    await until(lambda: len(pool.streams) == 2)
    pool.last.finish()
    assert [each.part.sequence for each in await call] == list(range(6))
    assert sessions.counters.migration_count == 1


async def test_overload_refuses_and_leaves_those_who_run_alone(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool, max_running=1, queue_limit=1)
    async with sessions.open(PROBE):
        waiting = asyncio.create_task(taken(sessions, PROBE))
        await until(lambda: sessions.waiting_count == 1)
        for request in (PROBE, TEXTURE):
            with pytest.raises(OverloadedError):
                await taken(sessions, request)
    await until(lambda: len(pool.streams) == 2)
    pool.last.finish()
    assert len(await waiting) == 6
    await until(lambda: is_released(sessions, pool))


async def test_pool_without_generators_is_unavailable(pool: Any, sessions_over: Any) -> None:
    pool.generators = tuple
    with pytest.raises(UnavailableError):
        await taken(sessions_over(pool), PROBE)


@pytest.mark.parametrize("request_", [TEXTURE, PROBE], ids=["shared", "alone"])
@pytest.mark.parametrize("leave", ["before it opens", "in the queue", "at once", "between parts", "at an error"])
async def test_every_way_out_gives_everything_back(
    pool: Any, sessions_over: Any, until: Any, request_: AssetRequest, leave: str
) -> None:
    sessions = sessions_over(pool, max_running=1)
    running = None
    if leave == "before it opens":
        pool.held = asyncio.Event()
    if leave == "in the queue":
        running = asyncio.create_task(taken(sessions, ProbeRequest(1, 1)))
        await until(lambda: pool.streams)
    call = asyncio.create_task(taken(sessions, request_))
    match leave:
        case "before it opens":
            await until(lambda: sessions.running_count == 1)
        case "in the queue":
            await until(lambda: sessions.waiting_count == 1)
        case "at once":
            await asyncio.sleep(0)
        case _:
            await until(lambda: pool.streams)
            pool.last.make(2)
            await asyncio.sleep(0.01)
    if leave == "at an error":
        pool.last.fail(GenerationError("failed"))
        with pytest.raises(GenerationError):
            await call
    else:
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    if running is not None:
        pool.last.finish()
        await running
    await until(lambda: is_released(sessions, pool))
    if pool.held is not None:
        pool.held.set()
    another = asyncio.create_task(taken(sessions, request_))
    await until(lambda: pool.open_count)
    pool.last.finish()
    assert len(await another) == 6
    await sessions.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("error", [InvalidRequestError("a", 1, "b"), UnavailableError("no"), OverloadedError("no", 1)])
@pytest.mark.parametrize("request_", [TEXTURE, PROBE], ids=["shared", "alone"])
async def test_refusal_of_the_pool_gives_everything_back(
    pool: Any, sessions_over: Any, until: Any, request_: AssetRequest, error: MorphogenError
) -> None:
    sessions = sessions_over(pool)
    pool.refusals.append(error)
    with pytest.raises(type(error)):
        await taken(sessions, request_)
    await until(lambda: is_released(sessions, pool))


async def test_hint_is_made_in_the_background_for_its_tenant_and_kept(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool)
    asset_id = sessions.prefetch(TEXTURE, "somebody")
    await until(lambda: pool.streams)
    assert (pool.last.terms.priority, pool.last.terms.tenant) == (Priority.BACKGROUND, "somebody")
    assert sessions.running_count == 0  # hints take no slot
    pool.last.finish()
    await until(lambda: sessions.prefetch_counters.made_count == 1)
    async with sessions.open(TEXTURE) as session:
        assert session.info.asset_id(TEXTURE) == asset_id
        assert len([sealed async for sealed in session]) == 6
    assert len(pool.streams) == 1
    sessions.prefetch(TEXTURE, "somebody")
    await asyncio.sleep(0.01)
    assert len(pool.streams) == 1
    await until(lambda: is_released(sessions, pool))


async def test_request_joins_what_was_hinted_at_and_makes_it_urgent(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    sessions.prefetch(TEXTURE, "somebody")
    await until(lambda: pool.streams)
    call = asyncio.create_task(taken(sessions, TEXTURE, Wishes(Terms(priority=Priority.INTERACTIVE))))
    await until(lambda: pool.last.promoted)
    assert pool.last.promoted == [Priority.INTERACTIVE]
    pool.last.finish()
    assert len(await call) == 6
    assert len(pool.streams) == 1
    await until(lambda: is_released(sessions, pool))


async def test_hints_give_way_as_soon_as_somebody_waits(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool, max_running=1)
    sessions.prefetch(TEXTURE, "somebody")
    sessions.prefetch(TextureRequest("brick"), "somebody")
    await until(lambda: pool.streams)
    async with sessions.open(PROBE):
        assert pool.open_count == 2
        waiting = asyncio.create_task(taken(sessions, PROBE))
        await until(lambda: pool.open_count == 1)
        assert sessions.prefetch_counters.dropped_count == 2
    await until(lambda: len(pool.streams) == 3)
    pool.last.finish()
    await waiting
    await until(lambda: is_released(sessions, pool))


async def test_hint_for_what_no_generator_makes_is_refused(pool: Any, sessions_over: Any) -> None:
    pool.generators = lambda: ()
    with pytest.raises(UnavailableError):
        sessions_over(pool).prefetch(TEXTURE, "somebody")


async def test_draining_refuses_those_who_wait_and_lets_the_others_end(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool, max_running=1)
    running = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: pool.streams)
    waiting = asyncio.create_task(taken(sessions, PROBE))
    await until(lambda: sessions.waiting_count == 1)
    draining = asyncio.create_task(sessions.drain(5.0))
    with pytest.raises(UnavailableError):
        await waiting
    with pytest.raises(UnavailableError):
        await taken(sessions, PROBE)
    pool.last.finish()
    assert len(await running) == 6
    assert await draining
    await until(lambda: is_released(sessions, pool))


async def test_draining_waits_for_readers_of_the_store_and_of_what_has_been_made(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool)
    async with sessions.open(TEXTURE) as slow:  # the pump is far ahead of its reader
        first = asyncio.create_task(taken(sessions, TEXTURE))
        await until(lambda: sessions.counters.join_count == 1)
        pool.last.finish()
        await first
        await until(lambda: is_released(sessions, pool))
        async with sessions.open(TEXTURE) as stored:
            assert sessions.open_count == 2
            draining = asyncio.create_task(sessions.drain(5.0))
            assert len([sealed async for sealed in slow]) == 6
            await asyncio.sleep(0.02)
            assert not draining.done()
            assert len([sealed async for sealed in stored]) == 6
        await asyncio.sleep(0.02)
        assert not draining.done()
    assert await draining
    assert sessions.open_count == 0


async def test_draining_lets_a_session_move_to_its_end(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    running = asyncio.create_task(taken(sessions, PROBE))
    await until(lambda: pool.streams)
    pool.refusals.extend(UnavailableError("none") for _ in range(3))
    pool.last.fail(WorkerLostError("gone"))
    draining = asyncio.create_task(sessions.drain(5.0))
    await until(lambda: len(pool.streams) == 2)
    pool.last.finish()
    assert len(await running) == 6
    assert await draining


async def test_flight_whose_owner_has_left_is_not_due_for_those_who_stay(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool, max_running=1)
    running = asyncio.create_task(taken(sessions, PROBE))
    await until(lambda: pool.streams)
    hasty = asyncio.create_task(taken(sessions, TEXTURE, Wishes(Terms(due_in_s=0.001))))
    await until(lambda: sessions.waiting_count == 1)
    patient = asyncio.create_task(taken(sessions, TEXTURE))
    await until(lambda: sessions.counters.join_count == 1)
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)
    pool.last.finish()
    await running
    await until(lambda: len(pool.streams) == 2)
    assert pool.last.terms.due_in_s is None
    pool.last.finish()
    assert len(await patient) == 6
    await until(lambda: is_released(sessions, pool))


async def test_tenant_with_many_requests_does_not_hold_up_one_with_few(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions = sessions_over(pool, max_running=1, queue_limit=4)
    greedy = [asyncio.create_task(taken(sessions, PROBE, Wishes(Terms(tenant="many")))) for _ in range(5)]
    await until(lambda: sessions.waiting_count == 4)
    modest = asyncio.create_task(taken(sessions, PROBE, Wishes(Terms(tenant="few"))))
    await until(greedy[-1].done)
    with pytest.raises(OverloadedError):
        await greedy[-1]
    for count in range(1, 6):
        await until(lambda count=count: len(pool.streams) == count)
        assert pool.last.terms.tenant == ("few" if count == 2 else "many")
        pool.last.finish()
    await asyncio.gather(*greedy[:-1], modest)
    await until(lambda: is_released(sessions, pool))


async def test_session_knows_what_it_answers_and_which_controls_its_state_holds(pool: Any, sessions_over: Any) -> None:
    sessions = sessions_over(pool)
    async with sessions.open(PROBE, Wishes(resume_tokens=True)) as session:
        assert session.canonical == PROBE.canonical()
        assert session.asset_id == session.info.asset_id(PROBE)
        assert session.control_count == 0
        pool.last.make(control_count=5)
        token = session.token(await anext(session))
    async with sessions.open(PROBE, Wishes(resume_token=token)) as session:
        assert session.control_count == 5


async def test_request_is_written_down_once_for_header_store_and_token(
    pool: Any, sessions_over: Any, until: Any
) -> None:
    sessions, request = sessions_over(pool), CountedRequest("stone")
    for _ in range(2):  # from a worker, then from the store
        CountedRequest.canonical_count = 0
        async with sessions.open(request, Wishes(resume_tokens=True)) as session:
            header = stream_header(request, session)
            pool.last.finish()
            assert all([session.token(sealed) async for sealed in session])
        assert (header.asset_id, header.canonical_request) == (session.asset_id, TEXTURE.canonical())
        assert CountedRequest.canonical_count == 1
        await until(lambda: is_released(sessions, pool))


async def test_drain_that_takes_too_long_says_so(pool: Any, sessions_over: Any, until: Any) -> None:
    sessions = sessions_over(pool)
    running = asyncio.create_task(taken(sessions, PROBE))
    await until(lambda: pool.streams)
    assert not await sessions.drain(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
