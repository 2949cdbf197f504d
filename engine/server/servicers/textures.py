"""TextureService on the wire."""

import grpc

from engine.server.callers import Callers
from engine.server.convert import prefetch_requests, wishes
from engine.server.streaming import AssetStreamer, Context
from engine.sessions.sessions import Sessions
from engine.wire.parsing import parsed
from engine.wire.requests.texture import texture_request
from morphogen.v1 import texture_pb2


class TextureService:
    """Answers morphogen.v1.TextureService."""

    name = "morphogen.v1.TextureService"

    def __init__(self, sessions: Sessions, streamer: AssetStreamer, callers: Callers) -> None:
        self._callers = callers
        self._sessions = sessions
        self._streamer = streamer

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes: requests are parsed here to report what is wrong with them."""
        methods = {
            "GenerateTexture": grpc.unary_stream_rpc_method_handler(self.generate_texture),
            "PrefetchTextures": grpc.unary_unary_rpc_method_handler(self.prefetch_textures),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def generate_texture(self, data: bytes, context: Context) -> None:
        """Stream one material."""
        message = parsed(texture_pb2.GenerateTextureRequest, data)
        request = texture_request(message)
        await self._streamer.stream(request, wishes(message.options, self._callers.terms_of(context)), context)

    async def prefetch_textures(self, data: bytes, context: Context) -> bytes:
        """Take hints."""
        requests = prefetch_requests(parsed(texture_pb2.PrefetchTexturesRequest, data))
        tenant = self._callers.tenant_of(context)
        asset_ids = [self._sessions.prefetch(request, tenant) for request in requests]
        return texture_pb2.PrefetchTexturesResponse(asset_ids=asset_ids).SerializeToString()
