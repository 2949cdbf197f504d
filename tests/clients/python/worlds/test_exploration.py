"""What is held, where the viewer is and what may be sent, over several calls: without a network."""

from collections import deque
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from morphogen.v1 import world_pb2
from morphogen_client import (
    BrokenStreamError,
    CancelledError,
    Chunk,
    ChunkArrived,
    ChunksEvicted,
    IncompleteStreamError,
    InvalidRequestError,
    UnavailableError,
    Viewer,
    WorldOpened,
    WorldSettled,
)
from morphogen_client.streams.outbox import Outbox, ended_error
from morphogen_client.streams.session import RetryPolicy
from morphogen_client.worlds.exploration import Exploration, joined
from morphogen_client.worlds.requests import explore_start

Response = world_pb2.ExploreWorldResponse
PiecesOf = Callable[..., list[Response]]
OpenedOf = Callable[..., Response]
QUICK = RetryPolicy(attempt_count=3, first_delay_s=0.1)


class NotingBox:
    """Notes what is put into it."""

    def __init__(self) -> None:
        self.messages: list[world_pb2.ExploreWorldRequest] = []
        self.finished = self.ended = False

    def put_now(self, message: world_pb2.ExploreWorldRequest) -> None:
        if self.ended:
            raise ended_error()
        self.messages.append(message)

    def finish(self) -> None:
        self.finished = True

    def end(self) -> None:
        self.ended = True


class UnavailableCallError(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "gone"

    def trailing_metadata(self) -> tuple[()]:
        return ()


def exploring(held: tuple[Chunk, ...] = (), *, credit: int = 8) -> Exploration[NotingBox]:
    return Exploration(explore_start(None, {"credit": credit}), held, QUICK, NotingBox)


def feed(exploration: Exploration[NotingBox], messages: list[Response]) -> list[object]:
    events = [exploration.receive(message) for message in messages]
    return [event for event in events if event is not None]


def evicted(row: int, column: int, vertices: int) -> Response:
    gone = world_pb2.HeldChunk(row=row, column=column, vertices=vertices)
    return Response(evicted=world_pb2.Evicted(chunks=[gone]))


def settled(count: int) -> Response:
    return Response(settled=world_pb2.Settled(chunk_count=count))


def test_messages_become_events_and_the_view_follows(pieces_of: PiecesOf, opened_of: OpenedOf) -> None:
    exploration = exploring()
    exploration.begin_attempt()
    messages = [opened_of(), *pieces_of(0, 0, 33), *pieces_of(0, 1, 33), settled(2), *pieces_of(0, 0, 257)]
    events = feed(exploration, messages)
    assert [type(event) for event in events] == [WorldOpened, ChunkArrived, ChunkArrived, WorldSettled, ChunkArrived]
    opened, first, _, _, last = events
    assert isinstance(opened, WorldOpened)
    assert (opened.viewer, opened.chunk_m, opened.world["cell_m"]) == (Viewer(8.0, -4.0), 512.0, 2.0)
    assert isinstance(first, ChunkArrived)
    assert isinstance(last, ChunkArrived)
    assert (first.refines, last.refines, last.chunk.vertices) == (False, True, 257)
    assert {key: chunk.vertices for key, chunk in exploration.held.items()} == {(0, 0): 257, (0, 1): 33}
    (gone,) = feed(exploration, [evicted(0, 0, 257)])
    assert isinstance(gone, ChunksEvicted)
    assert list(gone.chunks) == [(0, 0)]
    assert list(exploration.held) == [(0, 1)]


def test_next_call_tells_what_is_held_and_where_the_viewer_is(
    pieces_of: PiecesOf, opened_of: OpenedOf, chunk_of: Callable[..., Chunk]
) -> None:
    exploration = exploring((chunk_of(7, 7, 65),), credit=4)
    _, first = exploration.begin_attempt()
    assert [(each.row, each.column, each.vertices) for each in first.start.held] == [(7, 7, 65)]
    assert not first.start.HasField("viewer")
    feed(exploration, [opened_of(), *pieces_of(0, 0, 33), *pieces_of(0, 1, 33)[:1]])
    exploration.move(Viewer(5.0, 6.0, 1.0, 0.0))
    assert 0.0 < exploration.retry_delay_s(UnavailableCallError(), 10.0) < 0.2
    _, second = exploration.begin_attempt()
    assert {(each.row, each.column): each.vertices for each in second.start.held} == {(7, 7): 65, (0, 0): 33}
    assert (second.start.viewer.x_m, second.start.viewer.velocity_x, second.start.credit) == (5.0, 1.0, 3)
    assert feed(exploration, [opened_of(), *pieces_of(0, 1, 33), settled(3)]) != []
    assert len(exploration.held) == 3


def test_moves_and_grants_between_calls_are_in_the_next_start(opened_of: OpenedOf) -> None:
    exploration = exploring(credit=2)
    box, _ = exploration.begin_attempt()
    feed(exploration, [opened_of()])
    exploration.retry_delay_s(UnavailableCallError(), 10.0)
    exploration.move(Viewer(1.0, 2.0))
    exploration.grant(3)
    assert (box.messages, box.ended) == ([], True)
    again, start = exploration.begin_attempt()
    assert (start.start.credit, start.start.viewer.z_m, again.messages) == (5, 2.0, [])


def test_grant_pays_for_the_chunk_that_a_new_call_needed(pieces_of: PiecesOf, opened_of: OpenedOf) -> None:
    exploration = exploring(credit=1)
    exploration.begin_attempt()
    feed(exploration, [opened_of(), *pieces_of(0, 0, 33)])
    exploration.retry_delay_s(UnavailableCallError(), 10.0)
    box, start = exploration.begin_attempt()
    assert start.start.credit == 1
    exploration.grant(1)
    assert box.messages == []
    exploration.grant(2)
    assert [message.credit.chunk_count for message in box.messages] == [2]


def test_attempts_are_counted_anew_after_a_chunk(pieces_of: PiecesOf, opened_of: OpenedOf) -> None:
    exploration = exploring()
    for _ in range(4):
        exploration.begin_attempt()
        feed(exploration, [opened_of()])
        for key in exploration.held:
            feed(exploration, [evicted(*key, 33)])
        feed(exploration, pieces_of(0, 0, 33))
        exploration.retry_delay_s(UnavailableCallError(), 10.0)
    exploration.retry_delay_s(UnavailableCallError(), 10.0)
    with pytest.raises(UnavailableError, match="gone"):
        exploration.retry_delay_s(UnavailableCallError(), 10.0)


def test_another_world_after_a_cut_is_refused(opened_of: OpenedOf) -> None:
    exploration = exploring()
    exploration.begin_attempt()
    feed(exploration, [opened_of()])
    exploration.begin_attempt()
    with pytest.raises(BrokenStreamError, match="another world"):
        feed(exploration, [opened_of(provenance={"WeightsSHA256": "other"})])


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        (lambda _pieces, _opened: [settled(0)], "sent settled where"),
        (lambda _pieces, opened: [opened(), opened()], "sent opened where"),
        (lambda _pieces, opened: [opened(), Response()], "sent nothing where"),
        (lambda pieces, opened: [opened(), pieces(0, 0, 33)[0], settled(0)], "settled in the middle of a chunk"),
        (lambda pieces, opened: [opened(), *pieces(0, 0, 33), settled(2)], "1 chunks are held, the server counts 2"),
        (lambda pieces, opened: [opened(), *pieces(0, 0, 65), *pieces(0, 0, 65)], "is held with 65"),
        (lambda pieces, opened: [opened(), *pieces(0, 0, 65), *pieces(0, 0, 33)], "came with 33 vertices"),
        (lambda _pieces, opened: [opened(), evicted(0, 0, 33)], "is evicted, but not held"),
        (lambda pieces, opened: [opened(), *pieces(0, 0, 65), evicted(0, 0, 33)], "is evicted, but not held"),
    ],
)
def test_messages_that_do_not_fit_are_refused(
    pieces_of: PiecesOf, opened_of: OpenedOf, messages: Callable[..., list[Response]], complaint: str
) -> None:
    exploration = exploring()
    exploration.begin_attempt()
    with pytest.raises(BrokenStreamError, match=complaint):
        feed(exploration, messages(pieces_of, opened_of))


