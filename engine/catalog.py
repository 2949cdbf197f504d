"""The only registry: which loaded generator answers which kind of request."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.assets import AssetRequest, GeneratorInfo, ProbeRequest, TextureRequest
from engine.errors import InvalidRequestError, WeightsError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.generators.texture import TextureGenerator
from engine.nets.precision import choose_kernel_class
from engine.nets.weights_file import load_weights

SHIPPED_TEXTURE_WEIGHTS = Path(__file__).parent / "weights" / "texgen-m.safetensors"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Loaded generators by the kind of request they answer."""

    generators: dict[type[AssetRequest], Generator[Any, Any]]

    def infos(self) -> tuple[GeneratorInfo, ...]:
        """What every generator is and can make."""
        return tuple(generator.info for generator in self.generators.values())

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        """The generator that answers `request`. Raises InvalidRequestError if there is none."""
        generator = self.generators.get(type(request))
        if generator is None:
            raise InvalidRequestError("request", type(request).__name__, "a kind of asset in the catalog")
        return generator


def load_catalog(
    *, precision: str = "auto", thread_count: int | None = None, texture_weights: Path | None = None
) -> Catalog:
    """Load every generator; `texture_weights` replaces the shipped file.

    Fixes the process's thread count (None keeps torch's own). Raises WeightsError or SettingsError.
    """
    kernel = choose_kernel_class(precision, thread_count)
    path = texture_weights or SHIPPED_TEXTURE_WEIGHTS
    expected = _shipped_sha256() if texture_weights is None else None
    texture = TextureGenerator(load_weights(path, expected), kernel, _model_card(path))
    return Catalog({TextureRequest: texture, ProbeRequest: ProbeGenerator()})


@lru_cache(maxsize=1)
def _shipped_sha256() -> str:
    path = SHIPPED_TEXTURE_WEIGHTS.with_suffix(".sha256")
    try:
        return path.read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as error:
        raise WeightsError(f"{path}: cannot be read; the installation is incomplete") from error


def _model_card(weights: Path) -> str:
    card = weights.with_suffix(".md")
    return card.read_text(encoding="utf-8") if card.exists() else ""
