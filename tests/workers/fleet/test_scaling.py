"""How many workers there should be, on a clock that the tests turn."""

from workers.fleet.roster import Roster
from workers.fleet.scaling import Load, Scaling

WAITING = {"session_count": 8, "ready_count": 7, "queue_s": 2.0}
BUSY = {"session_count": 1, "ready_count": 0, "queue_s": 0.0}
IDLE = {"session_count": 0, "ready_count": 0, "queue_s": 0.0}


def load(name: str, how: dict[str, float]) -> Load:
    """How that worker stands."""
    return Load(name, int(how["session_count"]), int(how["ready_count"]), how["queue_s"])


def running(count: int, count_max: int = 4) -> tuple[Roster, Scaling]:
    """A roster of ready workers, and what scales it: up after 1 s, down after 10 s."""
    roster = Roster(count)
    for _ in range(count):
        roster.ready(roster.added(), 0.0)
    return roster, Scaling(roster, count=1, count_max=count_max, up_delay_s=1.0, down_idle_s=10.0)


def test_wait_that_lasts_calls_for_one_worker_at_a_time() -> None:
    roster, scaling = running(1)
    for now_s, target_count in ((0.0, 1), (0.9, 1), (1.1, 2)):
        assert scaling.update([load("worker-1", WAITING)], now_s) is None
        assert roster.target_count == target_count
    starting = roster.added()
    scaling.update([load("worker-1", WAITING)], 5.0)
    assert roster.target_count == 2  # until that one is ready
    roster.ready(starting, 5.5)
    scaling.update([load("worker-1", WAITING), load(starting, WAITING)], 6.0)
    assert roster.target_count == 3


def test_wait_that_is_interrupted_or_that_one_worker_does_not_have_calls_for_none() -> None:
    roster, scaling = running(2)
    for now_s in (0.0, 0.8, 1.6, 2.4):
        scaling.update([load("worker-1", WAITING), load("worker-2", BUSY)], now_s)
    for now_s, how in ((3.0, WAITING), (3.8, BUSY), (4.6, WAITING), (5.4, WAITING)):
        scaling.update([load("worker-1", how), load("worker-2", how)], now_s)
    assert roster.target_count == 2


def test_there_are_never_more_workers_than_allowed() -> None:
    roster, scaling = running(2, count_max=2)
    for now_s in range(20):
        scaling.update([load("worker-1", WAITING), load("worker-2", WAITING)], now_s)
    assert roster.target_count == 2


def test_newest_idle_worker_goes_and_the_last_one_stays() -> None:
    roster, scaling = running(3)
    loads = [load(name, IDLE) for name in ("worker-1", "worker-2", "worker-3")]
    assert [scaling.update(loads, now_s) for now_s in (0.0, 9.9)] == [None, None]
    assert scaling.update(loads, 10.1) == "worker-3"
    assert scaling.update(loads[:2], 10.2) == "worker-2"
    assert scaling.update(loads[:1], 10.3) is None
    assert roster.target_count == 1


def test_idle_time_counts_from_the_last_session() -> None:
    _, scaling = running(2)
    hows = ((0.0, IDLE), (8.0, BUSY), (12.0, IDLE), (17.9, IDLE))
    for now_s, how in hows:
        assert scaling.update([load("worker-1", BUSY), load("worker-2", how)], now_s) is None
    assert scaling.update([load("worker-1", BUSY), load("worker-2", IDLE)], 18.1) == "worker-2"


def test_no_worker_is_taken_for_idle_while_one_is_replaced() -> None:
    roster, scaling = running(2)
    loads = [load("worker-1", IDLE), load("worker-2", IDLE)]
    scaling.update(loads, 0.0)
    with scaling.one_more():
        assert roster.target_count == 3
        assert scaling.update(loads, 20.0) is None
    assert roster.target_count == 2
    assert scaling.update(loads, 20.1) == "worker-2"
