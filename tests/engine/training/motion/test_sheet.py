import numpy as np

from engine.motion.clip import Clip
from engine.training.motion.sheet import CONTACT_COLOR, LEFT_COLOR, PAPER, figure_row, stacked


def test_figures_and_their_contacts_are_drawn(clips: list[Clip]) -> None:
    row = figure_row(clips[1].poses, "walk", figures=6, width_px=600)
    assert row.shape == (190, 600, 3)
    assert (row == PAPER).all(-1).mean() > 0.7
    for color in (LEFT_COLOR, CONTACT_COLOR):
        assert (row == np.array(color)).all(-1).sum() > 20
    sixths = [(row[30:150, 100 * place : 100 * place + 100] != PAPER).any(-1).sum() for place in range(6)]
    assert min(sixths) > 100


def test_rows_are_stacked(clips: list[Clip]) -> None:
    row = figure_row(clips[1].poses, "walk")
    assert stacked([row, row]).shape == (380, 1500, 3)
