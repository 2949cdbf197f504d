"""Levels as they arrive, through both faces of the client."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.levels.tiled import TILES_FILE
from morphogen.v1 import scene_pb2, texture_pb2
from morphogen_client import TILES, AsyncClient, BrokenStreamError, Client, MissingMapsError
from morphogen_client.results.level import FILE_NAMES

StreamOf = Callable[..., list[texture_pb2.GenerateTextureResponse]]

LEVEL = {
    "rows": ["###", "#@>"],
    "legend": {"#": "wall", "@": "start", ">": "exit"},
    "attributes": {"rooms": 1, "openness": 0.25},
    "witness_path": [[1, 1], [2, 1]],
}


def step(number: int, rows: list[str]) -> bytes:
    hidden_cells = "".join(rows).count("?")
    document = {"step": number, "step_count": 2, "hidden_cells": hidden_cells, "candidate": 0, "rows": rows}
    return json.dumps(document | {"format": "morphogen-level-1"}).encode()


def parts(level: Any = LEVEL) -> list[tuple[str, int, bytes]]:
    """Two steps and the four files."""
    return [
        ("application/json:refinement", 3, step(1, ["###", "?@?"])),
        ("application/json:refinement", 3, step(2, ["###", "#@>"])),
        ("application/json:level", 3, json.dumps(level).encode()),
        ("application/json:tiled", 3, b"{}"),
        ("tiles", 3, b"tiles"),
        ("preview", 3, b"preview"),
    ]


def test_updates_come_step_by_step_then_the_result(script: Any, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(parts())])
    with Client(address) as client:
        stream = client.generate_level(seed=3, keys=1)
        updates = list(stream)
        result = stream.result()
    assert [(update.step, update.step_count, update.hidden_cells) for update in updates] == [(1, 2, 2), (2, 2, 0)]
    assert updates[0].rows == ("###", "?@?")
    assert result.rows == ("###", "#@>")
    assert [[TILES[number] for number in row] for row in result.tiles] == [["wall"] * 3, ["wall", "start", "exit"]]
    assert (result.attributes["rooms"], result.attributes["openness"]) == (1, 0.25)
    assert result.witness_path == ((1, 1), (2, 1))
    assert result.sha256 == stream_of(parts())[-1].trailer.sha256.hex()
    (request,) = script.requests
    assert isinstance(request, scene_pb2.GenerateLevelRequest)
    assert (request.seed, request.keys, request.HasField("rooms")) == (3, 1, False)


async def test_asynchronous_face_gives_the_same(script: Any, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(parts())])
    async with AsyncClient(address) as client:
        result = await client.level(seed=3)
        updates = [update async for update in client.generate_level(seed=3)]
    assert (result.rows, len(updates)) == (("###", "#@>"), 2)


def test_files_are_saved_under_names_that_find_each_other(
    script: Any, address: str, stream_of: StreamOf, tmp_path: Path
) -> None:
    script.attempts.append([*stream_of(parts())])
    with Client(address) as client:
        paths = client.level().save(tmp_path / "level")
    assert {path.name: path.read_bytes() for path in paths} == {
        "level.json": json.dumps(LEVEL).encode(),
        "level.tmj": b"{}",
        TILES_FILE: b"tiles",
        "preview.png": b"preview",
    }


def test_level_that_was_continued_behind_its_files_says_so(
    script: Any, address: str, stream_of: StreamOf, tmp_path: Path
) -> None:
    script.attempts.append([*stream_of(parts(), first_sequence=3)])
    with Client(address) as client:
        result = client.level(resume_token=b"stored")
    assert not result.complete
    assert set(result.files) == set(FILE_NAMES.values()) - {"level.json"}
    with pytest.raises(MissingMapsError, match=r"only level.tmj, level_tiles.png, preview.png came: .* part 3 of 6"):
        result.save(tmp_path)
    with pytest.raises(MissingMapsError, match=r"level\.json came before"):
        result.rows  # noqa: B018 - asking is what fails


def test_level_that_was_continued_before_its_files_is_complete(script: Any, address: str, stream_of: StreamOf) -> None:
    script.attempts.append([*stream_of(parts(), first_sequence=1)])
    with Client(address) as client:
        assert client.level(resume_token=b"stored").complete


@pytest.mark.parametrize(
    ("name", "payload", "message"),
    [
        ("refinement", b"no json", "part 0: the part is no readable JSON"),
        ("refinement", b"[]", "part 0: the part is no object with step"),
        ("refinement", b'{"step": 1}', "part 0: the part is no object with step"),
        ("refinement", step(1, ["#"]).replace(b'["#"]', b"7"), "part 0: the rows are no list"),
        ("../level", b"{}", r"part 0: '\.\./level' is no name of a part"),
    ],
)
def test_part_that_cannot_be_of_a_level_breaks_the_stream(
    script: Any, address: str, stream_of: StreamOf, name: str, payload: bytes, message: str
) -> None:
    script.attempts.append([*stream_of([(f"application/json:{name}", 3, payload)])])
    with Client(address) as client, pytest.raises(BrokenStreamError, match=message):
        client.level()


@pytest.mark.parametrize("change", [{"legend": {"#": "lava"}}, {"legend": {}}, {"legend": 3}, {"rows": ["#", "##"]}])
def test_level_whose_rows_do_not_fit_its_legend_is_reported_when_it_is_looked_at(
    script: Any, address: str, stream_of: StreamOf, change: dict[str, Any]
) -> None:
    script.attempts.append([*stream_of(parts(LEVEL | change))])
    with Client(address) as client:
        result = client.level()
    with pytest.raises(BrokenStreamError, match="level: the rows cannot be read with their legend"):
        result.tiles  # noqa: B018 - asking is what fails
