"""A viewer explores a real world, through a gateway and both kinds of pools."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.catalog import Catalog, load_catalog
from engine.generators.whole import steps_of
from engine.requests.landscape import Landscape
from engine.requests.world import ChunkRequest
from engine.runtime.pool import WorkerPool
from engine.server.gateway import Gateway
from engine.settings.sections import ServerSettings, Settings
from morphogen_client import AsyncClient, AsyncWorldExplorer, Chunk, ChunkArrived, ChunksEvicted, WorldSettled
from morphogen_client import Landscape as ClientLandscape

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

LAND = ClientLandscape(seed=5, biomes={"alpine": 1.0})


@pytest.fixture(scope="module")
def catalog(weights: Path) -> Iterator[Catalog]:
    """The shipped TerraGen; textures from an untrained network."""
    count = torch.get_num_threads()
    yield load_catalog(precision="fp32", thread_count=1, texture_weights=weights)
    torch.set_num_threads(count)


def made_here(catalog: Catalog, chunk: Chunk) -> dict[str, bytes]:
    """The files of a chunk as its generator makes them when nobody else is there."""
    request = ChunkRequest(Landscape(5, {"alpine": 1.0}), chunk.row, chunk.column, chunk.vertices, maps_of(chunk))
    return {part.map: part.payload for parts in steps_of(catalog.generator_for(request), request) for part in parts}


def maps_of(chunk: Chunk) -> tuple[str, ...]:
    return tuple(name for name in chunk.parts if name != "chunk")


async def settled(explorer: AsyncWorldExplorer) -> tuple[list[Chunk], list[tuple[int, int]]]:
    """The chunks that came and those that went until it has settled twice, the second time elsewhere."""
    came: list[Chunk] = []
    gone: list[tuple[int, int]] = []
    async with asyncio.timeout(90):
        async for event in explorer:
            match event:
                case ChunkArrived(chunk):
                    came.append(chunk)
                case ChunksEvicted(chunks):
                    gone += chunks
                case WorldSettled():
                    if gone:
                        return came, gone
                    explorer.move(5_000.0, 256.0)
    raise AssertionError("it never settled")


async def test_viewer_gets_the_bytes_that_are_made_here(
    catalog: Catalog, pool_of: Callable[..., WorkerPool], gateway_over: GatewayOver, weights: Path
) -> None:
    pool = pool_of("engine.catalog:load_catalog", precision="fp32", thread_count=1, texture_weights=weights)
    async with (
        gateway_over(pool, Settings(server=ServerSettings(port=0))) as (gateway, address),
        AsyncClient(address) as client,
    ):
        async with client.explore_world(LAND, view_distance_m=64.0, vertices_max=129) as explorer:
            came, gone = await settled(explorer)
            held = explorer.held
        single = await client.chunk(LAND, row=came[0].row, column=came[0].column, vertices=came[0].vertices)
    first = {chunk.key for chunk in came} - held.keys()
    assert set(gone) == first
    assert explorer.chunk_at(5_000.0, 256.0) is held[0, 9]
    for chunk in came:
        assert dict(chunk.parts) == made_here(catalog, chunk)
    assert single.chunk.height_m.tolist() == came[0].height_m.tolist()
    assert gateway.sessions.running_count == 0


async def test_levels_of_detail_and_neighbours_share_their_vertices(
    catalog: Catalog, local_pool: Callable[..., WorkerPool], gateway_over: GatewayOver, weights: Path
) -> None:
    del catalog
    pool = local_pool("engine.catalog:load_catalog", precision="fp32", thread_count=1, texture_weights=weights)
    async with (
        gateway_over(pool, Settings(server=ServerSettings(port=0))) as (_, address),
        AsyncClient(address) as client,
    ):
        places = [(0, 0, 257), (0, 0, 33), (0, -1, 257), (-1, 0, 65)]
        chunks = [
            (await client.chunk(LAND, row=row, column=column, vertices=vertices, maps=("height", "mesh"))).chunk
            for row, column, vertices in places
        ]
    here, coarse, west, north = (chunk.height_m for chunk in chunks)
    np.testing.assert_array_equal(here[::8, ::8], coarse)
    np.testing.assert_array_equal(here[:, 0], west[:, -1])
    np.testing.assert_array_equal(here[0, ::4], north[-1])
    assert all(chunk.parts["mesh"].startswith(b"glTF") for chunk in chunks)
