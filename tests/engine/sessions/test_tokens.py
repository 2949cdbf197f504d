"""Resume tokens: what comes back, and every way of not being one."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.runtime.messages import CHECKPOINT_MAX_BYTES, ResumePoint, Tally
from engine.sessions.tokens import TOKEN_MAX_BYTES, ResumeTokens

KEY, OTHER_KEY = b"a key of sixteen bytes", b"another key of that length"
ASSET_ID = hashlib.sha256(b"asset").hexdigest()
POINT = ResumePoint(7, Tally(b"\5" * 32, 7, 123_456_789_012), b"checkpoint", 6, 3)
LIFETIME_S = 100.0


class Clock:
    """Seconds since the epoch, as the test says."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def tokens(*keys: bytes, clock: Clock | None = None) -> ResumeTokens:
    return ResumeTokens(keys or (KEY,), LIFETIME_S, clock or Clock())


def refused(reader: ResumeTokens, token: bytes, asset_id: str = ASSET_ID) -> str:
    """Why `reader` refuses `token`."""
    with pytest.raises(InvalidRequestError) as error:
        reader.read(token, asset_id)
    assert error.value.field == "resume_token"
    return error.value.allowed


points = st.builds(
    ResumePoint,
    st.integers(0, 2**32 - 1),
    st.builds(Tally, st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)),
    st.binary(max_size=CHECKPOINT_MAX_BYTES),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)


@given(points)
def test_token_brings_back_every_point(point: ResumePoint) -> None:
    token = tokens().issue(ASSET_ID, point)
    assert len(token) <= TOKEN_MAX_BYTES
    assert tokens().read(token, ASSET_ID) == point


def test_every_single_flipped_bit_is_noticed() -> None:
    token, reader = tokens().issue(ASSET_ID, POINT), tokens()
    for position in range(8 * len(token)):
        flipped = bytearray(token)
        flipped[position // 8] ^= 1 << position % 8
        refused(reader, bytes(flipped))


def test_every_truncation_and_every_extension_is_noticed() -> None:
    token, reader = tokens().issue(ASSET_ID, POINT), tokens()
    for length in range(len(token)):
        refused(reader, token[:length])
        refused(reader, token[-length:] if length else b"")
    for tail in (b"\0", b"x" * 32, token):
        refused(reader, token + tail)


@given(st.binary(max_size=300))
def test_junk_is_no_token(junk: bytes) -> None:
    refused(tokens(), junk)


def test_forged_token_is_refused() -> None:
    """Rightly built in every respect, with a signature made by another key, and named like the right one."""
    genuine = tokens(KEY).issue(ASSET_ID, POINT)
    forged = tokens(OTHER_KEY).issue(ASSET_ID, POINT)
    assert "signed by this server" in refused(tokens(KEY), forged)
    renamed = genuine[:5] + forged[5:-32]
    assert "signed by this server" in refused(
        tokens(KEY), renamed + hmac.new(OTHER_KEY, renamed, hashlib.sha256).digest()
    )
    assert "signed by this server" in refused(tokens(KEY), genuine[:-32] + bytes(32))


def test_token_expires() -> None:
    clock = Clock()
    reader = tokens(clock=clock)
    token = reader.issue(ASSET_ID, POINT)
    clock.now_s += LIFETIME_S
    assert reader.read(token, ASSET_ID) == POINT
    clock.now_s += 1
    assert refused(reader, token) == "at most 100 s old"


def test_token_from_the_future_is_refused_beyond_what_clocks_differ() -> None:
    ahead, clock = Clock(), Clock()
    ahead.now_s += 299
    token = tokens(clock=ahead).issue(ASSET_ID, POINT)
    assert tokens(clock=clock).read(token, ASSET_ID) == POINT
    ahead.now_s += 2
    refused(tokens(clock=clock), tokens(clock=ahead).issue(ASSET_ID, POINT))


def test_token_of_another_asset_is_refused() -> None:
    other_id = hashlib.sha256(b"other").hexdigest()
    assert f"asset {other_id[:12]}" in refused(tokens(), tokens().issue(ASSET_ID, POINT), other_id)


def test_keys_are_rotated_by_putting_a_new_one_in_front() -> None:
    old = tokens(OTHER_KEY).issue(ASSET_ID, POINT)
    rotated = tokens(KEY, OTHER_KEY)
    assert rotated.read(old, ASSET_ID) == POINT
    new = rotated.issue(ASSET_ID, POINT)
    assert tokens(KEY).read(new, ASSET_ID) == POINT
    refused(tokens(OTHER_KEY), new)
    refused(tokens(KEY), old)


def test_without_keys_tokens_do_not_outlive_the_process() -> None:
    one, other = ResumeTokens([], LIFETIME_S), ResumeTokens([], LIFETIME_S)
    token = one.issue(ASSET_ID, POINT)
    assert one.read(token, ASSET_ID) == POINT
    refused(other, token)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_token_of_another_version_is_refused_as_such(version: int) -> None:
    token = tokens().issue(ASSET_ID, POINT)
    assert refused(tokens(), bytes([version]) + token[1:]) == "version 1"


def test_token_that_is_too_long_is_refused_before_it_is_looked_at() -> None:
    assert refused(tokens(), b"\1" * (TOKEN_MAX_BYTES + 1)) == "at most 6144 bytes"


def test_token_does_not_tell_the_key() -> None:
    assert KEY not in tokens().issue(ASSET_ID, POINT)
