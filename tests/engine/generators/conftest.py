"""Generators around tiny, untrained networks: everything but the beauty of what they make is real.

What land is like, not only what it keeps to, is tested with the shipped TerraGen.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.assets import Part
from engine.catalog import SHIPPED_TERRAIN_WEIGHTS, recorded_sha256
from engine.codecs.image import decode_png
from engine.generators.terrain.heights import Decoders
from engine.generators.texture.appearance import ATTRIBUTE_NAMES, ATTRIBUTES
from engine.generators.texture.generator import TextureGenerator
from engine.generators.whole import steps_of
from engine.nets.precision import KernelClass
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.nets.terragen.weights_file import TerraGenHeader, TerraGenWeights, load_terragen
from engine.nets.texgen import TexGen, TexGenConfig
from engine.nets.weights_file import ClassEntry, TexGenHeader, TexGenWeights
from engine.requests.texture import MapKind, TextureRequest

CLASSES = (ClassEntry("stone", "noise"), ClassEntry("brick", "brick:rows=6..8|flat"), ClassEntry("wood", "planks"))
CONFIG = TexGenConfig(len(CLASSES), style_width=4, code_width=16, widths=(16, 16, 16, 16, 16))
HEADER = TexGenHeader("0", "S", CONFIG, CLASSES, ("CC0-1.0",))


@pytest.fixture(scope="session")
def bank() -> dict[str, torch.Tensor]:
    """Two stones, two bricks of metal, one wood."""
    random = torch.Generator().manual_seed(1)
    middle = torch.tensor([(entry.minimum + entry.maximum) / 2 for entry in ATTRIBUTES])
    spread = torch.tensor([(entry.maximum - entry.minimum) / 4 for entry in ATTRIBUTES])
    attributes = middle + spread * (2 * torch.rand(5, len(ATTRIBUTES), generator=random) - 1)
    attributes[:, ATTRIBUTE_NAMES.index("metalness")] = torch.tensor([0.0, 1.0, 0.5, 0.0, 1.0])
    return {
        "class_index": torch.tensor([0, 1, 2, 0, 1]),
        "style": torch.randn(5, CONFIG.style_width, generator=random),
        "attributes": attributes,
        "palette": (0.2 + 0.6 * torch.rand(5, 3, 3, generator=random)).sort(dim=1).values,
    }


@pytest.fixture(scope="session")
def network() -> TexGen:
    """Untrained, in evaluation mode."""
    torch.manual_seed(1)
    return TexGen(CONFIG).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def weights(network: TexGen, bank: dict[str, torch.Tensor]) -> TexGenWeights:
    """What a weights file with `network` and `bank` holds."""
    return TexGenWeights(HEADER, network, bank, "ab" * 32)


@pytest.fixture(scope="session")
def kernel() -> KernelClass:
    """Exact numbers."""
    return KernelClass("cpu", torch.float32, 1)


@pytest.fixture(scope="session")
def generator(weights: TexGenWeights, kernel: KernelClass) -> TextureGenerator:
    """Makes stone, brick and wood."""
    return TextureGenerator(weights, kernel, "# A card")


@pytest.fixture(scope="session")
def make(generator: TextureGenerator) -> Callable[[TextureRequest], list[Part]]:
    """Every part of a request, from a session of its own."""

    def finish(request: TextureRequest) -> list[Part]:
        return [part for parts in steps_of(generator, request) for part in parts]

    return finish


@pytest.fixture(scope="session")
def images(
    make: Callable[[TextureRequest], list[Part]],
) -> Callable[[TextureRequest, MapKind], list[NDArray[np.float32]]]:
    """One map of a request at every level of detail, coarse to fine."""

    def decoded(request: TextureRequest, kind: MapKind) -> list[NDArray[np.float32]]:
        return [decode_png(part.payload).astype(np.float32) for part in make(request) if part.map == kind]

    return decoded


@pytest.fixture(scope="session")
def land_weights() -> TerraGenWeights:
    """A TerraGen that has learned nothing: rough land of noise."""
    landforms, details = DecoderConfig(8, 2, 5), DecoderConfig(8, 2, 2)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        nets = Decoder(landforms).eval().requires_grad_(False), Decoder(details).eval().requires_grad_(False)
    header = TerraGenHeader("0", "S", landforms, details, ("own",))
    return TerraGenWeights(header, *nets, torch.zeros(1, landforms.style_width), "cd" * 32)


@pytest.fixture(scope="session")
def decoders(land_weights: TerraGenWeights) -> Decoders:
    """Those of the untrained TerraGen."""
    return Decoders(land_weights.landforms, land_weights.details)


@pytest.fixture(scope="session")
def shipped_decoders() -> Decoders:
    """Those of the shipped TerraGen."""
    weights = load_terragen(SHIPPED_TERRAIN_WEIGHTS, recorded_sha256(SHIPPED_TERRAIN_WEIGHTS))
    return Decoders(weights.landforms, weights.details)
