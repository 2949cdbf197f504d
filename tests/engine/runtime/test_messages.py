"""The account of a stream can be carried on by whoever knows nothing but its last line."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.messages import Priority, Tally


@given(st.lists(st.binary(max_size=20)), st.integers(0, 20))
def test_tally_continued_elsewhere_is_that_of_the_whole(payloads: list[bytes], cut: int) -> None:
    def counted(start: Tally, part: list[bytes]) -> Tally:
        for payload in part:
            start = start.plus(hashlib.sha256(payload).digest(), len(payload))
        return start

    whole = counted(Tally(), payloads)
    before = counted(Tally(), payloads[:cut])
    carried = Tally(before.digest, before.part_count, before.size_bytes)
    assert counted(carried, payloads[cut:]) == whole
    assert (whole.part_count, whole.size_bytes) == (len(payloads), sum(map(len, payloads)))


def test_tally_is_the_chain_that_clients_check() -> None:
    first, second = (hashlib.sha256(payload).digest() for payload in (b"one", b"two"))
    chain = hashlib.sha256(hashlib.sha256(bytes(32) + first).digest() + second).digest()
    assert Tally().plus(first, 3).plus(second, 3) == Tally(chain, 2, 6)


def test_order_of_parts_enters_the_tally() -> None:
    first, second = (hashlib.sha256(payload).digest() for payload in (b"one", b"two"))
    assert Tally().plus(first, 3).plus(second, 3) != Tally().plus(second, 3).plus(first, 3)


def test_more_urgent_priorities_are_smaller() -> None:
    assert Priority.INTERACTIVE < Priority.STANDARD < Priority.BACKGROUND
