"""Scenes as they arrive, through both faces of the client."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from morphogen.v1 import scene_pb2, texture_pb2
from morphogen_client import AsyncClient, BrokenStreamError, Client, Landscape, MissingMapsError

StreamOf = Callable[..., list[texture_pb2.GenerateTextureResponse]]

PARTS = (
    ("outline", 65, b"outline"),
    ("application/json:layout", 0, b"{}"),
    ("image/vnd.radiance:sky", 512, b"sky"),
    ("model/gltf-binary:scene", 0, b"glTF" * 100),
)
FILES = {"outline.png": b"outline", "layout.json": b"{}", "sky.hdr": b"sky", "scene.glb": b"glTF" * 100}


def test_files_come_one_by_one_then_the_result(script: Any, address: str, stream_of: StreamOf, tmp_path: Path) -> None:
    script.attempts.append([*stream_of(PARTS)])
    with Client(address) as client:
        stream = client.generate_scene(Landscape(seed=5, biomes={"alpine": 1.0}), extent_m=128.0)
        updates = list(stream)
        result = stream.result()
    assert [(update.name, update.data) for update in updates] == list(FILES.items())
    assert [(update.sequence, update.part_count) for update in updates] == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert updates[3].media_type == "model/gltf-binary"
    assert (result.files, result.complete) == (FILES, True)
    assert {path.name: path.read_bytes() for path in result.save(tmp_path / "scene")} == FILES
    (request,) = script.requests
    assert isinstance(request, scene_pb2.GenerateSceneRequest)
    assert (request.landscape.seed, dict(request.landscape.biomes), request.extent_m) == (5, {"alpine": 1.0}, 128.0)


async def test_asynchronous_face_gives_the_same(script: Any, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(PARTS)])
    async with AsyncClient(address) as client:
        result = await client.scene(Landscape(seed=5))
        updates = [update.name async for update in client.generate_scene()]
    assert (result.files, updates) == (FILES, list(FILES))


def test_scene_that_was_continued_has_what_came_after(
    script: Any, address: str, stream_of: StreamOf, tmp_path: Path
) -> None:
    script.attempts.append([*stream_of(PARTS, first_sequence=3)])
    with Client(address) as client:
        result = client.scene(resume_token=b"stored")
    assert (list(result.files), result.complete) == (["scene.glb"], False)
    with pytest.raises(MissingMapsError, match=r"only scene.glb came: the stream was continued at part 3 of 4"):
        result.save(tmp_path)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("../../scene", 0, b"x")], r"part 0: '\.\./\.\./scene' is no name of a part"),
        ([("text/html:scene", 0, b"x")], "part 0: 'scene' of type 'text/html' is no file of a scene"),
        ([("sky", 0, b"x"), ("sky", 0, b"y")], "part 1: sky.png came twice"),
    ],
)
def test_part_that_cannot_be_of_a_scene_breaks_the_stream(
    script: Any, address: str, stream_of: StreamOf, parts: Any, message: str
) -> None:
    script.attempts.append([*stream_of(parts)])
    with Client(address) as client, pytest.raises(BrokenStreamError, match=message):
        client.scene()
