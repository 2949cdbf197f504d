"""A viewer's way over a world, and what it saw: which chunks were in view when, and which of them were not there yet.

A hole is a chunk that the viewer sees and does not hold, however coarse. Pure arithmetic on times; no clock.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.errors import InvalidRequestError
from workers.cli.options import read_json

Key = tuple[int, int]

WAYPOINTS_MAX = 10_000
SPEED_MAX = 1_000.0
DURATION_MAX_S = 3_600.0
SETTLING_S = 1.0
"""Holes count from then on: before, the flight has just begun."""

LOOK_S = 0.05
"""So often it is looked for holes."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place in meters (+x east, +z south), and when the viewer is there, in seconds from the start."""

    x_m: float
    z_m: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Position:
    """Where the viewer is, in meters, and its speed in meters per second."""

    x_m: float
    z_m: float
    velocity_x: float
    velocity_z: float


@dataclass(frozen=True, slots=True)
class Route:
    """Straight from waypoint to waypoint; two or more, in the order of their times."""

    waypoints: tuple[Waypoint, ...]

    @property
    def duration_s(self) -> float:
        """From the first to the last waypoint."""
        return self.waypoints[-1].at_s

    def at(self, time_s: float) -> Position:
        """Where the viewer is; before and after the route it stands still."""
        for start, end in pairwise(self.waypoints):
            if start.at_s <= time_s < end.at_s:
                share = (time_s - start.at_s) / (end.at_s - start.at_s)
                along_x, along_z = end.x_m - start.x_m, end.z_m - start.z_m
                took_s = end.at_s - start.at_s
                return Position(
                    start.x_m + share * along_x, start.z_m + share * along_z, along_x / took_s, along_z / took_s
                )
        last = self.waypoints[-1] if time_s >= self.duration_s else self.waypoints[0]
        return Position(last.x_m, last.z_m, 0.0, 0.0)


def read_route(path: Path) -> Route:
    """The route in a JSON file: {"speed_m_per_s": V, "waypoints": [[x, z], ...]}, or with times [[x, z, seconds], ...].

    Raises InvalidRequestError naming the file, the entry and what is allowed.
    """
    document = read_json("--path", path, "a JSON file that can be read")
    if not isinstance(document, dict) or not isinstance(document.get("waypoints"), list):
        raise InvalidRequestError("--path", str(path), 'an object with "waypoints": [[x, z], ...]')
    return route_of(document["waypoints"], document.get("speed_m_per_s"))


def route_of(entries: list[Any], speed: Any) -> Route:
    """The route over places [x, z], at one speed, or over places with times [x, z, seconds]."""
    if not 2 <= len(entries) <= WAYPOINTS_MAX:
        raise InvalidRequestError("path.waypoints", f"{len(entries)} waypoints", f"2 to {WAYPOINTS_MAX}")
    timed = speed is None
    width = 3 if timed else 2
    for number, entry in enumerate(entries):
        if not isinstance(entry, list) or len(entry) != width or not all(map(_is_number, entry)):
            allowed = "[x, z, seconds]" if timed else "[x, z], with speed_m_per_s"
            raise InvalidRequestError(f"path.waypoints.{number}", entry, f"{allowed}, finite numbers")
    if timed:
        waypoints = [Waypoint(float(x), float(z), float(at_s) - float(entries[0][2])) for x, z, at_s in entries]
        if any(end.at_s <= start.at_s for start, end in pairwise(waypoints)):
            raise InvalidRequestError("path.waypoints", "times", "times that grow from waypoint to waypoint")
        for number, (start, end) in enumerate(pairwise(waypoints), 1):
            speed_mps = math.hypot(end.x_m - start.x_m, end.z_m - start.z_m) / (end.at_s - start.at_s)
            if speed_mps > SPEED_MAX:
                allowed = f"at most {SPEED_MAX:g} m/s from waypoint to waypoint"
                raise InvalidRequestError(f"path.waypoints.{number}", f"{speed_mps:g} m/s", allowed)
    else:
        if not _is_number(speed) or not 0.0 < speed <= SPEED_MAX:
            raise InvalidRequestError("path.speed_m_per_s", speed, f"more than 0, at most {SPEED_MAX:g}")
        waypoints = _timed([(float(x), float(z)) for x, z in entries], float(speed))
    if len(waypoints) < 2 or not 0.0 < waypoints[-1].at_s <= DURATION_MAX_S:
        took_s = waypoints[-1].at_s
        raise InvalidRequestError("path", f"{took_s:g} s", f"a flight of more than 0 and at most {DURATION_MAX_S:g} s")
    return Route(tuple(waypoints))


