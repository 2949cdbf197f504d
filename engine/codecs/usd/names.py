"""Names of prims: valid in USD and unique among their siblings."""

from pxr import Tf


class Names:
    """Hands out names; `taken` are not available."""

    def __init__(self, taken: set[str] | None = None) -> None:
        self._taken = set(taken or ())

    def unique(self, wanted: str) -> str:
        """`wanted` if USD allows it and it is free, otherwise something close to it."""
        name = first = Tf.MakeValidIdentifier(wanted)
        number = 1
        while name in self._taken:
            number += 1
            name = f"{first}_{number}"
        self._taken.add(name)
        return str(name)
