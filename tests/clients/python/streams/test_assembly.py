"""What a stream may look like, and what is refused."""

from collections.abc import Callable

import pytest

from morphogen.v1 import texture_pb2
from morphogen_client import BrokenStreamError, ChecksumMismatchError, IncompleteStreamError
from morphogen_client.streams.assembly import Progress, StreamAssembler
from morphogen_client.streams.parts import Part

Message = texture_pb2.GenerateTextureResponse
StreamOf = Callable[..., list[Message]]
PARTS = (("albedo", 64, b"a" * 250), ("normal", 64, b"b" * 10))


def received(messages: list[Message], assembler: StreamAssembler | None = None) -> tuple[StreamAssembler, list[Part]]:
    assembler = assembler or StreamAssembler()
    arrived = [assembler.receive(message) for message in messages]
    return assembler, [item for item in arrived if isinstance(item, Part)]


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
        ((0, 2, 1), "part 0, chunk 1 came where part 0, chunk 0"),
        ((0, 1, 1), "part 0, chunk 0 came where part 0, chunk 1"),
        ((0, 1, 4), "part 1, chunk 0 came where part 0, chunk 1"),
        ((0, 4), "part 1, chunk 0 came where part 0"),
        ((0, 1, 2, 3, 1), "part 0, chunk 0 came where part 1, chunk 0"),
        ((0, 1, 2, 3, 4, 4), "more than the header announced"),
        ((0, 5), "too early"),
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


def test_part_whose_announced_checksum_is_missing_is_refused(stream_of: StreamOf) -> None:
    messages = stream_of(PARTS)
    messages[3].part.part_sha256 = b""
    with pytest.raises(ChecksumMismatchError, match=r"part 0 \(albedo, 64 px\)"):
        received(messages)


def test_digest_chains_the_parts_so_that_their_order_counts(stream_of: StreamOf) -> None:
    messages, swapped = stream_of(PARTS), stream_of(PARTS[::-1])
    messages[-1].trailer.sha256 = swapped[-1].trailer.sha256
    assert swapped[-1].trailer.size_bytes == messages[-1].trailer.size_bytes
    with pytest.raises(ChecksumMismatchError, match="whole stream"):
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


@pytest.mark.parametrize("name", ["../albedo", "/albedo", "a/b", "albedo.png", ""])
def test_part_whose_name_is_no_name_of_a_file_is_refused(stream_of: StreamOf, name: str) -> None:
    with pytest.raises(BrokenStreamError, match="is no name of a part"):
        received(stream_of(((name, 64, b"a" * 250),)))


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


def test_continued_stream_has_the_digest_of_the_whole(stream_of: StreamOf) -> None:
    cut, _ = received(stream_of(PARTS)[:4])
    continued, parts = received(stream_of(PARTS, first_sequence=1), StreamAssembler(cut.progress))
    header, trailer = continued.finish()
    assert (header.first_sequence, [part.sequence for part in parts]) == (1, [1])
    assert trailer.sha256 == stream_of(PARTS)[-1].trailer.sha256.hex()


def test_continued_stream_whose_trailer_forgets_the_beginning_is_refused(stream_of: StreamOf) -> None:
    cut, _ = received(stream_of(PARTS)[:4])
    messages = stream_of(PARTS, first_sequence=1)
    messages[-1].trailer.sha256 = stream_of(PARTS[1:])[-1].trailer.sha256
    with pytest.raises(ChecksumMismatchError, match="whole stream"):
        received(messages, StreamAssembler(cut.progress))


@pytest.mark.parametrize("first_sequence", [1, 3])
def test_continuation_elsewhere_than_asked_is_refused(stream_of: StreamOf, first_sequence: int) -> None:
    parts = (*PARTS, ("albedo", 128, b"c"), ("normal", 128, b"d"))
    behind_the_second = Progress(2, 2, 260, bytes(32))
    with pytest.raises(BrokenStreamError, match=f"starts at part {first_sequence} of 4, which was not asked for"):
        received(stream_of(parts, first_sequence=first_sequence), StreamAssembler(behind_the_second))


def test_server_that_continues_though_nobody_asked_is_refused(stream_of: StreamOf) -> None:
    with pytest.raises(BrokenStreamError, match="starts at part 1 of 2, which was not asked for"):
        received(stream_of(PARTS, first_sequence=1))


def test_server_that_starts_anew_instead_of_continuing_is_followed(stream_of: StreamOf) -> None:
    assembler, parts = received(stream_of(PARTS), StreamAssembler(Progress(1, 1, 250, b"x" * 32)))
    assert [part.sequence for part in parts] == [0, 1]
    assembler.finish()


def test_part_repeated_after_a_continuation_is_refused(stream_of: StreamOf) -> None:
    cut, _ = received(stream_of(PARTS)[:4])
    messages = [stream_of(PARTS, first_sequence=1)[0], *stream_of(PARTS)[1:]]
    with pytest.raises(BrokenStreamError, match="part 0, chunk 0 came where part 1, chunk 0 was due"):
        received(messages, StreamAssembler(cut.progress))


def test_of_parts_before_a_stored_token_only_the_number_is_compared(stream_of: StreamOf) -> None:
    assembler, parts = received(stream_of(PARTS, first_sequence=1), StreamAssembler(None))
    assert ([part.map for part in parts], assembler.progress.digest) == (["normal"], None)
    assert assembler.finish()[1].part_count == 2
    messages = stream_of(PARTS, first_sequence=1)
    messages[-1].trailer.part_count = 3
    with pytest.raises(IncompleteStreamError, match="2 parts with 260 bytes came, 3 with 260"):
        received(messages, StreamAssembler(None))


def test_continuation_behind_the_last_part_is_a_trailer_alone(stream_of: StreamOf) -> None:
    assembler, parts = received(stream_of(PARTS, first_sequence=2), StreamAssembler(None))
    assert (parts, assembler.finish()[1].size_bytes) == ([], 260)


def live(stream_of: StreamOf, *kept: int) -> list[Message]:
    """A stream of four parts of which a live server has sent some; its trailer counts those."""
    parts = [("probe", 0, bytes([number]) * 10) for number in range(4)]
    whole = stream_of(parts)
    sent = stream_of([parts[number] for number in kept])[-1]
    return [whole[0], *(whole[1 + number] for number in kept), sent]


def test_live_stream_may_leave_parts_out_and_still_adds_up(stream_of: StreamOf) -> None:
    assembler, parts = received(live(stream_of, 0, 3), StreamAssembler(gaps=True))
    assert [part.sequence for part in parts] == [0, 3]
    assert (assembler.finish()[1].part_count, assembler.progress.next_sequence) == (2, 4)


def test_lossless_stream_may_leave_nothing_out(stream_of: StreamOf) -> None:
    with pytest.raises(BrokenStreamError, match="part 3, chunk 0 came where part 1"):
        received(live(stream_of, 0, 3))


def test_live_stream_never_goes_back(stream_of: StreamOf) -> None:
    with pytest.raises(BrokenStreamError, match="part 1, chunk 0 came where part 3"):
        received(live(stream_of, 2, 1), StreamAssembler(gaps=True))
