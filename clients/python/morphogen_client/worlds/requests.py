"""What can be asked of worlds and their chunks, and how it is written into request messages.

Only what cannot be put into a message at all is refused here; everything else is the server's to judge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from morphogen.v1 import world_pb2
from morphogen_client.errors import InvalidRequestError
from morphogen_client.options import PRIORITIES, StreamOptions, named, positive, stream_options, uint32
from morphogen_client.scenes.landscape import Landscape, landscape_message
from morphogen_client.worlds.chunk import Chunk

MAPS = ("height", "ground", "masks", "normal", "props", "cover", "mesh")
"""What a chunk can be asked for."""

MAPS_DEFAULT = ("height", "ground", "props")
_SINT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Viewer:
    """Where a viewer is, in meters (+x is east, +z is south), and its speed in meters per second."""

    x_m: float
    z_m: float
    velocity_x: float = 0.0
    velocity_z: float = 0.0


class ChunkOptions(TypedDict, total=False):
    """Everything about a chunk but its landscape and place; each may be left out.

    vertices  along its edge: 33, 65, 129 or 257 (default)
    maps      some of `MAPS`, default: "height", "ground" and "props"
    """

    vertices: int
    maps: Sequence[str]


class ChunkStreamOptions(ChunkOptions, StreamOptions, total=False):
    """What is wanted of a chunk, and how its stream is wanted."""


class ExploreOptions(TypedDict, total=False):
    """How a world is explored; each may be left out.

    viewer           where the viewer begins; left out or None: at the world's spawn, which is dry land
    view_distance_m  how far it sees: an eighth of a chunk to 8 chunks, default one chunk
    chunk_limit      most chunks that are held, 4 to 1,024, default 256; the nearest ones are kept
    vertices_max     most vertices along a chunk's edge: 33, 65, 129 or 257 (default)
    maps             of every chunk, some of `MAPS`; "props" and "cover" come with 129 and 257 vertices only
    held             chunks of an earlier stream of the same world: they are not sent again
    credit           chunks that the server may be ahead of the reader, 1 to 64, default 8
    priority         "standard" (default), or "interactive": somebody is looking
    """

    viewer: Viewer | None
    view_distance_m: float
    chunk_limit: int
    vertices_max: int
    maps: Sequence[str]
    held: Iterable[Chunk]
    credit: int
    priority: str


def world_stream_request(landscape: Landscape | None, options: StreamOptions) -> world_pb2.GenerateWorldRequest:
    """The message that asks for what is needed once. Raises InvalidRequestError for what it cannot carry."""
    return world_pb2.GenerateWorldRequest(
        landscape=landscape_message(landscape or Landscape()), options=stream_options(options, resume_tokens=True)
    )


def chunk_stream_request(
    landscape: Landscape | None, row: int, column: int, options: ChunkStreamOptions
) -> world_pb2.GenerateChunkRequest:
    """The message that asks for one chunk. Raises InvalidRequestError for a value that it cannot carry."""
    return world_pb2.GenerateChunkRequest(
        landscape=landscape_message(landscape or Landscape()),
        row=_sint32("row", row),
        column=_sint32("column", column),
        vertices=uint32("vertices", options.get("vertices", 257), minimum=1),
        maps=_maps(options.get("maps", MAPS_DEFAULT)),
        options=stream_options(options, resume_tokens=True),
    )


def explore_start(landscape: Landscape | None, options: ExploreOptions) -> world_pb2.ExploreStart:
    """The message that starts an exploration. Raises InvalidRequestError for a value that it cannot carry."""
    viewer = options.get("viewer")
    distance_m = options.get("view_distance_m")
    return world_pb2.ExploreStart(
        landscape=landscape_message(landscape or Landscape()),
        viewer=None if viewer is None else viewer_message(viewer),
        view_distance_m=0.0 if distance_m is None else positive("view_distance_m", distance_m),
        chunk_limit=uint32("chunk_limit", options.get("chunk_limit", 256), minimum=1),
        vertices_max=uint32("vertices_max", options.get("vertices_max", 257), minimum=1),
        maps=_maps(options.get("maps", MAPS_DEFAULT)),
        credit=uint32("credit", options.get("credit", 8), minimum=1),
        priority=named("priority", options.get("priority", "standard"), PRIORITIES),
    )


def viewer_message(viewer: Viewer) -> world_pb2.Viewer:
    """The message that says where a viewer is."""
    return world_pb2.Viewer(x_m=viewer.x_m, z_m=viewer.z_m, velocity_x=viewer.velocity_x, velocity_z=viewer.velocity_z)


def viewer_from(message: world_pb2.Viewer) -> Viewer:
    """The dataclass that carries what the message says."""
    return Viewer(message.x_m, message.z_m, message.velocity_x, message.velocity_z)


def _maps(maps: Sequence[str]) -> Sequence[str]:
    if not maps or isinstance(maps, str):
        raise InvalidRequestError("maps", maps, f"one or more of {', '.join(MAPS)}")
    return maps


def _sint32(field_name: str, number: int) -> int:
    if not -_SINT32_MAX <= number <= _SINT32_MAX:
        raise InvalidRequestError(field_name, number, f"-{_SINT32_MAX} to {_SINT32_MAX}")
    return number
