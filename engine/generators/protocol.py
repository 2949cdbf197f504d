"""What every generator is: a pure function of a request, advanced step by step."""

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from engine.assets import AssetRequest, Draft, GeneratorInfo, Part

StepKinds = tuple[tuple[str, int], ...]
"""Steps that lie ahead: what kind, and how many of it in a row. Those of one kind share batches and cost the same."""


class GenerationState(Protocol):
    """One session's progress: small, and enough to continue on another worker."""

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
State_contra = TypeVar("State_contra", bound=GenerationState, contravariant=True)


class Generator(Protocol[Request_contra, State]):
    """Turns requests into parts. Knows no network, no Ray and no clock."""

    @property
    def info(self) -> GeneratorInfo:
        """The catalog entry."""
        ...

    def begin(self, request: Request_contra) -> State:
        """Open a session for `request`. Raises InvalidRequestError for what this generator cannot make."""
        ...

    def checkpoint(self, state: State) -> bytes:
        """What `resume` needs besides the request, between two steps; at most 4 KiB."""
        ...

    def resume(self, request: Request_contra, checkpoint: bytes) -> State:
        """The state as it was at `checkpoint`; what follows has the same bytes.

        Raises InvalidRequestError as `begin` does, and for a checkpoint (field `checkpoint`) of another request.
        """
        ...

    def steps_ahead(self, state: State) -> StepKinds:
        """The steps that `state` still needs, the next one first."""
        ...

    def step(self, states: Sequence[State]) -> Sequence[tuple[Part | Draft, ...]]:
        """Move each state on by one step and return, per state, the parts that the step completed."""
        ...


@runtime_checkable
class Steerable(Protocol[State_contra]):
    """A generator whose parts follow a clock and that takes controls between them. It makes one part per step."""

    def steer(self, state: State_contra, control: bytes) -> None:
        """Take a control; the next step shows it. Raises InvalidRequestError (field `control`)."""
        ...

    def skip(self, states: Sequence[State_contra], part_counts: Sequence[int]) -> None:
        """Move each state on over so many parts, 0 or more but not all that are left, without making them.

        Those behind them have the same bytes as if they had been made.
        """
        ...
