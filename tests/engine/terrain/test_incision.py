"""Valleys cut by water, the same in every window."""

import numpy as np

from engine.terrain.drainage import drainage_statistics
from engine.terrain.fractal import fractal
from engine.terrain.incision import REACH, carved

EDGE = 160


AS_ROUGH_AS_REAL_LAND = 0.5


def land(seed: int = 1, gain: float = 0.75) -> np.ndarray:
    return np.asarray(fractal(EDGE, seed, gain) * 12, np.float32)


def test_rim_is_consumed_and_the_result_repeats() -> None:
    height = land()
    before = height.copy()
    valleys = carved(height)
    assert valleys.shape == (EDGE - 2 * REACH, EDGE - 2 * REACH)
    assert valleys.dtype == np.float32
    assert np.array_equal(height, before)
    assert np.array_equal(valleys, carved(height))


def test_windows_agree_bit_for_bit() -> None:
    height = land()
    whole, part = carved(height), carved(height[17:150, 23:158])
    assert np.array_equal(part, whole[17 : 17 + part.shape[0], 23 : 23 + part.shape[1]])


def test_channels_become_sharper_and_land_is_taken_away() -> None:
    rim = slice(REACH, -REACH)
    lands = [land(seed, AS_ROUGH_AS_REAL_LAND) for seed in range(6)]
    pairs = [(height[rim, rim], carved(height)) for height in lands]
    bends = np.mean([[drainage_statistics(height)[2] for height in pair] for pair in pairs], axis=0)
    heights = np.mean([[height.mean() for height in pair] for pair in pairs], axis=0)
    assert bends[1] > 1.2 * bends[0]
    assert heights[1] < heights[0]


def test_land_raised_as_a_whole_is_carved_alike() -> None:
    height = np.rint(land() * 16) / 16
    lifted = carved((height + 64).astype(np.float32)) - carved(height.astype(np.float32))
    assert np.abs(lifted - 64).max() < 0.01
