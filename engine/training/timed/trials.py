"""The short runs among which the finishing stage's settings are chosen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings of the adversarial stage.

    weight        of the adversarial loss; 0 leaves patch statistics alone
    gamma         initial weight of the gradient penalties
    patch_weight  of the patch statistics
    """

    name: str
    weight: float
    gamma: float
    patch_weight: float
    learning_rate: float


TRIALS = (
    Trial("patches", 0.0, 1.0, 2.0, 0.0005),
    Trial("weak", 0.1, 1.0, 2.0, 0.0005),
    Trial("strong", 0.5, 1.0, 1.0, 0.0005),
    Trial("free", 0.5, 0.1, 1.0, 0.0005),
    Trial("pure", 1.0, 0.3, 0.3, 0.0005),
)
DEFAULT = TRIALS[2]
