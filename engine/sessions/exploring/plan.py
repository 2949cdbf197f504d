"""Which chunks a viewer needs, in which order, and which ones it can let go: pure arithmetic, no clock.

A chunk is wanted once the viewer, going on as it goes now, sees a part of it within LOOKAHEAD_S. What is not there at
all comes before what is only too coarse; of each, what is seen first, then what is nearest.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.errors import InvalidRequestError
from engine.requests.world import CHUNK_MAX, CHUNK_VERTICES

Key = tuple[int, int]
"""Row and column of a chunk."""

LOOKAHEAD_S = 8.0
LOOKAHEAD_MAX_CHUNKS = 3.0
"""A fast viewer is met at most so far ahead."""

LOOKAHEAD_STEPS = 8
VIEW_MIN_CHUNKS, VIEW_MAX_CHUNKS = 0.125, 8.0
SPEED_MAX = 10_000.0
LIMIT_MIN, LIMIT_MAX = 4, 1024

REACHES = (0.75, 1.75, 3.5)
"""Distances in chunks up to which a chunk is shown with the most, half and a quarter of the vertices."""

KEPT_CHUNKS = 0.5
"""A chunk goes once it is so much further away than the viewer sees."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Where a viewer is, in meters, and its speed in meters per second. Raises InvalidRequestError."""

    x_m: float = 0.0
    z_m: float = 0.0
    velocity_x: float = 0.0
    velocity_z: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("x_m", self.x_m), ("z_m", self.z_m)):
            if not math.isfinite(value):
                raise InvalidRequestError(f"viewer.{name}", value, "a finite number")
        for name, value in (("velocity_x", self.velocity_x), ("velocity_z", self.velocity_z)):
            if not abs(value) <= SPEED_MAX:  # also refuses NaN
                raise InvalidRequestError(f"viewer.{name}", value, f"-{SPEED_MAX:g} to {SPEED_MAX:g}")


@dataclass(frozen=True, slots=True)
class View:
    """What a client wants to see. Raises InvalidRequestError.

    chunk_m       edge length of a chunk
    distance_m    how far the viewer sees
    chunk_limit   most chunks that the client holds
    vertices_max  most vertices along a chunk's edge
    """

    chunk_m: float
    distance_m: float
    chunk_limit: int = 256
    vertices_max: int = CHUNK_VERTICES[-1]

    def __post_init__(self) -> None:
        low, high = VIEW_MIN_CHUNKS * self.chunk_m, VIEW_MAX_CHUNKS * self.chunk_m
        if not low <= self.distance_m <= high:
            raise InvalidRequestError("view_distance_m", self.distance_m, f"{low:g} to {high:g}")
        if not LIMIT_MIN <= self.chunk_limit <= LIMIT_MAX:
            raise InvalidRequestError("chunk_limit", self.chunk_limit, f"{LIMIT_MIN} to {LIMIT_MAX}")
        if self.vertices_max not in CHUNK_VERTICES:
            raise InvalidRequestError("vertices_max", self.vertices_max, ", ".join(map(str, CHUNK_VERTICES)))

    def check(self, viewer: Viewer) -> None:
        """Raises InvalidRequestError for a viewer outside of the world."""
        end_m = CHUNK_MAX * self.chunk_m
        for name, value in (("x_m", viewer.x_m), ("z_m", viewer.z_m)):
            if not abs(value) <= end_m:
                raise InvalidRequestError(f"viewer.{name}", value, f"-{end_m:g} to {end_m:g}")


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A chunk that should be sent; they sort by urgency.

    coarse       False: it is not there at all
    seen_in_s    when it comes into view
    distance_m   from the viewer now
    """

    coarse: bool
    seen_in_s: float
    distance_m: float
    key: Key
    vertices: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send and what to let go.

    missing   most urgent first
    evicted   chunks that are held and not needed any more
    complete  whether every chunk in view is held, however coarse
    """

    missing: tuple[Wanted, ...]
    evicted: tuple[Key, ...]
    complete: bool


def plan(view: View, viewer: Viewer, held: Mapping[Key, int]) -> Plan:
    """What the viewer needs beyond what it holds (key -> vertices)."""
    near = sorted(_in_reach(view, viewer))[: view.chunk_limit]
    needed = {key for _, _, key in near}
    missing = []
    for seen_in_s, distance_m, key in near:
        has, best = held.get(key, 0), _vertices(view, distance_m)
        if has == 0:
            missing.append(Wanted(False, seen_in_s, distance_m, key, min(CHUNK_VERTICES[0], view.vertices_max)))
        elif has < best:
            missing.append(Wanted(True, seen_in_s, distance_m, key, best))
    stays_m = view.distance_m + KEPT_CHUNKS * view.chunk_m
    room = view.chunk_limit - len(needed)
    others = sorted((_distance_m(view, viewer.x_m, viewer.z_m, key), key) for key in held if key not in needed)
    kept = {key for distance_m, key in others[: max(room, 0)] if distance_m <= stays_m}
    return Plan(
        missing=tuple(sorted(missing)),
        evicted=tuple(key for _, key in others if key not in kept),
        complete=all(key in held for seen_in_s, _, key in near if seen_in_s == 0.0),
    )


def _in_reach(view: View, viewer: Viewer) -> Iterator[tuple[float, float, Key]]:
    """When each chunk comes into view, how far away it is now, its key."""
    speed = math.hypot(viewer.velocity_x, viewer.velocity_z)
    ahead_s = LOOKAHEAD_S if speed == 0.0 else min(LOOKAHEAD_S, LOOKAHEAD_MAX_CHUNKS * view.chunk_m / speed)
    steps = LOOKAHEAD_STEPS if speed > 0.0 else 0
    path = []
    for step in range(steps + 1):
        after_s = ahead_s * step / LOOKAHEAD_STEPS
        path.append((after_s, viewer.x_m + after_s * viewer.velocity_x, viewer.z_m + after_s * viewer.velocity_z))
    rows = _span([z_m for _, _, z_m in path], view)
    columns = _span([x_m for _, x_m, _ in path], view)
    for row in rows:
        for column in columns:
            for after_s, x_m, z_m in path:
                if _distance_m(view, x_m, z_m, (row, column)) <= view.distance_m:
                    yield after_s, _distance_m(view, viewer.x_m, viewer.z_m, (row, column)), (row, column)
                    break


def _span(places_m: list[float], view: View) -> range:
    """The rows or columns that come into view from any of the places."""
    first = math.ceil((min(places_m) - view.distance_m) / view.chunk_m) - 1
    last = math.floor((max(places_m) + view.distance_m) / view.chunk_m)
    return range(max(first, -CHUNK_MAX), min(last, CHUNK_MAX) + 1)


def _distance_m(view: View, x_m: float, z_m: float, key: Key) -> float:
    """From a place to the nearest point of a chunk."""
    row, column = key
    east = max(column * view.chunk_m - x_m, x_m - (column + 1) * view.chunk_m, 0.0)
    south = max(row * view.chunk_m - z_m, z_m - (row + 1) * view.chunk_m, 0.0)
    return math.hypot(east, south)


def _vertices(view: View, distance_m: float) -> int:
    """How many vertices a chunk at a distance is worth."""
    coarser = sum(distance_m > reach * view.chunk_m for reach in REACHES)
    return min(CHUNK_VERTICES[len(CHUNK_VERTICES) - 1 - coarser], view.vertices_max)
