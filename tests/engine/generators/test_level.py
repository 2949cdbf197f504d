"""LevelGen as a generator. Most tests use a tiny untrained network: everything but the levels' beauty is real."""

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from engine.assets import Part
from engine.catalog import recorded_sha256
from engine.codecs.image import decode_png, read_provenance
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.errors import InvalidRequestError, WeightsError
from engine.generators.level import FILES, LevelGenerator, LevelState
from engine.levels.corpus.maker import make_level
from engine.levels.decoding.conditions import CLASS_COUNTS, conditions_of
from engine.levels.decoding.hiding import INPUT_COUNT, TILE_COUNT
from engine.levels.grid import from_rows, to_rows
from engine.levels.solver import solve
from engine.nets.levelgen.network import LevelGen, LevelGenConfig
from engine.nets.levelgen.weights_file import LevelGenHeader, LevelGenWeights, load_levelgen
from engine.nets.precision import KernelClass
from engine.requests.level import GLYPHS, LevelRequest, LevelStyle, Region, Symmetry, Tile
from engine.runtime.messages import CHECKPOINT_MAX_BYTES

CONFIG = LevelGenConfig(TILE_COUNT, INPUT_COUNT, CLASS_COUNTS, width=32, depth=1)
KERNEL = KernelClass("cpu", torch.float32, 1)


