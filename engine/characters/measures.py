"""How large a character is in every place: joints of its rest pose, and girths that all its parts share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.characters.identity import Identity
from engine.motion.skeleton import LEFT_ARM, LEFT_LEG, REST_PELVIS_HEIGHT_M, RIGHT_ARM, RIGHT_LEG, SKELETON

Floats = NDArray[np.float64]

_HEIGHTS_M = {
    "human": (1.45, 1.8), "goblin": (1.02, 1.25), "skeleton": (1.45, 1.7), "robot": (1.3, 1.75), "beast": (1.3, 1.65),
}  # fmt: skip
_HEADS = {"human": 1.0, "goblin": 1.16, "skeleton": 0.96, "robot": 0.9, "beast": 1.06}


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Meters; the ground is y = 0, the character faces +Z, its left is +X.

    joint        float64 [19, 3]: joints in the T-pose
    height       of the whole body without hat and hair
    head         from chin to crown
    head_width   half of it, likewise head_depth
    chin         height of the chin
    girth        factor of thickness, about 1
    sole         height of the toe joint above the sole
    """

    joint: Floats
    height: float
    head: float
    head_width: float
    head_depth: float
    chin: float
    girth: float
    sole: float

    @property
    def rest_offset_m(self) -> NDArray[np.float32]:
        """Each joint from its parent, float32 [19, 3]; zeros for the pelvis."""
        parents = np.array(SKELETON.parents)
        offset = self.joint - self.joint[np.maximum(parents, 0)]
        offset[0] = 0.0
        single: NDArray[np.float32] = offset.astype(np.float32)
        return single

    @property
    def leg_scale(self) -> float:
        """How much shorter than the common skeleton's the legs are: by this factor the pelvis's way is scaled."""
        return float((self.joint[0, 1] - self.sole) / REST_PELVIS_HEIGHT_M)

    def at(self, name: str) -> Floats:
        """A joint's place by its name."""
        place: Floats = self.joint[SKELETON.index(name)]
        return place


def measure(identity: Identity) -> Measures:
    """The measures of a character."""
    low, high = _HEIGHTS_M[identity.kind]
    height = low + (high - low) * identity.slider("height")
    head = height * (0.25 + 0.065 * identity.slider("head_size")) * _HEADS[identity.kind]
    girth = {"skeleton": 0.85, "goblin": 0.95}.get(identity.kind, 1.0) * (0.92 + 0.4 * identity.slider("build"))
    body = height - head
    pelvis = body * (0.48 + 0.09 * identity.slider("leg_length"))
    torso = 0.955 * body - pelvis
    shoulder = 0.105 * height * (0.85 + 0.3 * identity.slider("shoulder_width")) * (0.7 + 0.3 * girth)
    reach = (0.86 + 0.28 * identity.slider("arm_length")) * height
    ankle, toe = 0.052 * height, 0.02 * height
    hip_drop, hip = 0.022 * height, 0.058 * height * (0.6 + 0.4 * girth)
    shin = (pelvis - hip_drop - ankle) / 2.0
    joint = np.zeros((19, 3))
    joint[0] = (0.0, pelvis, 0.0)
    for number, rise in zip((9, 10, 11, 12), (0.24, 0.5, 1.0, 1.14), strict=True):
        joint[number] = (0.0, pelvis + rise * torso, 0.0)
    for side, leg, arm in ((1.0, LEFT_LEG, LEFT_ARM), (-1.0, RIGHT_LEG, RIGHT_ARM)):
        x = side * hip
        top = pelvis - hip_drop
        joint[list(leg)] = [(x, top, 0), (x, top - shin, 0), (x, ankle, 0), (x, toe, 0.082 * height)]
        y = pelvis + 0.8 * torso
        joint[list(arm)] = [
            (side * shoulder, y, 0.0),
            (side * (shoulder + 0.132 * reach), y, 0.0),
            (side * (shoulder + 0.25 * reach), y, 0.0),
        ]
    # An odd head would look squeezed: its width follows its height.
    chin = body - 0.012 * height
    return Measures(joint, height, head, 0.45 * head, 0.44 * head, chin, girth, toe)


def own_root_m(measures: Measures, root_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """A character's own pelvis where the common skeleton's is at `root_m` [..., 3]: the way is scaled to its legs."""
    root = root_m * np.float32(measures.leg_scale)
    root[..., 1] += np.float32(measures.sole)
    return root
