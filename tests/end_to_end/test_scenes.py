"""Scenes through a gateway and its local pool: an untrained TerraGen, and the shipped TexGen for the ground."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import torch

from engine.assets import Draft, GeneratorInfo
from engine.catalog import Catalog, load_catalog
from engine.generators.scene.generator import SceneGenerator
from engine.nets.precision import choose_kernel_class
from engine.nets.terragen.network import Decoder, DecoderConfig
from engine.nets.terragen.weights_file import TerraGenHeader, load_terragen, save_terragen
from engine.requests.landscape import Landscape
from engine.requests.scene import SceneRequest
from engine.requests.texture import TextureRequest
from engine.server.gateway import Gateway
from engine.settings.sections import ServerSettings, Settings
from morphogen_client import AsyncClient, InvalidRequestError, OwnProp, Sketch
from morphogen_client import Landscape as ClientLandscape
from morphogen_client.results.files import EXTENSIONS
from workers.local import LocalPool

GatewayOver = Callable[..., AbstractAsyncContextManager[tuple[Gateway, str]]]

LANDFORMS, DETAILS = DecoderConfig(8, 2, 5), DecoderConfig(8, 2, 2)
REQUEST = SceneRequest(
    Landscape(5, {"forest": 1.0}), extent_m=64.0, x_m=16.0, z_m=0.0, hour=9.0, prop_limit=20, texture_px=256
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """With a generator of scenes."""
    count = torch.get_num_threads()
    shipped = load_catalog(precision="fp32", thread_count=1)
    path = tmp_path_factory.mktemp("weights") / "terragen.safetensors"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        header = TerraGenHeader("0", "S", LANDFORMS, DETAILS, ("own",))
        save_terragen(path, header, Decoder(LANDFORMS), Decoder(DETAILS), torch.zeros(1, LANDFORMS.style_width))
    textures = shipped.generators[TextureRequest]
    scene = SceneGenerator(load_terragen(path), textures, choose_kernel_class("fp32", 1), "# TerraGen")  # type: ignore[arg-type]  # it is TexGen's
    yield Catalog(shipped.generators | {SceneRequest: scene})
    torch.set_num_threads(count)


@pytest.fixture
async def client(catalog: Catalog, gateway_over: GatewayOver) -> AsyncIterator[AsyncClient]:
    """Of a gateway over that catalog."""
    settings = Settings(server=ServerSettings(port=0))
    async with gateway_over(LocalPool(catalog), settings) as (_, address), AsyncClient(address) as connected:
        yield connected


def offline(catalog: Catalog, request: SceneRequest) -> dict[str, bytes]:
    """The files that the generator makes when nobody else is there, by name."""
    generator = catalog.generator_for(request)
    state, files = generator.begin(request), dict[str, bytes]()
    while not state.finished:
        (drafts,) = generator.step([state])
        for each in drafts:
            part = each.part() if isinstance(each, Draft) else each
            files[f"{part.map}.{EXTENSIONS[part.media_type]}"] = part.payload
    return files


async def test_streamed_scene_has_the_bytes_of_one_made_here(
    catalog: Catalog, client: AsyncClient, tmp_path: Path
) -> None:
    landscape = ClientLandscape(5, {"forest": 1.0})
    result = await client.scene(landscape, extent_m=64.0, x_m=16.0, z_m=0.0, hour=9.0, prop_limit=20, texture_px=256)
    assert result.files == offline(catalog, REQUEST)
    assert result.header.canonical_request == REQUEST.canonical()
    assert result.complete
    assert (tmp_path / "scene.glb") in result.save(tmp_path)
    assert result.files["scene.glb"].startswith(b"glTF")


async def test_scene_that_cannot_be_is_an_invalid_argument_with_its_field(client: AsyncClient) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await client.scene(ClientLandscape(biomes={"lava": 1.0}))
    assert refused.value.field == "biomes"
    with pytest.raises(InvalidRequestError) as refused:
        await client.scene(ClientLandscape(sketch=Sketch(b"no picture", 256.0)))
    assert refused.value.field == "sketch.png"
    with pytest.raises(InvalidRequestError) as refused:
        await client.scene(own_props=[OwnProp("my_hut", b"no model", {"forest": 1.0})])
    assert refused.value.field == "own_props.my_hut.glb"
    with pytest.raises(InvalidRequestError) as refused:
        await client.scene(extent_m=5000.0)
    assert refused.value.field == "extent_m"


async def test_catalog_says_what_a_scene_can_be_asked_for(catalog: Catalog, client: AsyncClient) -> None:
    (entry,) = await client.catalog("scene")
    info: GeneratorInfo = catalog.generator_for(REQUEST).info
    assert (entry.classes, entry.maps) == (info.classes, info.maps)
