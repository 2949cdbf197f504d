"""Requests for worlds and chunks as wire messages, and back."""

from engine.requests.world import CHUNK_MAPS_DEFAULT, CHUNK_VERTICES, ChunkRequest, WorldRequest
from engine.wire.requests.landscape import landscape_message, landscape_of
from morphogen.v1 import world_pb2


def world_request(message: world_pb2.GenerateWorldRequest) -> WorldRequest:
    """The request that `message` makes. Raises InvalidRequestError naming its field."""
    return WorldRequest(landscape_of(message.landscape))


def world_message(request: WorldRequest) -> world_pb2.GenerateWorldRequest:
    """The message that makes `request`."""
    return world_pb2.GenerateWorldRequest(landscape=landscape_message(request.landscape))


def chunk_request(message: world_pb2.GenerateChunkRequest) -> ChunkRequest:
    """The request that `message` makes. Raises InvalidRequestError naming its field."""
    return ChunkRequest(
        landscape=landscape_of(message.landscape),
        row=message.row,
        column=message.column,
        vertices=message.vertices or CHUNK_VERTICES[-1],
        maps=tuple(message.maps) or CHUNK_MAPS_DEFAULT,
    )


def chunk_message(request: ChunkRequest) -> world_pb2.GenerateChunkRequest:
    """The message that makes `request`."""
    return world_pb2.GenerateChunkRequest(
        landscape=landscape_message(request.landscape),
        row=request.row,
        column=request.column,
        vertices=request.vertices,
        maps=request.maps,
    )
