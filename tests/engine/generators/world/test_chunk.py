"""Chunks meet: what two of them share is the same to the bit, whatever their level of detail and whoever made them."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.codecs.image import decode_png
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import HEIGHT_STEPS_PER_M
from engine.generators.world.atlas import Atlas
from engine.generators.world.chunk import COVER_KINDS, PROPS_KINDS, Chunk, height_step_m
from engine.geometry.props.library import PROPS
from engine.requests.landscape import Landscape
from engine.requests.world import CHUNK_CELLS, CHUNK_MAPS, CHUNK_MAX, CHUNK_VERTICES, ChunkRequest

PIXELS = ("height", "ground", "masks", "normal")
WORLD = Landscape(6, {"forest": 1.0, "alpine": 0.4}, cell_m=8.0, sea_level_m=1.0)
SIDES = {"east": (0, 1), "south": (1, 0)}


def files(atlas: Atlas, request: ChunkRequest) -> dict[str, bytes]:
    """The chunk's files by name."""
    return {file.name: file.encode() for file in Chunk(request, atlas.block(request)).files({})}


def pixels(made: dict[str, bytes]) -> dict[str, NDArray[Any]]:
    """What the pictures say, with heights in steps from the sea, at the vertices."""
    about = json.loads(made["chunk"])
    found: dict[str, NDArray[Any]] = {name: decode_png(made[name]).astype(np.int64) for name in PIXELS if name in made}
    found["height"] = found["height"] + round(about["height_base_m"] / about["height_step_m"])
    return found


def edges(made: dict[str, NDArray[Any]], side: str, stride: int) -> dict[str, NDArray[Any]]:
    """The values along the edge that faces a side, at every `stride`-th vertex."""
    turned = {
        name: values if side in ("south", "north") else np.swapaxes(values, 0, 1) for name, values in made.items()
    }
    row = -1 if side in ("south", "east") else 0
    return {name: values[row, ::stride] for name, values in turned.items()}


@pytest.fixture(scope="module")
def atlas(decoders: Decoders) -> Atlas:
    return Atlas(decoders)


ends = st.integers(-CHUNK_MAX, CHUNK_MAX - 1) | st.integers(-3, 3) | st.sampled_from((-CHUNK_MAX, CHUNK_MAX - 1))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ends,
    ends,
    st.sampled_from(sorted(SIDES)),
    st.sampled_from(CHUNK_VERTICES),
    st.sampled_from(CHUNK_VERTICES),
    st.booleans(),
)
def test_neighbours_share_their_border_at_any_place_order_and_detail(
    decoders: Decoders, row: int, column: int, side: str, own: int, other: int, swapped: bool
) -> None:
    down, right = SIDES[side]
    requests = [
        ChunkRequest(WORLD, row, column, own, PIXELS), ChunkRequest(WORLD, row + down, column + right, other, PIXELS)
    ]  # fmt: skip
    order = [1, 0] if swapped else [0, 1]
    made = {index: pixels(files(Atlas(decoders), requests[index])) for index in order}  # two workers
    shared = min(own, other) - 1
    first = edges(made[0], side, (own - 1) // shared)
    second = edges(made[1], {"east": "west", "south": "north"}[side], (other - 1) // shared)
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name], err_msg=name)


def test_coarse_levels_are_every_other_vertex_of_finer_ones(atlas: Atlas) -> None:
    finest = pixels(files(atlas, ChunkRequest(WORLD, 2, -1, CHUNK_VERTICES[-1], PIXELS)))
    for vertices in CHUNK_VERTICES[:-1]:
        stride = (CHUNK_VERTICES[-1] - 1) // (vertices - 1)
        coarse = pixels(files(atlas, ChunkRequest(WORLD, 2, -1, vertices, PIXELS)))
        for name, values in coarse.items():
            np.testing.assert_array_equal(values, finest[name][::stride, ::stride], err_msg=name)


