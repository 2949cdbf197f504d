"""Characters from this process. Importing this loads torch."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from engine.assets import Draft, GeneratorInfo, Part
from engine.catalog import Catalog, load_catalog
from engine.generators.character.frames import FramesGenerator
from engine.generators.character.pose import POSE_BYTES, pose_of
from engine.generators.whole import steps_of
from engine.requests.character.control import Control
from engine.requests.character.frames import FramesRequest
from engine.requests.character.identity import CharacterRequest
from engine.runtime.messages import Tally
from workers.cli.characters.source import Made, Take, entry_of

_EXTENSIONS = {"application/json": "json", "model/gltf-binary": "glb", "image/png": "png"}


class OfflineSource:
    """The catalog of this process. Raises WeightsError for an incomplete installation."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        self._catalog = catalog or load_catalog()

    def info(self, asset_kind: str) -> GeneratorInfo:
        """The catalog entry."""
        return entry_of(self._catalog.infos(), asset_kind)

    @contextmanager
    def take(self, request: FramesRequest, *, live: bool = False) -> Iterator[Take]:
        """A stream of frames."""
        generator = self._catalog.generator_for(request)
        assert isinstance(generator, FramesGenerator)
        yield OfflineTake(generator, request, live=live)

    def files(self, request: CharacterRequest) -> dict[str, bytes]:
        """A character's files by name."""
        files = {}
        for parts in steps_of(self._catalog.generator_for(request), request):
            for part in parts:
                files[f"{part.map}.{_EXTENSIONS[part.media_type]}"] = part.payload
        return files


class OfflineTake:
    """A stream of frames made here, as fast as they are taken, or not faster than its rate."""

    def __init__(self, generator: FramesGenerator, request: FramesRequest, *, live: bool) -> None:
        self._generator, self._request, self._live = generator, request, live
        self._state = generator.begin(request)
        self.description: Mapping[str, Any] = {}
        self.sha256 = ""

    def steer(self, control: Control) -> None:
        """Tell the character something."""
        self._generator.steer(self._state, control.encoded())

    def __iter__(self) -> Iterator[Made]:
        """The frames."""
        tally = Tally()
        began_at_s = time.monotonic()
        for part in self._parts():
            tally = tally.plus(part.digest(), len(part.payload))
            if part.map == "description":
                self.description = json.loads(part.payload)
                continue
            number = self._request.first_frame + part.sequence - 1
            if self._live:
                due_at_s = began_at_s + part.sequence / self._request.rate_hz
                time.sleep(max(0.0, due_at_s - time.monotonic()))
            yield self._made(number, part)
        self.sha256 = tally.digest.hex()

    def _parts(self) -> Iterator[Part]:
        while not self._state.finished:
            for made in self._generator.step([self._state])[0]:
                yield made.part() if isinstance(made, Draft) else made

    def _made(self, number: int, part: Part) -> Made:
        pictures = self._request.pictures
        if pictures is None:
            return Made(number, pose_of(part.payload), None)
        edge = pictures.size_px
        pixels = np.frombuffer(part.payload[: 4 * edge * edge], np.uint8).reshape(edge, edge, 4)
        return Made(number, pose_of(part.payload[-POSE_BYTES:]) if self._request.poses else None, pixels)
