"""A yes or no that tasks wait for."""

import asyncio


class Availability:
    """False at first. Used on one event loop."""

    def __init__(self) -> None:
        self._yes, self._no = asyncio.Event(), asyncio.Event()
        self._no.set()

    def __bool__(self) -> bool:
        return self._yes.is_set()

    def set(self, available: bool) -> None:
        """Change it, and wake those who wait for that."""
        (self._yes if available else self._no).set()
        (self._no if available else self._yes).clear()

    async def wait(self, available: bool) -> None:
        """Return as soon as it is so; at once if it is."""
        await (self._yes if available else self._no).wait()
