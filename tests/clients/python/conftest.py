"""A real gRPC server that plays scripted streams, and builders for what it plays."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass, field

import cv2
import grpc
import numpy as np
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_health.v1 import health, health_pb2_grpc
from grpc_status import rpc_status

from morphogen.v1 import (
    catalog_pb2_grpc,
    common_pb2,
    diagnostics_pb2,
    diagnostics_pb2_grpc,
    scene_pb2,
    scene_pb2_grpc,
    texture_pb2,
    texture_pb2_grpc,
    world_pb2,
    world_pb2_grpc,
)

Message = texture_pb2.GenerateTextureResponse


@dataclass(slots=True)
class Script:
    """What the server does, attempt by attempt, and what it saw.

    attempts   per attempt: messages to send, then statuses to end with; the last attempt's is repeated
    asked      set when a request is there
    cancelled  set when a stream is cancelled before it has been played
    pause_s    waits before the messages, if given; the last one is repeated
    """

    attempts: list[list[object]] = field(default_factory=list)
    requests: list[object] = field(default_factory=list)
    metadata: list[dict[str, str | bytes]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    pause_s: list[float] = field(default_factory=list)


class ScriptedServicer(
    texture_pb2_grpc.TextureServiceServicer,
    scene_pb2_grpc.SceneServiceServicer,
    world_pb2_grpc.WorldServiceServicer,
    diagnostics_pb2_grpc.DiagnosticsServiceServicer,
    catalog_pb2_grpc.CatalogServiceServicer,
):
    """Plays a script whatever is asked."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def GenerateTexture(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        yield from self._play(request, context)

    def GenerateLevel(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        for message in self._play(request, context):
            assert isinstance(message, Message)
            yield scene_pb2.GenerateLevelResponse.FromString(message.SerializeToString())

    def GenerateScene(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        for message in self._play(request, context):
            assert isinstance(message, Message)
            yield scene_pb2.GenerateSceneResponse.FromString(message.SerializeToString())

    def GenerateWorld(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        for message in self._play(request, context):
            assert isinstance(message, Message)
            yield world_pb2.GenerateWorldResponse.FromString(message.SerializeToString())

    def GenerateChunk(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        for message in self._play(request, context):
            assert isinstance(message, Message)
            yield world_pb2.GenerateChunkResponse.FromString(message.SerializeToString())

    def ExploreWorld(  # noqa: N802
        self, requests: Iterator[object], context: grpc.ServicerContext
    ) -> Iterator[object]:
        yield from self._play(next(requests), context)

    def StreamProbe(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:  # noqa: N802
        for message in self._play(request, context):
            assert isinstance(message, Message)
            yield diagnostics_pb2.StreamProbeResponse.FromString(message.SerializeToString())

    def ListGenerators(self, request: object, context: grpc.ServicerContext) -> object:  # noqa: N802
        (message,) = self._play(request, context)
        return message

    def GetGenerator(self, request: object, context: grpc.ServicerContext) -> object:  # noqa: N802
        (message,) = self._play(request, context)
        return message

    def _play(self, request: object, context: grpc.ServicerContext) -> Iterator[object]:
        script = self._script
        attempt = script.attempts[min(len(script.requests), len(script.attempts) - 1)]
        script.requests.append(request)
        script.metadata.append({str(key): value for key, value in context.invocation_metadata()})
        script.asked.set()
        ended, played = threading.Event(), threading.Event()

        def end() -> None:
            ended.set()
            if not played.is_set():
                script.cancelled.set()

        context.add_callback(end)
        for number, item in enumerate(attempt):
            if isinstance(item, grpc.Status):
                played.set()
                context.abort_with_status(item)
            if script.pause_s and ended.wait(script.pause_s[min(number, len(script.pause_s) - 1)]):
                return
            yield item
        played.set()
        context.set_code(grpc.StatusCode.OK)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def address(script: Script) -> Iterator[str]:
    """HOST:PORT of a server that plays `script`."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    servicer = ScriptedServicer(script)
    texture_pb2_grpc.add_TextureServiceServicer_to_server(servicer, server)
    scene_pb2_grpc.add_SceneServiceServicer_to_server(servicer, server)
    world_pb2_grpc.add_WorldServiceServicer_to_server(servicer, server)
    diagnostics_pb2_grpc.add_DiagnosticsServiceServicer_to_server(servicer, server)
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(servicer, server)
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(grace=None).wait()


def png(size_px: int, shade: int) -> bytes:
    """A PNG of one color: red `shade`, green 2, blue 3."""
    pixels = np.full((size_px, size_px, 3), (3, 2, shade), np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.fixture
def stream_of() -> Callable[..., list[Message]]:
    return make_stream


@pytest.fixture
def status_of() -> Callable[..., grpc.Status]:
    return make_status


def make_stream(
    parts: Sequence[tuple[str, int, bytes]] = (
        ("albedo", 64, png(64, 10)),
        ("normal", 64, png(64, 20)),
        ("albedo", 128, png(128, 30)),
        ("normal", 128, png(128, 40)),
    ),
    chunk_bytes: int = 100,
    *,
    first_sequence: int = 0,
    tokens: bool = False,
) -> list[Message]:
    """The messages of an intact stream of these parts (map, lod_px, payload), from part `first_sequence` on.

    A map may bring its media type: "model/gltf-binary:scene". With `tokens`, part N brings the token b"behind N".
    """
    header = common_pb2.StreamHeader(
        asset_id="ab" * 32,
        generator=common_pb2.GeneratorRef(name="texgen", version="1", tier="S", weights_sha256="cd" * 32),
        canonical_request='{"texture_class":"stone"}',
        lods_px=sorted({lod_px for _, lod_px, _ in parts} - {0}),
        part_count=len(parts),
        first_sequence=first_sequence,
    )
    messages = [Message(header=header)]
    digest = bytes(32)
    for sequence, (name, lod_px, payload) in enumerate(parts):
        digest = hashlib.sha256(digest + hashlib.sha256(payload).digest()).digest()
        if sequence < first_sequence:
            continue
        pieces = [payload[start : start + chunk_bytes] for start in range(0, len(payload), chunk_bytes)]
        media_type, _, map_name = name.rpartition(":")
        for index, piece in enumerate(pieces):
            chunk = common_pb2.PartChunk(
                sequence=sequence,
                map=map_name,
                lod_px=lod_px,
                media_type=media_type or "image/png",
                part_size_bytes=len(payload),
                part_sha256=hashlib.sha256(payload).digest() if index + 1 == len(pieces) else b"",
                chunk_index=index,
                chunk_count=len(pieces),
                data=piece,
                resume_token=f"behind {sequence}".encode() if tokens and index + 1 == len(pieces) else b"",
            )
            messages.append(Message(part=chunk))
    trailer = common_pb2.StreamTrailer(
        sha256=digest,
        part_count=len(parts),
        size_bytes=sum(len(payload) for _, _, payload in parts),
        timings=common_pb2.Timings(queue_ms=1, first_part_ms=2, step_ms=3, total_ms=4),
    )
    return [*messages, Message(trailer=trailer)]


def make_status(
    code: grpc.StatusCode, message: str, *, retry_after_s: float | None = None, **metadata: str
) -> grpc.Status:
    """A status with an ErrorInfo of `metadata` and, if given, a RetryInfo."""
    details = [any_pb2.Any(), any_pb2.Any()]
    details[0].Pack(error_details_pb2.ErrorInfo(reason="REASON", domain="morphogen", metadata=metadata))
    if retry_after_s is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(retry_after_s * 1e3))
        details[1].Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code.value[0], message=message, details=details[: 1 + (retry_after_s is not None)])
    return rpc_status.to_status(status)
