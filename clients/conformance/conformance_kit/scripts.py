"""What a real server never sends: streams that break the protocol, statuses of every kind, fields of later versions.

A script is an async generator of messages; it ends the call by returning, or with a status by raising `Ended`. On the
web port it may also yield `Raw`, bytes that go into the response as they are, and `Http`, an answer of no protocol.
"""

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import grpc
import numpy as np
from google.protobuf import any_pb2, duration_pb2, message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from morphogen.v1 import catalog_pb2, character_pb2, common_pb2, diagnostics_pb2

Response = diagnostics_pb2.StreamProbeResponse
"""All generating calls number header, part and trailer alike."""

CHUNK_BYTES = 256 * 1024
FOREVER_S = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its method, its number, from 1, among those of its case, and its request."""

    method: str
    attempt: int
    request: bytes

    @property
    def resume_token(self) -> bytes:
        """What a probe wants to be continued with."""
        return diagnostics_pb2.StreamProbeRequest.FromString(self.request).options.resume_token


class Ended(Exception):  # noqa: N818 (a status is not always an error)
    """The call ends with a status.

    in_headers  on gRPC-Web: in the response's headers, without a body, as proxies do it
    """

    def __init__(self, code: str, text: str, details: list[message.Message], *, in_headers: bool = False) -> None:
        super().__init__(text)
        self.code = grpc.StatusCode[code]
        self.text = text
        self.details = [_packed(detail) for detail in details]
        self.in_headers = in_headers

    @property
    def rich(self) -> bytes:
        """The google.rpc.Status; empty without details."""
        if not self.details:
            return b""
        number: int = self.code.value[0]
        status = status_pb2.Status(code=number, message=self.text, details=self.details)
        return bytes(status.SerializeToString())


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes of a response's body; the call ends behind them without a status."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Http:
    """A response of somebody who does not know the protocol."""

    status: int
    content_type: str
    body: bytes


Output = bytes | Raw | Http
Script = Callable[[Call], AsyncIterator[Output]]


class Parts:
    """The messages of one good stream of noise."""

    def __init__(self, count: int = 3, size_bytes: int = 1000, asset: str = "5e" * 32) -> None:
        self.count = count
        self.asset = asset
        self.payloads = [random.Random(number).randbytes(size_bytes) for number in range(count)]

    def header(self, first: int = 0) -> bytes:
        """The first message."""
        generator = common_pb2.GeneratorRef(name="probe", version="1", tier="S", kernel_class="none")
        header = common_pb2.StreamHeader(
            asset_id=self.asset,
            generator=generator,
            canonical_request="{}",
            part_count=self.count,
            first_sequence=first,
        )
        return Response(header=header).SerializeToString()

    def chunks(self, number: int) -> list[common_pb2.PartChunk]:
        """A part's pieces."""
        data = self.payloads[number]
        pieces = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)] or [b""]
        chunks = [
            common_pb2.PartChunk(
                sequence=number,
                map="probe",
                media_type="application/octet-stream",
                part_size_bytes=len(data),
                chunk_index=index,
                chunk_count=len(pieces),
                data=piece,
            )
            for index, piece in enumerate(pieces)
        ]
        chunks[-1].part_sha256 = hashlib.sha256(data).digest()
        chunks[-1].resume_token = b"behind %d" % number
        return chunks

    def part(self, number: int) -> list[bytes]:
        """A part's messages."""
        return [_part(chunk) for chunk in self.chunks(number)]

    def trailer(self, count: int | None = None) -> bytes:
        """The last message, over all parts or the first `count`."""
        payloads = self.payloads[:count]
        digest = bytes(32)
        for data in payloads:
            digest = hashlib.sha256(digest + hashlib.sha256(data).digest()).digest()
        size_bytes = sum(map(len, payloads))
        trailer = common_pb2.StreamTrailer(sha256=digest, part_count=len(payloads), size_bytes=size_bytes)
        return Response(trailer=trailer).SerializeToString()

    def messages(self, first: int = 0) -> list[bytes]:
        """The whole stream, or what follows behind the parts before `first`."""
        parts = [piece for number in range(first, self.count) for piece in self.part(number)]
        return [self.header(first), *parts, self.trailer()]


async def good(_call: Call, parts: int = 3, size_bytes: int = 1000) -> AsyncIterator[Output]:
    """A stream as it should be."""
    for each in Parts(parts, size_bytes).messages():
        yield each


