"""TextureService on the wire."""

import grpc

from engine.server.convert import parsed, texture_header, texture_request
from engine.server.streaming import AssetStreamer, Context
from morphogen.v1 import texture_pb2


class TextureService:
    """Answers morphogen.v1.TextureService."""

    name = "morphogen.v1.TextureService"

    def __init__(self, streamer: AssetStreamer) -> None:
        self._streamer = streamer

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes: requests are parsed here to report what is wrong with them."""
        method = grpc.unary_stream_rpc_method_handler(self.generate_texture)
        return grpc.method_handlers_generic_handler(self.name, {"GenerateTexture": method})

    async def generate_texture(self, data: bytes, context: Context) -> None:
        """Stream one material."""
        request = texture_request(parsed(texture_pb2.GenerateTextureRequest, data))
        await self._streamer.stream(request, lambda info, count: texture_header(request, info, count), context)
