"""The clock beside FrameGen."""

from pathlib import Path

import torch

from benchmarks.frames import measure
from engine.nets.framegen.encoder import FrameEncoder
from engine.nets.framegen.network import FrameGen, FrameGenConfig
from engine.nets.framegen.weights_file import FrameGenHeader, save_framegen

TINY = FrameGenConfig(size_px=128, widths=(16, 24, 32, 40), code_width=32, part_width=8)


def test_rate_is_that_of_the_networks_own_arithmetic(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    save_framegen(path, FrameGenHeader("1", "S", TINY, ("none",)), FrameGen(TINY), FrameEncoder(TINY.code_width))
    rate = measure(path, torch.float32)
    assert rate.number_format == "float32"
    assert 0.1 < rate.gflop < 1.0
    assert 0 < rate.frame_ms <= rate.frame_median_ms
    assert 0 < rate.share < 2
