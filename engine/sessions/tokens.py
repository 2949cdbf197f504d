"""Resume tokens: a client's own copy of where its stream stands, which nobody else can make.

A token is signed, not secret: version, key name, body, HMAC-SHA256 over all of that. Any gateway that knows the key
takes it; keys are rotated by putting a new one in front.
"""

import hashlib
import hmac
import secrets
import struct
import time
from collections.abc import Callable, Sequence

from engine.errors import InvalidRequestError
from engine.runtime.messages import CHECKPOINT_MAX_BYTES, ResumePoint, Tally

FIELD = "resume_token"
VERSION = 1
TOKEN_MAX_BYTES = 6 * 1024

_HEAD = struct.Struct(">B4s")
_BODY = struct.Struct(">Q32sI32sIQII")
"""Issued at (seconds since the epoch), asset id, next sequence, digest, part count, size, checkpoint sequence, control
count. The checkpoint follows.
"""
_MAC_BYTES = 32
_CLOCK_SKEW_S = 300
"""Gateways' clocks may differ by this much."""


class ResumeTokens:
    """Makes and reads tokens.

    keys        the first one signs, all of them are accepted; none: a random one that this process forgets
    lifetime_s  age beyond which a token is refused
    clock       seconds since the epoch
    """

    def __init__(self, keys: Sequence[bytes], lifetime_s: float, clock: Callable[[], float] = time.time) -> None:
        ring = list(keys) or [secrets.token_bytes(32)]
        self._keys = {_name(key): key for key in reversed(ring)}
        self._signing_key = ring[0]
        self._lifetime_s = lifetime_s
        self._clock = clock

    def issue(self, asset_id: str, point: ResumePoint) -> bytes:
        """The token for `point` in the stream of the asset named `asset_id` (hex)."""
        tally = point.tally
        body = _BODY.pack(
            int(self._clock()),
            bytes.fromhex(asset_id),
            point.next_sequence,
            tally.digest,
            tally.part_count,
            tally.size_bytes,
            point.checkpoint_sequence,
            point.control_count,
        )
        signed = _HEAD.pack(VERSION, _name(self._signing_key)) + body + point.checkpoint
        return signed + _mac(self._signing_key, signed)

    def read(self, token: bytes, asset_id: str) -> ResumePoint:
        """The point that `token` names. Raises InvalidRequestError (field `resume_token`) unless this gateway, or one
        with the same key, issued it for this very asset, not too long ago.
        """
        if len(token) > TOKEN_MAX_BYTES:
            raise _refused(f"{len(token)} bytes", f"at most {TOKEN_MAX_BYTES} bytes")
        if len(token) < _HEAD.size + _BODY.size + _MAC_BYTES:
            raise _refused(f"{len(token)} bytes", "a whole token as it was received")
        version, key_name = _HEAD.unpack_from(token)
        if version != VERSION:
            raise _refused(f"version {version}", f"version {VERSION}")
        signed, mac = token[:-_MAC_BYTES], token[-_MAC_BYTES:]
        key = self._keys.get(key_name)
        if key is None or not hmac.compare_digest(_mac(key, signed), mac):
            raise _refused(
                "a token with another signature", "a token signed by this server or one that shares its keys"
            )
        issued_at_s, asset, *numbers = _BODY.unpack_from(signed, _HEAD.size)
        age_s = self._clock() - issued_at_s
        if not -_CLOCK_SKEW_S <= age_s <= self._lifetime_s:
            raise _refused(f"{age_s:.0f} s old", f"at most {self._lifetime_s:.0f} s old")
        if asset.hex() != asset_id:
            raise _refused(
                f"a token for asset {asset.hex()[:12]}", f"a token for asset {asset_id[:12]}, which is asked for"
            )
        next_sequence, digest, part_count, size_bytes, checkpoint_sequence, control_count = numbers
        return ResumePoint(
            next_sequence,
            Tally(digest, part_count, size_bytes),
            signed[_HEAD.size + _BODY.size :],
            checkpoint_sequence,
            control_count,
        )


def _name(key: bytes) -> bytes:
    """Which key it is, without telling the key."""
    return hashlib.sha256(b"morphogen resume key\0" + key).digest()[:4]


def _mac(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _refused(value: str, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(FIELD, value, allowed)


assert _HEAD.size + _BODY.size + CHECKPOINT_MAX_BYTES + _MAC_BYTES <= TOKEN_MAX_BYTES
