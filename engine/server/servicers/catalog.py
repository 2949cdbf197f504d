"""CatalogService on the wire."""

import grpc

from engine.server.status import NotFoundError
from engine.server.streaming import Context
from engine.sessions.sessions import Sessions
from engine.wire.descriptions import generator_message
from engine.wire.parsing import parsed
from morphogen.v1 import catalog_pb2


class CatalogService:
    """Answers morphogen.v1.CatalogService."""

    name = "morphogen.v1.CatalogService"

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def handler(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        """The methods, on plain bytes."""
        methods = {
            "ListGenerators": grpc.unary_unary_rpc_method_handler(self.list_generators),
            "GetGenerator": grpc.unary_unary_rpc_method_handler(self.get_generator),
        }
        return grpc.method_handlers_generic_handler(self.name, methods)

    async def list_generators(self, data: bytes, _context: Context) -> bytes:
        """Every generator of the asked kind, by name, without model cards."""
        kind = parsed(catalog_pb2.ListGeneratorsRequest, data).asset_kind
        infos = sorted(self._sessions.generators(), key=lambda info: info.name)
        messages = [generator_message(info, with_model_card=False) for info in infos if kind in ("", info.asset_kind)]
        return catalog_pb2.ListGeneratorsResponse(generators=messages).SerializeToString()

    async def get_generator(self, data: bytes, _context: Context) -> bytes:
        """One generator with its model card."""
        name = parsed(catalog_pb2.GetGeneratorRequest, data).name
        infos = {info.name: info for info in self._sessions.generators()}
        if name not in infos:
            raise NotFoundError("name", name, ", ".join(sorted(infos)))
        message = generator_message(infos[name], with_model_card=True)
        return catalog_pb2.GetGeneratorResponse(generator=message).SerializeToString()
