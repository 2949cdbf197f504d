"""The two lanes of a worker: a synthetic stream, which mostly waits, must not hold up one that paints."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from engine.assets import AssetRequest
from engine.requests.probe import ProbeRequest
from engine.runtime.messages import Event
from engine.runtime.pool import GeneratorSource
from engine.runtime.stats import WorkerStats, total_of_lanes
from workers.lane import Lane
from workers.step_thread import StepOptions


class Lanes:
    """One lane for all networks, which share the worker's cores, and one for synthetic streams.

    take   called with every event, on the event loop
    ended  called when one of them will run no step any more: without it a worker is of no use
    """

    def __init__(
        self,
        generators: GeneratorSource,
        options: StepOptions,
        take: Callable[[Event], None],
        ended: Callable[[], None],
    ) -> None:
        self._networks = Lane("morphogen-steps", generators, options, take, ended)
        self._probes = Lane("morphogen-probes", generators, options, take, ended)

    def __iter__(self) -> Iterator[Lane]:
        return iter((self._networks, self._probes))

    def of(self, request: AssetRequest) -> Lane:
        """Where the sessions of such a request run."""
        return self._probes if isinstance(request, ProbeRequest) else self._networks

    def start(self) -> None:
        """Start their threads; call it on the event loop."""
        for lane in self:
            lane.start()

    async def stop(self) -> None:
        """End their threads after the steps that run now."""
        await asyncio.gather(*(lane.stop() for lane in self))

    def stats(self) -> WorkerStats:
        """What both have counted."""
        return total_of_lanes(lane.stats() for lane in self)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While somebody waits for events of both: see `Lane.waiting`."""
        with ExitStack() as waits:
            for lane in self:
                waits.enter_context(lane.waiting())
            yield
