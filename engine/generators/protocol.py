"""What every generator is: a pure function of a request, advanced step by step."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from engine.assets import AssetRequest, GeneratorInfo, Part


class GenerationState(Protocol):
    """One session's progress: small, and enough to continue on another worker.

    A shallow copy taken before a step is enough to do that step again, after it failed.
    """

    @property
    def finished(self) -> bool:
        """Whether every part has been made."""
        ...

    @property
    def part_count(self) -> int:
        """Number of parts the whole asset has."""
        ...


Request_contra = TypeVar("Request_contra", bound=AssetRequest, contravariant=True)
State = TypeVar("State", bound=GenerationState)


class Generator(Protocol[Request_contra, State]):
    """Turns requests into parts. Knows no network, no Ray and no clock."""

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry."""
        ...

    def begin(self, request: Request_contra) -> State:
        """Open a session for `request`. Raises InvalidRequestError for what this generator cannot make."""
        ...

    def step(self, states: Sequence[State]) -> list[tuple[Part, ...]]:
        """Move each state on by one step and return, per state, the parts that the step completed."""
        ...
