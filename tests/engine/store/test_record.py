"""A record gives back exactly what was written, or nothing."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequestError
from engine.store.record import (
    MAGIC,
    PREFIX,
    VERSION,
    CorruptEntryError,
    ForeignVersionError,
    StoredAsset,
    check_asset_id,
    decode,
    encode,
)

MakeAsset = Callable[..., StoredAsset]


def record_of(head: bytes, payloads: bytes = b"", version: int = VERSION) -> bytes:
    """A record with a correct checksum over whatever `head` is."""
    start = PREFIX.pack(MAGIC, version, len(head), bytes(32))[:-32]
    return start + hashlib.sha256(start + head).digest() + head + payloads


def head_and_payloads(asset: StoredAsset) -> tuple[Any, bytes]:
    pieces = encode(asset)
    return json.loads(pieces[2]), b"".join(pieces[3:])


@given(st.lists(st.integers(0, 300), max_size=5), st.text(max_size=40))
def test_asset_comes_back_as_it_was(make_asset: MakeAsset, sizes_bytes: list[int], generator: str) -> None:
    asset = replace(make_asset(3, *sizes_bytes), generator=generator)
    assert decode(b"".join(encode(asset)), asset.asset_id) == asset


def test_equal_assets_have_equal_records(make_asset: MakeAsset) -> None:
    assert encode(make_asset(1)) == encode(make_asset(1))


def test_record_is_laid_out_as_documented(make_asset: MakeAsset) -> None:
    asset = make_asset(1, 5, 7)
    data = b"".join(encode(asset))
    head_size_bytes = int.from_bytes(data[12:16], "little")
    head, payloads = data[48 : 48 + head_size_bytes], data[48 + head_size_bytes :]
    assert (data[:8], int.from_bytes(data[8:12], "little")) == (b"\x89MORPH\r\n", 1)
    assert data[16:48] == hashlib.sha256(data[:16] + head).digest()
    assert [part["size_bytes"] for part in json.loads(head)["parts"]] == [5, 7]
    assert payloads == asset.parts[0].payload + asset.parts[1].payload


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_flipping_any_byte_is_noticed(make_asset: MakeAsset, mask: int) -> None:
    asset = make_asset(1)
    data = b"".join(encode(asset))
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= mask
        with pytest.raises(CorruptEntryError):
            decode(bytes(damaged), asset.asset_id)


def test_cutting_anywhere_is_noticed(make_asset: MakeAsset) -> None:
    asset = make_asset(1)
    data = b"".join(encode(asset))
    for size_bytes in range(len(data)):
        with pytest.raises(CorruptEntryError):
            decode(data[:size_bytes], asset.asset_id)


def test_bytes_behind_the_record_are_noticed(make_asset: MakeAsset) -> None:
    asset = make_asset(1)
    with pytest.raises(CorruptEntryError, match="its head describes"):
        decode(b"".join(encode(asset)) + b"\0", asset.asset_id)


@given(st.binary(max_size=400))
def test_noise_is_no_record(make_asset: MakeAsset, noise: bytes) -> None:
    asset_id = make_asset(1).asset_id
    with pytest.raises(CorruptEntryError):
        decode(noise, asset_id)
    with pytest.raises(CorruptEntryError):
        decode(MAGIC + noise, asset_id)
    with pytest.raises(CorruptEntryError):
        decode(record_of(noise), asset_id)


def test_record_of_another_asset_is_refused(make_asset: MakeAsset) -> None:
    with pytest.raises(CorruptEntryError, match="holds asset"):
        decode(b"".join(encode(make_asset(1))), make_asset(2).asset_id)


def test_other_version_is_told_from_damage(make_asset: MakeAsset) -> None:
    with pytest.raises(ForeignVersionError, match="version 7"):
        decode(record_of(b"a head that only version 7 understands", version=7), make_asset(1).asset_id)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("asset_id", 5),
        ("asset_id", "../../etc/passwd"),
        ("generator", None),
        ("digest", "00" * 32),
        ("digest", "no hexadecimal"),
        ("digest", 5),
        ("parts", None),
        ("parts", {"sequence": 0}),
        ("parts", []),
        ("parts", [5]),
    ],
)
def test_head_that_makes_no_sense_is_refused(make_asset: MakeAsset, key: str, value: object) -> None:
    asset = make_asset(1)
    head, payloads = head_and_payloads(asset)
    with pytest.raises(CorruptEntryError):
        decode(record_of(json.dumps(head | {key: value}).encode(), payloads), asset.asset_id)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sequence", 1),
        ("sequence", False),
        ("map", 3),
        ("lod_px", "64"),
        ("lod_px", -64),
        ("media_type", []),
        ("size_bytes", -1),
        ("size_bytes", 10**30),
        ("size_bytes", 1.0),
        ("sha256", ""),
        ("sha256", "00" * 32),
    ],
)
def test_part_header_that_makes_no_sense_is_refused(make_asset: MakeAsset, key: str, value: object) -> None:
    asset = make_asset(1)
    head, payloads = head_and_payloads(asset)
    head["parts"][0][key] = value
    with pytest.raises(CorruptEntryError):
        decode(record_of(json.dumps(head).encode(), payloads), asset.asset_id)


def test_deeply_nested_head_is_refused(make_asset: MakeAsset) -> None:
    with pytest.raises(CorruptEntryError):
        decode(record_of(b"[" * 100_000), make_asset(1).asset_id)


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "../" * 21 + "a", "a" * 64 + "\n"])
def test_asset_id_that_is_no_content_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="asset_id"):
        check_asset_id(text)


def test_incomplete_asset_cannot_be_built(make_asset: MakeAsset) -> None:
    whole = make_asset(1, 10, 10, 10)
    with pytest.raises(CorruptEntryError, match="its sequence is 1"):
        replace(whole, parts=whole.parts[1:])
    with pytest.raises(CorruptEntryError, match="digest"):
        replace(whole, parts=whole.parts[:2])
    with pytest.raises(CorruptEntryError, match="SHA-256 has 0 bytes"):
        replace(whole, parts=tuple(replace(part, sha256=b"") for part in whole.parts))
    with pytest.raises(InvalidRequestError):
        replace(whole, asset_id="brick")
    assert whole.size_bytes == 30
