"""Every command and event through its message and back, and messages that nobody sends."""

from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from engine.assets import GeneratorInfo, Part
from engine.errors import GenerationError, InvalidRequestError, MorphogenError, OverloadedError, UnavailableError
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest, Pictures
from engine.requests.character.identity import CharacterRequest, IdentityRequest, Who
from engine.requests.landscape import Landscape, Reroll, Sketch
from engine.requests.level import LevelRequest, LevelStyle, Region, Symmetry, Tile
from engine.requests.probe import ProbeRequest
from engine.requests.scene import OwnProp, SceneRequest
from engine.requests.texture import Blend, MapKind, Pattern, TextureRequest, Wrap
from engine.runtime.messages import (
    AssetSummary,
    Cancel,
    Command,
    Delivery,
    Event,
    Failed,
    Finished,
    Grant,
    Made,
    Open,
    Opened,
    Priority,
    Promote,
    ResumePoint,
    SealedPart,
    Steer,
    Stop,
    Tally,
    Terms,
)
from engine.runtime.pool import WorkerLostError
from engine.runtime.stats import WorkerStats
from morphogen.internal.v1 import worker_link_pb2 as link
from workers.link.messages import QUOTE_MAX_CHARACTERS, command_message, command_of, events_data, events_of

INFOS = (
    GeneratorInfo("texture", "painted", "3", "M", "ab" * 32, "cpu fp32 1 thread", model_card="# Painted"),
    GeneratorInfo("probe", "probe", "1", "S", "", "none"),
)
NUMBERS = {info: number for number, info in enumerate(INFOS)}

tickets = st.integers(0, 2**64 - 1)
counts = st.integers(0, 2**32 - 1)
digests = st.binary(min_size=32, max_size=32)
texts = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
named_numbers = st.dictionaries(texts, numbers, max_size=3)

tallies = st.builds(Tally, digests, counts, tickets)
points = st.builds(ResumePoint, counts, tallies, st.binary(max_size=64), counts, counts)
colors = st.tuples(*[st.integers(0, 255)] * 3)
patterns = st.builds(Pattern, texts, named_numbers)
textures = st.builds(
    TextureRequest,
    st.text(min_size=1, max_size=20),
    seed=counts,
    size_px=st.sampled_from((64, 128, 256, 512, 1024, 2048)),
    wrap=st.sampled_from(Wrap),
    attributes=named_numbers,
    palette=st.one_of(st.just(()), st.tuples(colors), st.tuples(colors, colors, colors)),
    pattern=st.none() | patterns,
    blend=st.none() | st.builds(Blend, st.text(min_size=1, max_size=9), st.floats(0, 1), st.integers(1, 16)),
    maps=st.lists(st.sampled_from(MapKind), min_size=1, unique=True).map(tuple),
) | st.builds(TextureRequest, st.just("stone"), mask_png=st.binary(min_size=1, max_size=64))
probes = st.builds(
    ProbeRequest, st.integers(1, 16 * 1024 * 1024), st.integers(1, 1_000_000), st.floats(0, 1000, allow_nan=False)
)
levels = st.builds(
    LevelRequest,
    seed=counts,
    size=st.integers(16, 64),
    keys=st.none() | st.integers(0, 3),
    symmetry=st.none() | st.sampled_from(Symmetry),
    style=st.none() | st.sampled_from(LevelStyle),
    locked_cells=st.dictionaries(st.tuples(*[st.integers(0, 15)] * 2), st.just(Tile.WALL), max_size=3),
) | st.just(LevelRequest(size=16, base_rows=("." * 16,) * 16, region=Region(1, 2, 5, 6)))
landscapes = st.builds(
    Landscape,
    seed=counts,
    relief=st.floats(0, 4),
    sketch=st.none() | st.builds(Sketch, st.binary(min_size=1, max_size=64), st.floats(64, 1024)),
    rerolls=st.lists(st.builds(Reroll, *[st.floats(1, 100)] * 4, counts), max_size=2).map(tuple),
)
scenes = st.builds(
    SceneRequest,
    landscapes,
    prop_limit=st.integers(0, 20_000),
    own_props=st.sampled_from([(), (OwnProp("hut", b"glTF", {"forest": 2.0}),)]),
)
whos = st.builds(
    Who,
    st.builds(IdentityRequest, counts, texts, st.dictionaries(texts, st.floats(0, 1), max_size=3)),
    st.none() | st.builds(IdentityRequest, counts),
)
characters = st.builds(CharacterRequest, whos, st.lists(texts, unique=True, max_size=3).map(tuple))
frames = st.builds(
    FramesRequest,
    whos,
    rate_hz=st.sampled_from((24, 90)),
    frame_count=st.integers(1, 1000),
    pictures=st.none() | st.builds(Pictures, st.sampled_from(("raw", "webp")), quality=st.integers(1, 100)),
    script=st.lists(st.tuples(st.just(4), st.builds(Control, st.floats(0, 8))), max_size=2).map(tuple),
)
terms = st.builds(
    Terms,
    tenant=texts,
    priority=st.sampled_from(Priority),
    delivery=st.sampled_from(Delivery),
    interval_s=st.floats(0, 60),
    due_in_s=st.none() | st.floats(0, 1e6),
    trace=texts,
)
requests = textures | levels | scenes | probes | characters | frames
commands = st.one_of(
    st.builds(
        Open, tickets, textures | levels | scenes | probes | characters | frames, counts, terms, st.none() | points
    ),
    st.builds(Grant, st.dictionaries(tickets, counts, max_size=8)),
    st.builds(Steer, tickets, counts, st.binary(max_size=64)),
    st.builds(Promote, tickets, st.sampled_from(Priority)),
    st.builds(Cancel, tickets),
)


