import numpy as np

from engine.motion.clip import Clip
from engine.training.motion.sheet import CONTACT_COLOUR, LEFT_COLOUR, PAPER, figure_row, stacked, track_row


def test_figures_and_their_contacts_are_drawn(clips: list[Clip]) -> None:
    row = figure_row(clips[1].poses, "walk", figures=6, width_px=600)
    assert row.shape == (190, 600, 3)
    assert (row == PAPER).all(-1).mean() > 0.7
    for colour in (LEFT_COLOUR, CONTACT_COLOUR):
        assert (row == np.array(colour)).all(-1).sum() > 20
    sixths = [(row[30:150, 100 * place : 100 * place + 100] != PAPER).any(-1).sum() for place in range(6)]
    assert min(sixths) > 100


def test_a_track_has_a_mark_for_every_planted_foot(clips: list[Clip]) -> None:
    row = track_row(clips[1].poses, "walk")
    assert (row[164:] == np.array(LEFT_COLOUR)).all(-1).sum() > 10
    assert stacked([row, row]).shape == (380, 1500, 3)
