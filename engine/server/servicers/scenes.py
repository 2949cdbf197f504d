"""SceneService on the wire."""

import grpc

from engine.server.callers import Callers
from engine.server.convert import wishes
from engine.server.streaming import AssetStreamer, Context
from engine.wire.parsing import parsed
from engine.wire.requests.level import level_request
from engine.wire.requests.scene import scene_request
from morphogen.v1 import scene_pb2


class SceneService:
    """Answers morphogen.v1.SceneService."""

    name = "morphogen.v1.SceneService"

    def __init__(self, streamer: AssetStreamer, callers: Callers) -> None:
        self._callers = callers
        self._streamer = streamer

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes: requests are parsed here to report what is wrong with them."""
        methods = {
            "GenerateLevel": grpc.unary_stream_rpc_method_handler(self.generate_level),
            "GenerateScene": grpc.unary_stream_rpc_method_handler(self.generate_scene),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def generate_level(self, data: bytes, context: Context) -> None:
        """Stream one level."""
        message = parsed(scene_pb2.GenerateLevelRequest, data)
        request = level_request(message)
        await self._streamer.stream(request, wishes(message.options, self._callers.terms_of(context)), context)

    async def generate_scene(self, data: bytes, context: Context) -> None:
        """Stream one scene."""
        message = parsed(scene_pb2.GenerateSceneRequest, data)
        request = scene_request(message)
        await self._streamer.stream(request, wishes(message.options, self._callers.terms_of(context)), context)
