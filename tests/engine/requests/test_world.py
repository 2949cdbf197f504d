"""What chunks refuse, and their canonical text."""

import json
from typing import Any

import pytest

from engine.errors import InvalidRequestError
from engine.requests.landscape import COORDINATE_MAX_CELLS, Landscape
from engine.requests.world import CHUNK_CELLS, CHUNK_MAPS, CHUNK_MAX, ChunkRequest, WorldRequest, checked_maps


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("row", {"row": CHUNK_MAX + 1}),
        ("column", {"column": -CHUNK_MAX - 1}),
        ("vertices", {"vertices": 100}),
        ("vertices", {"vertices": 0}),
        ("maps", {"maps": ()}),
        ("maps", {"maps": ("height", "height")}),
        ("maps", {"maps": ("height", "smell")}),
    ],
)
def test_values_outside_their_range_are_refused_by_name(field: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        ChunkRequest(**arguments)
    assert refusal.value.field == field
    assert refusal.value.allowed


def test_every_chunk_that_may_be_asked_for_lies_in_the_world() -> None:
    assert (CHUNK_MAX + 1) * CHUNK_CELLS < COORDINATE_MAX_CELLS
    assert COORDINATE_MAX_CELLS - (CHUNK_MAX + 1) * CHUNK_CELLS <= 2 * CHUNK_CELLS


def test_the_order_of_maps_does_not_matter() -> None:
    assert ChunkRequest(maps=("mesh", "height")) == ChunkRequest(maps=("height", "mesh"))
    assert checked_maps(tuple(reversed(CHUNK_MAPS))) == CHUNK_MAPS


def test_a_text_names_one_chunk_of_one_world() -> None:
    changed: tuple[dict[str, Any], ...] = (
        {"landscape": Landscape(1)}, {"row": 1}, {"column": 1}, {"vertices": 33}, {"maps": ("height",)}
    )  # fmt: skip
    texts = {ChunkRequest(**arguments).canonical() for arguments in ({}, *changed)}
    assert len(texts) == len(changed) + 1
    assert json.loads(WorldRequest(Landscape(3)).canonical()) == {"landscape": Landscape(3).document()}
    assert WorldRequest(Landscape(3)).seed == ChunkRequest(Landscape(3)).seed == 3