def test_meshes_of_neighbours_meet_in_the_same_points(atlas: Atlas) -> None:
    meshes = [
        Chunk(request, atlas.block(request))._mesh()
        for request in (ChunkRequest(WORLD, 0, 0), ChunkRequest(WORLD, 0, 1))
    ]
    edge_m = CHUNK_CELLS * WORLD.cell_m
    rows = []
    for scene, shift in zip(meshes, (0.0, edge_m), strict=True):
        mesh = scene.models[0].lods[0].primitives[0].mesh
        surface = slice(0, CHUNK_VERTICES[-1] ** 2)  # the skirt comes after
        place = mesh.position[surface] + scene.instances[0].translation[0] + np.array([shift, 0.0, 0.0], np.float32)
        at_border = np.abs(place[:, 0] - edge_m) < 1e-3
        rows.append((place[at_border], mesh.normal[surface][at_border]))
    for one, other in zip(*rows, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(rows[0][0]) == CHUNK_VERTICES[-1]


def test_the_description_scales_the_heights(atlas: Atlas) -> None:
    request = ChunkRequest(WORLD, -1, 1)
    made = files(atlas, request)
    about = json.loads(made["chunk"])
    height_m = about["height_base_m"] + decode_png(made["height"]).astype(float) * about["height_step_m"]
    assert (about["x_m"], about["z_m"]) == (CHUNK_CELLS * 8.0, -CHUNK_CELLS * 8.0)
    block = atlas.block(request)
    top, left = (-CHUNK_CELLS - block.row + block.rim_cells, CHUNK_CELLS - block.column + block.rim_cells)
    expected = block.ground.height_m[top : top + CHUNK_CELLS + 1, left : left + CHUNK_CELLS + 1]
    np.testing.assert_allclose(height_m, expected, atol=about["height_step_m"] / 2)
    assert about["lowest_m"] == pytest.approx(float(expected.min()))


@pytest.mark.parametrize(
    ("cell_m", "relief", "step_m"), [(0.5, 1.0, 1 / 64), (2.0, 1.0, 1 / 64), (4.0, 1.0, 1 / 32), (32.0, 4.0, 1.0)]
)
def test_steps_grow_with_the_land_and_stay_whole(cell_m: float, relief: float, step_m: float) -> None:
    step = height_step_m(Landscape(cell_m=cell_m, relief=relief))
    assert step == step_m
    assert (step * HEIGHT_STEPS_PER_M).is_integer()


def test_only_what_is_asked_for_is_made_after_a_description(atlas: Atlas) -> None:
    assert list(files(atlas, ChunkRequest(WORLD, maps=("normal", "height")))) == ["chunk", "height", "normal"]
    everything = files(atlas, ChunkRequest(WORLD, maps=CHUNK_MAPS))
    assert list(everything) == ["chunk", *CHUNK_MAPS]
    assert everything["mesh"].startswith(b"glTF")


def test_props_and_cover_are_one_placement_in_two_files(atlas: Atlas) -> None:
    made = files(atlas, ChunkRequest(WORLD, maps=("props", "cover")))
    props, cover = json.loads(made["props"]), json.loads(made["cover"])
    assert {name.rsplit("_", 1)[0] for name in props} <= {kind.name for kind in PROPS_KINDS}
    assert {name.rsplit("_", 1)[0] for name in cover} <= {kind.name for kind in COVER_KINDS}
    assert len(PROPS_KINDS) + len(COVER_KINDS) == len(PROPS)
    circles = [
        (x, z, PROPS[name.rsplit("_", 1)[0]].radius_m * scale)
        for placed in (props, cover)
        for name, rows in placed.items()
        for x, _, z, _, scale in rows
    ]
    places = np.array(circles)
    assert len(places) > 100
    assert ((places[:, :2] >= -0.01) & (places[:, :2] <= CHUNK_CELLS * WORLD.cell_m + 0.01)).all()
    sample = places[np.random.default_rng(1).permutation(len(places))[:400]]
    away = np.hypot(*(sample[:, None, :2] - places[None, :, :2]).transpose(2, 0, 1))
    room = sample[:, None, 2] + places[None, :, 2]
    away[away == 0.0] = np.inf
    assert (away - room).min() > -0.05  # places are told to a centimeter, scales to a hundredth


def test_a_torus_has_the_same_chunks_after_a_turn(atlas: Atlas) -> None:
    torus = Landscape(6, {"forest": 1.0}, cell_m=8.0, period_cells=1024)
    here = files(atlas, ChunkRequest(torus, 1, -1, 65, CHUNK_MAPS[:-1]))
    there = files(atlas, ChunkRequest(torus, -3, 7, 65, CHUNK_MAPS[:-1]))
    assert {name: data for name, data in here.items() if name != "chunk"} == {
        name: data for name, data in there.items() if name != "chunk"
    }
    assert json.loads(there["chunk"])["x_m"] == 7 * CHUNK_CELLS * 8.0


def test_a_torus_closes_without_a_seam(atlas: Atlas) -> None:
    torus = Landscape(6, {"forest": 1.0}, cell_m=8.0, period_cells=1024)
    last, first = (pixels(files(atlas, ChunkRequest(torus, 0, column, 65, PIXELS))) for column in (3, 4))
    for name, values in edges(last, "east", 1).items():
        np.testing.assert_array_equal(values, edges(first, "west", 1)[name], err_msg=name)