async def fails(
    call: Call,
    code: str,
    *,
    text: str = "",
    told: Mapping[str, str] | None = None,
    retry_ms: int | None = None,
    behind_parts: int | None = None,
    first_attempts: int | None = None,
    in_headers: bool = False,
) -> AsyncIterator[Output]:
    """A status: at once, or behind so many parts; of all attempts, or of the first ones, and then a good stream, which
    goes on behind the part whose token comes.

    told  metadata of an ErrorInfo; None: the status has no details
    """
    stream = Parts()
    token = call.resume_token
    first = int(token.removeprefix(b"behind ")) + 1 if token else 0
    if first_attempts is not None and call.attempt > first_attempts:
        for each in stream.messages(first):
            yield each
        return
    for each in stream.messages(first)[: 0 if behind_parts is None else 1 + behind_parts]:
        yield each
    details: list[message.Message] = []
    if told is not None:
        details.append(error_details_pb2.ErrorInfo(reason=code, domain="morphogen", metadata=told))
    if retry_ms is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(retry_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    raise Ended(code, text, details, in_headers=in_headers)


async def silent(_call: Call, behind_parts: int = 0) -> AsyncIterator[Output]:
    """Header and some parts, and then nothing for longer than anybody waits."""
    for each in Parts().messages()[: 1 + behind_parts]:
        yield each
    await asyncio.sleep(FOREVER_S)


async def silent_call(_call: Call) -> AsyncIterator[Output]:
    """Not even an answer."""
    await asyncio.sleep(FOREVER_S)
    yield b""


async def broken(_call: Call, how: str) -> AsyncIterator[Output]:
    """A stream that breaks the protocol."""
    stream = Parts()
    messages = stream.messages()
    for each in {
        "nothing": [],
        "no header": messages[1:],
        "two headers": [messages[0], *messages],
        "no trailer": messages[:-1],
        "trailer too early": [*messages[:3], stream.trailer(2)],
        "trailer in the middle of a part": [stream.header(), *_halves()[:1], stream.trailer()],
        "part after the trailer": [*messages, *stream.part(2)],
        "part missing": [messages[0], *stream.part(0), *stream.part(2), stream.trailer()],
        "parts swapped": [messages[0], *stream.part(1), *stream.part(0), *stream.part(2), stream.trailer()],
        "part twice": [*messages[:3], *stream.part(1), messages[-2], messages[-1]],
        "chunks swapped": [stream.header(), *reversed(_halves())],
        "too many bytes": [messages[0], _changed(stream, part_size_bytes=999), *messages[2:]],
        "too few bytes": [messages[0], _changed(stream, part_size_bytes=1001), *messages[2:]],
        "two gigabytes announced": [
            messages[0],
            _changed(stream, part_size_bytes=2**31 - 1, chunk_count=8192),
            *messages[2:],
        ],
        "part checksum": [*messages[:2], _changed(stream, 1, part_sha256=bytes(32)), *messages[3:]],
        "no part checksum": [*messages[:2], _changed(stream, 1, part_sha256=b""), *messages[3:]],
        "path for a name": [messages[0], _changed(stream, map="../../probe"), *messages[2:]],
        "no name": [messages[0], _changed(stream, map=""), *messages[2:]],
        "digest of the trailer": [*messages[:-1], Parts(3, 999).trailer()],
        "message that is none": [messages[0], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"],
    }[how]:
        yield each


async def of_a_later_version(_call: Call) -> AsyncIterator[Output]:
    """A good stream with fields that nobody knows in all messages, inside and outside."""
    unknown = b"\xf8\x3f\x05\x92\x40\x03abc\x99\x40\x01\x02\x03\x04\x05\x06\x07\x08\xa5\x40\x01\x02\x03\x04"
    for each in Parts().messages():
        parsed = Response.FromString(each)
        name = parsed.WhichOneof("payload")
        inner = getattr(parsed, name)
        inner.MergeFromString(unknown)
        yield parsed.SerializeToString() + unknown


async def another_asset(call: Call) -> AsyncIterator[Output]:
    """Cut once; what goes on is another asset than what began."""
    if call.attempt == 1:
        for each in Parts().messages()[:2]:
            yield each
        raise Ended("UNAVAILABLE", "restarting", [])
    for each in Parts(asset="af" * 32).messages(1 if call.resume_token else 0):
        yield each


async def empty_part(_call: Call) -> AsyncIterator[Output]:
    """A part of no bytes between two others."""
    stream = Parts()
    stream.payloads[1] = b""
    for each in stream.messages():
        yield each


async def large_message(_call: Call, size_bytes: int) -> AsyncIterator[Output]:
    """One message of so many bytes, where 256 KiB is the most."""
    stream = Parts(1)
    data = stream.payloads[0] = bytes(size_bytes)
    chunk = stream.chunks(0)[-1]
    chunk.data, chunk.chunk_index, chunk.chunk_count = data, 0, 1
    yield stream.header()
    yield _part(chunk)
    yield stream.trailer()


async def catalog(_call: Call, names: list[str]) -> AsyncIterator[Output]:
    """Generators of these names."""
    generators = [
        catalog_pb2.Generator(asset_kind="texture", ref=common_pb2.GeneratorRef(name=name), classes=names)
        for name in names
    ]
    yield catalog_pb2.ListGeneratorsResponse(generators=generators).SerializeToString()


async def frames(call: Call, count: int, size_px: int = 256) -> AsyncIterator[Output]:
    """A character's frames, one JPEG picture after the other, as fast as they are taken; controls are taken too."""
    if call.method == "ControlSession":
        yield character_pb2.ControlSessionResponse().SerializeToString()
        return
    joints = [f"joint {number}" for number in range(19)]
    rest = {"parents": [-1] + 18 * [0], "rest_offset_m": 19 * [[0, 0, 0]], "height_m": 1.7, "identity": {}}
    stream = Parts(1 + count, 0)
    stream.payloads = [json.dumps({"joints": joints, **rest}).encode(), *(count * [_picture(size_px)])]
    header = Response.FromString(stream.header())
    header.header.canonical_request = '{"first_frame": 0}'
    header.header.session_id = "scripted"
    yield header.SerializeToString()
    for number in range(1 + count):
        for chunk in stream.chunks(number):
            chunk.map, chunk.media_type = ("frame", "image/jpeg") if number else ("description", "application/json")
            chunk.lod_px = size_px if number else 0
            yield _part(chunk)
    yield stream.trailer()


async def raw(_call: Call, hex_bytes: str, behind_parts: int | None = None) -> AsyncIterator[Output]:
    """On the web port: good messages up to so many parts, then these bytes, then the response's end."""
    for each in Parts().messages()[: 0 if behind_parts is None else 1 + behind_parts]:
        yield each
    yield Raw(bytes.fromhex(hex_bytes))


async def http(_call: Call, status: int, content_type: str, body: str) -> AsyncIterator[Output]:
    """On the web port: what a proxy or a web server would say."""
    yield Http(status, content_type, body.encode())


SCRIPTS: Mapping[str, Callable[..., AsyncIterator[Output]]] = {
    script.__name__: script
    for script in (
        good,
        fails,
        silent,
        silent_call,
        broken,
        of_a_later_version,
        another_asset,
        empty_part,
        large_message,
        catalog,
        frames,
        raw,
        http,
    )
}


def script_of(described: Mapping[str, Any]) -> Script:
    """The script that a case names, with its arguments."""
    arguments = dict(described)
    script = SCRIPTS[arguments.pop("name")]
    return lambda call: script(call, **arguments)


def _picture(size_px: int) -> bytes:
    y, x = np.mgrid[:size_px, :size_px]
    color = np.stack([x % 256, y % 256, (x * y // 64) % 256], -1).astype(np.uint8)
    done, data = cv2.imencode(".jpg", color, [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return data.tobytes()


def _part(chunk: common_pb2.PartChunk) -> bytes:
    return Response(part=chunk).SerializeToString()


def _changed(stream: Parts, number: int = 0, **fields: Any) -> bytes:
    chunk = stream.chunks(number)[0]
    chunk.MergeFrom(common_pb2.PartChunk(**fields))
    for name, value in fields.items():
        if not value:
            chunk.ClearField(name)
    return _part(chunk)


def _halves() -> list[bytes]:
    """The two messages of one part that has two pieces."""
    return Parts(1, CHUNK_BYTES + 1).part(0)


def _packed(detail: message.Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
