"""The body under and in its clothes: torso, limbs, hands with thumbs, feet in boots."""

import numpy as np
from numpy.typing import NDArray

from engine.characters.measures import Measures
from engine.characters.palettes import DARK, LEATHER, METAL, PRIMARY, SECONDARY, SKIN
from engine.characters.sculpting.sculpture import PART, Sculpture, along_chain
from engine.characters.sculpting.surfaces import X, Y, Z, blob, loft
from engine.motion.skeleton import LEFT_ARM, LEFT_LEG, RIGHT_ARM, RIGHT_LEG

Floats = NDArray[np.float64]

SIDES = ((1.0, "l", LEFT_ARM, LEFT_LEG), (-1.0, "r", RIGHT_ARM, RIGHT_LEG))

_TORSO = np.array(
    # share of the way from pelvis to neck, half width, half depth, forward; in units of the body's height
    [
        (-0.22, 0.040, 0.040, 0.000), (-0.12, 0.078, 0.062, -0.002), (0.05, 0.091, 0.070, -0.003),
        (0.22, 0.082, 0.064, 0.000), (0.38, 0.081, 0.062, 0.002), (0.58, 0.101, 0.074, 0.003),
        (0.76, 0.108, 0.074, 0.000), (0.89, 0.090, 0.062, -0.003), (0.98, 0.050, 0.046, -0.004),
    ]
)  # fmt: skip


