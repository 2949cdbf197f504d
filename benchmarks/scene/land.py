"""TerraGen's contracts and speed: borders that are equal to the bit, a chunk beside erosion, memory while streaming.

python -m benchmarks scene.land
python -m benchmarks.scene.land CHUNKS     streams so many chunks in this process and prints its memory
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.records import Record, machine, median, record, with_conditions
from engine.catalog import SHIPPED_TERRAIN_WEIGHTS, recorded_sha256
from engine.codecs.image import decode_png
from engine.generators.terrain.biomes import BIOMES
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import Land
from engine.generators.world.atlas import BLOCK_CHUNKS, REGION_BLOCKS, Atlas
from engine.generators.world.chunk import Chunk
from engine.nets.precision import choose_kernel_class
from engine.nets.terragen.weights_file import load_terragen
from engine.requests.landscape import Landscape
from engine.requests.world import CHUNK_CELLS, CHUNK_MAX, CHUNK_VERTICES, ChunkRequest
from engine.terrain.drainage import drainage_statistics
from engine.terrain.erosion import eroded
from engine.terrain.fractal import fractal
from workers.startup import keep_freed_memory

BORDERS, SPAWNS = 200, 8
WORLD = Landscape(6, {"grassland": 1.0, "alpine": 0.5})
MAPS = ("height", "ground", "masks", "normal")
EROSION_STEPS, SPEED_GOAL, REPETITIONS = 50, 20.0, 7
DRAINED = 8
REAL_DRAINAGE, REAL_SPREAD = np.array([0.08, -5.36, 1.57, -0.21, -2.65]), np.array([0.03, 0.74, 0.43, 0.7, 0.09])
"""Mean and standard deviation of `drainage_statistics` over 100 crops of real elevation (data/terrain) as large as a
chunk and as rugged as WORLD is in the mean, give or take 0.4."""

WARM_REGIONS = 3
"""Walked before time is taken: the atlas is full then."""

CHUNKS, MEMORY_GOAL_MB, GROWTH_GOAL_MB = 1000, 1500.0, 60.0
WARM_CHUNKS = 200
"""Streamed before growth is counted: caches are full then."""

Grid = NDArray[np.float32]
Pixels = dict[str, NDArray[np.int64]]


def measure() -> list[Record]:
    """The records of this benchmark."""
    keep_freed_memory()  # as a worker does
    decoders = shipped_decoders()
    records = [border_record(decoders), spawn_record(decoders), *speed_records(decoders), *memory_records()]
    return with_conditions(records, machine())


def shipped_decoders() -> Decoders:
    """TerraGen as it is shipped, in the number format that a server would choose here."""
    weights = load_terragen(SHIPPED_TERRAIN_WEIGHTS, recorded_sha256(SHIPPED_TERRAIN_WEIGHTS))
    weights = weights.in_format(choose_kernel_class("auto", 1).dtype)
    return Decoders(weights.landforms, weights.details)


def border_record(decoders: Decoders) -> Record:
    """Heights, normals, masks and grounds along borders of chunks from different blocks, by different makers."""
    random = np.random.default_rng(1)
    largest, compared, at_the_ends = 0, 0, 0
    while compared < BORDERS:
        ends = random.random() < 0.3
        row, column = (_place(random, ends=ends) for _ in range(2))
        atlases = [Atlas(decoders) for _ in range(2)]
        for down, right in ((0, 1), (1, 0)):
            # The last chunk of a block, and the first of the next one.
            for along in range(BLOCK_CHUNKS):
                own = row + along * right, column + along * down
                beside = own[0] + down, own[1] + right
                details = random.choice(CHUNK_VERTICES, 2)
                requests = [
                    ChunkRequest(WORLD, *place, int(vertices), MAPS)
                    for place, vertices in zip((own, beside), details, strict=True)
                ]
                order = random.permutation(2)
                made = {int(index): pixels_of(atlases[index], requests[index]) for index in order}
                largest = max(largest, difference(made[0], made[1], south=bool(down)))
                compared += 1
                at_the_ends += ends
    conditions = {
        "borders": compared,
        "of_them_near_and_at_the_world's_ends": at_the_ends,
        "compared": ", ".join(MAPS),
        "makers": "two, asked in random order, random levels of detail",
        "unit": "largest difference of a pixel of any map",
    }
    return record("border vertices of neighbouring chunks, largest difference", largest, conditions, at_most=0)


def _place(random: np.random.Generator, *, ends: bool) -> int:
    """The row or column of a block's last chunk."""
    chunk = (
        int(random.choice((-CHUNK_MAX, CHUNK_MAX - 2, CHUNK_MAX - 40))) if ends else int(random.integers(-9999, 9999))
    )
    return chunk // BLOCK_CHUNKS * BLOCK_CHUNKS


