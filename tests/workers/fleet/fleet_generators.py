"""What the workers of the tests load: synthetic streams, and loaders that go wrong in various ways."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.assets import AssetRequest, GeneratorInfo
from engine.errors import InvalidRequestError
from engine.generators.probe import ProbeGenerator
from engine.generators.protocol import Generator
from engine.requests.probe import ProbeRequest


class ProbeCatalog:
    """Nothing but synthetic streams: no torch, so a worker starts within a second."""

    def __init__(self, kernel_class: str = "none") -> None:
        self._probe = ProbeGenerator()
        self._probe._info = replace(self._probe.info, kernel_class=kernel_class)

    def infos(self) -> tuple[GeneratorInfo, ...]:
        return (self._probe.info,)

    def generator_for(self, request: AssetRequest) -> Generator[Any, Any]:
        if isinstance(request, ProbeRequest):
            return self._probe
        raise InvalidRequestError("asset", request.ASSET_KIND, "probe")


def probes() -> ProbeCatalog:
    return ProbeCatalog()


def dying() -> ProbeCatalog:
    """Dies while it loads, as a process does that runs out of memory."""
    _count()
    os._exit(3)


def dying_after_the_first() -> ProbeCatalog:
    """Works once."""
    if _count() > 1:
        os._exit(3)
    return ProbeCatalog()


def of_one_class_each() -> ProbeCatalog:
    """Workers on unlike devices: the classes are "1", "2" and so on, in the order of their starts."""
    return ProbeCatalog(str(_count()))


def never_ready() -> ProbeCatalog:
    """Loads for ever."""
    _count()
    time.sleep(3600)
    return ProbeCatalog()


def _count() -> int:
    """Note this start; its number, from 1."""
    with Path(os.environ["FLEET_STARTS_FILE"]).open("a+") as file:
        file.write(f"{os.getpid()}\n")
        file.seek(0)
        return file.readlines().index(f"{os.getpid()}\n") + 1
