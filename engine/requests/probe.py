"""Requests for synthetic streams."""

import json
from dataclasses import dataclass
from typing import ClassVar

from engine.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """Synthetic parts through the real scheduler, worker and link, for measuring the path.

    part_bytes 1 to 16 MiB; part_count 1 to 1,000,000; step_ms is the simulated step time, 0 to 1,000.
    """

    ASSET_KIND: ClassVar[str] = "probe"
    SHARED: ClassVar[bool] = False

    part_bytes: int
    part_count: int
    step_ms: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.part_bytes <= 16 * 1024 * 1024:
            raise InvalidRequestError("part_bytes", self.part_bytes, "1 to 16777216")
        if not 1 <= self.part_count <= 1_000_000:
            raise InvalidRequestError("part_count", self.part_count, "1 to 1000000")
        if not 0.0 <= self.step_ms <= 1_000.0:
            raise InvalidRequestError("step_ms", self.step_ms, "0 to 1000")

    def canonical(self) -> str:
        """The request as canonical JSON: sorted keys, no spaces."""
        document = {"part_count": self.part_count, "part_size_bytes": self.part_bytes, "step_ms": self.step_ms}
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
