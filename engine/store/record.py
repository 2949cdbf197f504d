"""One stored asset as one file: how it is written, and everything that is checked before it is believed.

    magic 8 | version u32 | size of the head u32 | SHA-256 of these 16 bytes and the head 32 | head | payloads

in little-endian order. The head is JSON: asset_id, generator, digest and one header per part; payloads follow in the
order of the parts with nothing between or behind them. The first 48 bytes mean the same in every version, so that a
version that is not known can be told from damage. Nothing is unpickled.

A content address names a request, not the bytes that answer it: whoever can write to a place is trusted with them.
"""

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from typing import Any

from engine.assets import DIGEST_START, Part, running_digest
from engine.errors import InvalidRequestError, MorphogenError

MAGIC = b"\x89MORPH\r\n"
"""First bytes of a record; like PNG's they show a file that was mistaken for text."""

VERSION = 1
"""Version of the head and of the order of payloads."""

PREFIX = struct.Struct("<8sII32s")
SHA256_BYTES = 32
ASSET_ID = re.compile(r"[0-9a-f]{64}")


class CorruptEntryError(MorphogenError):
    """What is stored, or is to be stored, is not what it says it is. Handled inside the store."""


class ForeignVersionError(MorphogenError):
    """An undamaged record of a version that this code does not read. Handled inside the store."""


def check_asset_id(asset_id: str) -> None:
    """Raise InvalidRequestError unless `asset_id` is a SHA-256 in lower-case hexadecimal: it becomes a file name."""
    if not ASSET_ID.fullmatch(asset_id):
        raise InvalidRequestError("asset_id", asset_id, "64 lower-case hexadecimal digits")


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """A finished asset: all its parts in order.

    asset_id   its content address, 64 lower-case hexadecimal digits
    generator  what made it, e.g. "texgen 1.2.0 M", for people who look at files
    parts      each with the SHA-256 (32 bytes) of its payload
    digest     32 bytes: the running digest over all parts (`engine.assets.running_digest`)

    Raises InvalidRequestError for the asset_id, CorruptEntryError for parts that are not all there or do not fit the
    digest. Payloads are not hashed here but when they are read from a file.
    """

    asset_id: str
    generator: str
    parts: tuple[Part, ...]
    digest: bytes

    def __post_init__(self) -> None:
        check_asset_id(self.asset_id)
        digest = DIGEST_START
        for sequence, part in enumerate(self.parts):
            if part.sequence != sequence:
                raise CorruptEntryError(f"part {sequence}: its sequence is {part.sequence}")
            if len(part.sha256) != SHA256_BYTES:
                raise CorruptEntryError(f"part {sequence}: its SHA-256 has {len(part.sha256)} bytes, not 32")
            digest = running_digest(digest, part.sha256)
        if digest != self.digest:
            raise CorruptEntryError("digest: does not fit the parts")

    @property
    def size_bytes(self) -> int:
        """Payload bytes of all parts."""
        return sum(len(part.payload) for part in self.parts)


def encode(asset: StoredAsset) -> tuple[bytes, ...]:
    """The record of `asset`, to be written one piece after the other; equal assets give equal bytes."""
    document = {
        "asset_id": asset.asset_id,
        "generator": asset.generator,
        "digest": asset.digest.hex(),
        "parts": [
            {
                "sequence": part.sequence,
                "map": part.map,
                "lod_px": part.lod_px,
                "media_type": part.media_type,
                "size_bytes": len(part.payload),
                "sha256": part.sha256.hex(),
            }
            for part in asset.parts
        ],
    }
    head = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    prefix = PREFIX.pack(MAGIC, VERSION, len(head), bytes(SHA256_BYTES))[:-SHA256_BYTES]
    return (prefix, hashlib.sha256(prefix + head).digest(), head, *(part.payload for part in asset.parts))


def decode(data: bytes, asset_id: str) -> StoredAsset:
    """The asset in the record `data`, which must be the one named `asset_id`.

    Raises CorruptEntryError for a record that is damaged in any way or holds another asset, ForeignVersionError for an
    undamaged head of another version.
    """
    if len(data) < PREFIX.size or not data.startswith(MAGIC):
        raise CorruptEntryError("is not a record")
    _, version, head_size_bytes, checksum = PREFIX.unpack_from(data)
    head = data[PREFIX.size : PREFIX.size + head_size_bytes]
    if len(head) < head_size_bytes or hashlib.sha256(data[: PREFIX.size - SHA256_BYTES] + head).digest() != checksum:
        raise CorruptEntryError("the head is damaged")
    if version != VERSION:
        raise ForeignVersionError(f"has version {version}; this code reads version {VERSION}")
    try:
        document = json.loads(head)
        parts = _parts(document, data, PREFIX.size + head_size_bytes)
        digest = bytes.fromhex(document["digest"])
        asset = StoredAsset(_text(document, "asset_id"), _text(document, "generator"), parts, digest)
    except (KeyError, TypeError, ValueError, RecursionError, InvalidRequestError) as error:
        raise CorruptEntryError("the head is not understood") from error
    if asset.asset_id != asset_id:
        raise CorruptEntryError(f"holds asset {asset.asset_id}")
    return asset


def _parts(document: Any, data: bytes, offset_bytes: int) -> tuple[Part, ...]:
    """The parts that the head lists, their payloads cut from `data` at `offset_bytes` and hashed."""
    parts: list[Part] = []
    for header in document["parts"]:
        end_bytes = offset_bytes + _number(header, "size_bytes")
        payload = data[offset_bytes:end_bytes]
        offset_bytes = end_bytes
        part = Part(
            _number(header, "sequence"),
            _text(header, "map"),
            _number(header, "lod_px"),
            _text(header, "media_type"),
            payload,
            bytes.fromhex(header["sha256"]),
        )
        if hashlib.sha256(payload).digest() != part.sha256:
            raise CorruptEntryError(f"part {part.sequence}: is damaged")
        parts.append(part)
    if offset_bytes != len(data):
        raise CorruptEntryError(f"has {len(data)} bytes, its head describes {offset_bytes}")
    return tuple(parts)


def _text(document: Any, key: str) -> str:
    value = document[key]
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _number(document: Any, key: str) -> int:
    value = document[key]
    if type(value) is not int or value < 0:
        raise TypeError(key)
    return value
