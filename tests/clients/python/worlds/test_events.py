from collections.abc import Callable

import pytest

from morphogen.v1 import world_pb2
from morphogen_client import BrokenStreamError, ChecksumMismatchError, Chunk
from morphogen_client.worlds.events import ChunkAssembler

Response = world_pb2.ExploreWorldResponse
PiecesOf = Callable[..., list[Response]]


def received(messages: list[Response]) -> list[Chunk]:
    assembler = ChunkAssembler()
    chunks = [assembler.receive(message.part) for message in messages]
    return [chunk for chunk in chunks if chunk is not None]


def test_pieces_become_chunks(pieces_of: PiecesOf) -> None:
    chunks = received([*pieces_of(0, -1, 33), *pieces_of(3, 2, 65)])
    assert [(chunk.key, chunk.vertices) for chunk in chunks] == [((0, -1), 33), ((3, 2), 65)]
    assert [list(chunk.parts) for chunk in chunks] == [["chunk", "height"]] * 2
    assert chunks[1].height_m.shape == (65, 65)


def test_a_chunk_has_begun_until_its_last_piece(pieces_of: PiecesOf) -> None:
    assembler, messages = ChunkAssembler(), pieces_of(0, 0, 33)
    begun = []
    for message in messages:
        assembler.receive(message.part)
        begun.append(assembler.begun)
    assert begun == [True] * (len(messages) - 1) + [False]


def test_damaged_piece_is_refused(pieces_of: PiecesOf) -> None:
    messages = pieces_of(0, 0, 33)
    messages[0].part.part.data = b"x" + messages[0].part.part.data[1:]
    with pytest.raises(ChecksumMismatchError, match="SHA-256 differs"):
        received(messages)


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_missing_piece_is_refused(pieces_of: PiecesOf, missing: int) -> None:
    messages = pieces_of(0, 0, 33)
    with pytest.raises(BrokenStreamError):
        received([*messages[:missing], *messages[missing + 1 :], *pieces_of(0, 1, 33)])


def test_piece_of_another_chunk_in_between_is_refused(pieces_of: PiecesOf) -> None:
    with pytest.raises(BrokenStreamError, match=r"chunk \(0, 1\) came in the middle of chunk \(0, 0\)"):
        received([pieces_of(0, 0, 33)[0], *pieces_of(0, 1, 33)])


@pytest.mark.parametrize(
    "name", ["../../.bashrc", "/etc/passwd", "a/b", "a\\b", "..", "", "C:a", "a\0b", "ä", "a" * 65]
)
def test_part_whose_name_is_no_name_of_a_file_is_refused(pieces_of: PiecesOf, name: str) -> None:
    messages = pieces_of(0, 0, 33, chunk_bytes=10_000)
    messages[1].part.part.map = name
    with pytest.raises(BrokenStreamError, match="is no name of a part"):
        received(messages)


@pytest.mark.parametrize("part_count", [0, 9])
def test_impossible_number_of_parts_is_refused(pieces_of: PiecesOf, part_count: int) -> None:
    messages = pieces_of(0, 0, 33)
    messages[0].part.part_count = part_count
    with pytest.raises(BrokenStreamError, match=f"announces {part_count} parts"):
        received(messages)


@pytest.mark.parametrize("change", [{"lod_px": 65}, {"lod_px": 34}, {"map": "chunk"}])
def test_part_that_does_not_belong_to_its_chunk_is_refused(pieces_of: PiecesOf, change: dict[str, int]) -> None:
    messages = pieces_of(0, 0, 33, chunk_bytes=10_000)
    for name, value in change.items():
        setattr(messages[1].part.part, name, value)
    with pytest.raises(BrokenStreamError, match="does not belong to it"):
        received(messages)
