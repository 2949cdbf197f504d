"""TexGen's contracts: exact wrap, exact levels of detail, batch independence, determinism, and that it can learn."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from engine.nets.blocks import Edges, ModulatedPair, extend, join_extended, upsample
from engine.nets.texgen import (
    CHANNELS,
    STRIDES_PX,
    TILE_CELLS,
    LevelStyles,
    TexGen,
    TexGenConfig,
    join_spatial,
    structure_pyramid,
)

CONFIG = TexGenConfig(3, style_width=4, code_width=16, widths=(16, 16, 24, 24, 16))


@pytest.fixture(scope="module")
def network() -> TexGen:
    torch.manual_seed(1)
    return TexGen(CONFIG).eval().requires_grad_(False)


def random_inputs(size_px: int, batch: int = 1, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    structure = torch.rand(batch, 3, size_px, size_px, generator=generator) * 2 - 1
    joined = []
    for level, hints in enumerate(structure_pyramid(structure)):
        channels, stride = CONFIG.noise_shape(level)
        noise = torch.randn(batch, channels, size_px // stride, size_px // stride, generator=generator)
        joined.append(join_spatial(level, hints, noise))
    return joined


def code(network: TexGen, batch: int = 1) -> torch.Tensor:
    return network.code(
        torch.arange(batch) % 3, torch.linspace(-1, 1, 4).expand(batch, 4), torch.linspace(-1, 1, 4).expand(batch, 4)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@given(down=st.integers(0, 7), right=st.integers(0, 7))
@settings(max_examples=8, deadline=None)
def test_rolling_the_latent_rolls_the_output_exactly(dtype: torch.dtype, down: int, right: int) -> None:
    torch.manual_seed(1)
    network = TexGen(CONFIG).eval().requires_grad_(False)
    inputs = [level.to(dtype) for level in random_inputs(128)]
    styles = network.styles(code(network))
    straight = network(inputs, styles)[-1]
    strides = STRIDES_PX
    rolled_inputs = [
        torch.roll(level, (down * 32 // stride, right * 32 // stride), (2, 3))
        for level, stride in zip(inputs, strides, strict=True)
    ]
    rolled = network(rolled_inputs, styles)[-1]
    assert float((rolled - torch.roll(straight, (32 * down, 32 * right), (2, 3))).abs().max()) == 0.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tiled_latent_gives_the_tiled_output_exactly(dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    network = TexGen(TexGenConfig(3, style_width=4, code_width=16, widths=(32, 64, 64, 64, 48)))
    network.requires_grad_(False).freeze(dtype)
    inputs = [level.to(dtype) for level in random_inputs(256)]
    styles = network.styles(code(network))
    once = infer(network, inputs, styles, dtype)
    twice = infer(network, [level.repeat(1, 1, 2, 2) for level in inputs], styles, dtype)
    assert torch.equal(twice, once.repeat(1, 1, 2, 2))


def test_inference_in_tiles_equals_the_plain_network(network: TexGen) -> None:
    inputs, styles = random_inputs(256), network.styles(code(network))
    assert torch.allclose(infer(network, inputs, styles, torch.float32), network(inputs, styles)[-1], atol=1e-5)


def infer(network: TexGen, inputs: list[torch.Tensor], styles: LevelStyles, dtype: torch.dtype) -> torch.Tensor:
    """The way requests run the network."""
    features: torch.Tensor | None = None
    image: torch.Tensor | None = None
    for level, (block, spatial) in enumerate(zip(network.blocks, inputs, strict=True)):
        assert isinstance(block, ModulatedPair)
        joined = join_extended(features, spatial, Edges())
        features = block.folded(styles[level], dtype)(joined, TILE_CELLS[level])
        image = network.image(level, features, image)
    assert features is not None
    assert image is not None
    return network.finest_image(features, image)


def test_every_level_is_the_area_average_of_the_next(network: TexGen) -> None:
    images = network(random_inputs(128), network.styles(code(network)))
    assert [image.shape[-1] for image in images] == [4, 8, 16, 32, 64, 128]
    for coarse, fine in pairwise(images):
        assert torch.allclose(functional.avg_pool2d(fine, 2), coarse, atol=1e-5)


def test_a_sample_does_not_depend_on_its_batch(network: TexGen) -> None:
    inputs = random_inputs(64, batch=3)
    styles = network.styles(code(network, 3))
    together = network(inputs, styles)[-1]
    single_code = code(network, 3)[1:2]
    alone = network([level[1:2] for level in inputs], network.styles(single_code))[-1]
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_mirrored_edges_do_not_see_the_other_side(network: TexGen) -> None:
    inputs = random_inputs(64)
    changed = [level.clone() for level in inputs]
    changed[-1][..., -1] += 1.0
    styles = network.styles(code(network))

    def change_at_the_left(edges: Edges) -> float:
        difference = network(changed, styles, edges)[-1] - network(inputs, styles, edges)[-1]
        return float(difference[..., :2].abs().max())

    assert change_at_the_left(Edges(wrap_x=True)) > 0
    assert change_at_the_left(Edges(wrap_x=False)) == 0.0


@given(st.integers(1, 5), st.booleans(), st.booleans())
def test_extend_continues_around_or_mirrored(size: int, wrap_x: bool, wrap_y: bool) -> None:
    x = torch.arange(float(size * size)).reshape(1, 1, size, size)
    extended = extend(x, 1, Edges(wrap_x, wrap_y))
    assert extended.shape == (1, 1, size + 2, size + 2)
    assert torch.equal(extended[0, 0, 1:-1, 1:-1], x[0, 0])
    assert torch.equal(extended[0, 0, 1:-1, 0], x[0, 0, :, -1 if wrap_x else 0])
    assert torch.equal(extended[0, 0, 0, 1:-1], x[0, 0, -1 if wrap_y else 0])


@pytest.mark.parametrize("edges", [Edges(), Edges(wrap_x=False), Edges(False, False)])
@pytest.mark.parametrize("size", [2, 4, 8])
def test_joining_in_one_pass_equals_upsample_concatenate_extend(edges: Edges, size: int) -> None:
    features, spatial = torch.randn(1, 5, size // 2, size // 2), torch.randn(1, 3, size, size)
    plain = extend(torch.cat([upsample(features), spatial], 1), 2, edges)
    assert torch.equal(join_extended(features, spatial, edges), plain)


def test_folded_convolutions_equal_modulated_ones(network: TexGen) -> None:
    spatial = random_inputs(64)[0]
    styles = network.styles(code(network))[0]
    block = network.blocks[0]
    modulated = block(spatial, styles)
    folded = block.folded(styles, torch.float32)(join_extended(None, spatial, Edges()), 1)  # type: ignore[operator]
    assert torch.allclose(modulated, folded, atol=1e-5)


def test_overfits_two_samples() -> None:
    torch.manual_seed(3)
    network = TexGen(CONFIG)
    inputs = random_inputs(64, batch=2)
    wanted = torch.tanh(functional.interpolate(torch.randn(2, len(CHANNELS), 8, 8), size=64, mode="bicubic"))
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    errors = []
    for _ in range(60):
        error = (network(inputs, network.styles(code(network, 2)))[-1] - wanted).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(float(error.detach()))
    assert errors[-1] < 0.2 * errors[0]
