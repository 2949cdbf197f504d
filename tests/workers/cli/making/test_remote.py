"""What a server sends, held against what was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.errors import GenerationError
from engine.requests.landscape import Landscape
from engine.requests.level import LevelRequest
from engine.requests.scene import SceneRequest
from engine.requests.texture import MapKind, TextureRequest
from morphogen_client.results.level import FILE_NAMES
from workers.cli.making.remote import SCENE_PARTS, RemoteSource
from workers.cli.scenes.scene_files import FILES


class Ended:
    """A stream that has ended with this result."""

    def __init__(self, **result: Any) -> None:
        self._result = SimpleNamespace(sha256="ab", **result)

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def result(self) -> SimpleNamespace:
        return self._result


class Sending:
    """A client whose server sends these files, whatever is asked for."""

    def __init__(self, **result: Any) -> None:
        self._result = result

    def __getattr__(self, _call: str) -> Any:
        @contextmanager
        def call(*_: object, **__: object) -> Iterator[Ended]:
            yield Ended(**self._result)

        return call


WHOLE = [
    (TextureRequest("stone", 1), "png", {str(kind): b"x" for kind in MapKind}),
    (LevelRequest(1, 16), "files", dict.fromkeys(FILE_NAMES.values(), b"x")),
    (SceneRequest(Landscape(1)), "files", {f"{part}.bin": b"x" for part in SCENE_PARTS}),
]


@pytest.mark.parametrize(("request_", "field", "files"), WHOLE)
def test_answer_without_a_part_is_an_error_that_names_it(request_: Any, field: str, files: dict[str, bytes]) -> None:
    def source(sent: dict[str, bytes]) -> RemoteSource:
        return RemoteSource(cast(Any, Sending(**{field: sent})), "there:1")

    assert len(source(files).make(request_, lambda _: None).parts) == len(files)
    *most, last = files
    with pytest.raises(GenerationError, match=f"there:1: the stream ended without {last.split('.')[0].split('_')[0]}"):
        source({name: files[name] for name in most}).make(request_, lambda _: None)


def test_scenes_files_are_made_of_parts_that_are_asked_for() -> None:
    assert set(FILES) == set(SCENE_PARTS)
