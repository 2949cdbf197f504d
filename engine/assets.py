"""The vocabulary: the kinds of requests, the parts that answer them, and the description of a generator.

Torch-free and transport-free, so every layer may import it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import CharacterRequest
from engine.requests.level import LevelRequest
from engine.requests.probe import ProbeRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from engine.requests.world import ChunkRequest, WorldRequest

DIGEST_START = bytes(32)
"""The running digest over no parts."""


def running_digest(digest: bytes, part_sha256: bytes) -> bytes:
    """The digest (32 bytes) over the parts that `digest` covers and one more: SHA-256 of both, one after the other.

    A chain, not one long hash: it can be continued by another process that knows nothing but the 32 bytes.
    """
    return hashlib.sha256(digest + part_sha256).digest()


SeededRequest = (
    TextureRequest | LevelRequest | SceneRequest | WorldRequest | ChunkRequest | CharacterRequest | FramesRequest
)
"""What a network makes, from a seed."""

AssetRequest = SeededRequest | ProbeRequest


@dataclass(frozen=True, slots=True)
class Part:
    """The unit of delivery: one map at one level of detail, as bytes plus a small header.

    sequence    0 for the first part of an asset, then +1
    map         the map's name; "probe" for synthetic parts
    lod_px      edge length of this level of detail; 0 for synthetic parts
    media_type  e.g. "image/png"
    payload     the bytes of a complete file
    sha256      of the payload, 32 bytes, where the generator knows it beforehand; empty: the runtime works it out
    """

    sequence: int
    map: str
    lod_px: int
    media_type: str
    payload: bytes
    sha256: bytes = b""

    def digest(self) -> bytes:
        """SHA-256 of the payload, 32 bytes."""
        return self.sha256 or hashlib.sha256(self.payload).digest()

    def sealed(self, sha256: bytes) -> "Part":
        """The same part with its checksum."""
        return self if self.sha256 else replace(self, sha256=sha256)


@dataclass(frozen=True, slots=True)
class Draft:
    """A part whose bytes are still to be made: `encode` gives its payload, in any thread, and may take its time."""

    sequence: int
    map: str
    lod_px: int
    media_type: str
    encode: Callable[[], bytes]

    def part(self) -> Part:
        """The finished part."""
        return Part(self.sequence, self.map, self.lod_px, self.media_type, self.encode())


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """A named number a caller may set. `default` is None where the seed draws it from the class."""

    name: str
    minimum: float
    maximum: float
    default: float | None
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class PatternInfo:
    """A pattern of the library and its parameters."""

    name: str
    description: str
    parameters: tuple[ParameterInfo, ...]


@dataclass(frozen=True, slots=True)
class GeneratorInfo:
    """What a loaded generator is and can make: the catalog's entry.

    kernel_class  names everything besides version and weights that can change a bit: device, dtype, thread count
    choices       what fields of requests and controls may be, by their names, where that is not said by another field
    """

    asset_kind: str
    name: str
    version: str
    tier: str
    weights_sha256: str
    kernel_class: str
    classes: tuple[str, ...] = ()
    sizes_px: tuple[int, ...] = ()
    maps: tuple[str, ...] = ()
    wraps: tuple[str, ...] = ()
    attributes: tuple[ParameterInfo, ...] = ()
    patterns: tuple[PatternInfo, ...] = ()
    training_licences: tuple[str, ...] = ()
    model_card: str = ""
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def identity(self) -> str:
        """Everything about the generator that can change a bit of what it makes, one item per line."""
        return "\n".join((self.asset_kind, self.name, self.version, self.weights_sha256, self.kernel_class))

    def asset_id(self, request: AssetRequest) -> str:
        """The content address: SHA-256 (hex) of the generator's identity and the canonical request."""
        return self.asset_id_of(request.canonical())

    def asset_id_of(self, canonical: str) -> str:
        """The content address of the request whose canonical JSON is `canonical`."""
        return hashlib.sha256(f"{self.identity()}\n{canonical}".encode()).hexdigest()
