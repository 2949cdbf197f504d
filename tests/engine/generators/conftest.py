"""A texture generator around a tiny, untrained network: everything but the pictures' beauty is real."""

from collections.abc import Callable

import pytest
import torch

from engine.assets import Part
from engine.generators.appearance import ATTRIBUTE_NAMES, ATTRIBUTES
from engine.generators.texture import TextureGenerator
from engine.generators.whole import steps_of
from engine.nets.precision import KernelClass
from engine.nets.texgen import TexGen, TexGenConfig
from engine.nets.weights_file import ClassEntry, TexGenHeader, TexGenWeights
from engine.requests.texture import TextureRequest

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
