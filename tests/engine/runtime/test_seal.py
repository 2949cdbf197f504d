"""The checksums agree with hashing everything at once."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from engine.assets import Part
from engine.runtime.seal import Seal, Sealer


@given(
    st.lists(st.tuples(st.binary(max_size=50), st.integers(1, 4), st.sampled_from((1, 3000, 20_000))), max_size=12),
)
def test_digests_equal_those_of_the_plain_payloads(groups: list[tuple[bytes, int, int]]) -> None:
    payloads = [payload for content, repeats, factor in groups for payload in [content * factor] * repeats]
    seal = Seal(Sealer())
    for sequence, payload in enumerate(payloads):
        part = Part(sequence, "probe", 0, "application/octet-stream", payload)
        assert seal.stamp(part).sha256 == hashlib.sha256(payload).digest()
        seal.absorb(part)
    assert seal.digest() == hashlib.sha256(b"".join(payloads)).digest()
    assert (seal.part_count, seal.size_bytes) == (len(payloads), sum(map(len, payloads)))


def test_sessions_of_different_length_share_a_payload() -> None:
    payload = bytes(range(256)) * 192
    sealer = Sealer()
    for count in (5, 23, 7):
        seal = Seal(sealer)
        for sequence in range(count):
            part = Part(sequence, "probe", 0, "application/octet-stream", payload)
            seal.stamp(part)
            seal.absorb(part)
        assert seal.digest() == hashlib.sha256(payload * count).digest()
