"""Where frames come from: this process, or a server."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.assets import GeneratorInfo
from engine.errors import InvalidRequestError
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import CharacterRequest


@dataclass(frozen=True, slots=True)
class Made:
    """One frame.

    pose    float32 [83] of the character's own proportions; None if none was asked for
    pixels  uint8 RGBA [size, size, 4]; None likewise
    """

    number: int
    pose: NDArray[np.float32] | None
    pixels: NDArray[np.uint8] | None


class Take(Protocol):
    """A stream of frames while it is being made; iterate it once.

    description  joints, proportions and the like
    sha256       over all parts, in hex; both are there once all frames have come
    """

    description: Mapping[str, Any]
    sha256: str

    def __iter__(self) -> Iterator[Made]:
        """The frames. Raises InvalidRequestError and GenerationError."""
        ...

    def steer(self, control: Control) -> None:
        """Tell the character something; the next frame that is made shows it."""
        ...


class CharacterSource(Protocol):
    """Makes characters and their frames."""

    def info(self, asset_kind: str) -> GeneratorInfo:
        """The catalog entry of "character" or "frames". Raises InvalidRequestError if there is none."""
        ...

    def take(self, request: FramesRequest, *, live: bool = False) -> AbstractContextManager[Take]:
        """A stream of frames; leaving the context stops it. `live`: at its rate, not as fast as can be."""
        ...

    def files(self, request: CharacterRequest) -> dict[str, bytes]:
        """A character's files by name."""
        ...


def entry_of(infos: tuple[GeneratorInfo, ...], asset_kind: str) -> GeneratorInfo:
    """The entry of this kind. Raises InvalidRequestError if there is none."""
    for info in infos:
        if info.asset_kind == asset_kind:
            return info
    raise InvalidRequestError("request", asset_kind, ", ".join(sorted({info.asset_kind for info in infos})))
