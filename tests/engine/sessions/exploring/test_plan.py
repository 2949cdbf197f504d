"""What a viewer needs: everything that it will see, the most urgent first, and nothing for ever."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.requests.world import CHUNK_MAX, CHUNK_VERTICES
from engine.sessions.exploring.plan import LOOKAHEAD_S, SPEED_MAX, Key, View, Viewer, plan

VIEW = View(chunk_m=512.0, distance_m=500.0)
viewers = st.builds(
    Viewer,
    st.floats(-1e5, 1e5),
    st.floats(-1e5, 1e5),
    st.floats(-60.0, 60.0),
    st.floats(-60.0, 60.0),
)
views = st.builds(
    View,
    st.just(512.0),
    st.floats(100.0, 2000.0),
    st.integers(4, 300),
    st.sampled_from(CHUNK_VERTICES),
)


def is_seen(view: View, x_m: float, z_m: float, key: Key) -> bool:
    """Whether some point of a chunk is in view."""
    row, column = key
    nearest_x = min(max(x_m, column * view.chunk_m), (column + 1) * view.chunk_m)
    nearest_z = min(max(z_m, row * view.chunk_m), (row + 1) * view.chunk_m)
    return math.hypot(nearest_x - x_m, nearest_z - z_m) <= view.distance_m


def around(view: View, viewer: Viewer) -> list[Key]:
    """Every chunk that could be in view."""
    reach = math.ceil(view.distance_m / view.chunk_m) + 1
    row, column = math.floor(viewer.z_m / view.chunk_m), math.floor(viewer.x_m / view.chunk_m)
    return [(row + down, column + right) for down in range(-reach, reach + 1) for right in range(-reach, reach + 1)]


@given(viewers, views)
def test_everything_in_view_is_wanted_up_to_the_limit(viewer: Viewer, view: View) -> None:
    missing = plan(view, viewer, {}).missing
    wanted = {each.key for each in missing}
    seen = {key for key in around(view, viewer) if is_seen(view, viewer.x_m, viewer.z_m, key)}
    assert len(missing) == len(wanted) <= view.chunk_limit
    assert seen <= wanted or len(wanted) == view.chunk_limit
    assert all(each.vertices == CHUNK_VERTICES[0] for each in missing)


@given(viewers, views)
def test_a_client_that_takes_everything_ends_with_nothing_missing(viewer: Viewer, view: View) -> None:
    held: dict[Key, int] = {}
    for _ in range(2):
        for each in plan(view, viewer, held).missing:
            assert each.vertices > held.get(each.key, 0)
            held[each.key] = each.vertices
    done = plan(view, viewer, held)
    assert done.missing == ()
    assert done.evicted == ()
    assert done.complete
    assert len(held) <= view.chunk_limit


@given(viewers, viewers, views)
@example(Viewer(), Viewer(1e5, 1e5), VIEW)
def test_what_is_held_never_exceeds_the_limit(before: Viewer, after: Viewer, view: View) -> None:
    held = {each.key: each.vertices for each in plan(view, before, {}).missing}
    now = plan(view, after, held)
    kept = {key for key in held if key not in now.evicted}
    assert set(now.evicted) <= set(held)
    assert len(kept | {each.key for each in now.missing}) <= view.chunk_limit
    assert not {each.key for each in now.missing} & set(now.evicted)


def test_holes_come_before_finer_chunks_and_near_ones_before_far_ones() -> None:
    viewer = Viewer(256.0, 256.0)
    held = {(0, 0): 33, (0, 1): 33}
    missing = plan(VIEW, viewer, held).missing
    assert [each.coarse for each in missing] == sorted(each.coarse for each in missing)
    holes = [each for each in missing if not each.coarse]
    assert [each.distance_m for each in holes] == sorted(each.distance_m for each in holes)
    assert next(each for each in missing if each.coarse).key == (0, 0)
    assert {each.key: each.vertices for each in missing if each.coarse} == {(0, 0): 257, (0, 1): 257}


def test_a_moving_viewer_is_met() -> None:
    speed = 40.0
    viewer = Viewer(256.0, 256.0, velocity_x=speed)
    still = {each.key for each in plan(VIEW, Viewer(256.0, 256.0), {}).missing}
    ahead = {each.key for each in plan(VIEW, viewer, {}).missing}
    later = Viewer(256.0 + speed * LOOKAHEAD_S, 256.0)
    soon = {key for key in around(VIEW, later) if is_seen(VIEW, later.x_m, later.z_m, key)}
    assert still | soon <= ahead


def test_fast_viewers_are_met_only_so_far_ahead() -> None:
    missing = plan(View(512.0, 500.0, 1024), Viewer(velocity_x=SPEED_MAX), {}).missing
    assert max(each.key[1] for each in missing) <= 4


def test_a_chunk_at_the_edge_of_view_does_not_come_and_go() -> None:
    held = {each.key: each.vertices for each in plan(VIEW, Viewer(12.1, 256.0), {}).missing}
    assert (0, -1) in held
    assert plan(VIEW, Viewer(80.0, 256.0), held).evicted == ()
    assert (0, -1) in plan(VIEW, Viewer(2000.0, 256.0), held).evicted


def test_the_world_ends_where_chunks_end() -> None:
    corner = CHUNK_MAX * VIEW.chunk_m
    keys = {each.key for each in plan(VIEW, Viewer(corner, -corner), {}).missing}
    assert (-CHUNK_MAX, CHUNK_MAX) in keys
    assert all(abs(part) <= CHUNK_MAX for key in keys for part in key)


@pytest.mark.parametrize("name", ["x_m", "z_m", "velocity_x", "velocity_z"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_viewer_is_somewhere(name: str, value: float) -> None:
    with pytest.raises(InvalidRequestError, match=f"viewer.{name}"):
        Viewer(**{name: value})


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("view_distance_m", {"distance_m": 63.0}),
        ("view_distance_m", {"distance_m": 4097.0}),
        ("view_distance_m", {"distance_m": math.nan}),
        ("chunk_limit", {"chunk_limit": 3}),
        ("chunk_limit", {"chunk_limit": 1025}),
        ("vertices_max", {"vertices_max": 64}),
    ],
)
def test_views_out_of_range_are_refused(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=field):
        View(**{"chunk_m": 512.0, "distance_m": 512.0} | values)


@pytest.mark.parametrize("place", [{"x_m": 5e9}, {"z_m": -5e9}])
def test_viewers_outside_of_the_world_are_refused(place: dict[str, float]) -> None:
    (name,) = place
    with pytest.raises(InvalidRequestError, match=f"viewer.{name}"):
        VIEW.check(Viewer(**place))


def test_too_fast_viewers_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"viewer\.velocity_z"):
        Viewer(velocity_z=-SPEED_MAX - 1.0)
