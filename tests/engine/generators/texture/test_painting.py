"""A painting is made level by level, equals the network's own forward pass, and its blend fits the torus."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional

from engine.assets import Part
from engine.generators.texture.appearance import Appearance, draw_appearance, load_bank
from engine.generators.texture.painting import Painting, Scene, cubic_weights, edges_of, enlarge
from engine.nets.blocks import Edges
from engine.nets.precision import KernelClass
from engine.nets.texgen import STRIDES_PX, TexGen, join_spatial
from engine.noise import white_grid
from engine.patterns import Structure, render_pattern
from engine.requests.texture import Blend, MapKind, Pattern, TextureRequest, Wrap

Drawn = Callable[[int], Structure]
Make = Callable[[TextureRequest], list[Part]]
Images = Callable[[TextureRequest, MapKind], list[NDArray[np.float32]]]
STONE = TextureRequest("stone", seed=7, size_px=128)
STRIDES = (*STRIDES_PX, 1)


def bricks(size_px: int) -> Structure:
    return render_pattern(Pattern("brick"), 3, size_px)


@pytest.fixture(scope="module")
def appearances(bank: dict[str, torch.Tensor]) -> tuple[Appearance, Appearance]:
    loaded = load_bank(bank, 3, 4)
    request = TextureRequest("stone", seed=5)
    return draw_appearance(loaded, 0, request, 0), draw_appearance(loaded, 1, request, 1)


@pytest.fixture(scope="module")
def scene(appearances: tuple[Appearance, Appearance]) -> Scene:
    return Scene(5, 128, Edges(), appearances[0], None, None, bricks)


@pytest.fixture(scope="module")
def blended(scene: Scene, appearances: tuple[Appearance, Appearance]) -> Scene:
    return replace(scene, second=appearances[1], blend=Blend("brick", 0.3, 3))


def test_wrap_names_the_axes_that_continue() -> None:
    wrapped = {wrap: (edges_of(wrap).wrap_x, edges_of(wrap).wrap_y) for wrap in Wrap}
    assert wrapped == {
        Wrap.BOTH: (True, True),
        Wrap.X: (True, False),
        Wrap.Y: (False, True),
        Wrap.NONE: (False, False),
    }


@pytest.mark.parametrize("edges", [Edges(), Edges(wrap_x=False), Edges(False, False)])
def test_images_are_those_of_the_network(network: TexGen, kernel: KernelClass, scene: Scene, edges: Edges) -> None:
    painting = Painting(network, kernel, replace(scene, edges=edges))
    structure = bricks(128)
    hints = torch.from_numpy(
        np.stack([2 * structure.height - 1, 2 * structure.edge_distance - 1, structure.cell_tone])
    )[None]
    inputs = []
    for level in range(len(STRIDES_PX)):
        channels, stride = network.config.noise_shape(level)
        averaged = functional.avg_pool2d(hints, network.config.structure_stride_px(level))
        noise = white_grid(scene.seed, level, channels, 128 // stride, 128 // stride)[None]
        inputs.append(join_spatial(level, averaged, noise))
    code = network.code(torch.tensor([0]), scene.first.network_attributes(), scene.first.style)
    for stride, image in zip(STRIDES, network(inputs, network.styles(code), edges), strict=True):
        assert torch.allclose(painting.image(stride), image, atol=2e-5), stride


def test_levels_can_be_asked_for_in_any_order(network: TexGen, kernel: KernelClass, scene: Scene) -> None:
    forwards, backwards = Painting(network, kernel, scene), Painting(network, kernel, scene)
    fine_first = {stride: backwards.image(stride) for stride in reversed(STRIDES)}
    assert all(torch.equal(forwards.image(stride), fine_first[stride]) for stride in STRIDES)


def test_only_the_levels_asked_for_are_computed(network: TexGen, kernel: KernelClass, scene: Scene) -> None:
    sizes_px: list[int] = []

    def recording(size_px: int) -> Structure:
        sizes_px.append(size_px)
        return bricks(size_px)

    painting = Painting(network, kernel, replace(scene, size_px=256, structure=recording))
    painting.image(4)
    assert sizes_px == [64]  # the first part must come before the full structure is drawn
    painting.image(1)
    assert sizes_px == [64, 256]


def test_painting_leaves_training_possible(network: TexGen, kernel: KernelClass, scene: Scene) -> None:
    Painting(network, kernel, scene).image(1)
    trained = TexGen(network.config)
    spatial = [
        torch.rand(1, network.config.spatial_channels(level), 64 // stride, 64 // stride)
        for level, stride in enumerate(STRIDES_PX)
    ]
    code = trained.code(torch.tensor([0]), scene.first.network_attributes(), scene.first.style)
    trained(spatial, trained.styles(code))[-1].sum().backward()
    assert trained.class_code.weight.grad is not None


def test_share_is_about_the_same_at_every_stride(network: TexGen, kernel: KernelClass, blended: Scene) -> None:
    painting = Painting(network, kernel, blended)
    shares = {stride: painting.wear(stride).share for stride in STRIDES}
    finest = shares[1]
    assert finest is not None
    assert finest.shape == (1, 1, 128, 128)
    assert 0 <= float(finest.min()) < 0.05
    assert 0.95 < float(finest.max()) <= 1
    assert float(finest.mean()) == pytest.approx(0.3, abs=0.08)
    for stride, share in shares.items():
        assert share is not None
        assert float((share - functional.avg_pool2d(finest, stride)).abs().mean()) < 0.03


@pytest.mark.parametrize("patches_per_tile", [1, 3, 7, 16])
@pytest.mark.parametrize("size_px", [64, 128, 256])
def test_share_has_no_seam(
    network: TexGen, kernel: KernelClass, blended: Scene, size_px: int, patches_per_tile: int
) -> None:
    changed = replace(blended, size_px=size_px, blend=Blend("brick", 0.5, patches_per_tile), structure=flat)
    share = Painting(network, kernel, changed).wear(1).share
    assert share is not None
    for axis in (2, 3):
        steps = (torch.roll(share, -1, axis) - share).abs().amax((0, 1, 5 - axis))
        assert float(steps[-1]) <= 1.01 * float(steps[:-1].max())


def flat(size_px: int) -> Structure:
    return render_pattern(Pattern("flat"), 0, size_px)


def test_scene_without_a_blend_has_no_share(network: TexGen, kernel: KernelClass, scene: Scene) -> None:
    wear = Painting(network, kernel, scene).wear(1)
    assert (wear.share, wear.second) == (None, None)


@given(st.integers(1, 16), st.integers(16, 70), st.booleans())
def test_enlarging_keeps_constants_and_stays_near_its_grid(cells: int, size: int, wrapped: bool) -> None:
    weights = cubic_weights(cells, size, wrapped)
    assert weights.shape == (size, cells)
    assert torch.allclose(weights.sum(1), torch.ones(size), atol=1e-5)
    assert float(weights.abs().sum(1).max()) < 1.3


@given(st.integers(1, 12), st.integers(16, 50))
def test_enlarged_torus_is_one_period_of_the_repeated_one(cells: int, size: int) -> None:
    grid = torch.rand(cells, cells, generator=torch.Generator().manual_seed(cells))
    twice = enlarge(grid.repeat(2, 2), 2 * size, Edges())
    assert torch.allclose(twice, enlarge(grid, size, Edges()).repeat(2, 2), atol=1e-4)


def test_enlarged_open_field_repeats_its_border_cells() -> None:
    ramp = torch.arange(8.0).expand(8, 8)
    open_field = enlarge(ramp, 64, Edges(wrap_x=False, wrap_y=True))
    assert float(open_field[:, 0].mean()) < 0.2
    assert float(open_field[:, -1].mean()) > 6.8
    assert torch.allclose(open_field, open_field[:1].expand(64, 64), atol=1e-5)
    assert torch.allclose(enlarge(ramp, 8, Edges()), ramp, atol=1e-6)


def steps_across(image: NDArray[np.float32], axis: int) -> tuple[float, float]:
    """Mean difference between neighbouring lines: across the seam, and the largest inside."""
    lines = np.abs(np.diff(image, axis=axis, append=image.take([0], axis))).reshape(*image.shape[:2], -1).mean(2)
    means = lines.mean(1 - axis)
    return float(means[-1]), float(means[:-1].max())


@pytest.mark.parametrize(
    ("wrap", "axes"), [(Wrap.BOTH, (0, 1)), (Wrap.X, (1,)), (Wrap.Y, (0,)), (Wrap.NONE, ())], ids=str
)
@pytest.mark.parametrize("blend", [None, Blend("brick", 0.5, 3)], ids=["one class", "two classes"])
@pytest.mark.parametrize("kind", [MapKind.ALBEDO, MapKind.NORMAL, MapKind.AMBIENT_OCCLUSION], ids=str)
def test_wrapped_axes_have_no_seam(
    images: Images, wrap: Wrap, axes: tuple[int, ...], blend: Blend | None, kind: MapKind
) -> None:
    request = replace(STONE, wrap=wrap, blend=blend, pattern=Pattern("noise"), maps=(kind,))
    for image in images(request, kind):
        for axis in axes:
            seam, inside = steps_across(image, axis)
            assert seam <= 1.1 * inside


def test_each_way_of_wrapping_gives_another_texture(make: Make) -> None:
    finest = [make(replace(STONE, wrap=wrap))[-6:] for wrap in Wrap]
    payloads = {part.payload for parts in finest for part in parts}
    assert len(payloads) == 4 * 6


def test_blend_of_nothing_looks_like_the_first_class(images: Images) -> None:
    plain, none, all_of_it = (
        images(request, MapKind.ALBEDO)[-1]
        for request in (STONE, replace(STONE, blend=Blend("brick", 0.0)), replace(STONE, blend=Blend("brick", 1.0)))
    )
    assert np.abs(plain - none).max() <= 1
    assert np.abs(plain - all_of_it).mean() > 5


def test_blend_wears_about_the_share_asked_for(images: Images) -> None:
    calm = replace(STONE, attributes={"metalness_variation": 0.0}, maps=(MapKind.METALLIC,))
    none, half, whole = (
        images(replace(calm, blend=Blend("brick", amount)), MapKind.METALLIC)[-1].mean() for amount in (0.0, 0.5, 1.0)
    )
    assert none < 20
    assert whole > 230
    assert (half - none) / (whole - none) == pytest.approx(0.5, abs=0.1)
