"""A whole asset, made in the calling thread: what a worker does for many sessions at once, done for one."""

from collections.abc import Iterator
from typing import Any

from engine.assets import AssetRequest, Draft, Part
from engine.generators.protocol import Generator


def steps_of(generator: Generator[Any, Any], request: AssetRequest) -> Iterator[tuple[Part, ...]]:
    """The parts of each step in turn. Raises InvalidRequestError, GenerationError."""
    state = generator.begin(request)
    while not state.finished:
        (made,) = generator.step([state])
        yield finished_parts(made)


def finished_parts(made: tuple[Part | Draft, ...]) -> tuple[Part, ...]:
    """What a step made for one session, every draft encoded."""
    return tuple(item.part() if isinstance(item, Draft) else item for item in made)
