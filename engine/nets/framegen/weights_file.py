"""FrameGen's weights file: the network that paints, and the encoder that reads characters from frames."""

from dataclasses import dataclass
from pathlib import Path

from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen, FrameGenConfig
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix

FORMAT = "morphogen-framegen-1"
NETWORK_PREFIX = "network."
ENCODER_PREFIX = "encoder."


@dataclass(frozen=True, slots=True)
class FrameGenHeader:
    """What a weights file says about itself.

    version    of the generator that the weights belong to
    tier       size and quality class
    licences   of the training data, without repetition
    """

    version: str
    tier: str
    network: FrameGenConfig
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameGenWeights:
    """A loaded file: header, network and encoder in evaluation mode, SHA-256."""

    header: FrameGenHeader
    network: FrameGen
    encoder: FrameEncoder
    sha256: str


def save_framegen(path: Path, header: FrameGenHeader, network: FrameGen, encoder: FrameEncoder) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}
    tensors |= {ENCODER_PREFIX + name: value for name, value in encoder.state_dict().items()}
    save_tensors(path, FORMAT, header, {name: value.detach().cpu() for name, value in tensors.items()})


def load_framegen(path: Path, expected_sha256: str | None = None) -> FrameGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what FrameGen expects."""
    file = load_tensors(path, FORMAT, FrameGenHeader, expected_sha256)
    network, encoder = FrameGen(file.header.network), FrameEncoder(file.header.network.code_width)
    fill(path, network, with_prefix(file.tensors, NETWORK_PREFIX))
    fill(path, encoder, with_prefix(file.tensors, ENCODER_PREFIX))
    for part in (network, encoder):
        part.eval().requires_grad_(False)
    return FrameGenWeights(file.header, network, encoder, file.sha256)
