import numpy as np
from numpy.typing import NDArray

from engine.training.panel.metrics.classifier import RidgeClassifier


def clusters(seed: int) -> tuple[NDArray[np.float32], list[str]]:
    random = np.random.default_rng(seed)
    labels = [("brick", "wood", "stone")[index % 3] for index in range(90)]
    centre = {"brick": 0, "wood": 1, "stone": 2}
    features = random.normal(size=(90, 40))
    for row, label in zip(features, labels, strict=True):
        row[centre[label]] += 6
    return features.astype(np.float32), labels


def test_classes_are_recognized_on_unseen_items() -> None:
    classifier = RidgeClassifier(*clusters(1))
    assert classifier.accuracy(*clusters(2)).value > 0.9


def test_wrong_labels_are_not_recognized() -> None:
    features, labels = clusters(2)
    assert RidgeClassifier(*clusters(1)).accuracy(features, labels[1:] + labels[:1]).value < 0.1
