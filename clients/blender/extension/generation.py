"""One running generation: a thread asks the server, the main thread shows what has come. Knows no Blender.

The thread never touches Blender's data, and the main thread never waits for the network.
"""

import contextlib
import queue
import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

from morphogen_client import Client

AHEAD_COUNT = 4
"""Updates that may wait to be shown; beyond them the thread, and with it the server, waits."""


@dataclass(frozen=True, slots=True)
class Update:
    """What has come.

    share    of the whole, 0 to 1
    text     what happens, for a person
    content  what `Recipe.show` is given; None: nothing to show
    """

    share: float
    text: str
    content: Any = None


class Recipe(Protocol):
    """How one kind of thing is asked for, and how it gets into the scene."""

    def ask(self, client: Client) -> Generator[Update, None, None]:
        """Called in the thread. Raises MorphogenError."""

    def show(self, content: Any) -> None:
        """Called in the main thread for every content, in order. What an undo took away meanwhile is made again."""

    def discard(self) -> None:
        """Called in the main thread instead of the next `show`, if there is none: take back what was shown."""


class Generation:
    """A recipe that is being followed. Closes the client."""

    def __init__(self, client: Client, recipe: Recipe) -> None:
        self.share = 0.0
        self.text = "Asking"
        self._client = client
        self._recipe = recipe
        self._updates: queue.Queue[Update | BaseException | None] = queue.Queue(AHEAD_COUNT)
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="morphogen", daemon=True)
        self._thread.start()

    def step(self, wait_s: float = 0.0) -> bool:
        """Show the next update, if one comes within `wait_s`; whether all is done.

        Raises what went wrong, a MorphogenError if it is not a fault of this program, after nothing is left of what
        was shown.
        """
        try:
            update = self._updates.get(timeout=wait_s) if wait_s > 0.0 else self._updates.get_nowait()
        except queue.Empty:
            return False
        if update is None:
            self._end()
            return True
        try:
            self._show(update)
        except BaseException:
            self.cancel()
            raise
        return False

    def cancel(self) -> None:
        """Stop, and take back what was shown. The server stops within one step."""
        self._end()
        self._recipe.discard()

    def abandon(self) -> None:
        """Stop, and leave what was shown: it goes with its file."""
        self._end()

    def wait(self, timeout_s: float) -> None:
        """Until the thread has ended; for tests, and before Blender ends."""
        self._thread.join(timeout_s)

    def _show(self, update: Update | BaseException) -> None:
        if isinstance(update, BaseException):
            raise update
        self.share, self.text = update.share, update.text
        if update.content is not None:
            self._recipe.show(update.content)

    def _end(self) -> None:
        self._cancelled.set()
        self._client.close()  # the thread ends by itself: nobody waits for it

    def _ask(self) -> None:
        try:
            with contextlib.closing(self._recipe.ask(self._client)) as updates:
                for update in updates:
                    if not self._put(update):
                        return
            self._put(None)
        except Exception as error:  # noqa: BLE001 - raised again by `step`; what a cancel causes, by nobody
            self._put(error)

    def _put(self, update: Update | BaseException | None) -> bool:
        """Wait for room; False if the generation was cancelled."""
        while not self._cancelled.is_set():
            try:
                self._updates.put(update, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