def torso_at(size: Measures, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Half width, half depth and forward shift of the trunk at shares of the way from pelvis to neck."""
    wide = size.girth ** np.interp(share, [0.0, 0.35, 0.8], [1.0, 1.25, 0.75])
    broad = np.interp(share, [0.3, 0.75], [1.0, size.at("l_shoulder")[0] / (0.102 * size.height)])
    values = [np.interp(share, _TORSO[:, 0], _TORSO[:, column]) * size.height for column in (1, 2, 3)]
    return values[0] * wide * broad, values[1] * wide, values[2]


def torso_height(size: Measures, share: Floats) -> Floats:
    """Height above the ground at shares of the way from pelvis to neck."""
    low, high = size.at("pelvis")[1], size.at("neck")[1]
    result: Floats = low + (high - low) * share
    return result


def torso_spot(size: Measures, share: float) -> tuple[float, float, float, float]:
    """Half width, half depth, forward shift and height of the trunk at one share of the way from pelvis to neck."""
    at = np.array([share])
    wide, deep, ahead = (float(values[0]) for values in torso_at(size, at))
    return wide, deep, ahead, float(torso_height(size, at)[0])


def torso_weights(size: Measures, position: Floats) -> Floats:
    """The trunk's joints take over from below."""
    spine, chest, neck, head = (size.at(name)[1] for name in ("spine", "chest", "neck", "head"))
    reach = chest - spine
    bands = (0.7 * reach, 0.45 * reach, 0.25 * (neck - chest), 0.3 * (head - neck) + 0.01)
    return along_chain(position[:, 1], (0, 9, 10, 11, 12), (spine, chest, neck, head), bands)


def torso_parts(size: Measures, position: Floats) -> NDArray[np.int64]:
    """Which part corners of the trunk belong to."""
    share = (position[:, 1] - size.at("pelvis")[1]) / (size.at("neck")[1] - size.at("pelvis")[1])
    names = np.array([PART["pelvis"], PART["belly"], PART["chest"], PART["neck"]])
    parts: NDArray[np.int64] = names[np.searchsorted([0.16, 0.45, 1.02], share)]
    return parts


def wrap_torso(
    body: Sculpture, low: float, high: float, slot: int, grow_m: float, *, exponent: float = 2.5, rings: int = 7,
    shade: tuple[float, float] = (0.86, 1.05),
) -> None:  # fmt: skip
    """Lay a skin around the trunk between two shares of the way from pelvis to neck.

    grow_m  distance from the body
    """
    size = body.size
    share = np.linspace(low, high, rings)
    wide, deep, ahead = torso_at(size, share)
    center = np.stack([np.zeros(rings), torso_height(size, share), ahead], axis=1)
    shape = loft(center, X, Z, wide + grow_m, deep + grow_m, exponent, 16)
    part = torso_parts(size, shape.position)
    body.add(shape, slot, torso_weights(size, shape.position), part, shade)


def add_trunk(body: Sculpture, slot: int, chest_slot: int | None = None) -> None:
    """Trunk and neck; `chest_slot` colors what is above the belt."""
    size = body.size
    wrap_torso(body, -0.22, 0.2, slot, 0.0, rings=6)
    wrap_torso(body, 0.16, 0.98, slot if chest_slot is None else chest_slot, 0.0, rings=9)
    neck, head = size.at("neck"), size.at("head")
    radius = 0.031 * size.height * (0.8 + 0.2 * size.girth)
    heights = np.linspace(neck[1] - 0.02 * size.height, max(head[1], size.chin) + 0.05 * size.head, 4)
    center = np.stack([np.zeros(4), heights, np.full(4, -0.006 * size.height)], axis=1)
    shape = loft(center, X, Z, radius * np.array([1.3, 1.05, 1.0, 1.0]), radius * np.array([1.2, 1.0, 1.0, 1.0]))
    body.add(shape, SKIN, torso_weights(size, shape.position), "neck", (0.7, 0.86))


def limb(
    joints: Floats, radius: Floats, *, first: float = 0.0, last: float = 1.0, rings: int = 9, grow_m: float = 0.0
) -> tuple[Floats, Floats]:
    """Centers and radii of rings along a bent limb: shares 0 to .5 to 1 are its three joints.

    joints  [3, 3]
    radius  at evenly spread shares
    """
    start, middle, end = joints
    share = np.linspace(first, last, rings)
    upper = start + (middle - start) * np.clip(share * 2.0, None, 1.0)[:, None]
    center = upper + (end - middle) * np.clip(share * 2.0 - 1.0, 0.0, None)[:, None]
    return center, np.interp(share, np.linspace(0.0, 1.0, len(radius)), radius) + grow_m


def arm_radius(size: Measures) -> Floats:
    """Of an arm at evenly spread places from shoulder to wrist."""
    radius: Floats = (
        np.array([0.0405, 0.040, 0.038, 0.033, 0.0315, 0.034, 0.033, 0.027, 0.024]) * size.height * size.girth**0.8
    )
    return radius


def leg_radius(size: Measures) -> Floats:
    """Of a leg at evenly spread places from hip to ankle."""
    radius: Floats = (
        np.array([0.058, 0.058, 0.053, 0.046, 0.041, 0.042, 0.041, 0.036, 0.032]) * size.height * size.girth**0.8
    )
    return radius


def arm_weights(body: Sculpture, arm: tuple[int, int, int], position: Floats) -> Floats:
    """Shoulder, elbow and wrist take over along the arm."""
    reach = np.abs(body.size.joint[list(arm), 0])
    thick = arm_radius(body.size)
    place = np.abs(position[:, 0])
    return along_chain(place, (10, *arm), (reach[0], reach[1], reach[2]), (thick[0] * 0.9, thick[4], thick[-1] * 0.8))


def leg_weights(body: Sculpture, leg: tuple[int, int, int, int], position: Floats) -> Floats:
    """Hip, knee and ankle take over down the leg."""
    down = -body.size.joint[list(leg), 1]
    thick = leg_radius(body.size)
    bands = (thick[0] * 0.7, thick[4], thick[-1] * 0.9)
    return along_chain(-position[:, 1], (0, *leg[:3]), (down[0], down[1], down[2]), bands)


def add_sleeve(
    body: Sculpture, slot: int, first: float, last: float, grow_m: float = 0.0, *, widen: float = 0.0, rings: int = 9
) -> None:
    """A skin around both arms between two shares of their length.

    widen  how much wider it is at its end, as a share
    """
    size = body.size
    for _, name, arm, _ in SIDES:
        joints = size.joint[list(arm)]
        center, radius = limb(joints, arm_radius(size), first=first, last=last, rings=rings, grow_m=grow_m)
        radius = radius * (1.0 + widen * np.linspace(0.0, 1.0, rings) ** 2)
        shape = loft(center, Y, Z, radius, radius * 0.96, 2.2, sides=10)
        share = np.abs(shape.position[:, 0]) > abs(joints[1, 0])
        part = np.where(share, PART[f"{name}_forearm"], PART[f"{name}_upper_arm"])
        body.add(shape, slot, arm_weights(body, arm, shape.position), part, (0.84, 1.05))


def add_trouser(body: Sculpture, slot: int, first: float, last: float, *, under: float = 1.0) -> None:
    """A skin around both legs between two shares of their length.

    under  factor of the thighs' thickness, below 1 where a skirt hides them
    """
    size = body.size
    rings = 10
    for _, name, _, leg in SIDES:
        hip, knee, ankle = size.joint[list(leg[:3])]
        center, radius = limb(np.stack([hip, knee, ankle]), leg_radius(size), first=first, last=last, rings=rings)
        radius = radius * np.interp(np.linspace(first, last, rings), [0.35, 0.7], [under, 1.0])
        shape = loft(center, X, Z, radius * 0.95, radius, 2.2, sides=11)
        part = np.where(shape.position[:, 1] < knee[1], PART[f"{name}_shin"], PART[f"{name}_thigh"])
        body.add(shape, slot, leg_weights(body, leg, shape.position), part, (0.82, 1.02))


def add_hands(body: Sculpture, slot: int, grow: float = 1.0) -> None:
    """Palms with three fingers and a thumb, slightly curled."""
    size = body.size
    unit = 0.03 * size.height * (0.75 + 0.25 * size.girth) * grow
    for sign, name, arm, _ in SIDES:
        wrist = size.joint[arm[2]]
        along = X * sign
        out = np.array([-0.45, 0.1, 0.75, 1.35, 1.8]) * unit
        center = wrist + along * out[:, None] + Y * (np.array([0.0, 0.0, -0.02, -0.05, -0.1]) * unit)[:, None]
        palm = loft(
            center, Z, Y, np.array([0.62, 0.74, 0.95, 0.98, 0.85]) * unit,
            np.array([0.6, 0.62, 0.6, 0.52, 0.42]) * unit,
            2.8, 10,
        )  # fmt: skip
        body.add(palm, slot, arm[2], f"{name}_hand", (0.88, 1.03))
        for z, length in ((0.58, 1.25), (0.0, 1.4), (-0.58, 1.2)):
            path = np.array([[1.55, -0.06, z], [1.7 + 0.5 * length, -0.16, z * 1.02], [1.7 + length, -0.5, z * 0.98]])
            points = wrist + path * unit * np.array([sign, 1.0, 1.0])
            finger = loft(points, Z, Y, np.array([0.3, 0.31, 0.22]) * unit, np.array([0.34, 0.33, 0.22]) * unit, 2.4, 6)
            body.add(finger, slot, arm[2], f"{name}_hand", (0.85, 1.0))
        path = np.array([[0.35, -0.05, 0.75], [0.85, -0.12, 1.3], [1.5, -0.3, 1.5]])
        points = wrist + path * unit * np.array([sign, 1.0, 1.0])
        sizes = np.array([0.36, 0.34, 0.22]) * unit
        body.add(
            loft(points, np.array([sign, 0, -1.0]) / 2**0.5, Y, sizes, sizes, 2.3, 6), slot, arm[2], f"{name}_hand"
        )


def add_feet(body: Sculpture, style: str) -> None:
    """Shoes, tall boots with a cuff, or plated boots."""
    size = body.size
    slot, sole = {"plated": (METAL, DARK)}.get(style, (LEATHER, DARK))
    for _, name, _, leg in SIDES:
        ankle, toe = size.joint[leg[2]], size.joint[leg[3]]
        unit = 0.04 * size.height * (0.8 + 0.2 * size.girth)
        back, front = ankle[2] - 0.95 * unit, toe[2] + 1.15 * unit
        share = np.array([0.0, 0.06, 0.2, 0.4, 0.6, 0.78, 0.92, 1.0])
        z = back + (front - back) * share
        top = np.array([0.75, 1.5, 1.85, 1.75, 1.3, 1.05, 0.85, 0.45]) * unit
        wide = np.array([0.45, 0.7, 0.8, 0.84, 0.98, 1.05, 0.9, 0.5]) * unit
        base = 0.25 * unit
        center = np.stack([np.full(8, ankle[0]), (top + base) / 2.0, z], axis=1)
        shape = loft(center, X, Y, wide, (top - base) / 2.0, 2.8, 12)
        weight = along_chain(shape.position[:, 2], leg[2:], (float(toe[2]) - 0.2 * unit,), (0.5 * unit,))
        body.add(shape, slot, weight, f"{name}_foot", (0.85, 1.05))
        ends = np.array([0.02, 0.3])
        outline = loft(
            np.stack([np.full(8, ankle[0]), np.full(8, 0.15 * unit), z + np.linspace(-0.02, 0.06, 8) * unit], axis=1),
            X, Y, wide * 1.06, np.full(8, (ends[1] - ends[0]) * unit / 2.0), 5.0, 12,
        )  # fmt: skip
        weight = along_chain(outline.position[:, 2], leg[2:], (float(toe[2]) - 0.2 * unit,), (0.5 * unit,))
        body.add(outline, sole, weight, f"{name}_foot", (1.5, 1.9))
        _add_shaft(body, style, slot, name, leg)


def _add_shaft(body: Sculpture, style: str, slot: int, name: str, leg: tuple[int, int, int, int]) -> None:
    """What of a shoe is around the shin."""
    size = body.size
    hip, knee, ankle = size.joint[list(leg[:3])]
    first = {"shoes": 0.9, "boots": 0.68, "plated": 0.62}[style]
    thick = 0.008 * size.height
    center, radius = limb(np.stack([hip, knee, ankle]), leg_radius(size), first=first, last=1.03, rings=5, grow_m=thick)
    shape = loft(center, X, Z, radius * np.array([1.08, 1.0, 0.98, 1.0, 1.12]), radius, 2.2, 11)
    body.add(shape, slot, leg_weights(body, leg, shape.position), f"{name}_shin", (0.9, 1.05))
    if style == "shoes":
        return
    center, radius = limb(
        np.stack([hip, knee, ankle]), leg_radius(size), first=first - 0.03, last=first + 0.07, rings=3
    )
    cuff = loft(center, X, Z, radius + 1.9 * thick, radius + 1.9 * thick, 2.2, 11)
    body.add(cuff, SECONDARY if style == "boots" else slot, leg[1], f"{name}_shin", (0.95, 1.1))
    if style == "plated":
        knee_cap = blob(
            knee + np.array([0, 0.004, 0.62 * leg_radius(size)[4]]), np.array([0.9, 1.05, 0.7]) * 0.043 * size.height
        )
        body.add(knee_cap, slot, leg[1], f"{name}_shin", (0.9, 1.12), 25.0)


def add_flesh_limbs(body: Sculpture, trousers: int = PRIMARY) -> None:
    """Bare arms and clothed legs, of a creature of flesh."""
    add_sleeve(body, SKIN, -0.06, 1.0)
    add_trouser(
        body, trousers, -0.06, 1.0, under=0.72 if body.identity.part("torso") in ("robe", "coat", "tunic") else 1.0
    )
