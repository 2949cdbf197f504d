"""Materials and catalog entries from this process. Importing this loads torch."""

from collections.abc import Callable
from pathlib import Path

from engine.assets import GeneratorInfo
from engine.catalog import load_catalog
from engine.generators.whole import steps_of
from engine.requests.texture import MapKind, TextureRequest
from engine.runtime.messages import Tally
from workers.cli.materials import Material


class OfflineSource:
    """The catalog of this process, with the user's own `weights` if given. Raises WeightsError for unusable ones."""

    def __init__(self, weights: Path | None) -> None:
        self._catalog = load_catalog(texture_weights=weights)

    def make(self, request: TextureRequest, on_parts: Callable[[int], None]) -> Material:
        """Run the generator to its end. Raises InvalidRequestError, GenerationError."""
        generator = self._catalog.generator_for(request)
        tally = Tally()
        maps: dict[MapKind, bytes] = {}
        for parts in steps_of(generator, request):
            for part in parts:
                tally = tally.plus(part.digest(), len(part.payload))
                if part.lod_px == request.size_px:
                    maps[MapKind(part.map)] = part.payload
            on_parts(len(parts))
        return Material(maps, tally.digest.hex())


def generator_infos(weights: Path | None) -> tuple[GeneratorInfo, ...]:
    """The entries of all generators of this process. Raises WeightsError for unusable weights."""
    return load_catalog(texture_weights=weights).infos()
