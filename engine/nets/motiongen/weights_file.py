"""MotionGen's weights file: its network with the normalization of its features, and examples of captured motion."""

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import WeightsError
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix

FORMAT = "morphogen-motiongen-1"
NETWORK_PREFIX = "network."
BEGINNINGS = "beginnings"
ANCHORS, FOLLOWERS, ANCHOR_RADII, ANCHOR_KINDS = "anchors", "followers", "anchor_radii", "anchor_kinds"


@dataclass(frozen=True, slots=True)
class MotionGenHeader:
    """What a weights file says about itself.

    version    of the generator that the weights belong to
    tier       size and quality class
    licences   of the training data, without repetition
    """

    version: str
    tier: str
    network: MotionGenConfig
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """Normalized states of captured motion that a file keeps beside its network.

    beginnings  float32 [style, choice, feature]: people who stand
    anchors     float32 [row, number]: captured moments as `engine/generators/motion/anchors.py` compares them
    followers   float32 [row, feature]: the states that followed them
    radii       float32 [row]: how far from them other moments of their kind lie
    kinds       int64 [row, 2]: numbers of action and style
    """

    beginnings: torch.Tensor
    anchors: torch.Tensor
    followers: torch.Tensor
    radii: torch.Tensor
    kinds: torch.Tensor

    def fits(self, config: MotionGenConfig) -> bool:
        """Whether all shapes and numbers are possible for a network."""
        styles, features, rows = len(config.styles), config.feature_count, len(self.anchors)
        limits = torch.tensor((len(config.actions), styles))
        return (
            self.beginnings.ndim == 3
            and self.beginnings.shape[1] > 0
            and (self.beginnings.shape[0], self.beginnings.shape[2]) == (styles, features)
            and rows > 0
            and self.anchors.ndim == len(self.followers.shape)
            and self.followers.shape == (rows, features)
            and self.radii.shape == (rows,)
            and self.kinds.shape == (rows, 2)
            and bool(((self.kinds >= 0) & (self.kinds < limits)).all())
        )


@dataclass(frozen=True, slots=True)
class MotionGenWeights:
    """A loaded file: header, network in evaluation mode, examples, SHA-256."""

    header: MotionGenHeader
    network: MotionGen
    examples: Examples
    sha256: str


def save_motiongen(path: Path, header: MotionGenHeader, network: MotionGen, examples: Examples) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}
    kept = {
        BEGINNINGS: examples.beginnings,
        ANCHORS: examples.anchors,
        FOLLOWERS: examples.followers,
        ANCHOR_RADII: examples.radii,
        ANCHOR_KINDS: examples.kinds.to(torch.int16),
    }
    save_tensors(path, FORMAT, header, tensors | kept)


def load_motiongen(path: Path, expected_sha256: str | None = None) -> MotionGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what MotionGen expects."""
    file = load_tensors(path, FORMAT, MotionGenHeader, expected_sha256)
    config = file.header.network
    network = MotionGen(config)
    fill(path, network, with_prefix(file.tensors, NETWORK_PREFIX))
    names = (BEGINNINGS, ANCHORS, FOLLOWERS, ANCHOR_RADII, ANCHOR_KINDS)
    missing = [name for name in names if name not in file.tensors]
    if missing:
        raise WeightsError(f"{path}: tensor {missing[0]!r} is missing")
    beginnings, anchors, followers, radii, kinds = (file.tensors[name] for name in names)
    examples = Examples(beginnings, anchors, followers, radii, kinds.long())
    if not examples.fits(config):
        raise WeightsError(f"{path}: {', '.join(names)} have unusable shapes or numbers")
    return MotionGenWeights(file.header, network.eval().requires_grad_(False), examples, file.sha256)
