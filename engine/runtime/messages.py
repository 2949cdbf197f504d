"""What passes between a gateway and a worker: the terms of a session, commands, events. Plain values.

Those made anew for every part are named tuples: they are made in a third of the time of a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple

from engine.assets import DIGEST_START, AssetRequest, GeneratorInfo, Part, running_digest
from engine.errors import MorphogenError

CREDIT_DEFAULT = 4
"""Parts that a session may be ahead of its reader, unless the client says otherwise."""

CREDIT_MAX = 64
"""Largest credit a session can have at any time."""

CHECKPOINT_MAX_BYTES = 4096
"""Largest state that a generator may ask to be carried along."""


class Priority(IntEnum):
    """How urgent a session is; smaller goes first.

    BACKGROUND runs only while nothing else could, and is the first to be dropped.
    """

    INTERACTIVE = 0
    STANDARD = 1
    BACKGROUND = 2


class Delivery(StrEnum):
    """What happens when the reader is slower than the generator.

    LOSSLESS  the session waits; every part arrives
    LIVE      the session goes on at its pace; of the parts that wait for the reader only the newest is kept
    """

    LOSSLESS = "lossless"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session asks of the scheduler.

    tenant      who pays: sessions of different tenants get equal shares of a busy device
    interval_s  time between two parts of a paced session; 0: as fast as possible. LIVE needs one
    due_in_s    the whole asset is wanted within this time, None: whenever. What cannot be met is refused
    trace       W3C `traceparent` of the call; empty: not traced
    generator   identity of the generator that has to make it (`GeneratorInfo.identity`); empty: whichever there is
    """

    tenant: str = ""
    priority: Priority = Priority.STANDARD
    delivery: Delivery = Delivery.LOSSLESS
    interval_s: float = 0.0
    due_in_s: float | None = None
    trace: str = ""
    generator: str = ""


class Tally(NamedTuple):
    """What a stream has delivered so far: the digest (32 bytes) over its parts' SHA-256, and their number and size."""

    digest: bytes = DIGEST_START
    part_count: int = 0
    size_bytes: int = 0

    def plus(self, sha256: bytes, size_bytes: int) -> "Tally":
        """The tally with one more part."""
        return Tally(running_digest(self.digest, sha256), self.part_count + 1, self.size_bytes + size_bytes)


class ResumePoint(NamedTuple):
    """Where a stream can be continued, by any worker with the same generator, with identical bytes.

    The generator continues from `checkpoint`, taken before part `checkpoint_sequence` (empty and 0: from the start);
    parts before `next_sequence` are made again and dropped.

    tally          over all parts delivered before this point
    control_count  controls that the checkpoint contains
    """

    next_sequence: int
    tally: Tally
    checkpoint: bytes
    checkpoint_sequence: int
    control_count: int = 0


class SealedPart(NamedTuple):
    """A part with the SHA-256 (32 bytes) of its payload.

    resume_point   the point just behind it
    control_count  controls that had been taken when it was made
    """

    part: Part
    sha256: bytes
    resume_point: ResumePoint
    control_count: int = 0


@dataclass(frozen=True, slots=True)
class AssetSummary:
    """A worker's account of a finished session.

    queue_ms  from opening the session to its first step
    step_ms   sum of its steps
    """

    tally: Tally
    queue_ms: float
    step_ms: float


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a session under `ticket`, with room for `credit` parts; with `resume_point`, in its middle."""

    ticket: int
    request: AssetRequest
    credit: int
    terms: Terms = field(default_factory=Terms)
    resume_point: ResumePoint | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Readers took parts: how many, by ticket."""

    part_counts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Steer:
    """Control number `number` (from 1) of a session, in the encoding of its generator; acts on its next step."""

    ticket: int
    number: int
    control: bytes


@dataclass(frozen=True, slots=True)
class Promote:
    """The session has become more urgent."""

    ticket: int
    priority: Priority


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget `ticket`; no event about it follows the step that runs now."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave the loop."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The session has begun."""

    ticket: int
    info: GeneratorInfo
    part_count: int


class Made(NamedTuple):
    """The next part of a session."""

    ticket: int
    sealed: SealedPart


@dataclass(frozen=True, slots=True)
class Finished:
    """Every part has been made; the last event of a session."""

    ticket: int
    summary: AssetSummary


@dataclass(frozen=True, slots=True)
class Failed:
    """The session is over without all its parts; the last event of a session."""

    ticket: int
    error: MorphogenError


Command = Open | Grant | Steer | Promote | Cancel | Stop
Event = Opened | Made | Finished | Failed