@st.composite
def sealed_parts(draw: st.DrawFn) -> SealedPart:
    sha256 = draw(digests)
    part = Part(draw(counts), draw(texts), draw(counts), draw(texts), draw(st.binary(max_size=300)), sha256)
    return SealedPart(part, sha256, draw(points), draw(counts))


events = st.one_of(
    st.builds(Opened, tickets, st.sampled_from(INFOS), counts),
    st.builds(Made, tickets, sealed_parts()),
    st.builds(Finished, tickets, st.builds(AssetSummary, tallies, numbers, numbers)),
)
stats = st.builds(
    WorkerStats,
    st.dictionaries(counts, tickets, max_size=4),
    *[st.floats(0, 1e9)] * 2,
    *[tickets] * 3,
    st.floats(0, 1e9),
    *[counts] * 3,
)


def decoded(data: bytes) -> link.Events:
    return link.AttachResponse.FromString(data).events


def under(ticket: int, event: Event) -> Event:
    """The same event of another session."""
    match event:
        case Opened(_, info, part_count):
            return Opened(ticket, info, part_count)
        case Made(_, sealed):
            return Made(ticket, sealed)
        case Finished(_, summary):
            return Finished(ticket, summary)
        case Failed(_, error):
            return Failed(ticket, error)


def returned(error: MorphogenError) -> MorphogenError:
    """The error as it comes back from a worker."""
    ((event,), _) = events_of(events_data([(1, Failed(9, error))], None, NUMBERS), INFOS)
    assert isinstance(event, Failed)
    return event.error


@given(commands)
def test_command_arrives_as_it_was(command: Command) -> None:
    data = command_message(command).SerializeToString()
    assert command_of(link.Command.FromString(data)) == command


@given(st.lists(st.tuples(tickets, events), max_size=8), st.none() | stats)
def test_events_arrive_in_order_under_the_gateways_tickets(
    sent: list[tuple[int, Event]], standing: WorkerStats | None
) -> None:
    data = events_data(sent, standing, NUMBERS)
    assert events_of(data, INFOS) == ([under(ticket, event) for ticket, event in sent], standing)
    assert len(decoded(data).payloads) == sum(isinstance(event, Made) for _, event in sent)  # protobuf reads it too


