"""From the pieces of one part after another to whole parts: order, sizes, SHA-256. No network, no clock.

What carries the pieces, and which part is due, is the business of whoever receives them.
"""

import hashlib
import re
from dataclasses import dataclass

from morphogen.v1 import common_pb2
from morphogen_client.errors import BrokenStreamError, ChecksumMismatchError

PART_MAX_BYTES = 256 * 1024 * 1024
"""Largest part that is accepted: more than a scene takes whose ground has pictures of 4096 x 4096 pixels."""

_NAME = re.compile(r"[a-z0-9_]{1,64}")
"""Of a part, which becomes a file's name: no server gets to write elsewhere than into the folder that was named."""


@dataclass(frozen=True, slots=True)
class Part:
    """One complete, checked part: the bytes of a file.

    sha256         digest (32 bytes) of `payload`
    resume_token   continues the stream behind this part; empty if the server sent none
    control_count  controls of the client that it shows
    """

    sequence: int
    map: str
    lod_px: int
    media_type: str
    payload: bytes
    sha256: bytes
    resume_token: bytes
    control_count: int


class PartAssembler:
    """Takes the pieces of parts in order and gives the parts that they complete."""

    def __init__(self) -> None:
        self._first_chunk: common_pb2.PartChunk | None = None
        self._pieces: list[bytes] = []
        self._size_bytes = 0

    @property
    def begun(self) -> bool:
        """Whether a part has begun that is not complete yet."""
        return self._first_chunk is not None

    def receive(self, chunk: common_pb2.PartChunk, due_sequence: int) -> Part | None:
        """Take the next piece; the part, if this piece completes it.

        due_sequence  number of the part that may begin here, if none has begun

        Raises BrokenStreamError for a piece that must not come here and ChecksumMismatchError for damaged bytes.
        """
        first = self._first_chunk or chunk
        self._check_order(chunk, first, first.sequence if self._pieces else due_sequence)
        self._first_chunk = first
        self._pieces.append(chunk.data)
        self._size_bytes += len(chunk.data)
        if chunk.chunk_index + 1 < first.chunk_count:
            return None
        payload = b"".join(self._pieces)
        self._first_chunk, self._pieces, self._size_bytes = None, [], 0
        if len(payload) != first.part_size_bytes:
            raise BrokenStreamError(
                f"part {first.sequence}: {len(payload)} bytes came, {first.part_size_bytes} were announced"
            )
        sha256 = hashlib.sha256(payload).digest()
        if sha256 != chunk.part_sha256:
            raise ChecksumMismatchError(f"part {first.sequence} ({first.map}, {first.lod_px} px): SHA-256 differs")
        return Part(
            sequence=first.sequence,
            map=first.map,
            lod_px=first.lod_px,
            media_type=first.media_type,
            payload=payload,
            sha256=sha256,
            resume_token=chunk.resume_token,
            control_count=chunk.control_count,
        )

    def _check_order(self, chunk: common_pb2.PartChunk, first: common_pb2.PartChunk, due: int) -> None:
        if chunk.sequence != due or chunk.chunk_index != len(self._pieces):
            raise BrokenStreamError(
                f"part {chunk.sequence}, chunk {chunk.chunk_index} came where part {due}, "
                f"chunk {len(self._pieces)} was due"
            )
        if chunk.chunk_count != first.chunk_count or chunk.chunk_index >= chunk.chunk_count:
            raise BrokenStreamError(f"part {chunk.sequence}: its chunks disagree about their number")
        if not _NAME.fullmatch(first.map):
            raise BrokenStreamError(f"part {chunk.sequence}: {first.map[:80]!r} is no name of a part")
        if first.part_size_bytes > PART_MAX_BYTES or self._size_bytes + len(chunk.data) > first.part_size_bytes:
            raise BrokenStreamError(f"part {chunk.sequence} is larger than announced or than {PART_MAX_BYTES} bytes")