def pixels_of(atlas: Atlas, request: ChunkRequest) -> Pixels:
    """What a chunk's pictures say; heights in steps from the sea."""
    files = {file.name: file.encode() for file in Chunk(request, atlas.block(request)).files({})}
    about = json.loads(files["chunk"])
    pixels: Pixels = {name: decode_png(files[name]).astype(np.int64) for name in MAPS}
    pixels["height"] = pixels["height"] + round(about["height_base_m"] / about["height_step_m"])
    return pixels


def difference(one: Pixels, other: Pixels, *, south: bool) -> int:
    """The largest difference along the border between two chunks, the other one east or south of the first."""
    largest = 0
    for name, values in one.items():
        beside = other[name]
        first, second = (values[-1], beside[0]) if south else (values[:, -1], beside[:, 0])
        shared = min(len(first), len(second)) - 1
        first, second = first[:: (len(first) - 1) // shared], second[:: (len(second) - 1) // shared]
        largest = max(largest, int(np.abs(first - second).max()))
    return largest


def spawn_record(decoders: Decoders) -> Record:
    """Worlds of every biome that one enters in water."""
    wet = 0
    for biome in BIOMES:
        for seed in range(SPAWNS):
            land = Land(decoders, Landscape(seed, {biome: 1.0}))
            y, x = land.spawn()
            wet += float(land.ground(y - 4, x - 4, 9, 9).masks.water.max()) > 0.0
    conditions = {"worlds": SPAWNS * len(BIOMES), "biomes": len(BIOMES)}
    return record("worlds whose spawn lies in water", wet, conditions, at_most=0)


def speed_records(decoders: Decoders) -> list[Record]:
    """A chunk of 257 x 257 vertices beside erosion of the same grid, and how well both drain."""
    land, edge = Land(decoders, WORLD), CHUNK_CELLS + 1
    chunks = [land.ground(4096 * number, 0, edge, edge).height_m / WORLD.cell_m for number in range(DRAINED)]
    rough = [float(chunk.std()) * fractal(edge, number, ridged=True) for number, chunk in enumerate(chunks)]
    atlas = Atlas(decoders)
    for turn in range(WARM_REGIONS):
        walk(atlas, region(-1 - turn))
    alone_s, cold_s, streamed_s, erosion_s = [], [], [], []
    for turn in range(1, REPETITIONS + 1):
        alone_s.append(seconds(lambda place=turn * 1024: land.ground(place, 0, edge, edge)))  # type: ignore[misc]  # bound now
        places = region(turn)
        cold_s.append(seconds(lambda first=places[0]: Atlas(decoders).block(first)))  # type: ignore[misc]
        streamed_s.append(seconds(lambda places=places: walk(atlas, places)) / len(places))  # type: ignore[misc]
        erosion_s.append(seconds(lambda: eroded(rough[0], EROSION_STEPS)))
    ratio = median([rival_s / own_s for rival_s, own_s in zip(erosion_s, streamed_s, strict=True)], 2)
    conditions = {
        "chunk_as_streamed_ms": round(median(streamed_s, 5) * 1e3, 1),
        "first_chunk_of_a_region_ms": round(median(cold_s, 5) * 1e3, 1),
        "chunk_alone_ms": round(median(alone_s, 5) * 1e3, 1),
        "erosion_steps": EROSION_STEPS,
        "erosion_ms": round(median(erosion_s, 5) * 1e3, 1),
        "repetitions": REPETITIONS,
        "threads": 1,
        "number_format": str(decoders.details.entry.weight.dtype).removeprefix("torch."),
        "unit": "processor time",
    }
    return [
        record("a chunk of 257 x 257 vertices, times faster than erosion", ratio, conditions, at_least=SPEED_GOAL),
        drainage_record(chunks, [eroded(each, EROSION_STEPS) for each in rough]),
    ]


def drainage_record(chunks: list[Grid], rivals: list[Grid]) -> Record:
    """How far both are from the way in which real land drains, in its standard deviations."""
    own, rival = (np.mean([drainage_statistics(each) for each in made], axis=0) for made in (chunks, rivals))
    off, rival_off = (float(np.mean(np.abs(mean - REAL_DRAINAGE) / REAL_SPREAD)) for mean in (own, rival))
    conditions = {
        "chunks": len(chunks),
        "statistics": "root of the share of sinks, log of standing water, bend of channels, skewness, log of channels",
        "chunk": [round(float(value), 2) for value in own],
        "eroded": [round(float(value), 2) for value in rival],
        "real_land": REAL_DRAINAGE.tolist(),
        "real_land_spread": REAL_SPREAD.tolist(),
        "chunk_is_off_by": round(off, 2),
        "eroded_is_off_by": round(rival_off, 2),
    }
    name = "drainage: a chunk's distance from real land / that of eroded ridged noise"
    return record(name, round(off / rival_off, 2), conditions, at_most=1.0)


def region(number: int) -> list[ChunkRequest]:
    """All chunks of a region that nobody has seen, in the order in which somebody comes to them."""
    edge = BLOCK_CHUNKS * REGION_BLOCKS
    return [ChunkRequest(WORLD, number * edge + row - 1, column - 1) for row in range(edge) for column in range(edge)]


def walk(atlas: Atlas, places: list[ChunkRequest]) -> None:
    """Make the land of chunks one after the other, as a server does: it keeps its atlas, whose memory is used again."""
    for request in places:
        atlas.block(request)


def seconds(work: Callable[[], object]) -> float:
    """The processor time that it takes: that of a core of its own, whatever else this machine does."""
    started = time.process_time()
    work()
    return time.process_time() - started


def memory_records() -> list[Record]:
    """Memory of a process of its own that streams CHUNKS chunks."""
    command = [sys.executable, "-m", "benchmarks.scene.land", str(CHUNKS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    found = json.loads(done.stdout)
    conditions = {"chunks": CHUNKS, "vertices": CHUNK_VERTICES[-1], "seconds": found["seconds"]}
    growth = {**conditions, "from_mb": found["warm_mb"], "to_mb": found["end_mb"], "after_chunks": WARM_CHUNKS}
    return [
        record(
            "memory of a process that streams chunks, peak in MB", found["peak_mb"], conditions, at_most=MEMORY_GOAL_MB
        ),
        record(
            "its growth after the first chunks in MB",
            found["end_mb"] - found["warm_mb"],
            growth,
            at_most=GROWTH_GOAL_MB,
        ),
    ]


def stream(count: int) -> dict[str, float]:
    """Make `count` chunks with heights, grounds and props, and tell the memory that this process took."""
    keep_freed_memory()
    atlas, started, warm_mb = Atlas(shipped_decoders()), time.perf_counter(), 0.0
    for number in range(count):
        request = ChunkRequest(WORLD, -1 + number % 2, number // 2)
        for file in Chunk(request, atlas.block(request)).files({}):
            file.encode()
        if number == min(WARM_CHUNKS, count - 1):
            warm_mb = _resident_mb()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "peak_mb": peak_mb,
        "warm_mb": warm_mb,
        "end_mb": _resident_mb(),
        "seconds": time.perf_counter() - started,
    }
    return {name: round(value, 1) for name, value in figures.items()}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    print(json.dumps(stream(int(sys.argv[1]))))
