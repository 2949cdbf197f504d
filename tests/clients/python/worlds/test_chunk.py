import json
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from morphogen_client import BrokenStreamError, Chunk, MissingMapsError

ChunkOf = Callable[[int, int, int], Chunk]


def test_heights_are_decoded_to_meters(chunk_of: ChunkOf) -> None:
    chunk = chunk_of(-1, 2, 33)
    assert (chunk.height_m.shape, str(chunk.height_m.dtype)) == ((33, 33), "float32")
    assert (chunk.height_m == 11.0).all()
    assert (chunk.key, chunk.description["z_m"]) == ((-1, 2), -512.0)
    assert chunk.size_bytes == sum(map(len, chunk.parts.values()))


def test_pictures_are_arrays_and_placements_are_rows(chunk_of: ChunkOf) -> None:
    ground = cv2.imencode(".png", np.full((33, 33, 3), (3, 2, 1), np.uint8))[1].tobytes()
    props = json.dumps({"oak_0": [[1, 2, 3, 90, 1.5], [4, 5, 6, 0, 1]], "hut_1": []}).encode()
    chunk = Chunk(0, 0, 33, {**chunk_of(0, 0, 33).parts, "ground": ground, "props": props})
    assert chunk.images["ground"][0, 0].tolist() == [1, 2, 3]
    placed = chunk.placements()
    assert placed["oak_0"].tolist() == [[1, 2, 3, 90, 1.5], [4, 5, 6, 0, 1]]
    assert placed["hut_1"].shape == (0, 5)


def test_map_that_was_not_asked_for_is_told(chunk_of: ChunkOf) -> None:
    with pytest.raises(MissingMapsError, match="has no 'props', only chunk, height"):
        chunk_of(0, 0, 33).placements()
    with pytest.raises(MissingMapsError, match="has no 'height'"):
        _ = Chunk(0, 0, 33, {}).height_m


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"chunk": b"nothing"}, "no readable JSON"),
        ({"chunk": b"{}"}, "no object with row"),
        ({"height": b"\x89PNG broken"}, "no readable PNG"),
        ({"props": b'{"oak_0": [[1, 2]]}'}, "props cannot be read"),
    ],
)
def test_broken_parts_are_told_when_they_are_looked_at(
    chunk_of: ChunkOf, parts: dict[str, bytes], message: str
) -> None:
    chunk = Chunk(0, 0, 33, {**chunk_of(0, 0, 33).parts, "props": b"{}", **parts})
    with pytest.raises(BrokenStreamError, match=message):
        _ = chunk.description, chunk.height_m, chunk.placements()


def test_parts_of_another_chunk_are_refused(chunk_of: ChunkOf) -> None:
    with pytest.raises(BrokenStreamError, match="its description is another chunk's"):
        _ = Chunk(5, 5, 33, chunk_of(0, 0, 33).parts).height_m
    other = {**chunk_of(0, 0, 65).parts, "height": chunk_of(0, 0, 33).parts["height"]}
    with pytest.raises(BrokenStreamError, match=r"height is a picture of \[33, 33\]"):
        _ = Chunk(0, 0, 65, other).height_m
