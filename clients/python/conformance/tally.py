"""What came of a case: counts what the client hands out, and makes the line that the kit reads."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from morphogen_client import (
    Arrival,
    BrokenStreamError,
    CancelledError,
    ChecksumMismatchError,
    ChunkArrived,
    ChunksEvicted,
    DeadlineExceededError,
    FileUpdate,
    Frame,
    GenerationError,
    Generator,
    InvalidRequestError,
    LevelResult,
    LevelUpdate,
    MorphogenError,
    NotFoundError,
    OverloadedError,
    ServerError,
    TextureUpdate,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
    WorldSettled,
)
from morphogen_client.characters.frames import POSE_BYTES
from morphogen_client.results.level import FILE_NAMES

OUTCOMES: tuple[tuple[type[MorphogenError], str], ...] = (
    (ChecksumMismatchError, "checksum_mismatch"),
    (BrokenStreamError, "broken_stream"),
    (NotFoundError, "not_found"),
    (InvalidRequestError, "invalid_request"),
    (OverloadedError, "overloaded"),
    (UnavailableError, "unavailable"),
    (UnauthenticatedError, "unauthenticated"),
    (DeadlineExceededError, "deadline_exceeded"),
    (CancelledError, "cancelled"),
    (GenerationError, "generation"),
    (UnsupportedError, "unsupported"),
    (ServerError, "server"),
)
"""The first class that fits decides."""

MAP_OF_FILE = {file: part for part, file in FILE_NAMES.items()}


class Tally:
    """Counts one case."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self._case = case
        self._started_s = time.perf_counter()
        self._names: dict[str, None] = {}
        self._arrivals_ms: list[float] = []
        self._numbers: list[int] = []
        self._digest: bytes | None = bytes(32)
        self._told: dict[str, Any] = {}
        self.parts = self._size_bytes = self.settled = self._evicted = self._controls = 0

    def take(self, update: object) -> None:
        """Count what an iteration gave."""
        match update:
            case TextureUpdate():
                self._files(update.png.items())
            case FileUpdate():
                self._files([(PurePath(update.name).stem, update.data)])
            case Arrival():
                self._digest = None  # its bytes are not handed out
                self._part("probe", update.size_bytes)
            case LevelUpdate():
                self._digest = None  # likewise
                self._part("refinement", 0)
            case Frame():
                self._digest = None  # parts are taken apart
                pose_bytes = 0 if update.pose is None else POSE_BYTES
                self._numbers.append(update.number)
                self._controls = max(self._controls, update.control_count)
                size_bytes = len(update.data) + len(update.alpha) + pose_bytes
                self._part("frame" if update.data else "pose", size_bytes)
            case ChunkArrived():
                self._digest = None
                self._part("chunk", sum(map(len, update.chunk.parts.values())))
            case ChunksEvicted():
                self._evicted += len(update.chunks)
            case WorldSettled():
                self.settled += 1

    def finish(self, result: Any) -> None:
        """The stream ended well, with this result."""
        self._told["sha256"] = result.sha256
        if isinstance(result, LevelResult):
            for name, data in result.files.items():
                self._part(MAP_OF_FILE[name], len(data))
        elif self._digest is not None:
            self._told["handedSha256"] = self._digest.hex()

    def explored(self, held_count: int) -> None:
        """An exploration ended."""
        self._told |= {"settled": self.settled, "evicted": self._evicted, "held": held_count}

    def generators(self, generators: Iterable[Generator]) -> None:
        """What the catalog has."""
        for generator in generators:
            self._part(generator.ref.name, 0)

    def healthy(self, healthy: bool) -> None:
        """How the server is."""
        self._told["healthy"] = healthy

    def fail(self, error: BaseException) -> None:
        """The case ended with an error."""
        outcome = next((name for kind, name in OUTCOMES if isinstance(error, kind)), "untyped")
        self._told |= {"outcome": outcome, "message": str(error) or repr(error)}
        if isinstance(error, InvalidRequestError):
            self._told |= {"field": error.field, "value": str(error.value), "allowed": error.allowed}
        if isinstance(error, OverloadedError) and error.retry_after_s is not None:
            self._told["retryAfterMs"] = error.retry_after_s * 1e3
        if isinstance(error, ServerError):
            self._told["code"] = error.code.lower()

    def cancelled(self) -> None:
        """The driver left the stream."""
        self._told["outcome"] = "cancelled"

    def show(self, leaks: list[str] | None) -> None:
        """Print the result."""
        result = {
            "case": self._case["name"],
            "outcome": "ok",
            "parts": self.parts,
            "bytes": self._size_bytes,
            "names": list(self._names),
            "elapsedMs": round((time.perf_counter() - self._started_s) * 1e3, 3),
            **self._told,
        }
        if self._arrivals_ms:
            result["firstPartMs"] = self._arrivals_ms[0]
            if self._case.get("arrivals"):
                result["arrivalsMs"] = self._arrivals_ms
        if self._numbers:
            result["dropped"] = self._numbers[-1] - self._numbers[0] + 1 - len(self._numbers)
            result["controls"] = self._controls
        if leaks is not None:
            result["leaks"] = leaks
        print(f"RESULT {json.dumps(result)}", flush=True)

    def _files(self, files: Iterable[tuple[str, bytes]]) -> None:
        for name, data in files:
            self._part(name, len(data))
            if self._digest is not None:
                self._digest = hashlib.sha256(self._digest + hashlib.sha256(data).digest()).digest()

    def _part(self, name: str, size_bytes: int) -> None:
        self._arrivals_ms.append(round((time.perf_counter() - self._started_s) * 1e3, 3))
        self._names.setdefault(name)
        self.parts += 1
        self._size_bytes += size_bytes
