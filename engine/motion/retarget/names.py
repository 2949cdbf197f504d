"""Which joint of a foreign rig is which of ours, by name: Unity's Humanoid, VRM, Mixamo, CMU, KayKit, Quaternius, ...

Names are compared without case, punctuation and prefixes such as `mixamorig:`.
"""

import re
from collections.abc import Sequence

from engine.errors import InvalidRequestError
from engine.motion.skeleton import SKELETON

MIDDLE_ALIASES = {
    "pelvis": ("pelvis", "hips", "hip", "root"),
    "spine": ("spine", "spine01", "abdomen", "lowerback", "spinelower", "torso"),
    "chest": ("upperchest", "chest", "spine03", "spine3", "spine2", "spine02", "thorax", "torso", "spine1"),
    "neck": ("neck", "neck01", "neck1", "lowerneck", "head"),
    "head": ("head", "headleaf"),
}
SIDE_ALIASES = {
    "hip": ("upleg", "upperleg", "thigh", "hip", "femur", "hipjoint"),
    "knee": ("leg", "lowerleg", "calf", "shin", "knee", "tibia"),
    "ankle": ("foot", "ankle"),
    "toe": ("toebase", "toes", "toe", "ball", "balll", "toe0"),
    "shoulder": ("upperarm", "arm", "shoulder", "humerus"),
    "elbow": ("lowerarm", "forearm", "elbow", "radius"),
    "wrist": ("wrist", "hand", "fist", "palm"),
}
"""Preferred names first. `shoulder` is where the upper arm begins; collar bones are nobody's."""

OPTIONAL = ("neck", "head", "spine", "l_toe", "r_toe", "l_wrist", "r_wrist")
"""Joints that a rig may lack; all others it must have."""

SIDES = {"l": ("left", "l"), "r": ("right", "r")}


def joint_map(names: Sequence[str]) -> dict[str, int]:
    """Index in `names` of each of our joints that was found, by our name.

    Raises InvalidRequestError (field `joints`) naming the first joint that is needed and not there.
    """
    plain = [plain_name(name) for name in names]
    found: dict[str, int] = {}
    for joint in SKELETON.names:
        for alias in aliases(joint):
            if alias in plain:
                found[joint] = plain.index(alias)
                break
        else:
            if joint not in OPTIONAL:
                given = ", ".join(names)
                allowed = f"names with one for {joint}, such as {', '.join(aliases(joint)[:4])}"
                raise InvalidRequestError("joints", given, allowed)
    if found.get("neck") == found.get("head") and "head" in found:
        del found["head"]
    if found.get("spine") == found["chest"]:
        del found["spine"]
    return found


def aliases(joint: str) -> tuple[str, ...]:
    """Plain names for one of our joints, preferred ones first."""
    if joint in MIDDLE_ALIASES:
        return MIDDLE_ALIASES[joint]
    side, _, kind = joint.partition("_")
    long, short = SIDES[side]
    words = SIDE_ALIASES[kind]
    return (
        joint.replace("_", ""),
        *(form for word in words for form in (f"{long}{word}", f"{word}{long}", f"{word}{short}", f"{short}{word}")),
    )


def plain_name(name: str) -> str:
    """Lower case without prefix and punctuation: `mixamorig:LeftUpLeg` -> `leftupleg`, `UpperLeg.L` -> `upperlegl`."""
    last = re.split(r"[:|]", name)[-1]
    return re.sub(r"[^a-z0-9]", "", last.lower())
