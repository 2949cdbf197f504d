"""Weights on disk, and frames from them."""

from pathlib import Path

import numpy as np
import pytest
import torch

import engine
from engine.characters.attitudes import attitudes
from engine.characters.character import build_character
from engine.characters.identity import between, make_identity
from engine.characters.rendering.pixels import rendered
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.errors import WeightsError
from engine.motion.pose import rest_poses
from engine.nets.framegen.artist import FrameArtist
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen, FrameGenConfig
from engine.nets.framegen.weights_file import FrameGenHeader, load_framegen, save_framegen

WEIGHTS = Path(engine.__path__[0]) / "weights"
TINY = FrameGenConfig(size_px=128, widths=(16, 24, 32, 40), code_width=32, part_width=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network's weights."""
    file = tmp_path_factory.mktemp("framegen") / "tiny.safetensors"
    torch.manual_seed(1)
    save_framegen(file, FrameGenHeader("1", "S", TINY, ("none",)), FrameGen(TINY), FrameEncoder(TINY.code_width))
    return file


def test_configuration_travels_in_the_file(path: Path) -> None:
    loaded = load_framegen(path)
    assert loaded.header == FrameGenHeader("1", "S", TINY, ("none",))
    assert not loaded.network.training
    with pytest.raises(WeightsError, match="SHA-256"):
        load_framegen(path, "0" * 64)


def test_still_pose_gives_the_same_bytes_whatever_else_is_painted(path: Path) -> None:
    artist = FrameArtist(load_framegen(path))
    actor, other = artist.actor(make_identity(2)), artist.actor(make_identity(3))
    camera, light = FrameCamera(), FrameLight()
    first = artist.paint(actor, rest_poses(1), camera, light)
    artist.paint(other, rest_poses(1), FrameCamera(2.0), light)
    again = artist.paint(actor, rest_poses(3), camera, light)
    assert first.shape == (1, 128, 128, 4)
    assert np.array_equal(again, np.repeat(first, 3, axis=0))
    assert not np.array_equal(first, artist.paint(other, rest_poses(1), camera, light))


def test_actors_between_two_others_change_evenly(path: Path) -> None:
    artist = FrameArtist(load_framegen(path))
    first, second = make_identity(2, "human"), make_identity(6, "human")
    ends = artist.actor(first), artist.actor(second)
    middle = artist.between(*ends, between(first, second, 0.5), 0.5)
    assert torch.allclose(middle.code, (ends[0].code + ends[1].code) / 2, atol=1e-6)
    assert artist.paint(middle, rest_poses(1), FrameCamera(), FrameLight()).shape == (1, 128, 128, 4)


@pytest.mark.parametrize(("tier", "size_px"), [("m", 256), ("s", 128)])
def test_shipped_weights_paint_the_body_that_the_renderer_draws(tier: str, size_px: int) -> None:
    expected = (WEIGHTS / f"framegen-{tier}.sha256").read_text().split()[0]
    artist = FrameArtist(load_framegen(WEIGHTS / f"framegen-{tier}.safetensors", expected))
    assert artist.size_px == size_px
    identity, pose = make_identity(2), attitudes()[:1]
    painted = artist.paint(artist.actor(identity), pose, FrameCamera(), FrameLight())[0]
    drawn = rendered(build_character(identity), pose, FrameCamera(), FrameLight(), size_px)[0]
    alphas = painted[..., 3].astype(float), drawn[..., 3].astype(float)
    assert np.minimum(*alphas).sum() / np.maximum(*alphas).sum() > 0.8
    inside = np.minimum(*alphas) > 250
    assert np.abs(painted[inside, :3].astype(float) - drawn[inside, :3]).mean() < 45
