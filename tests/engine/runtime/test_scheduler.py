"""Properties of the first-come scheduler."""

from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.scheduler import FirstComeScheduler


def test_tickets_take_turns_in_order_of_arrival() -> None:
    scheduler = FirstComeScheduler(batch_size=1)
    for ticket in (7, 3, 5):
        scheduler.add(ticket, "texgen", credit=2)
    order: list[int] = []
    while batch := scheduler.next_batch():
        order += batch
        scheduler.stepped(batch[0], 1)
    assert order == [7, 3, 5, 7, 3, 5]


def test_batch_holds_only_tickets_of_the_oldest_ones_key() -> None:
    scheduler = FirstComeScheduler(batch_size=3)
    for ticket, key in enumerate(("a", "b", "a", "a", "a")):
        scheduler.add(ticket, key, credit=1)
    assert scheduler.next_batch() == (0, 2, 3)
    assert scheduler.next_batch() == (1,)
    assert scheduler.next_batch() == (4,)
    assert scheduler.next_batch() == ()


def test_ticket_without_credit_waits_for_a_grant() -> None:
    scheduler = FirstComeScheduler(batch_size=1)
    scheduler.add(1, "a", credit=1)
    scheduler.next_batch()
    scheduler.stepped(1, 1)
    assert scheduler.next_batch() == ()
    scheduler.grant(1, 1)
    assert scheduler.next_batch() == (1,)


def test_step_beyond_the_credit_is_paid_back_first() -> None:
    scheduler = FirstComeScheduler(batch_size=1)
    scheduler.add(1, "a", credit=1)
    scheduler.next_batch()
    scheduler.stepped(1, 6)
    scheduler.grant(1, 5)
    assert scheduler.next_batch() == ()
    scheduler.grant(1, 1)
    assert scheduler.next_batch() == (1,)


def test_grant_during_a_step_does_not_start_a_second_one() -> None:
    scheduler = FirstComeScheduler(batch_size=1)
    scheduler.add(1, "a", credit=2)
    assert scheduler.next_batch() == (1,)
    scheduler.grant(1, 1)
    assert scheduler.next_batch() == ()


def test_removed_ticket_is_never_scheduled_again() -> None:
    scheduler = FirstComeScheduler(batch_size=4)
    scheduler.add(1, "a", credit=1)
    scheduler.add(2, "a", credit=1)
    scheduler.remove(1)
    scheduler.remove(1)
    scheduler.grant(1, 3)
    scheduler.stepped(1, 1)
    assert scheduler.next_batch() == (2,)
    assert len(scheduler) == 1


@given(
    batch_size=st.integers(1, 5),
    actions=st.lists(st.tuples(st.sampled_from("agsnr"), st.integers(0, 6), st.integers(1, 3)), max_size=120),
)
def test_no_ticket_ever_exceeds_its_credit(batch_size: int, actions: list[tuple[str, int, int]]) -> None:
    scheduler = FirstComeScheduler(batch_size)
    credit: dict[int, int] = {}
    in_step: set[int] = set()
    for action, ticket, amount in actions:
        if action == "a" and ticket not in credit:
            credit[ticket] = amount
            scheduler.add(ticket, str(ticket % 2), amount)
        elif action == "g" and ticket in credit:
            credit[ticket] += amount
            scheduler.grant(ticket, amount)
        elif action == "n":
            batch = scheduler.next_batch()
            assert len(batch) <= batch_size
            assert len({ticket % 2 for ticket in batch}) <= 1
            assert all(credit[ticket] > 0 and ticket not in in_step for ticket in batch)
            in_step |= set(batch)
        elif action == "s" and ticket in in_step:
            in_step.remove(ticket)
            credit[ticket] -= 1
            scheduler.stepped(ticket, 1)
        elif action == "r":
            credit.pop(ticket, None)
            in_step.discard(ticket)
            scheduler.remove(ticket)
    assert len(scheduler) == len(credit)
    assert scheduler.ready_count == sum(1 for ticket in credit if credit[ticket] > 0 and ticket not in in_step)
