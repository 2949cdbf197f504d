"""From the messages of one stream to checked parts: order, sizes and SHA-256. No network, no clock.

A stream is a header, then parts in chunks, then a trailer. Whatever does not follow that is refused with a
BrokenStreamError before anybody sees a byte of the part concerned.
"""

import hashlib
from dataclasses import dataclass

from morphogen.v1 import character_pb2, common_pb2, diagnostics_pb2, scene_pb2, texture_pb2, world_pb2
from morphogen_client.errors import BrokenStreamError, ChecksumMismatchError, IncompleteStreamError
from morphogen_client.streams.parts import Part, PartAssembler

StreamMessage = (
    texture_pb2.GenerateTextureResponse
    | scene_pb2.GenerateLevelResponse
    | scene_pb2.GenerateSceneResponse
    | world_pb2.GenerateWorldResponse
    | world_pb2.GenerateChunkResponse
    | character_pb2.GenerateCharacterResponse
    | character_pb2.StreamFramesResponse
    | character_pb2.PlayFramesResponse
    | diagnostics_pb2.StreamProbeResponse
    | diagnostics_pb2.SteerProbeResponse
)


@dataclass(frozen=True, slots=True)
class GeneratorRef:
    """Names the generator that answered, exactly. Hashes are lower-case hex."""

    name: str
    version: str
    tier: str
    weights_sha256: str
    kernel_class: str


@dataclass(frozen=True, slots=True)
class Header:
    """What the server says before the first part.

    asset_id           content address of the asset, SHA-256 in hex
    canonical_request  the request as the server understood it, as JSON
    lods_px            levels of detail, coarse to fine; empty for levels, scenes and probes
    part_count         number of parts of the whole asset
    first_sequence     number of the first part that follows: 0 unless the stream continues an earlier one
    session_id         names the session for `control_session`; empty for streams that no other call steers
    """

    asset_id: str
    generator: GeneratorRef
    canonical_request: str
    lods_px: tuple[int, ...]
    part_count: int
    first_sequence: int
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went on the server, in milliseconds since the request arrived; `step_ms` is a sum of steps."""

    queue_ms: float
    first_part_ms: float
    step_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the server says after the last part: the digest (hex) over all parts in order, their number and size."""

    sha256: str
    part_count: int
    size_bytes: int
    timings: Timings


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stream has been received.

    next_sequence  number of the part that is due
    part_count     parts so far
    size_bytes     their payload
    digest         32 bytes over them: SHA-256 of the digest so far and the part's own, starting with zero bytes;
                   None if the stream began behind parts that are not known here
    """

    next_sequence: int = 0
    part_count: int = 0
    size_bytes: int = 0
    digest: bytes | None = bytes(32)


class StreamAssembler:
    """Takes the messages of one stream in order and gives what they complete.

    behind  where the stream may continue, if it does not start at the beginning; None: wherever the header says
    gaps    whether parts may be missing, as a server that delivers live leaves them out
    """

    def __init__(self, behind: Progress | None = Progress(), *, gaps: bool = False) -> None:
        self.header: Header | None = None
        self.trailer: Trailer | None = None
        self._behind = behind
        self._gaps = gaps
        self._next_sequence = 0
        self._part_count = 0
        self._size_bytes = 0
        self._digest: bytes | None = None
        self._parts = PartAssembler()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self._next_sequence, self._part_count, self._size_bytes, self._digest)

    def receive(self, message: StreamMessage) -> Header | Part | None:
        """Take the next message; the header or the part, if this message completes one.

        Raises BrokenStreamError for a message that must not come here and ChecksumMismatchError for damaged bytes.
        """
        kind = message.WhichOneof("payload")
        if self.trailer is not None:
            raise BrokenStreamError(f"the stream sent {kind or 'a message'} after its trailer")
        if (kind == "header") != (self.header is None):
            raise BrokenStreamError(f"the stream sent {kind or 'nothing'} where its header or a part was due")
        if kind == "part":
            return self._take_chunk(message.part)
        if kind == "trailer":
            self.trailer = self._checked_trailer(message.trailer)
            return None
        return self._take_header(_header_from(message.header))

    def finish(self) -> tuple[Header, Trailer]:
        """Header and trailer of the ended stream. Raises IncompleteStreamError if the trailer never came."""
        if self.header is None or self.trailer is None:
            expected = "any" if self.header is None else f"{self.header.part_count}"
            raise IncompleteStreamError(f"the stream ended after {self._part_count} of {expected} parts, no trailer")
        return self.header, self.trailer

    def _take_header(self, header: Header) -> Header:
        first = header.first_sequence
        start = Progress() if first == 0 else self._behind or Progress(first, first, digest=None)
        if first != start.next_sequence or first > header.part_count:
            raise BrokenStreamError(
                f"the stream starts at part {first} of {header.part_count}, which was not asked for"
            )
        self._next_sequence, self._part_count = start.next_sequence, start.part_count
        self._size_bytes, self._digest = start.size_bytes, start.digest
        self.header = header
        return header

    def _take_chunk(self, chunk: common_pb2.PartChunk) -> Part | None:
        if self.header is None or max(chunk.sequence, self._next_sequence) >= self.header.part_count:
            raise BrokenStreamError(f"part {chunk.sequence} is more than the header announced")
        skips = self._gaps and chunk.sequence > self._next_sequence
        part = self._parts.receive(chunk, chunk.sequence if skips else self._next_sequence)
        if part is None:
            return None
        self._next_sequence = part.sequence + 1
        self._part_count += 1
        self._size_bytes += len(part.payload)
        if self._digest is not None:
            self._digest = hashlib.sha256(self._digest + part.sha256).digest()
        return part

    def _checked_trailer(self, trailer: common_pb2.StreamTrailer) -> Trailer:
        missing = self.header is None or (self._next_sequence != self.header.part_count and not self._gaps)
        if self._parts.begun or missing:
            raise IncompleteStreamError(f"the trailer came after {self._part_count} complete parts, too early")
        # Of parts that are not known here only the number can be compared.
        size_bytes = trailer.size_bytes if self._digest is None else self._size_bytes
        if (trailer.part_count, trailer.size_bytes) != (self._part_count, size_bytes):
            raise IncompleteStreamError(
                f"{self._part_count} parts with {size_bytes} bytes came, "
                f"{trailer.part_count} with {trailer.size_bytes} were sent"
            )
        if self._digest not in (None, trailer.sha256):
            raise ChecksumMismatchError("the SHA-256 of the whole stream differs from the trailer's")
        times = trailer.timings
        timings = Timings(times.queue_ms, times.first_part_ms, times.step_ms, times.total_ms)
        return Trailer(trailer.sha256.hex(), trailer.part_count, trailer.size_bytes, timings)


def generator_ref_from(message: common_pb2.GeneratorRef) -> GeneratorRef:
    """The dataclass that carries what the message says."""
    return GeneratorRef(message.name, message.version, message.tier, message.weights_sha256, message.kernel_class)


def _header_from(message: common_pb2.StreamHeader) -> Header:
    if message.part_count < 1:
        raise BrokenStreamError("the header announces no parts")
    return Header(
        asset_id=message.asset_id,
        generator=generator_ref_from(message.generator),
        canonical_request=message.canonical_request,
        lods_px=tuple(message.lods_px),
        part_count=message.part_count,
        first_sequence=message.first_sequence,
        session_id=message.session_id,
    )