def _timed(places: list[tuple[float, float]], speed: float) -> list[Waypoint]:
    """Waypoints at one speed; repeated places are one."""
    waypoints = [Waypoint(*places[0], 0.0)]
    for x_m, z_m in places[1:]:
        last = waypoints[-1]
        way_m = math.hypot(x_m - last.x_m, z_m - last.z_m)
        if way_m > 0.0:
            waypoints.append(Waypoint(x_m, z_m, last.at_s + way_m / speed))
    return waypoints


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(slots=True)
class Sighting:
    """What became of one chunk, in seconds from the start; None: never.

    seen_s     it came into view
    arrived_s  it was there for the first time, `vertices` as often as it came finer
    """

    seen_s: float | None = None
    arrived_s: float | None = None
    vertices: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Log:
    """What was held when, while a route is flown.

    chunk_m     edge length of a chunk
    distance_m  how far the viewer sees
    """

    route: Route
    chunk_m: float
    distance_m: float
    sightings: dict[Key, Sighting] = field(default_factory=dict)
    _spans: dict[Key, list[list[float]]] = field(default_factory=dict)

    def arrived(self, key: Key, vertices: int, time_s: float) -> None:
        """A chunk was there."""
        sighting = self.sightings.setdefault(key, Sighting())
        sighting.vertices.setdefault(vertices, time_s)
        if sighting.arrived_s is None:
            sighting.arrived_s = time_s
        spans = self._spans.setdefault(key, [])
        if not spans or spans[-1][1] < math.inf:
            spans.append([time_s, math.inf])

    def evicted(self, keys: Iterable[Key], time_s: float) -> None:
        """Chunks were let go."""
        for key in keys:
            self._spans[key][-1][1] = time_s

    def report(self, flown_s: float) -> dict[str, Any]:
        """What was seen in the first `flown_s` seconds: every chunk's times, and the holes."""
        holes: dict[Key, list[float]] = {}
        for look in range(int(flown_s / LOOK_S) + 1):
            time_s = look * LOOK_S
            for key in self.in_view(time_s):
                sighting = self.sightings.setdefault(key, Sighting())
                sighting.seen_s = time_s if sighting.seen_s is None else sighting.seen_s
                if not any(start <= time_s < end for start, end in self._spans.get(key, [])):
                    holes.setdefault(key, []).append(time_s)
        late = {key: times for key, times in holes.items() if times[-1] >= SETTLING_S}
        leads = sorted(
            sighting.seen_s - sighting.arrived_s
            for sighting in self.sightings.values()
            if sighting.seen_s is not None and sighting.arrived_s is not None and sighting.seen_s >= SETTLING_S
        )
        return {
            "flown_s": round(flown_s, 3),
            "way_m": round(self.way_m(flown_s), 1),
            "view_distance_m": self.distance_m,
            "chunk_m": self.chunk_m,
            "chunks_seen": sum(each.seen_s is not None for each in self.sightings.values()),
            "chunks_arrived": sum(each.arrived_s is not None for each in self.sightings.values()),
            "first_view_complete_s": self._complete_s(),
            "holes_after_first_second": len(late),
            "hole_s_after_first_second": round(LOOK_S * sum(t >= SETTLING_S for ts in late.values() for t in ts), 2),
            "lead_s": _spread(leads),
            "holes": [
                {"row": key[0], "column": key[1], "from_s": round(times[0], 2), "to_s": round(times[-1], 2)}
                for key, times in sorted(late.items())
            ],
            "chunks": [_row(key, each) for key, each in sorted(self.sightings.items())],
        }

    def in_view(self, time_s: float) -> list[Key]:
        """The chunks of which the viewer sees a part."""
        here = self.route.at(time_s)
        reach, edge = self.distance_m, self.chunk_m
        rows = range(math.floor((here.z_m - reach) / edge), math.floor((here.z_m + reach) / edge) + 1)
        columns = range(math.floor((here.x_m - reach) / edge), math.floor((here.x_m + reach) / edge) + 1)
        return [
            (row, column)
            for row in rows
            for column in columns
            if math.hypot(_gap(here.x_m, column, edge), _gap(here.z_m, row, edge)) <= reach
        ]

    def way_m(self, flown_s: float) -> float:
        """Length of the way flown."""
        way_m, last = 0.0, self.route.waypoints[0]
        for waypoint in self.route.waypoints[1:]:
            share = min(1.0, (flown_s - last.at_s) / (waypoint.at_s - last.at_s))
            if share <= 0.0:
                break
            way_m += share * math.hypot(waypoint.x_m - last.x_m, waypoint.z_m - last.z_m)
            last = waypoint
        return way_m

    def _complete_s(self) -> float | None:
        """When everything of the first view was there; None: never."""
        arrived = [self.sightings.get(key, Sighting()).arrived_s for key in self.in_view(0.0)]
        return None if None in arrived else round(max(each for each in arrived if each is not None), 3)


def _gap(place_m: float, number: int, edge_m: float) -> float:
    """From a place to the nearest point of a row or column."""
    return max(number * edge_m - place_m, place_m - (number + 1) * edge_m, 0.0)


def _spread(values: list[float]) -> dict[str, float] | None:
    """Least, median and largest; None without values. Below 0: it was seen before it was there."""
    if not values:
        return None
    return {"least": round(values[0], 3), "median": round(values[len(values) // 2], 3), "most": round(values[-1], 3)}


def _row(key: Key, each: Sighting) -> dict[str, Any]:
    return {
        "row": key[0],
        "column": key[1],
        "seen_s": None if each.seen_s is None else round(each.seen_s, 2),
        "arrived_s": None if each.arrived_s is None else round(each.arrived_s, 3),
        "vertices": {str(count): round(time_s, 3) for count, time_s in sorted(each.vertices.items())},
    }
