"""MotionGen's weights file: its network with the normalization of its features, and a codebook of mean moments."""

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import WeightsError
from engine.nets.motiongen.network import MotionGen, MotionGenConfig
from engine.nets.tensor_file import fill, load_tensors, save_tensors, with_prefix

FORMAT = "morphogen-motiongen-1"
NETWORK_PREFIX = "network."
BEGINNINGS = "codebook.beginnings"
CENTROIDS, FOLLOWERS, RADII, KINDS = "codebook.centroids", "codebook.followers", "codebook.radii", "codebook.kinds"


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
class Codebook:
    """Means of many frames of motion, normalized, that a file keeps beside its network; no single frame of a clip.

    beginnings  float32 [style, choice, feature]: people who stand
    centroids   float32 [row, number]: mean moments as `engine/generators/motion/codebook.py` compares them
    followers   float32 [row, feature]: the states that followed them, on average
    radii       float32 [row]: how far from them moments of their kind lie
    kinds       int64 [row, 2]: numbers of action and style
    """

    beginnings: torch.Tensor
    centroids: torch.Tensor
    followers: torch.Tensor
    radii: torch.Tensor
    kinds: torch.Tensor

    def fits(self, config: MotionGenConfig) -> bool:
        """Whether all shapes and numbers are possible for a network."""
        styles, features, rows = len(config.styles), config.feature_count, len(self.centroids)
        limits = torch.tensor((len(config.actions), styles))
        return (
            self.beginnings.ndim == 3
            and self.beginnings.shape[1] > 0
            and (self.beginnings.shape[0], self.beginnings.shape[2]) == (styles, features)
            and rows > 0
            and self.centroids.ndim == 2
            and self.followers.shape == (rows, features)
            and self.radii.shape == (rows,)
            and self.kinds.shape == (rows, 2)
            and bool(((self.kinds >= 0) & (self.kinds < limits)).all())
        )


@dataclass(frozen=True, slots=True)
class MotionGenWeights:
    """A loaded file: header, network in evaluation mode, codebook, SHA-256."""

    header: MotionGenHeader
    network: MotionGen
    codebook: Codebook
    sha256: str


def save_motiongen(path: Path, header: MotionGenHeader, network: MotionGen, codebook: Codebook) -> None:
    """Write atomically; errors as in `save_tensors`."""
    tensors = {NETWORK_PREFIX + name: value for name, value in network.state_dict().items()}
    kept = {
        BEGINNINGS: codebook.beginnings,
        CENTROIDS: codebook.centroids,
        FOLLOWERS: codebook.followers,
        RADII: codebook.radii,
        KINDS: codebook.kinds.to(torch.int16),
    }
    save_tensors(path, FORMAT, header, tensors | kept)


def load_motiongen(path: Path, expected_sha256: str | None = None) -> MotionGenWeights:
    """Read a file. Raises WeightsError naming the path for anything that is not exactly what MotionGen expects."""
    file = load_tensors(path, FORMAT, MotionGenHeader, expected_sha256)
    config = file.header.network
    network = MotionGen(config)
    fill(path, network, with_prefix(file.tensors, NETWORK_PREFIX))
    names = (BEGINNINGS, CENTROIDS, FOLLOWERS, RADII, KINDS)
    missing = [name for name in names if name not in file.tensors]
    if missing:
        raise WeightsError(f"{path}: tensor {missing[0]!r} is missing")
    beginnings, centroids, followers, radii, kinds = (file.tensors[name] for name in names)
    codebook = Codebook(beginnings, centroids, followers, radii, kinds.long())
    if not codebook.fits(config):
        raise WeightsError(f"{path}: {', '.join(names)} have unusable shapes or numbers")
    return MotionGenWeights(file.header, network.eval().requires_grad_(False), codebook, file.sha256)
