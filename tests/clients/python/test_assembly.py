"""What a stream may look like, and what is refused."""

from collections.abc import Callable

import pytest

from morphogen.v1 import texture_pb2
from morphogen_client import BrokenStreamError, ChecksumMismatchError, IncompleteStreamError
from morphogen_client.assembly import Part, StreamAssembler

Message = texture_pb2.GenerateTextureResponse
StreamOf = Callable[..., list[Message]]
PARTS = (("albedo", 64, b"a" * 250), ("normal", 64, b"b" * 10))


def received(messages: list[Message]) -> tuple[StreamAssembler, list[Part]]:
    assembler = StreamAssembler()
    parts = [part for message in messages if (part := assembler.receive(message)) is not None]
    return assembler, parts


def test_chunks_become_parts_in_order(stream_of: StreamOf) -> None:
    assembler, parts = received(stream_of(PARTS))
    header, trailer = assembler.finish()
    assert [(part.map, part.lod_px, part.payload) for part in parts] == list(PARTS)
    assert (header.part_count, header.lods_px, header.generator.name) == (2, (64,), "texgen")
    assert (trailer.part_count, trailer.size_bytes, trailer.timings.total_ms) == (2, 260, 4.0)


@pytest.mark.parametrize("end", range(6))
def test_a_stream_cut_anywhere_is_incomplete(stream_of: StreamOf, end: int) -> None:
    assembler, _ = received(stream_of(PARTS)[:end])
    with pytest.raises(IncompleteStreamError, match="ended after"):
        assembler.finish()


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ((1, 0), "where its header"),
        ((0, 0), "where its header"),
        ((0, 2), "part 0, chunk 1 came where part 0, chunk 0"),
        ((0, 1, 3), "part 0, chunk 2 came where part 0, chunk 1"),
        ((0, 4), "part 1, chunk 0 came where part 0"),
        ((0, 1, 2, 3, 4, 4), "more than the header announced"),
        ((0, 1, 2, 5), "too early"),
        ((0, 1, 2, 3, 5), "too early"),
        ((0, 1, 2, 3, 4, 5, 5), "after its trailer"),
    ],
)
def test_messages_out_of_order_are_refused(stream_of: StreamOf, order: tuple[int, ...], complaint: str) -> None:
    messages = stream_of(PARTS)
    with pytest.raises(BrokenStreamError, match=complaint):
        received([messages[index] for index in order])


def test_damaged_part_is_refused_and_not_delivered(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[1].part.data = b"x" * 100
    with pytest.raises(ChecksumMismatchError, match="part 0"):
        received(messages)


def test_trailer_with_another_checksum_is_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[-1].trailer.sha256 = bytes(32)
    with pytest.raises(ChecksumMismatchError, match="whole stream"):
        received(messages)


def test_trailer_that_counts_differently_is_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[-1].trailer.size_bytes = 261
    with pytest.raises(IncompleteStreamError, match="260 bytes came, 2 with 261"):
        received(messages)


def test_part_larger_than_announced_is_refused_before_it_fills_memory(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[1].part.part_size_bytes = 150
    with pytest.raises(BrokenStreamError, match="larger than announced"):
        received(messages)


def test_part_smaller_than_announced_is_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[1].part.part_size_bytes = 300
    with pytest.raises(BrokenStreamError, match="250 bytes came, 300"):
        received(messages)


def test_part_beyond_the_limit_is_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[1].part.part_size_bytes = 2**31
    with pytest.raises(BrokenStreamError, match="larger than announced or than"):
        received(messages)


def test_chunks_that_disagree_about_their_number_are_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[2].part.chunk_count = 9
    with pytest.raises(BrokenStreamError, match="disagree"):
        received(messages)


def test_header_without_parts_is_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[0].header.part_count = 0
    with pytest.raises(BrokenStreamError, match="no parts"):
        received(messages)
