import numpy as np

from engine.motion.features import POSITION
from engine.training.motion.corpus import Take
from engine.training.motion.matching.stitched import stitched_takes


def test_stitched_motion_lasts_as_long_as_wished_and_is_the_same_every_time(takes: list[Take]) -> None:
    told: list[tuple[int, int]] = []
    first = stitched_takes(takes, 2.0, 3, lambda done, total: told.append((done, total)))
    again = stitched_takes(takes, 2.0, 3)
    assert [len(take.action) for take in first] == [1785, 1785]
    assert told[-1] == (2, 2)
    assert np.array_equal(first[1].features, again[1].features)
    assert len(np.unique(first[0].action)) > 2
    assert first[0].features[:, POSITION].max() < 3


def test_none_is_made_if_none_is_wished(takes: list[Take]) -> None:
    assert stitched_takes(takes, 0.0, 3) == []
