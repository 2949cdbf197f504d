from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import DataError
from engine.motion.actions import ACTIONS
from engine.motion.features import CONTACT, PATH
from engine.training.motion.codebook import (
    BEGINNINGS_PER_STYLE,
    Frames,
    clustered,
    codebook_of,
    frames_of,
    is_proper,
    means,
    radius_of,
)
from engine.training.motion.corpus import Take
from engine.training.motion.data import network_for

RANDOM = np.random.default_rng(1)


def frames_at(seen: np.ndarray, take: np.ndarray, time: np.ndarray) -> Frames:
    seen = seen.astype(np.float32)
    return Frames(seen, seen, np.zeros((len(seen), 2), np.int64), take, time)


def test_every_action_has_centroids_and_equal_seeds_give_equal_ones(takes: list[Take]) -> None:
    network = network_for(takes)
    codebook, again = codebook_of(takes, network, 3), codebook_of(takes, network, 3)
    assert codebook.fits(network.config)
    assert {ACTIONS[int(action)] for action, _ in codebook.kinds} == {"idle", "walk", "run", "jump"}
    for name in ("beginnings", "centroids", "followers", "radii", "kinds"):
        assert torch.equal(getattr(codebook, name), getattr(again, name))


def test_no_centroid_is_a_frame_of_a_take(takes: list[Take]) -> None:
    moving = [take for take in takes if take.action[0] != ACTIONS.index("idle")]
    network = network_for(takes)
    codebook = codebook_of(takes, network, 3)
    frames, _ = frames_of(moving, network)
    rows = torch.isin(codebook.kinds[:, 0], torch.from_numpy(np.unique(frames.kind[:, 0])))
    gap = np.abs(codebook.followers[rows].numpy()[:, None] - frames.after[None]).max(-1)
    assert gap.min() > 0.01


def test_every_cluster_is_of_enough_frames_of_more_than_one_moment(takes: list[Take]) -> None:
    frames, _ = frames_of(takes, network_for(takes))
    members = clustered(frames, 40, np.random.default_rng(5))
    assert len(members) > 1
    assert sorted(np.concatenate(members).tolist()) == list(range(len(frames.take)))
    assert all(is_proper(frames.of(rows)) for rows in members)


def test_a_mean_of_one_moment_or_of_one_frame_repeated_is_no_proper_one() -> None:
    seen, take = RANDOM.normal(size=(6, 8)), np.array([0, 0, 0, 1, 1, 1])
    assert is_proper(frames_at(seen, take, np.array([5, 6, 7, 1, 2, 3])))
    assert not is_proper(frames_at(seen, take * 0, np.arange(6)))
    assert is_proper(frames_at(seen, take * 0, np.array([0, 1, 2, 90, 91, 92])))
    assert not is_proper(frames_at(np.tile(seen[:1], (6, 1)), take, np.arange(6)))
    assert not is_proper(frames_at(seen[2:5], take[2:5], np.arange(3)))


def test_clusters_find_what_lies_together_and_means_are_in_the_middle() -> None:
    middle = np.repeat(np.array([[0.0] * 6, [9.0] * 6, [-9.0] * 6]), 40, axis=0)
    frames = frames_at(middle + RANDOM.normal(0, 0.3, middle.shape), np.arange(120) % 5, np.arange(120))
    members = clustered(frames, 3, np.random.default_rng(2))
    centroids = means(frames.seen, members)
    assert sorted(np.round(centroids.mean(1)).tolist()) == [-9, 0, 9]
    assert radius_of(centroids, frames.seen * 10) > radius_of(centroids, frames.seen)


def test_everybody_begins_standing_still(takes: list[Take]) -> None:
    network = network_for(takes)
    states = network.restored(codebook_of(takes, network, 3).beginnings)
    assert states.shape == (2, BEGINNINGS_PER_STYLE, 205)
    assert states[..., PATH].abs().max() < 0.2
    assert states[..., CONTACT].min() > 0.4


def test_without_anybody_standing_there_is_no_beginning(takes: list[Take]) -> None:
    walking = [replace(take, action=take.action * 0 + 1) for take in takes]
    with pytest.raises(DataError, match="idle"):
        codebook_of(walking, network_for(takes), 3)
