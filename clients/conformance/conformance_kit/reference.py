"""What is right: the kit reads a stream by itself, from the native port, with nothing of any SDK."""

import hashlib
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import json_format, message

from conformance_kit.proxy import Address
from morphogen.v1 import (
    character_pb2,
    character_pb2_grpc,
    diagnostics_pb2,
    diagnostics_pb2_grpc,
    scene_pb2,
    scene_pb2_grpc,
    texture_pb2,
    texture_pb2_grpc,
    world_pb2,
    world_pb2_grpc,
)

CALLS: Mapping[str, tuple[Any, str, type[message.Message]]] = {
    "probe": (diagnostics_pb2_grpc.DiagnosticsServiceStub, "StreamProbe", diagnostics_pb2.StreamProbeRequest),
    "generateTexture": (texture_pb2_grpc.TextureServiceStub, "GenerateTexture", texture_pb2.GenerateTextureRequest),
    "generateLevel": (scene_pb2_grpc.SceneServiceStub, "GenerateLevel", scene_pb2.GenerateLevelRequest),
    "generateScene": (scene_pb2_grpc.SceneServiceStub, "GenerateScene", scene_pb2.GenerateSceneRequest),
    "generateWorld": (world_pb2_grpc.WorldServiceStub, "GenerateWorld", world_pb2.GenerateWorldRequest),
    "generateChunk": (world_pb2_grpc.WorldServiceStub, "GenerateChunk", world_pb2.GenerateChunkRequest),
    "generateCharacter": (
        character_pb2_grpc.CharacterServiceStub,
        "GenerateCharacter",
        character_pb2.GenerateCharacterRequest,
    ),
    "playFrames": (character_pb2_grpc.CharacterServiceStub, "PlayFrames", character_pb2.PlayFramesRequest),
    "streamFrames": (character_pb2_grpc.CharacterServiceStub, "PlayFrames", character_pb2.PlayFramesRequest),
}
BEFORE_FRAMES = "description"


class Reference:
    """Right results of one server; each is asked for once."""

    def __init__(self, native: Address) -> None:
        self._channel = grpc.aio.insecure_channel("{}:{}".format(*native))
        self._known: dict[str, Mapping[str, Any]] = {}

    async def close(self) -> None:
        """Disconnect."""
        await self._channel.close(None)

    async def result(self, call: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """`parts`, `bytes`, `sha256` and `names` of a whole stream, as a driver would report them."""
        key = f"{call} {request!r}"
        if key not in self._known:
            self._known[key] = await self._read(call, request)
        return self._known[key]

    async def _read(self, call: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        stub, method, kind = CALLS[call]
        parsed = json_format.ParseDict(dict(request), kind())
        names: list[str] = []
        count, size_bytes, digest = 0, 0, bytes(32)
        payload = b""
        async for response in getattr(stub(self._channel), method)(parsed):
            if response.WhichOneof("payload") == "trailer" and response.trailer.sha256 != digest:
                raise RuntimeError(f"{call}: the server's digest is not that of its parts")
            if response.WhichOneof("payload") != "part":
                continue
            chunk = response.part
            payload += chunk.data
            if chunk.chunk_index + 1 < chunk.chunk_count:
                continue
            digest = hashlib.sha256(digest + hashlib.sha256(payload).digest()).digest()
            if chunk.map != BEFORE_FRAMES or "Frames" not in call:
                count, size_bytes = count + 1, size_bytes + len(payload)
                names += [] if chunk.map in names else [chunk.map]
            payload = b""
        return {"parts": count, "bytes": size_bytes, "sha256": digest.hex(), "names": names}
