"""Messages of explorations."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from morphogen.v1 import common_pb2, world_pb2
from morphogen_client.worlds.chunk import Chunk

Response = world_pb2.ExploreWorldResponse
WORLD = {"spawn": {"x_m": 8.0, "z_m": -4.0}, "chunk_m": 512.0, "cell_m": 2.0, "sea_level_m": 0.0, "provenance": {}}


def height_png(vertices: int, steps: int) -> bytes:
    return cv2.imencode(".png", np.full((vertices, vertices), steps, np.uint16))[1].tobytes()


def parts_of(row: int, column: int, vertices: int) -> dict[str, bytes]:
    """The files of a chunk whose heights are 64 steps of 1/64 m above 10 m."""
    described = {
        "row": row, "column": column, "vertices": vertices, "x_m": column * 512.0, "z_m": row * 512.0,
        "edge_m": 512.0, "height_base_m": 10.0, "height_step_m": 1 / 64,
    }  # fmt: skip
    return {"chunk": json.dumps(described).encode(), "height": height_png(vertices, 64)}


def make_pieces(row: int, column: int, vertices: int, chunk_bytes: int = 100) -> list[Response]:
    """The messages that bring a chunk."""
    messages = []
    parts = parts_of(row, column, vertices)
    for sequence, (name, payload) in enumerate(parts.items()):
        pieces = [payload[start : start + chunk_bytes] for start in range(0, len(payload), chunk_bytes)]
        for index, data in enumerate(pieces):
            last = index + 1 == len(pieces)
            piece = common_pb2.PartChunk(
                sequence=sequence,
                map=name,
                lod_px=vertices,
                media_type="application/json" if name == "chunk" else "image/png",
                part_size_bytes=len(payload),
                part_sha256=hashlib.sha256(payload).digest() if last else b"",
                chunk_index=index,
                chunk_count=len(pieces),
                data=data,
            )
            part = world_pb2.WorldPart(row=row, column=column, part_count=len(parts), part=piece)
            messages.append(Response(part=part))
    return messages


def make_opened(**world: Any) -> Response:
    """The first message."""
    opened = world_pb2.WorldOpened(
        viewer=world_pb2.Viewer(x_m=8.0, z_m=-4.0),
        chunk_m=512.0,
        view_distance_m=512.0,
        world_json=json.dumps(WORLD | world),
    )
    return Response(opened=opened)


@pytest.fixture
def pieces_of() -> Callable[..., list[Response]]:
    return make_pieces


@pytest.fixture
def opened_of() -> Callable[..., Response]:
    return make_opened


@pytest.fixture
def chunk_of() -> Callable[[int, int, int], Chunk]:
    return lambda row, column, vertices: Chunk(row, column, vertices, parts_of(row, column, vertices))