def test_world_that_cannot_be_read_is_refused(opened_of: OpenedOf) -> None:
    exploration = exploring()
    exploration.begin_attempt()
    message = opened_of()
    message.opened.world_json = "{}"
    with pytest.raises(BrokenStreamError, match="world: the part is no object with spawn"):
        exploration.receive(message)


def test_end_that_nobody_asked_for_is_incomplete(opened_of: OpenedOf) -> None:
    exploration = exploring()
    exploration.begin_attempt()
    feed(exploration, [opened_of()])
    with pytest.raises(IncompleteStreamError, match="the server ended the exploration"):
        exploration.finish()
    exploration.finish_sending()
    exploration.finish()
    assert exploration.finished


def test_nothing_can_be_said_after_the_last_word() -> None:
    exploration = exploring()
    box, _ = exploration.begin_attempt()
    exploration.finish_sending()
    assert box.finished
    with pytest.raises(CancelledError, match="the stream has ended"):
        exploration.move(Viewer(0.0, 0.0))
    again, _ = exploration.begin_attempt()
    assert (again.finished, again.ended) == (True, False)
    exploration.end()
    assert again.ended
    with pytest.raises(CancelledError, match="the stream has ended"):
        exploration.grant(1)


def test_word_to_a_call_that_has_just_failed_is_kept_for_the_next() -> None:
    exploration = exploring()
    box, _ = exploration.begin_attempt()
    box.end()
    exploration.move(Viewer(3.0, 0.0))
    _, start = exploration.begin_attempt()
    assert start.start.viewer.x_m == 3.0


def test_no_chunks_cannot_be_granted() -> None:
    with pytest.raises(InvalidRequestError, match="chunk_count"):
        exploring().grant(0)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"credit": 0}, "credit"),
        ({"chunk_limit": -1}, "chunk_limit"),
        ({"vertices_max": 2**40}, "vertices_max"),
        ({"view_distance_m": 0.0}, "view_distance_m"),
        ({"view_distance_m": float("nan")}, "view_distance_m"),
        ({"maps": ()}, "maps"),
        ({"maps": "height"}, "maps"),
        ({"priority": "now"}, "priority"),
    ],
)
def test_options_that_no_message_can_carry_are_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        explore_start(None, options)  # type: ignore[arg-type]  # keys of ExploreOptions
    assert refused.value.field == field


def test_of_waiting_viewers_the_newest_counts_and_credit_adds_up() -> None:
    outbox = Outbox[world_pb2.ExploreWorldRequest](joined)
    for number in range(500):
        outbox.put_now(world_pb2.ExploreWorldRequest(viewer=world_pb2.Viewer(x_m=number)))
        outbox.put_now(world_pb2.ExploreWorldRequest(credit=world_pb2.ExploreCredit(chunk_count=1)))
    outbox.finish()
    start = world_pb2.ExploreWorldRequest()
    _, viewer, credit = outbox.messages(start)
    assert (viewer.viewer.x_m, credit.credit.chunk_count) == (499.0, 500)
    assert not joined(deque(), viewer)
