"""Hand-made frames against protobuf's own reading and writing of them."""

import hashlib

import pytest

from engine.assets import Part
from engine.runtime.messages import ResumePoint, SealedPart, Tally
from engine.server.framing import CHUNK_MAX_BYTES, part_frames
from morphogen.v1 import diagnostics_pb2, texture_pb2

POINT = ResumePoint(301, Tally(), b"", 0)


def sealed(size_bytes: int, sequence: int = 300, control_count: int = 0) -> SealedPart:
    payload = bytes(range(251)) * (size_bytes // 251 + 1)
    part = Part(sequence, "albedo", 512, "image/png", payload[:size_bytes])
    return SealedPart(part, b"\7" * 32, POINT, control_count)


@pytest.mark.parametrize("size_bytes", [1, 127, 128, 16_383, 49_152, CHUNK_MAX_BYTES, CHUNK_MAX_BYTES + 1, 3_000_000])
def test_frames_carry_the_part_in_chunks_that_protobuf_writes_alike(size_bytes: int) -> None:
    part = sealed(size_bytes)
    frames = list(part_frames(part))
    messages = [texture_pb2.GenerateTextureResponse.FromString(frame) for frame in frames]
    assert [message.SerializeToString() for message in messages] == frames
    chunks = [message.part for message in messages]
    assert b"".join(chunk.data for chunk in chunks) == part.part.payload
    assert [chunk.chunk_index for chunk in chunks] == list(range(len(chunks)))
    assert {(chunk.chunk_count, chunk.sequence, chunk.part_size_bytes) for chunk in chunks} == {
        (len(chunks), 300, size_bytes)
    }
    assert all(1 <= len(chunk.data) <= CHUNK_MAX_BYTES for chunk in chunks)
    assert [chunk.part_sha256 for chunk in chunks] == [b""] * (len(chunks) - 1) + [part.sha256]


def test_all_generating_responses_number_their_payloads_alike() -> None:
    for message in (
        texture_pb2.GenerateTextureResponse,
        diagnostics_pb2.StreamProbeResponse,
        diagnostics_pb2.SteerProbeResponse,
    ):
        fields = message.DESCRIPTOR.fields_by_name
        assert {name: field.number for name, field in fields.items()} == {"header": 1, "part": 2, "trailer": 3}


def test_first_part_of_a_stream_omits_nothing_a_reader_needs() -> None:
    (frame,) = part_frames(sealed(10, sequence=0))
    chunk = diagnostics_pb2.StreamProbeResponse.FromString(frame).part
    assert (chunk.sequence, chunk.map, chunk.lod_px, chunk.media_type) == (0, "albedo", 512, "image/png")
    assert len(hashlib.sha256(chunk.data).digest()) == len(chunk.part_sha256)


def test_resume_token_rides_on_the_last_chunk_only() -> None:
    frames = part_frames(sealed(2 * CHUNK_MAX_BYTES), b"token")
    chunks = [texture_pb2.GenerateTextureResponse.FromString(frame).part for frame in frames]
    assert [chunk.resume_token for chunk in chunks] == [b"", b"token"]


def test_every_chunk_says_how_many_controls_its_part_shows() -> None:
    part = sealed(2 * CHUNK_MAX_BYTES, control_count=5)
    chunks = [texture_pb2.GenerateTextureResponse.FromString(frame).part for frame in part_frames(part)]
    assert [chunk.control_count for chunk in chunks] == [5, 5]
