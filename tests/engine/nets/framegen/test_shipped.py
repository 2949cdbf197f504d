"""The shipped weights."""

from pathlib import Path

import numpy as np
import pytest

import engine
from engine.characters.attitudes import attitudes
from engine.characters.character import build_character
from engine.characters.identity import make_identity
from engine.characters.rendering.pixels import rendered
from engine.characters.rendering.views import FrameCamera, FrameLight
from engine.nets.framegen.artist import FrameArtist
from engine.nets.framegen.weights_file import load_framegen

WEIGHTS = Path(engine.__path__[0]) / "weights"


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
