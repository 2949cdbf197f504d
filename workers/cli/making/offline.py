"""Assets and catalog entries from this process. Importing this loads torch."""

from collections.abc import Callable
from pathlib import Path

from engine.assets import GeneratorInfo, SeededRequest
from engine.catalog import load_catalog
from engine.generators.whole import steps_of
from engine.runtime.messages import Tally
from workers.cli.making.sources import Made


class OfflineSource:
    """The catalog of this process, with the user's own `weights` if given. Raises WeightsError for unusable ones."""

    def __init__(self, weights: Path | None) -> None:
        self._catalog = load_catalog(texture_weights=weights)

    def make(self, request: SeededRequest, on_parts: Callable[[int], None]) -> Made:
        """Run the generator to its end. Raises InvalidRequestError, GenerationError."""
        tally = Tally()
        finest: dict[str, bytes] = {}
        for parts in steps_of(self._catalog.generator_for(request), request):
            for part in parts:
                tally = tally.plus(part.digest(), len(part.payload))
                finest[part.map] = part.payload  # levels of detail come coarse to fine
            on_parts(len(parts))
        return Made(finest, tally.digest.hex())


def generator_infos(weights: Path | None) -> tuple[GeneratorInfo, ...]:
    """The entries of all generators of this process. Raises WeightsError for unusable weights."""
    return load_catalog(texture_weights=weights).infos()
