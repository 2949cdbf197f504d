"""Measures every set of a panel run against the same held-out reals with the same metrics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.training.panel.metrics.classifier import RidgeClassifier
from engine.training.panel.metrics.distances import Features, energy_distance, kernel_distance, neighbour_scores
from engine.training.panel.metrics.estimate import Estimate, Images
from engine.training.panel.metrics.features import gram_features, random_features
from engine.training.panel.metrics.memorisation import ExemplarIndex, memorisation
from engine.training.panel.metrics.sliced import SlicedReference
from engine.training.panel.metrics.structure import StructureProfile, compare_structure
from engine.training.panel.metrics.told_apart import told_apart
from engine.training.panel.reals import RealTextures

Measurements = dict[str, Estimate]

Encode = Callable[[Images], Features]
"""A second encoder: features [count, width] of pictures."""


@dataclass(frozen=True, slots=True)
class _Descriptors:
    """What the metrics need to know of one set."""

    random: Features
    gram: Features

    @classmethod
    def of(cls, images: Images) -> "_Descriptors":
        return cls(random_features(images), gram_features(images))

    def first(self, count: int) -> "_Descriptors":
        """Those of the first `count` pictures."""
        return _Descriptors(self.random[:count], self.gram[:count])

    def joined(self) -> Features:
        """All features side by side, as the classifier sees them."""
        return np.concatenate([self.random, self.gram], 1)


class Measure:
    """The held-out half, prepared once for any number of sets of `count` pictures.

    Distributions are compared with its first `count` pictures. The classifier learns from all of it, so neither
    the training half nor anything made of it is known to it. With a second encoder there are `learned_` metrics.
    """

    def __init__(
        self, held_out: RealTextures, index: ExemplarIndex, count: int, seed: int, encode: Encode | None = None
    ) -> None:
        self._index, self._encode = index, encode
        self._learned = None if encode is None else encode(held_out.images[:count])
        everything = _Descriptors.of(held_out.images)
        self._classifier = RidgeClassifier(everything.joined(), held_out.labels)
        self._reference = everything.first(count)
        self._structure = StructureProfile.of(held_out.images[:count])
        self._sliced = SlicedReference(held_out.images[:count], seed)

    def ceiling(self, train: RealTextures) -> Measurements:
        """What another set of reals scores: the training half as if it had been generated.

        Nearest-exemplar ratios are those of all reals among each other.
        """
        return {**self.scores(train.images, train.labels), **memorisation(self._index.own_ratios)}

    def scores(self, images: Images, labels: Sequence[str]) -> Measurements:
        """Every metric of one set; `labels` are the classes that its pictures should show."""
        given = _Descriptors.of(images)
        return {
            **{f"sliced_{level}": value for level, value in self._sliced.distance(images).items()},
            "kernel_distance": kernel_distance(self._reference.random, given.random),
            "gram_distance": energy_distance(self._reference.gram, given.gram),
            "told_apart": told_apart(self._reference.gram, given.gram),
            **neighbour_scores(self._reference.random, given.random),
            **compare_structure(self._structure, StructureProfile.of(images)),
            "class_accuracy": self._classifier.accuracy(given.joined(), labels),
            **memorisation(self._index.ratios(images)),
            **self._learned_scores(images),
        }

    def _learned_scores(self, images: Images) -> Measurements:
        """Distance, distinguishability and coverage once more, as the second encoder sees them."""
        if self._encode is None or self._learned is None:
            return {}
        given = self._encode(images)
        return {
            "learned_kernel_distance": kernel_distance(self._learned, given),
            "learned_told_apart": told_apart(self._learned, given),
            "learned_coverage": neighbour_scores(self._learned, given)["coverage"],
        }
