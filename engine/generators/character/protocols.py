"""What a stream of frames is put together from: something that moves, somebody who is moved, somebody who draws."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.requests.character.control import Steering
from engine.requests.character.identity import Who

Moving = TypeVar("Moving")


class Motion(Protocol[Moving]):
    """Moves many characters at once, one frame at a time. Pure: what comes out depends on state and steering only."""

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """What "gait", "action" and "style" may be."""
        ...

    def begin(self, seed: int, rate_hz: int) -> Moving:
        """A character that stands still before its first frame."""
        ...

    def step(self, moving: Sequence[Moving], steering: Sequence[Steering]) -> NDArray[np.float32]:
        """Move each on by one frame; their poses [character, 83] of the common skeleton."""
        ...

    def costly(self, moving: Moving) -> bool:
        """Whether its next frame, unless told otherwise, takes much longer than others: better many at once."""
        ...

    def stored(self, moving: Moving) -> bytes:
        """The state, at most 3.5 KiB."""
        ...

    def restored(self, data: bytes, rate_hz: int) -> Moving:
        """The inverse. Raises InvalidRequestError (field `checkpoint`)."""
        ...


class Figures(Protocol):
    """Knows every character."""

    def figure(self, who: Who) -> Any:
        """The character. Raises InvalidRequestError for names that do not exist."""
        ...

    def own_pose(self, figure: Any, pose: NDArray[np.float32]) -> NDArray[np.float32]:
        """A pose [83] of the common skeleton as this character, with its own proportions, takes it."""
        ...

    def description(self, figure: Any) -> dict[str, object]:
        """What a client may want to know of it: identity, joints with parents and rest offsets."""
        ...


class Painter(Protocol):
    """Draws characters."""

    @property
    def sizes_px(self) -> tuple[int, ...]:
        """Edge lengths of the pictures that it can draw."""
        ...

    def prepare(self, figure: Any, size_px: int) -> None:
        """Make what every picture of the character needs, so that the first one takes no longer than the others."""
        ...

    def paint(self, figure: Any, pose: NDArray[np.float32], steering: Steering, size_px: int) -> NDArray[np.uint8]:
        """The picture of one pose [83] of the common skeleton: RGBA [size_px, size_px, 4], straight alpha."""
        ...
