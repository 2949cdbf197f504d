"""The contact sheet of characters."""

import numpy as np

from benchmarks.sheets.characters import CELL_PX, PAPER, character_sheet, strip
from engine.characters.identity import Identity


def square(identity: Identity) -> np.ndarray:
    """Eight frames with a square whose brightness is the seed."""
    frames = np.zeros((8, 64, 64, 4), np.uint8)
    frames[:, 16:48, 16:48] = (identity.seed, identity.seed, identity.seed, 255)
    return frames


def test_characters_stand_in_two_columns_on_paper() -> None:
    sheet = character_sheet(square, first_seed=7, count=3)
    width, height = CELL_PX
    assert sheet.shape == (2 * height, 2 * 8 * width, 3)
    assert tuple(sheet[0, 0]) == PAPER
    assert tuple(sheet[height // 2, width // 2]) == (7, 7, 7)
    assert tuple(sheet[height // 2, 8 * width + width // 2]) == (8, 8, 8)
    assert (sheet[height:, 8 * width :] == PAPER).all(), "nothing stands where there is no fourth"


def test_strip_keeps_the_middle_of_frames() -> None:
    frames = np.zeros((8, 128, 128, 4), np.uint8)
    frames[:, :, 64:] = 255
    cells = strip(frames)
    assert cells.shape == (CELL_PX[1], 8 * CELL_PX[0], 3)
    assert (cells[:, CELL_PX[0] // 2 + 2 : CELL_PX[0] - 2] == 255).all()
