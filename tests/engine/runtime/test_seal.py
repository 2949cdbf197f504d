"""The checksums agree with hashing everything at once."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from engine.assets import Part
from engine.runtime.seal import Seal

KNOWN = b"\7" * 32


def part(sequence: int, payload: bytes, sha256: bytes = b"") -> Part:
    return Part(sequence, "probe", 0, "application/octet-stream", payload, sha256)


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_whole_is_named_by_the_checksums_of_its_parts(payloads: list[bytes]) -> None:
    seal = Seal()
    digests = [hashlib.sha256(payload).digest() for payload in payloads]
    assert [seal.add(part(*numbered)).sha256 for numbered in enumerate(payloads)] == digests
    assert seal.digest() == hashlib.sha256(b"".join(digests)).digest()
    assert (seal.part_count, seal.size_bytes) == (len(payloads), sum(map(len, payloads)))


def test_checksum_that_the_generator_knows_is_taken() -> None:
    seal = Seal()
    assert seal.add(part(0, b"payload", KNOWN)).sha256 == KNOWN
    assert seal.digest() == hashlib.sha256(KNOWN).digest()
