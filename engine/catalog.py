"""The only registry: which loaded generator answers which kind of request."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import InvalidRequestError, WeightsError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.generators.texture import TextureGenerator
from engine.nets.precision import choose_kernel_class
from engine.nets.weights_file import load_weights
from engine.requests.probe import ProbeRequest
from engine.requests.texture import TextureRequest

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
    weights = load_weights(path, recorded_sha256(path) if texture_weights is None else None)
    try:
        texture = TextureGenerator(weights, kernel, _model_card(path))
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error
    return Catalog({TextureRequest: texture, ProbeRequest: ProbeGenerator()})


def recorded_sha256(weights: Path) -> str:
    """The SHA-256 (hex) in the `.sha256` file beside `weights`. Raises WeightsError if it is missing or empty."""
    path = weights.with_suffix(".sha256")
    try:
        return path.read_text(encoding="utf-8").split()[0]
    except (OSError, ValueError, IndexError) as error:
        raise WeightsError(f"{path}: cannot be read; the installation is incomplete") from error


def _model_card(weights: Path) -> str:
    """The text of the `.md` file beside `weights`; empty where there is none."""
    try:
        return weights.with_suffix(".md").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
