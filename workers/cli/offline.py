"""Materials and catalog entries from this process. Importing this loads torch."""

from collections.abc import Callable
from pathlib import Path

from engine.assets import GeneratorInfo, MapKind, TextureRequest
from engine.catalog import load_catalog
from engine.runtime.seal import Seal
from workers.cli.materials import Material


class OfflineSource:
    """The catalog of this process, with the user's own `weights` if given. Raises WeightsError for unusable ones."""

    def __init__(self, weights: Path | None) -> None:
        self._catalog = load_catalog(texture_weights=weights)

    def make(self, request: TextureRequest, on_parts: Callable[[int], None]) -> Material:
        """Run the generator to its end. Raises InvalidRequestError, GenerationError."""
        generator = self._catalog.generator_for(request)
        state = generator.begin(request)
        seal = Seal()
        maps: dict[MapKind, bytes] = {}
        while not state.finished:
            (parts,) = generator.step([state])
            for part in parts:
                seal.add(part)
                if part.lod_px == request.size_px:
                    maps[MapKind(part.map)] = part.payload
            on_parts(len(parts))
        return Material(maps, seal.digest().hex())


def generator_infos(weights: Path | None) -> tuple[GeneratorInfo, ...]:
    """The entries of all generators of this process. Raises WeightsError for unusable weights."""
    return load_catalog(texture_weights=weights).infos()
