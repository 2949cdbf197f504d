"""TerraGen's networks: shapes, determinism, independence from batch and place, and that they can learn."""

import pytest
import torch
from torch.nn import functional

from engine.nets.blocks import channels_last
from engine.nets.terragen.network import (
    FEATURE_COUNT,
    Decoder,
    DecoderConfig,
    Encoder,
    expanded,
    features,
    refined,
    woven,
)
from engine.training.terrain.losses import evidence_loss

CONFIG = DecoderConfig(16, 2, 2)


def drawn(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = Decoder(CONFIG).eval()
    made.exit.weight.data *= 20.0
    return made.requires_grad_(False)


def refine(decoder: Decoder, coarse: torch.Tensor, latents: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    return refined(decoder, coarse, latents, style, torch.zeros(len(coarse), dtype=torch.int64))


def inputs(seed: int, batch: int, cells: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    seen = cells + 2 * CONFIG.depth
    return (
        drawn(seed, batch, 1, cells + 2 * CONFIG.halo, cells + 2 * CONFIG.halo),
        drawn(seed + 1, batch, CONFIG.latent_width, seen, seen),
        drawn(seed + 2, batch, 2, seen, seen),
    )


def test_expanded_keeps_planes() -> None:
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(7.0), indexing="ij")
    fine = functional.pixel_shuffle(expanded((2.0 * x - 3.0 * y)[None, None]), 2)[0, 0]
    v, u = torch.meshgrid(torch.arange(8.0) / 2 + 1, torch.arange(10.0) / 2 + 1, indexing="ij")
    assert torch.allclose(fine, 2.0 * u - 3.0 * v, atol=1e-5)


def test_features_do_not_depend_on_the_height_above_the_sea() -> None:
    grid = drawn(1, 2, 1, 12, 12)
    (seen, scale), (raised, raised_scale) = features(grid), features(grid + 64.0)
    assert seen.shape == (2, FEATURE_COUNT, 6, 6)
    assert torch.allclose(seen, raised, atol=1e-3)
    assert torch.allclose(scale, raised_scale, atol=1e-4)
    assert (scale > 0).all()


def test_refined_doubles_the_grid(decoder: Decoder) -> None:
    fine = refine(decoder, *inputs(1, 3, 5))
    assert fine.shape == (3, 1, 10, 10)
    assert torch.equal(fine, refine(decoder, *inputs(1, 3, 5)))


def test_woven_is_a_pixel_shuffle_with_its_gradient() -> None:
    phases = torch.randn(2, 4, 3, 5, requires_grad=True)
    fine = woven(phases)
    assert torch.equal(fine, functional.pixel_shuffle(phases, 2))
    (fine * torch.arange(fine.numel()).view_as(fine)).sum().backward()
    assert phases.grad is not None
    assert phases.grad.unique().numel() == phases.numel()


def test_result_does_not_depend_on_the_batch(decoder: Decoder) -> None:
    coarse, latents, style = inputs(1, 4, 6)
    together = refine(decoder, coarse, latents, style)
    for index in range(4):
        alone = refine(decoder, coarse[index : index + 1], latents[index : index + 1], style[index : index + 1])
        assert torch.allclose(alone[0], together[index], atol=1e-5)


def test_a_vertex_depends_on_its_neighbourhood_only(decoder: Decoder) -> None:
    coarse, latents, style = inputs(1, 1, 8)
    whole = refine(decoder, coarse, latents, style)
    shift = 2
    part = refine(decoder, coarse[..., shift:, shift:], latents[..., shift:, shift:], style[..., shift:, shift:])
    assert torch.allclose(part, whole[..., 2 * shift :, 2 * shift :], atol=1e-5)
    touched = latents.clone()
    touched[..., 0, 0] += 3.0
    moved = (refine(decoder, coarse, touched, style) != whole)[0, 0]
    assert moved[:2, :2].any()
    assert not moved[2:].any()


def test_land_raised_as_a_whole_is_refined_alike(decoder: Decoder) -> None:
    coarse, latents, style = inputs(1, 1, 6)
    raised = refine(decoder, coarse + 8.0, latents, style)
    assert torch.allclose(raised, refine(decoder, coarse, latents, style) + 16.0, atol=1e-3)


def test_octaves_beyond_the_last_are_taken_for_it(decoder: Decoder) -> None:
    seen, latents, style = drawn(1, 1, FEATURE_COUNT, 8, 8), drawn(2, 1, 4, 8, 8), drawn(3, 1, 2, 8, 8)
    first, last, beyond = (decoder(seen, latents, style, torch.tensor([octave])) for octave in (0, 1, 5))
    assert torch.equal(last, beyond)
    assert not torch.equal(first, last)


def test_lower_precision_stays_near(decoder: Decoder) -> None:
    half = Decoder(CONFIG)
    half.load_state_dict(decoder.state_dict())
    channels_last(half.to(torch.bfloat16)).requires_grad_(False)
    exact, rough = (refine(each, *inputs(1, 1, 8)) for each in (decoder, half))
    assert rough.dtype == torch.float32
    assert 0.0 < float((exact - rough).abs().max()) < 0.05 * float(exact.std())


def test_two_windows_can_be_learned_by_heart() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        decoder, encoder = Decoder(DecoderConfig(24, 2, 1)), Encoder(DecoderConfig(24, 2, 1))
    coarse, _, _ = inputs(5, 2, 6)
    seen, _ = features(coarse)
    style, details = torch.zeros(2, 2, 10, 10), drawn(8, 2, 4, 6, 6)
    optimizer = torch.optim.Adam([*decoder.parameters(), *encoder.parameters()], 0.02)
    decoded = details
    for _ in range(100):
        mean, log_variance = encoder(seen[..., 2:-2, 2:-2], details, style[..., 2:-2, 2:-2])
        latents = functional.pad(mean, (2, 2, 2, 2))
        decoded = decoder(seen, latents, style, torch.zeros(2, dtype=torch.int64))
        loss = evidence_loss(details, decoded, torch.full((4,), -1.0), mean, log_variance, 0.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float((details - decoded).square().mean().detach()) < 0.4