@pytest.fixture(scope="module")
def generator() -> LevelGenerator:
    """Around an untrained network and a bank of thirty levels."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = LevelGen(CONFIG).eval()
    made = [make_level(seed, (16, 24)[seed % 2]) for seed in range(30)]
    rows = [conditions_of(level.grid.shape[0], level.attributes, level.style) for level in made]
    bank = torch.from_numpy(np.stack(rows).astype(np.uint8))
    return LevelGenerator(LevelGenWeights(LevelGenHeader("0", "S", CONFIG, ("own",)), network, bank, "ab" * 32), KERNEL)


def rest(generator: LevelGenerator, state: LevelState) -> list[Part]:
    """The parts that are left."""
    made: list[Part] = []
    while not state.finished:
        made += [draft.part() for draft in generator.step([state])[0]]
    return made


def whole(generator: LevelGenerator, request: LevelRequest) -> list[Part]:
    """All parts of a level."""
    return rest(generator, generator.begin(request))


def document(parts: Sequence[Part], name: str) -> dict[str, Any]:
    """The JSON part of this name."""
    (part,) = [part for part in parts if part.map == name]
    parsed: dict[str, Any] = json.loads(part.payload)
    return parsed


def test_every_refinement_is_a_part_and_the_files_come_last(generator: LevelGenerator) -> None:
    request = LevelRequest(seed=3, size=16)
    state = generator.begin(request)
    announced = sum(count for _, count in generator.steps_ahead(state))
    parts = rest(generator, state)
    assert len(parts) == state.part_count == announced - 1 + len(FILES)
    assert [part.sequence for part in parts] == list(range(len(parts)))
    assert [part.map for part in parts] == ["refinement"] * (announced - 1) + list(FILES)
    assert {part.lod_px for part in parts} == {16}
    hidden = [json.loads(part.payload)["hidden_cells"] for part in parts[: announced - 1]]
    assert hidden == sorted(hidden, reverse=True)
    assert hidden[-1] == 0
    assert generator.steps_ahead(state) == ()


def test_finished_level_can_be_won_and_says_where_it_came_from(generator: LevelGenerator) -> None:
    request = LevelRequest(seed=4, size=18, enemies=5, loot=2, keys=1)
    parts = whole(generator, request)
    level = document(parts, "level")
    grid = from_rows(level["rows"])
    assert [list(cell) for cell in solve(grid).path] == level["witness_path"]
    assert (level["attributes"]["enemies"], level["attributes"]["loot"]) == (5, 2)
    assert level["provenance"]["DigitalSourceType"] == DIGITAL_SOURCE_TYPE
    assert level["provenance"]["AssetId"] == generator.info.asset_id_of(request.canonical())
    preview = next(part for part in parts if part.map == "preview")
    assert decode_png(preview.payload).shape == (18 * 16, 18 * 16, 3)
    assert read_provenance(preview.payload)["Seed"] == "4"
    tiles = next(part for part in parts if part.map == "tiles")
    assert decode_png(tiles.payload).shape == (16, 16 * len(Tile), 3)
    properties = {entry["name"]: entry["value"] for entry in document(parts, "tiled")["properties"]}
    assert properties["Request"] == request.canonical()


@pytest.mark.parametrize("size", [16, 17])
def test_same_request_gives_the_same_bytes_alone_and_in_company(generator: LevelGenerator, size: int) -> None:
    request, other = LevelRequest(seed=7, size=size, symmetry=Symmetry.X), LevelRequest(seed=8, size=20)
    alone = whole(generator, request)
    states = [generator.begin(other), generator.begin(request)]
    together: list[Part] = []
    while not states[1].finished:
        together += [draft.part() for draft in generator.step(states)[1]]
    assert together == alone
    assert whole(generator, LevelRequest(seed=9, size=size, symmetry=Symmetry.X))[-1].payload != alone[-1].payload


@pytest.mark.parametrize("step_count", [0, 1, 7, 8, 10, 12])
def test_session_resumed_after_any_step_makes_the_same_parts(generator: LevelGenerator, step_count: int) -> None:
    request = LevelRequest(seed=5, size=16)
    expected = whole(generator, request)
    state = generator.begin(request)
    for _ in range(step_count):
        generator.step([state])
    checkpoint = generator.checkpoint(state)
    assert len(checkpoint) <= CHECKPOINT_MAX_BYTES
    resumed = generator.resume(request, checkpoint)
    assert rest(generator, resumed) == expected[step_count:]


@pytest.mark.parametrize("checkpoint", [b"", b"\x00\x00", b"\x0d", b"\xff"])
def test_foreign_checkpoint_is_refused(generator: LevelGenerator, checkpoint: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="checkpoint"):
        generator.resume(LevelRequest(size=16), checkpoint)


def test_locked_cells_keep_their_tiles_in_every_part(generator: LevelGenerator) -> None:
    locked = {(2, 2): Tile.START, (13, 13): Tile.EXIT, (7, 7): Tile.WALL, (8, 4): Tile.BLUE_KEY, (5, 9): Tile.HAZARD}
    parts = whole(generator, LevelRequest(seed=6, size=16, locked_cells=locked))
    for part in parts[: -len(FILES)]:
        rows = json.loads(part.payload)["rows"]
        assert {cell: rows[cell[1]][cell[0]] for cell in locked} == {cell: GLYPHS[locked[cell]] for cell in locked}
    level = document(parts, "level")
    assert {cell: Tile(GLYPHS.index(level["rows"][cell[1]][cell[0]])) for cell in locked} == locked
    assert level["fixed_cells"] == len(locked)


@pytest.mark.parametrize("seed", range(3))
def test_region_is_made_anew_and_nothing_else(generator: LevelGenerator, seed: int) -> None:
    base = to_rows(make_level(seed, 24, LevelStyle.ROOMS).grid)
    region = Region(6, 4, 10, 12)
    request = LevelRequest(seed=seed, size=24, base_rows=base, region=region)
    rows = document(whole(generator, request), "level")["rows"]
    for y in range(24):
        for x in range(24):
            assert region.holds(x, y) or rows[y][x] == base[y][x]
    assert solve(from_rows(rows)).solvable


def test_cells_that_leave_no_way_are_refused_before_the_first_step(generator: LevelGenerator) -> None:
    wall = {(8, y): Tile.WALL for y in range(16)}
    cells = wall | {(2, 2): Tile.START, (13, 13): Tile.EXIT}
    with pytest.raises(InvalidRequestError, match="walls lie between the start and the exit"):
        generator.begin(LevelRequest(size=16, locked_cells=cells))


def test_weights_of_other_tiles_are_refused() -> None:
    config = LevelGenConfig(TILE_COUNT + 1, INPUT_COUNT, CLASS_COUNTS, width=32, depth=1)
    weights = LevelGenWeights(
        LevelGenHeader("0", "S", config, ()), LevelGen(config), torch.zeros(1, len(CLASS_COUNTS), dtype=torch.uint8), ""
    )
    with pytest.raises(WeightsError, match="tiles or attributes"):
        LevelGenerator(weights, KERNEL)


@pytest.fixture(scope="module")
def shipped(pytestconfig: pytest.Config) -> LevelGenerator:
    """The generator that is delivered."""
    path = pytestconfig.rootpath / "engine" / "weights" / "levelgen-s.safetensors"
    torch.set_num_threads(1)
    return LevelGenerator(load_levelgen(path, recorded_sha256(path)), KERNEL)


def test_shipped_network_obeys_before_repair(shipped: LevelGenerator) -> None:
    solvable = 0
    for seed in range(12):
        refinement = shipped.refinement(LevelRequest(seed=seed, size=16), mends_layout=False)
        for _ in range(refinement.step_count):
            refinement.advance()
        solvable += solve(refinement.decoded()).solvable
        repaired = refinement.finish()
        assert repaired.edited_cells <= 0.1 * 16 * 16
        assert (repaired.grid == Tile.ENEMY).sum() == refinement.wishes.enemies
    assert solvable >= 11


def test_shipped_levels_take_no_longer_than_they_may(shipped: LevelGenerator) -> None:
    whole(shipped, LevelRequest(seed=1, size=16))
    for size, bound_s in ((16, 5.0), (64, 40.0)):
        started_at_s = time.perf_counter()
        whole(shipped, LevelRequest(seed=2, size=size))
        assert time.perf_counter() - started_at_s < bound_s
