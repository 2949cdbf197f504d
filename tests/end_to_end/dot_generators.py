"""What workers load here: synthetic streams, and textures of a few hundred bytes, some of which go wrong.

Without torch, but for `not_finite`: so they start in a moment.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.assets import AssetRequest, GeneratorInfo, Part
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator, StepKinds
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest

GOES_WRONG_AT = 2
HANG_S = 8.0


@dataclass
class DotState:
    request: TextureRequest
    made_count: int = 0
    part_count: int = 5

    @property
    def finished(self) -> bool:
        return self.made_count == self.part_count


class DotGenerator:
    """Five parts of a few hundred bytes per texture, one per step, which depend on the class alone."""

    info = GeneratorInfo("texture", "dots", "1", "S", "", "none", classes=("stone", "brick", "wood"))

    def begin(self, request: TextureRequest) -> DotState:
        return DotState(request)

    def checkpoint(self, state: DotState) -> bytes:
        return bytes([state.made_count])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> DotState:
        return DotState(request, checkpoint[0])

    def steps_ahead(self, state: DotState) -> StepKinds:
        return (("dot", state.part_count - state.made_count),)

    def step(self, states: Sequence[DotState]) -> list[tuple[Part, ...]]:
        return [(self.next_part(state),) for state in states]

    @staticmethod
    def next_part(state: DotState) -> Part:
        payload = state.request.texture_class.encode() * (50 + state.made_count)
        part = Part(state.made_count, "albedo", 64, "image/png", payload)
        state.made_count += 1
        return part


class FaultyGenerator(DotGenerator):
    """Goes wrong in the middle of a texture; its class says how. `stone` goes right."""

    def step(self, states: Sequence[DotState]) -> list[tuple[Part, ...]]:
        for state in states:
            if state.made_count == GOES_WRONG_AT:
                self._go_wrong(state.request.texture_class)
        return super().step(states)

    @staticmethod
    def _go_wrong(texture_class: str) -> None:
        match texture_class:
            case "raises":
                raise RuntimeError("/internal/path FaultyGenerator")
            case "hangs":
                time.sleep(HANG_S)
            case "kills":
                os._exit(9)


class SmallCatalog:
    """Synthetic streams, and the textures of one generator."""

    def __init__(self, textures: Generator[Any, Any]) -> None:
        self._probe, self._textures = ProbeGenerator(), textures

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self._probe.info, self._textures.info)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        return self._probe if isinstance(request, ProbeRequest) else self._textures


def dots() -> SmallCatalog:
    return SmallCatalog(DotGenerator())


def faulty() -> SmallCatalog:
    return SmallCatalog(FaultyGenerator())


def not_finite() -> SmallCatalog:
    """The real texture generator with a network that returns NaN, as one does that overflows."""
    import torch  # noqa: PLC0415 (takes seconds, and only this one needs it)

    from engine.generators.texture.generator import TextureGenerator  # noqa: PLC0415 (loads torch)
    from engine.nets.precision import choose_kernel_class  # noqa: PLC0415 (as above)
    from engine.nets.weights_file import load_weights  # noqa: PLC0415 (as above)

    weights = load_weights(Path(os.environ["END_TO_END_WEIGHTS"]))
    with torch.no_grad():
        for parameter in weights.network.parameters():
            parameter.fill_(float("nan"))
    return SmallCatalog(TextureGenerator(weights, choose_kernel_class("fp32", 1)))


def dying() -> SmallCatalog:
    """Notes its start in the file that the environment names, and dies, as a process does that runs out of memory."""
    with Path(os.environ["END_TO_END_STARTS_FILE"]).open("a", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    os._exit(3)
