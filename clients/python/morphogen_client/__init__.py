"""Client of a Morphogen server: game and VR assets, streamed while they are being made.

    from morphogen_client import Client

    with Client("127.0.0.1:50051") as client:
        client.texture("stone", seed=3).save("stone")

`Client` is the synchronous face, `AsyncClient` the asynchronous one; both have the same verbs.
"""

from morphogen_client.assembly import GeneratorRef, Header, Timings
from morphogen_client.async_client import AsyncClient, AsyncResultStream
from morphogen_client.catalog import Generator, Parameter, PatternDescription
from morphogen_client.client import Client, ResultStream
from morphogen_client.connection import DEFAULT_SERVER, Tls
from morphogen_client.errors import (
    BrokenStreamError,
    CancelledError,
    ChecksumMismatchError,
    DeadlineExceededError,
    GenerationError,
    IncompleteStreamError,
    InvalidRequestError,
    MorphogenError,
    NotFoundError,
    OverloadedError,
    ServerError,
    UnauthenticatedError,
    UnavailableError,
)
from morphogen_client.material import DecodedMaps, Pixels, TextureResult, TextureUpdate
from morphogen_client.probe import Arrival, ProbeResult
from morphogen_client.session import NO_RETRY, RetryPolicy
from morphogen_client.texture import MAPS, Blend, Color, Pattern, TextureOptions

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_SERVER",
    "MAPS",
    "NO_RETRY",
    "Arrival",
    "AsyncClient",
    "AsyncResultStream",
    "Blend",
    "BrokenStreamError",
    "CancelledError",
    "ChecksumMismatchError",
    "Client",
    "Color",
    "DeadlineExceededError",
    "DecodedMaps",
    "GenerationError",
    "Generator",
    "GeneratorRef",
    "Header",
    "IncompleteStreamError",
    "InvalidRequestError",
    "MorphogenError",
    "NotFoundError",
    "OverloadedError",
    "Parameter",
    "Pattern",
    "PatternDescription",
    "Pixels",
    "ProbeResult",
    "ResultStream",
    "RetryPolicy",
    "ServerError",
    "TextureOptions",
    "TextureResult",
    "TextureUpdate",
    "Timings",
    "Tls",
    "UnauthenticatedError",
    "UnavailableError",
]
