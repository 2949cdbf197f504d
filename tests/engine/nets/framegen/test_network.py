"""FrameGen: its maps, its shapes, and that it can learn."""

import time

import numpy as np
import pytest
import torch

from engine.characters.character import build_character
from engine.characters.identity import make_identity
from engine.characters.rendering.cast import Cast, cast_of
from engine.characters.rendering.picture import draw
from engine.characters.rendering.stage import Take, stage
from engine.characters.sculpting.sculpture import PART_COUNT
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import SMALL, FrameGen, FrameGenConfig
from engine.nets.framegen.part_maps import MAP_CHANNELS, OUTLINE, SLOTS, VIEW_NUMBERS, PartMaps, part_maps
from engine.training.frames.poses import made_up_poses

TINY = FrameGenConfig(size_px=128, widths=(16, 24, 32, 40), code_width=32, part_width=8)


def scene(count: int = 3) -> tuple[Cast, Take]:
    """Characters in motion before different cameras."""
    cast = cast_of([build_character(make_identity(seed)) for seed in (2, 10, 13)[:count]])
    poses = made_up_poses(count)
    ones = torch.ones(count)
    turn = torch.linspace(-1.0, 2.0, count)
    lamp = torch.tensor([[0.45, 0.75, 0.6]]).repeat(count, 1)
    rotation, root = torch.from_numpy(poses.rotation[:, 1]), torch.from_numpy(poses.root_m[:, 1])
    return cast, Take(rotation, root, turn, ones * 0.2, ones * 2.2, ones, lamp, ones * 0.45)


def maps(cast: Cast, take: Take, size: int = 64) -> PartMaps:
    """What the network sees."""
    joints, views = stage(cast, take)
    return part_maps(cast, joints, views, size)


def test_maps_have_shares_that_sum_to_one_and_no_wild_numbers() -> None:
    seen = maps(*scene())
    assert seen.maps.shape == (3, MAP_CHANNELS, 64, 64)
    assert seen.view.shape == (3, VIEW_NUMBERS)
    assert bool(torch.isfinite(seen.maps).all())
    assert float(seen.maps.abs().max()) <= 4.0
    assert torch.allclose(seen.share.sum(1), torch.ones(3, 64, 64), atol=1e-4)


def test_capsules_cover_what_the_mesh_covers() -> None:
    cast, take = scene()
    covered = maps(cast, take).maps[:, 2 * PART_COUNT + 9] > 0.5
    truth = draw(cast, *stage(cast, take), 64).rgba[:, 3] > 0.5
    overlap = (covered & truth).sum((1, 2)) / (covered | truth).sum((1, 2))
    assert float(overlap.min()) > 0.6
    finer = maps(cast, take).maps[:, OUTLINE] > 0.0
    better = (finer & truth).sum((1, 2)) / (finer | truth).sum((1, 2))
    assert float(better.mean()) > max(0.8, float(overlap.mean()) + 0.02)


def test_unrolled_surfaces_tell_which_colors_are_seen() -> None:
    cast, take = scene()
    seen = maps(cast, take).maps[:, SLOTS]
    truth = draw(cast, *stage(cast, take), 64)
    inside = truth.rgba[:, 3] > 0.99
    right = (seen.argmax(1) == truth.slot.argmax(1))[inside]
    assert float(right.float().mean()) > 0.6


def test_outlines_are_distances_in_pixels() -> None:
    cast, take = scene(1)
    coarse, fine = (torch.atanh(maps(cast, take, size).maps[:, :5].clamp(-0.999, 0.999)) / 0.4 for size in (64, 128))
    inner = (coarse > 0.5) & (coarse < 2.0)
    averaged = torch.nn.functional.avg_pool2d(fine, 2)
    assert float((averaged / coarse)[inner].median()) == pytest.approx(2.0, rel=0.1)


def test_maps_do_not_depend_on_the_batch() -> None:
    cast, take = scene()
    together = maps(cast, take).maps
    one = torch.tensor([1])
    assert torch.allclose(maps(cast.rows(one), take.rows(one)).maps, together[1:2], atol=2e-3)


@pytest.mark.parametrize(("config", "parameters"), [(FrameGenConfig(), 3e6), (SMALL, 1.2e6)])
def test_frames_have_the_tiers_size_and_ranges(config: FrameGenConfig, parameters: float) -> None:
    cast, take = scene(2)
    network = FrameGen(config).eval()
    assert sum(parameter.numel() for parameter in network.parameters()) < parameters
    with torch.no_grad():
        painted = network(maps(cast, take), network.code(cast.features))
    rgba = painted.rgba(cast.palette)
    assert rgba.shape == (2, 4, config.size_px, config.size_px)
    assert 0.0 <= float(rgba.min()) <= float(rgba.max()) <= 1.0
    assert bool((rgba[:, :3] <= rgba[:, 3:] + 1e-6).all())
    assert torch.allclose(painted.slot.sum(1), torch.ones_like(painted.alpha[:, 0]), atol=1e-5)


def test_same_input_gives_the_same_bits_and_neighbours_do_not_matter() -> None:
    cast, take = scene()
    network = FrameGen(TINY).eval()
    with torch.no_grad():
        seen, code = maps(cast, take), network.code(cast.features)
        whole = network(seen, code).rgba(cast.palette)
        assert torch.equal(whole, network(seen, code).rgba(cast.palette))
        one = PartMaps(seen.maps[:1], seen.share[:1], seen.view[:1])
        assert torch.allclose(network(one, code[:1]).rgba(cast.palette[:1]), whole[:1], atol=1e-4)


def test_colors_follow_the_palette_and_nothing_else_does() -> None:
    cast, take = scene(1)
    network = FrameGen(TINY).eval()
    with torch.no_grad():
        painted = network(maps(cast, take), network.code(cast.features))
    bright, dark = painted.rgba(torch.full((1, 8, 3), 0.6)), painted.rgba(torch.full((1, 8, 3), 0.3))
    assert torch.equal(bright[:, 3], dark[:, 3])
    assert float(bright[:, :3].sum()) > float(dark[:, :3].sum())


@pytest.mark.timeout(300)  # of training, where other programs want the processor
def test_it_learns_two_frames_by_heart() -> None:
    cast, take = scene(2)
    truth = draw(cast, *stage(cast, take), 128).rgba
    seen = maps(cast, take)
    torch.manual_seed(3)
    network = FrameGen(TINY)
    optimizer = torch.optim.Adam(network.parameters(), 4e-3)
    ends_at_s = time.monotonic() + 240
    errors: list[float] = []
    while (not errors or errors[-1] >= 0.25 * errors[0]) and time.monotonic() < ends_at_s:
        rgba = network(seen, network.code(cast.features)).rgba(cast.palette)
        loss = (rgba - truth).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(float(loss.detach()))
    assert errors[-1] < 0.25 * errors[0]


def test_encoder_does_not_care_for_the_order_of_frames() -> None:
    encoder = FrameEncoder(16).eval()
    frames = torch.rand(2, 4, 4, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        mean, spread, palette = encoder(frames)
        turned = encoder(frames[:, [2, 0, 3, 1]])[0]
    assert mean.shape == spread.shape == (2, 16)
    assert palette.shape == (2, 7, 3)
    assert torch.allclose(mean, turned, atol=1e-5)
    assert np.isfinite(spread.numpy()).all()
