"""Where assets come from, as the commands see it: this process or a server, with the same parts from both."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from engine.assets import SeededRequest
from workers.cli.options import Place


@dataclass(frozen=True, slots=True)
class Made:
    """What a request gave.

    parts   files by the name of their part, at the finest level of detail, with provenance
    sha256  over the SHA-256 of all parts of all levels of detail in order, in hex: what a server's trailer says
    """

    parts: Mapping[str, bytes]
    sha256: str


class AssetSource(Protocol):
    """Makes assets: in this process or on a server."""

    def make(self, request: SeededRequest, on_parts: Callable[[int], None]) -> Made:
        """Make one asset; tells `on_parts` how many parts came. Raises MorphogenError."""
        ...


@contextmanager
def open_source(place: Place) -> Iterator[AssetSource]:
    """This process, or the server of `place`. Only the module that is needed is loaded: one is torch."""
    with ExitStack() as stack:
        if place.server is None:
            yield importlib.import_module("workers.cli.making.offline").OfflineSource(place.weights)
        else:
            remote = importlib.import_module("workers.cli.making.remote")
            yield remote.RemoteSource(stack.enter_context(remote.open_client(place.server)), place.server.server)
