"""Routes and what was seen along them: without a server."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from workers.cli.worlds.flight import Log, Position, Route, Waypoint, read_route, route_of


def test_route_at_one_speed_passes_every_waypoint(tmp_path: Path) -> None:
    path = tmp_path / "way.json"
    path.write_text(json.dumps({"speed_m_per_s": 20, "waypoints": [[0, 0], [100, 0], [100, 0], [100, 60]]}))
    route = read_route(path)
    assert route.duration_s == pytest.approx(8.0)
    assert route.at(2.5) == Position(50.0, 0.0, 20.0, 0.0)
    assert route.at(6.5) == Position(100.0, 30.0, 0.0, 20.0)
    assert route.at(-1.0) == Position(0.0, 0.0, 0.0, 0.0)
    assert route.at(9.0) == Position(100.0, 60.0, 0.0, 0.0)


def test_route_with_times_begins_at_zero() -> None:
    route = route_of([[0, 0, 5], [10, 0, 6], [10, 40, 8]], None)
    assert route.waypoints == (Waypoint(0, 0, 0), Waypoint(10, 0, 1), Waypoint(10, 40, 3))
    assert route.at(2.0) == Position(10.0, 20.0, 0.0, 20.0)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("nothing", "--path"),
        ("[]", "--path"),
        ({"waypoints": 3}, "--path"),
        ({"waypoints": [[0, 0, 0]]}, "path.waypoints"),
        ({"waypoints": [[0, 0], [1, 1]]}, "path.waypoints.0"),
        ({"waypoints": [[0, 0, 0], [1, 1, "x"]]}, "path.waypoints.1"),
        ({"waypoints": [[0, 0, 0], [1, 1, float("nan")]]}, "path.waypoints.1"),
        ({"waypoints": [[0, 0, 2], [1, 1, 2]]}, "path.waypoints"),
        ({"waypoints": [[0, 0, 0], [1, 1, 1e9]]}, "path"),
        ({"waypoints": [[0, 0, 0], [5, 0, 1], [1e9, 0, 2]]}, "path.waypoints.2"),
        ("[" * 100_000, "--path"),
        ({"waypoints": [[0, 0], [1, 1]], "speed_m_per_s": 0}, "path.speed_m_per_s"),
        ({"waypoints": [[0, 0], [1, 1]], "speed_m_per_s": True}, "path.speed_m_per_s"),
        ({"waypoints": [[0, 0], [0, 0]], "speed_m_per_s": 5}, "path"),
    ],
)
def test_route_that_cannot_be_flown_is_refused(tmp_path: Path, document: Any, field: str) -> None:
    path = tmp_path / "way.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    with pytest.raises(InvalidRequestError) as refused:
        read_route(path)
    assert refused.value.field == field


def log() -> Log:
    """East at 100 m/s from the middle of chunk 0, 0; the viewer sees 20 m, chunks have 100 m."""
    return Log(Route((Waypoint(50.0, 50.0, 0.0), Waypoint(350.0, 50.0, 3.0))), 100.0, 20.0)


def test_chunk_that_is_there_before_it_is_seen_is_no_hole() -> None:
    flown = log()
    for column in range(4):
        flown.arrived((0, column), 33, 0.0)
    report = flown.report(3.0)
    assert (report["holes"], report["holes_after_first_second"], report["chunks_seen"]) == ([], 0, 4)
    assert report["first_view_complete_s"] == 0.0
    assert report["lead_s"] == {"least": 1.3, "median": 2.3, "most": 2.3}


def test_late_chunk_is_a_hole_from_when_it_is_seen_until_it_is_there() -> None:
    flown = log()
    flown.arrived((0, 0), 33, 0.5)
    flown.arrived((0, 1), 33, 0.0)
    flown.arrived((0, 2), 33, 1.8)
    flown.arrived((0, 2), 65, 1.9)
    flown.arrived((0, 3), 33, 0.0)
    flown.evicted([(0, 3)], 2.9)
    report = flown.report(3.0)
    assert [(hole["column"], hole["from_s"], hole["to_s"]) for hole in report["holes"]] == [
        (2, 1.3, 1.75),
        (3, 2.9, 3.0),
    ]
    assert report["lead_s"]["least"] == pytest.approx(-0.5)
    third = next(each for each in report["chunks"] if each["column"] == 2)
    assert third["vertices"] == {"33": 1.8, "65": 1.9}


def test_hole_in_the_first_second_does_not_count() -> None:
    flown = log()
    flown.arrived((0, 0), 33, 0.5)
    for column in (1, 2, 3):
        flown.arrived((0, column), 33, 0.0)
    assert flown.report(3.0)["holes_after_first_second"] == 0


def test_chunk_that_never_comes_is_a_hole_to_the_end() -> None:
    report = log().report(3.0)
    assert (report["first_view_complete_s"], report["chunks_arrived"]) == (None, 0)
    assert report["holes_after_first_second"] == 3  # of four, the first one was passed within that second
