"""Client of a Morphogen server: game and VR assets, streamed while they are being made.

    from morphogen_client import Client

    with Client("127.0.0.1:50051") as client:
        client.texture("stone", seed=3).save("stone")

`Client` is the synchronous face, `AsyncClient` the asynchronous one; both have the same verbs.
"""

from morphogen_client.async_client import AsyncClient
from morphogen_client.catalog import Generator, Parameter, PatternDescription
from morphogen_client.characters.decoding import FrameDecoder
from morphogen_client.characters.files import CharacterResult
from morphogen_client.characters.frames import Frame, FramesResult, Pose
from morphogen_client.characters.options import (
    CharacterOptions,
    CharacterStreamOptions,
    ControlOptions,
    FrameOptions,
    FrameStreamOptions,
    Identity,
)
from morphogen_client.characters.streams import AsyncSteeredFrames, SteeredFrames
from morphogen_client.client import Client
from morphogen_client.connection import DEFAULT_SERVER, Tls
from morphogen_client.errors import (
    BrokenStreamError,
    CancelledError,
    ChecksumMismatchError,
    DeadlineExceededError,
    GenerationError,
    IncompleteStreamError,
    InvalidRequestError,
    MissingMapsError,
    MissingPackageError,
    MorphogenError,
    NotFoundError,
    OverloadedError,
    ServerError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
)
from morphogen_client.material import DecodedMaps, Pixels, TextureResult, TextureUpdate
from morphogen_client.options import StreamOptions
from morphogen_client.probe import Arrival, ProbeOptions, ProbeResult, SteerOptions
from morphogen_client.results.files import FileUpdate
from morphogen_client.results.level import LevelResult, LevelUpdate
from morphogen_client.results.scene import SceneResult
from morphogen_client.results.world import ChunkResult, WorldResult
from morphogen_client.scenes.landscape import Landscape, Reroll, Sketch
from morphogen_client.scenes.level import TILES, LevelOptions, LevelStreamOptions
from morphogen_client.scenes.scene import OwnProp, SceneOptions, SceneStreamOptions
from morphogen_client.streams.assembly import GeneratorRef, Header, Timings
from morphogen_client.streams.result_stream import AsyncResultStream, ResultStream
from morphogen_client.streams.session import NO_RETRY, RetryPolicy
from morphogen_client.streams.steering import AsyncSteeredProbe, SteeredProbe
from morphogen_client.texture import MAPS, Blend, Color, Pattern, TextureOptions, TextureStreamOptions
from morphogen_client.workers import Replacement, Worker
from morphogen_client.worlds.chunk import Chunk
from morphogen_client.worlds.events import ChunkArrived, ChunksEvicted, ExploreEvent, WorldOpened, WorldSettled
from morphogen_client.worlds.explorer import AsyncWorldExplorer, WorldExplorer
from morphogen_client.worlds.requests import ChunkOptions, ChunkStreamOptions, ExploreOptions, Viewer

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_SERVER",
    "MAPS",
    "NO_RETRY",
    "TILES",
    "Arrival",
    "AsyncClient",
    "AsyncResultStream",
    "AsyncSteeredFrames",
    "AsyncSteeredProbe",
    "AsyncWorldExplorer",
    "Blend",
    "BrokenStreamError",
    "CancelledError",
    "CharacterOptions",
    "CharacterResult",
    "CharacterStreamOptions",
    "ChecksumMismatchError",
    "Chunk",
    "ChunkArrived",
    "ChunkOptions",
    "ChunkResult",
    "ChunkStreamOptions",
    "ChunksEvicted",
    "Client",
    "Color",
    "ControlOptions",
    "DeadlineExceededError",
    "DecodedMaps",
    "ExploreEvent",
    "ExploreOptions",
    "FileUpdate",
    "Frame",
    "FrameDecoder",
    "FrameOptions",
    "FrameStreamOptions",
    "FramesResult",
    "GenerationError",
    "Generator",
    "GeneratorRef",
    "Header",
    "Identity",
    "IncompleteStreamError",
    "InvalidRequestError",
    "Landscape",
    "LevelOptions",
    "LevelResult",
    "LevelStreamOptions",
    "LevelUpdate",
    "MissingMapsError",
    "MissingPackageError",
    "MorphogenError",
    "NotFoundError",
    "OverloadedError",
    "OwnProp",
    "Parameter",
    "Pattern",
    "PatternDescription",
    "Pixels",
    "Pose",
    "ProbeOptions",
    "ProbeResult",
    "Replacement",
    "Reroll",
    "ResultStream",
    "RetryPolicy",
    "SceneOptions",
    "SceneResult",
    "SceneStreamOptions",
    "ServerError",
    "Sketch",
    "SteerOptions",
    "SteeredFrames",
    "SteeredProbe",
    "StreamOptions",
    "TextureOptions",
    "TextureResult",
    "TextureStreamOptions",
    "TextureUpdate",
    "Timings",
    "Tls",
    "UnauthenticatedError",
    "UnavailableError",
    "UnsupportedError",
    "Viewer",
    "Worker",
    "WorldExplorer",
    "WorldOpened",
    "WorldResult",
    "WorldSettled",
]
