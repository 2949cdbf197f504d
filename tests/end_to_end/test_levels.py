"""Levels from the shipped weights, through a gateway and its local pool."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.assets import Draft
from engine.catalog import Catalog, load_catalog
from engine.requests.level import LevelRequest, LevelStyle, Region, Tile
from engine.server.gateway import Gateway
from engine.settings.sections import ServerSettings, Settings
from morphogen_client import AsyncClient, InvalidRequestError, LevelStreamOptions
from morphogen_client.results.level import FILE_NAMES
from workers.fleet.pool import FleetPool
from workers.local import LocalPool

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]


@pytest.fixture(scope="module")
def catalog(weights: Path) -> Iterator[Catalog]:
    """The shipped LevelGen; textures from an untrained network."""
    count = torch.get_num_threads()
    yield load_catalog(precision="fp32", thread_count=1, texture_weights=weights)
    torch.set_num_threads(count)


@pytest.fixture
async def client(catalog: Catalog, gateway_over: GatewayOver) -> AsyncIterator[AsyncClient]:
    """Of a gateway over that catalog."""
    settings = Settings(server=ServerSettings(port=0))
    async with gateway_over(LocalPool(catalog), settings) as (_, address), AsyncClient(address) as connected:
        yield connected


def offline(catalog: Catalog, request: LevelRequest) -> dict[str, bytes]:
    """The files that the generator makes when nobody else is there, by name."""
    generator = catalog.generator_for(request)
    state, made = generator.begin(request), dict[str, bytes]()
    while not state.finished:
        (drafts,) = generator.step([state])
        made |= {
            part.map: part.payload for part in (each.part() if isinstance(each, Draft) else each for each in drafts)
        }
    return {name: made[part] for part, name in FILE_NAMES.items()}


async def test_streamed_level_has_the_bytes_of_one_made_here(catalog: Catalog, client: AsyncClient) -> None:
    request = LevelRequest(
        7, 24, enemies=5, keys=1, style=LevelStyle.ROOMS, locked_cells={(4, 4): Tile.START, (19, 4): Tile.EXIT}
    )
    result = await client.level(
        seed=7, size=24, enemies=5, keys=1, style="rooms", locked_cells={(4, 4): "start", (19, 4): "exit"}
    )
    assert result.files == offline(catalog, request)
    assert (result.witness_path[0], result.witness_path[-1]) == ((4, 4), (19, 4))
    assert (result.tiles == Tile.ENEMY).sum() == result.attributes["enemies"]
    assert result.header.canonical_request == request.canonical()
    assert json.loads(result.files["level.json"])["provenance"]["AssetId"] == result.header.asset_id


async def test_worker_processes_make_the_same_bytes(
    catalog: Catalog, fleet_pool: Callable[..., FleetPool], gateway_over: GatewayOver, weights: Path
) -> None:
    pool = fleet_pool("engine.catalog:load_catalog", precision="fp32", thread_count=1, texture_weights=weights)
    settings = Settings(server=ServerSettings(port=0))
    async with gateway_over(pool, settings) as (_, address), AsyncClient(address) as client:
        result = await client.level(seed=6, size=16, locked_cells={(5, 5): "loot"})
    assert result.files == offline(catalog, LevelRequest(6, 16, locked_cells={(5, 5): Tile.LOOT}))


async def test_part_of_a_level_is_made_anew_and_the_rest_stays(client: AsyncClient) -> None:
    base = await client.level(seed=1, size=16)
    changed = await client.level(seed=2, size=16, base_rows=base.rows, region=(8, 0, 8, 16))
    assert (changed.tiles[:, :8] == base.tiles[:, :8]).all()
    assert changed.rows != base.rows
    region = Region(8, 0, 8, 16)
    assert changed.header.canonical_request == LevelRequest(2, 16, base_rows=base.rows, region=region).canonical()


async def test_stream_goes_on_behind_a_stored_token_with_the_same_bytes(catalog: Catalog, client: AsyncClient) -> None:
    stream = client.generate_level(seed=3, size=16)
    async for update in stream:
        if update.step == 5:
            break
    continued = await client.level(seed=3, size=16, resume_token=stream.resume_token)
    assert continued.header.first_sequence == 5
    assert continued.files == offline(catalog, LevelRequest(3, 16))


async def test_level_is_the_same_among_other_levels_and_textures(catalog: Catalog, client: AsyncClient) -> None:
    texture = asyncio.create_task(client.texture("stone", seed=77, size_px=128))
    results = await asyncio.gather(*(client.level(seed=seed, size=16) for seed in (4, 5)))
    await texture
    assert [result.files for result in results] == [offline(catalog, LevelRequest(seed, 16)) for seed in (4, 5)]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"size": 65}, "size"),
        ({"rooms": 25}, "rooms"),
        ({"difficulty": 2.0}, "difficulty"),
        ({"size": 16, "rooms": 24, "room_edge": 6}, "rooms"),
        ({"locked_cells": {(40, 1): "wall"}}, "locked_cells"),
        ({"locked_cells": {(3, 3): "start", (4, 4): "start"}}, "locked_cells"),
        ({"size": 16, "base_rows": ["#" * 16] * 16, "region": (0, 0, 1, 1)}, "locked_cells"),
        ({"size": 16, "region": (0, 0, 1, 1)}, "region"),
    ],
)
async def test_level_that_cannot_be_is_an_invalid_argument_with_its_field(
    client: AsyncClient, options: LevelStreamOptions, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await client.level(**options)
    assert refused.value.field == field


async def test_catalog_says_what_a_level_can_be_asked_for(client: AsyncClient) -> None:
    (entry,) = await client.catalog("level")
    assert set(entry.classes) == {str(style) for style in LevelStyle}
    assert {"rooms", "enemies", "difficulty"} <= {attribute.name for attribute in entry.attributes}
    card: Any = (await client.generator("levelgen")).model_card
    assert card.startswith("# ")
