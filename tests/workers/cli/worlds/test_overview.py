import json

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from morphogen_client import Chunk
from workers.cli.worlds.overview import EDGE_MAX_PX, Overview

CHUNK_M = 512.0


def chunk(row: int, column: int, vertices: int = 33) -> Chunk:
    """A chunk whose heights grow to the east."""
    described = {
        "row": row, "column": column, "vertices": vertices, "x_m": column * CHUNK_M, "z_m": row * CHUNK_M,
        "edge_m": CHUNK_M, "height_base_m": 1.0, "height_step_m": 1.0,
    }  # fmt: skip
    steps = np.tile(np.arange(vertices, dtype=np.uint16), (vertices, 1))
    return Chunk(
        row, column, vertices,
        {"chunk": json.dumps(described).encode(), "height": cv2.imencode(".png", steps)[1].tobytes()},
    )  # fmt: skip


def picture(*chunks: Chunk) -> NDArray[np.uint8]:
    overview = Overview()
    for each in chunks:
        assert overview.take(each)
    way = [(each.column * CHUNK_M, each.row * CHUNK_M) for each in chunks]
    read = cv2.imdecode(np.frombuffer(overview.picture(way, CHUNK_M), np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    return np.asarray(read, np.uint8)


def test_short_flight_shows_every_cell_four_times_as_large() -> None:
    assert picture(chunk(0, 0), chunk(0, 1)).shape == (128, 256, 3)


@pytest.mark.parametrize(
    ("row", "column", "shape"),
    [
        (0, 100, (16, 1616)),
        (600, 0, (1202, 2)),
        (0, 7000, (2, 1751)),
        (5000, 7000, (1251, 1751)),
        (-30_000, 30_000, (2001, 2001)),
    ],
)
def test_long_flight_is_drawn_smaller(row: int, column: int, shape: tuple[int, int]) -> None:
    pixels = picture(chunk(0, 0), chunk(row, column))
    assert pixels.shape[:2] == shape
    assert max(pixels.shape) <= EDGE_MAX_PX
