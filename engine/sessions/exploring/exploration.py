"""A viewer's way through a world: chunks are asked for before it sees them, and told off when it has left them behind.

Every chunk is an asset of its own: equal ones of several viewers are made once, kept in the store, and outlive a worker
as every asset does.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from engine.errors import GenerationError, InvalidRequestError, OverloadedError
from engine.requests.landscape import Landscape
from engine.requests.world import CHUNK_MAPS_DEFAULT, CHUNK_VERTICES, ChunkRequest, WorldRequest, checked_maps
from engine.runtime.messages import SealedPart, Terms
from engine.sessions.exploring.plan import LIMIT_MAX, Key, Plan, View, Viewer, plan
from engine.sessions.sessions import Sessions, Wishes

CREDIT_DEFAULT, CREDIT_MAX = 8, 64
MAKING_MAX = 4
"""Chunks of one viewer that are made at a time."""

SPARSE_MAPS = ("props", "cover")
SPARSE_VERTICES_MIN = 129
"""From this level on chunks bring SPARSE_MAPS: what stands on the ground is not seen from further away."""


@dataclass(frozen=True, slots=True)
class Start:
    """How an exploration begins. Raises InvalidRequestError.

    viewer           None: at the world's spawn
    view_distance_m  0: one chunk
    maps             of every chunk
    held             chunks that the client has already: key -> vertices
    credit           chunks that may be sent at first
    """

    landscape: Landscape
    viewer: Viewer | None = None
    view_distance_m: float = 0.0
    chunk_limit: int = 256
    vertices_max: int = CHUNK_VERTICES[-1]
    maps: tuple[str, ...] = CHUNK_MAPS_DEFAULT
    held: dict[Key, int] = field(default_factory=dict)
    credit: int = CREDIT_DEFAULT

    def __post_init__(self) -> None:
        object.__setattr__(self, "maps", checked_maps(self.maps))
        if len(self.held) > LIMIT_MAX:
            raise InvalidRequestError("held", f"{len(self.held)} chunks", f"at most {LIMIT_MAX}")
        for (row, column), vertices in self.held.items():
            ChunkRequest(self.landscape, row, column, vertices)
        if not 1 <= self.credit <= CREDIT_MAX:
            raise InvalidRequestError("credit", self.credit, f"1 to {CREDIT_MAX}")


@dataclass(frozen=True, slots=True)
class Opened:
    """The first event: where the viewer begins, what it sees, and the part "world" of the landscape."""

    viewer: Viewer
    view: View
    world_json: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A chunk has been made."""

    key: Key
    vertices: int
    parts: tuple[SealedPart, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """Chunks (with the vertices they were held with) are out of view."""

    chunks: dict[Key, int]


@dataclass(frozen=True, slots=True)
class Complete:
    """Everything in view has been sent; so many chunks are held."""

    chunk_count: int


Event = Opened | Arrived | Left | Complete


class Exploration:
    """One viewer's events. Iterate `events` once; `move`, `grant` and `finish` from the same event loop meanwhile."""

    def __init__(self, sessions: Sessions, start: Start, terms: Terms) -> None:
        self._sessions, self._start, self._terms = sessions, start, terms
        self._viewer = start.viewer
        self._view: View | None = None
        self._held = dict(start.held)
        self._room = start.credit
        self._finishing = False
        self._changed = asyncio.Event()
        self._making: dict[asyncio.Task[Arrived], tuple[Key, int]] = {}
        self._postponed: dict[Key, float] = {}

    @property
    def credit(self) -> int:
        """Chunks that may be sent beyond those that are being made."""
        return self._room + len(self._making)

    def check(self, viewer: Viewer) -> None:
        """Raises InvalidRequestError for a place outside of the world."""
        if self._view is not None:
            self._view.check(viewer)

    def move(self, viewer: Viewer) -> None:
        """The viewer is there now. Raises InvalidRequestError for a place outside of the world."""
        self.check(viewer)
        self._viewer = viewer
        self._changed.set()

    def grant(self, chunk_count: int) -> None:
        """The client has room for more chunks."""
        self._room += chunk_count
        self._changed.set()

    def finish(self) -> None:
        """The client says nothing more: end once there is nothing more to send."""
        self._finishing = True
        self._changed.set()

    async def events(self) -> AsyncGenerator[Event]:
        """Until `finish`. Raises what making a chunk raises, except for overload: then it is tried again later."""
        opened = await self._opened()
        view = self._view = opened.view
        yield opened
        told: Complete | None = None
        try:
            while True:
                self._changed.clear()
                now = plan(view, self._viewer or opened.viewer, self._held)
                if now.evicted:
                    yield Left({key: self._held.pop(key) for key in now.evicted})
                self._turn_to(now)
                complete = Complete(len(self._held)) if now.complete and not self._making and not now.missing else None
                if complete is not None and complete != told:
                    yield complete
                told = complete
                if self._finishing and not self._making and (complete is not None or self._room == 0):
                    return
                for arrived in await self._next():
                    yield arrived
        finally:
            for task in self._making:
                task.cancel()
            await asyncio.gather(*self._making, return_exceptions=True)

    async def _opened(self) -> Opened:
        """Describe the world; the rest of what the generator would tell about it is not waited for."""
        async with self._sessions.open(WorldRequest(self._start.landscape), Wishes(terms=self._terms)) as session:
            async for sealed in session:
                world_json = sealed.part.payload.decode()
                break
            else:
                raise GenerationError("the generator did not describe the world")
        described = json.loads(world_json)
        start, chunk_m = self._start, float(described["chunk_m"])
        view = View(chunk_m, start.view_distance_m or chunk_m, start.chunk_limit, start.vertices_max)
        viewer = self._viewer or Viewer(**described["spawn"])
        view.check(viewer)
        return Opened(viewer, view, world_json)

    def _turn_to(self, now: Plan) -> None:
        """Stop making what is not needed any more, and begin with what is needed most."""
        wanted = {each.key: each.vertices for each in now.missing}
        for task, (key, vertices) in list(self._making.items()):
            if wanted.get(key) != vertices:
                task.cancel()
                del self._making[task]
                self._room += 1
        busy = {key for key, _ in self._making.values()}
        clock_s = asyncio.get_running_loop().time()
        for each in now.missing:
            if self._room == 0 or len(self._making) >= MAKING_MAX:
                return
            if each.key in busy or self._postponed.get(each.key, 0.0) > clock_s:
                continue
            self._room -= 1
            self._making[asyncio.create_task(self._made(each.key, each.vertices))] = each.key, each.vertices

    async def _next(self) -> list[Arrived]:
        """Wait until a chunk is there, or something has changed, or what was postponed may be tried again."""
        changed = asyncio.create_task(self._changed.wait())
        clock_s = asyncio.get_running_loop().time()
        self._postponed = {key: until_s for key, until_s in self._postponed.items() if until_s > clock_s}
        wait_s = min(self._postponed.values(), default=clock_s + 60.0) - clock_s
        try:
            await asyncio.wait((changed, *self._making), timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        arrived = []
        for task in [task for task in self._making if task.done()]:
            key, _ = self._making.pop(task)
            try:
                arrived.append(task.result())
            except OverloadedError as error:
                self._room += 1
                self._postponed[key] = asyncio.get_running_loop().time() + error.retry_after_s
            else:
                self._held[key] = arrived[-1].vertices
        return arrived

    async def _made(self, key: Key, vertices: int) -> Arrived:
        maps = self._start.maps
        if vertices < SPARSE_VERTICES_MIN:
            maps = tuple(name for name in maps if name not in SPARSE_MAPS) or ("height",)
        request = ChunkRequest(self._start.landscape, *key, vertices, maps)
        terms = replace(self._terms, due_in_s=None)
        async with self._sessions.open(request, Wishes(terms=terms)) as session:
            return Arrived(key, vertices, tuple([sealed async for sealed in session]))