def test_payloads_of_all_sizes_stand_behind_their_events() -> None:
    sizes = [0, 1, 127, 128, 16383, 16384, 3_000_000]
    tally = Tally(bytes(32), 1, 1)
    sent: list[tuple[int, Event]] = []
    for number, size in enumerate(sizes):
        part = Part(number, "albedo", 64, "image/png", bytes([number]) * size, bytes(32))
        sent.append((number, Made(0, SealedPart(part, bytes(32), ResumePoint(number + 1, tally, b"", 0)))))
        sent.append((number, Opened(0, INFOS[0], 1)))
    arrived = [e for e in events_of(events_data(sent, None, NUMBERS), INFOS)[0] if isinstance(e, Made)]
    assert [event.sealed.part.payload for event in arrived] == [bytes([n]) * size for n, size in enumerate(sizes)]


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequestError("attributes.scale", 9.5, "0.5 to 2"),
        InvalidRequestError("texture_class", 'fluff"\n\x00é', "stone, moss"),
        InvalidRequestError("maps", ["albedo", "albedo"], "none twice"),
        OverloadedError("the device is busy", 0.25),
        WorkerLostError("the step thread died", suspected=True),
        WorkerLostError("the step thread died"),
        UnavailableError("the worker stopped"),
        GenerationError("the generator failed; incident 12"),
    ],
)
def test_error_comes_back_as_it_was(error: MorphogenError) -> None:
    arrived = returned(error)
    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))


def test_number_that_json_does_not_know_comes_back() -> None:
    arrived = returned(InvalidRequestError("attributes.scale", float("nan"), "a number"))
    assert str(arrived) == "attributes.scale: nan is not allowed; allowed: a number"


def test_error_of_any_other_kind_comes_back_as_a_generators() -> None:
    class ForeignError(MorphogenError):
        pass

    arrived = returned(ForeignError("of some extension"))
    assert (type(arrived), str(arrived)) == (GenerationError, "of some extension")


@pytest.mark.parametrize("value", ["\0" * 8_000_000, {"\0" * 3_000_000: 1.0}, ["\0" * 1_000_000] * 3, object()])
def test_error_that_quotes_a_huge_request_stays_small_and_reads_the_same(value: Any) -> None:
    error = InvalidRequestError("\0" * 8_000_000, value, "less")
    assert len(events_data([(1, Failed(1, error))], None, NUMBERS)) < 20 * QUOTE_MAX_CHARACTERS
    arrived = returned(error)
    assert str(arrived)[:100] == str(error)[:100]
    assert str(arrived).endswith("is not allowed; allowed: less")


def test_stop_does_not_travel() -> None:
    with pytest.raises(ValueError, match="Stop"):
        command_message(Stop())


@pytest.mark.parametrize(
    "message",
    [
        link.Command(),
        link.Command(open=link.Open(ticket=1, credit=1)),
        link.Command(grant=link.Grant(tickets=[1, 2], part_counts=[1])),
        link.Command(promote=link.Promote(ticket=1, priority=77)),
    ],
)
def test_message_that_is_no_command_is_refused(message: link.Command) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - four kinds of mistakes
        command_of(message)


@pytest.mark.parametrize(
    "message",
    [
        link.Events(events=[link.Event(ticket=1)]),
        link.Events(events=[link.Event(ticket=1, made=link.Made())]),
        link.Events(events=[link.Event(ticket=1, opened=link.Opened(generator_index=2))]),
        link.Events(events=[link.Event(ticket=1, failed=link.Failed(message="x"))]),
    ],
)
def test_message_that_no_worker_sends_is_refused(message: link.Events) -> None:
    with pytest.raises((ValueError, LookupError)):
        events_of(link.AttachResponse(events=message).SerializeToString(), INFOS)


@pytest.mark.parametrize("size_bytes", [0, 1, 200])
def test_message_that_is_cut_off_or_goes_on_is_refused(size_bytes: int) -> None:
    tally = Tally(bytes(32), 1, 1)
    part = Part(0, "albedo", 64, "image/png", bytes(size_bytes), bytes(32))
    made = Made(0, SealedPart(part, bytes(32), ResumePoint(1, tally, b"", 0)))
    data = events_data([(1, made)], None, NUMBERS)
    for wrong in [*(data[:end] for end in range(len(data))), data + b"\x0a\x00", b"\x12" + data[1:]]:
        with pytest.raises((ValueError, LookupError, DecodeError)):
            events_of(wrong, INFOS)
