"""Heads and faces: the skull's surface, eyes, brows, nose, mouth, ears, muzzles."""

import numpy as np
from numpy.typing import NDArray

from engine.characters.measures import Measures
from engine.characters.palettes import DARK, GLOW, HAIR, SKIN
from engine.characters.sculpting.sculpture import Sculpture
from engine.characters.sculpting.surfaces import X, Z, blob, closed, loft, tuft, unit
from engine.geometry.props.shapes.solids import Shape
from engine.motion.skeleton import HEAD

Floats = NDArray[np.float64]

_HEIGHTS = np.array([0.0, 0.04, 0.14, 0.3, 0.5, 0.68, 0.83, 0.94, 1.0])
_PROFILES = {
    # half width, depth in front and behind at _HEIGHTS, as shares of the head's half width and half depth
    "flesh": (
        (0.34, 0.54, 0.76, 0.95, 1.0, 0.97, 0.82, 0.52, 0.14),
        (0.42, 0.66, 0.86, 0.96, 0.98, 0.97, 0.83, 0.52, 0.14),
        (0.20, 0.34, 0.60, 0.86, 1.06, 1.1, 0.94, 0.58, 0.14),
    ),
    "goblin": (
        (0.26, 0.44, 0.72, 1.02, 1.12, 0.98, 0.72, 0.42, 0.12),
        (0.46, 0.72, 0.9, 1.0, 0.94, 0.84, 0.66, 0.4, 0.12),
        (0.20, 0.34, 0.60, 0.86, 0.98, 0.96, 0.78, 0.48, 0.12),
    ),
    "skull": (
        (0.44, 0.56, 0.64, 0.74, 0.99, 1.04, 0.9, 0.58, 0.14),
        (0.62, 0.78, 0.84, 0.9, 0.96, 0.98, 0.86, 0.54, 0.14),
        (0.05, 0.12, 0.28, 0.72, 1.06, 1.12, 0.96, 0.6, 0.14),
    ),
}


class HeadSurface:
    """The skin of a head: points by angle about the vertical (0 in front, growing to the left) and share of height."""

    def __init__(self, size: Measures, profile: str) -> None:
        self.size = size
        self._width, self._front, self._back = (np.array(row) for row in _PROFILES[profile])
        self.middle = np.array([0.0, size.chin + 0.52 * size.head, 0.0])

    def __call__(self, angle: Floats, share: Floats) -> Floats:
        """Points [n, 3]."""
        size = self.size
        sine, cosine = np.sin(angle), np.cos(angle)
        wide = _smooth(share, self._width) * size.head_width
        deep = np.where(cosine >= 0, _smooth(share, self._front), _smooth(share, self._back)) * size.head_depth
        x = wide * np.sign(sine) * np.abs(sine) ** 0.86
        z = deep * np.sign(cosine) * np.abs(cosine) ** 0.86
        return np.stack([x, size.chin + share * size.head, z], axis=-1)

    def spot(self, angle: float, share: float) -> tuple[Floats, Floats]:
        """A point of the skin and the direction that it faces, [3] each."""
        angles = np.array([angle, angle + 0.05, angle - 0.05, angle, angle])
        shares = np.array([share, share, share, share + 0.03, share - 0.03])
        point = self(angles, np.clip(shares, 0.0, 1.0))
        facing = np.cross(point[1] - point[2], point[3] - point[4])
        facing = unit(facing)
        return point[0], facing if facing @ (point[0] - self.middle) > 0 else -facing

    def skin(self, sides: int = 20, rings: int = 14) -> Shape:
        """All of it as one closed shape."""
        share = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, rings))
        angle = np.arange(sides) * (2.0 * np.pi / sides)
        grid = self(np.tile(angle, rings), np.repeat(share, sides))
        return closed(grid.reshape(rings, sides, 3))


def _smooth(share: Floats, values: Floats) -> Floats:
    """Values between _HEIGHTS, without kinks where they meet."""
    blurred = [np.interp(share + shift, _HEIGHTS, values) for shift in (-0.04, 0.0, 0.04)]
    result: Floats = 0.25 * blurred[0] + 0.5 * blurred[1] + 0.25 * blurred[2]
    return result


def _facing(facing: Floats) -> tuple[float, float, float]:
    """Yaw, pitch, roll that turn +Z to a direction."""
    yaw = float(np.arctan2(facing[0], facing[2]))
    return yaw, -float(np.arcsin(np.clip(facing[1], -1, 1))), 0.0


def add_patch(  # noqa: PLR0913 - a place, a shape and a look
    body: Sculpture, head: HeadSurface, angle: float, share: float, size: tuple[float, float, float], slot: int,
    *, raised: float = 0.0, roll: float = 0.0, shade: tuple[float, float] = (1.0, 1.0),
) -> None:  # fmt: skip
    """A flat oval on the face: half width, half height and thickness as shares of the head's height."""
    point, facing = head.spot(angle, share)
    yaw, pitch, _ = _facing(facing)
    unit_m = head.size.head
    shape = blob(point + facing * raised * unit_m, np.array(size) * unit_m, 2, (yaw, pitch, roll))
    body.add(shape, slot, HEAD, "head", shade, 80.0)


def add_face(body: Sculpture, head: HeadSurface) -> None:
    """Everything on the skin of people and goblins: eyes, brows, nose, mouth, ears."""
    dice, identity = body.dice, body.identity
    goblin = identity.kind == "goblin"
    large = 0.75 + 0.5 * identity.slider("eye_size")
    apart = dice.between("eyes apart", 0.38, 0.46) * (1.1 if goblin else 1.0)
    high = dice.between("eyes high", 0.42, 0.46)
    for side in (1.0, -1.0):
        if goblin:
            add_patch(body, head, side * apart, high, (0.088 * large, 0.08 * large, 0.03), GLOW, roll=-side * 0.25)
            add_patch(body, head, side * apart * 0.92, high, (0.032 * large, 0.052 * large, 0.03), DARK, raised=0.012)
        else:
            add_patch(body, head, side * apart, high, (0.07 * large, 0.092 * large, 0.022), GLOW)
            add_patch(
                body, head, side * apart * 0.95, high - 0.004, (0.047 * large, 0.072 * large, 0.02), DARK, raised=0.009
            )
            add_patch(
                body, head, side * apart * 0.95 + 0.05, high + 0.026 * large,
                (0.016 * large, 0.021 * large, 0.012), GLOW, raised=0.021,
            )  # fmt: skip
        brow = dice.between("brow tilt", -0.28, 0.2) - (0.25 if goblin else 0.0)
        color = SKIN if goblin else HAIR
        add_patch(
            body, head, side * apart, high + 0.085 * large + 0.065, (0.082, 0.02, 0.028), color,
            roll=-side * brow, shade=(0.72, 0.8),
        )  # fmt: skip
    _add_nose(body, head, goblin)
    _add_mouth(body, head, goblin)
    _add_ears(body, head, goblin)


def _add_nose(body: Sculpture, head: HeadSurface, goblin: bool) -> None:
    large = 0.7 + 0.6 * body.identity.slider("nose_size")
    unit_m = body.size.head
    point, _ = head.spot(0.0, 0.33)
    if goblin:
        path = [
            point + unit_m * np.array(p) for p in ((0, 0.08, -0.03), (0, 0.0, 0.1 * large), (0, -0.06, 0.17 * large))
        ]
        shape = tuft(path, [0.04 * unit_m, 0.06 * unit_m, 0.025 * unit_m], sides=8, rings=6)
    else:
        path = [point + unit_m * np.array(p) for p in ((0, 0.075, -0.02), (0, 0.01, 0.03 * large), (0, -0.035, 0.015))]
        shape = tuft(path, [0.02 * unit_m, 0.04 * large * unit_m, 0.03 * unit_m], sides=8, rings=5)
    body.add(shape, SKIN, HEAD, "head", (0.84, 1.0), 70.0)


def _add_mouth(body: Sculpture, head: HeadSurface, goblin: bool) -> None:
    smile = body.dice.between("smile", -0.012, 0.05)
    wide = body.dice.between("mouth width", 0.2, 0.3) * (1.5 if goblin else 1.0)
    points = []
    for step in np.linspace(-1.0, 1.0, 5):
        point, facing = head.spot(wide * step, 0.17 + smile * (step * step - 0.4))
        points.append(point + facing * 0.004 * body.size.head)
    thick = 0.013 * body.size.head
    body.add(tuft(points, [0.5 * thick, thick, 0.5 * thick], 6, 9), DARK, HEAD, "head", (1.2, 1.4), 70.0)
    if goblin:
        for side in (1.0, -1.0):
            point, facing = head.spot(side * wide * 0.62, 0.185)
            tip = point + np.array([0, 0.085, 0.012]) * body.size.head
            body.add(
                tuft([point, tip], [0.024 * body.size.head, 0.004 * body.size.head], 6, 3),
                GLOW,
                HEAD,
                "head",
                (0.9, 1.0),
            )


def _add_ears(body: Sculpture, head: HeadSurface, goblin: bool) -> None:
    unit_m = body.size.head
    for side in (1.0, -1.0):
        if goblin:
            root, _ = head.spot(side * 1.55, 0.42)
            path = [root - side * X * 0.06 * unit_m]
            path += [
                root + unit_m * np.array([side * 0.24, 0.06, -0.06]),
                root + unit_m * np.array([side * 0.6, 0.2, -0.16]),
            ]
            shape = tuft(path, [0.09 * unit_m, 0.13 * unit_m, 0.01 * unit_m], 8, 7, flat=0.3, up=Z)
            body.add(shape, SKIN, HEAD, "head", (0.85, 1.05))
            inner = [point + unit_m * np.array([0.0, 0.0, 0.024]) for point in path]
            body.add(
                tuft(inner, [0.04 * unit_m, 0.085 * unit_m, 0.005 * unit_m], 8, 7, flat=0.25, up=Z),
                SKIN,
                HEAD,
                "head",
                (0.62, 0.75),
            )
        else:
            root, _ = head.spot(side * 1.62, 0.4)
            shape = blob(
                root + side * X * 0.01 * unit_m, np.array([0.045, 0.085, 0.06]) * unit_m, 1, (-side * 0.35, 0.0, 0.0)
            )
            body.add(shape, SKIN, HEAD, "head", (0.86, 1.0), 80.0)


def add_beast_head(body: Sculpture, head: HeadSurface) -> None:
    """Muzzle, nose, pointed ears with pale insides, whisker tufts."""
    unit_m, large = body.size.head, 0.7 + 0.6 * body.identity.slider("nose_size")
    front, _ = head.spot(0.0, 0.22)
    muzzle = blob(front + np.array([0, -0.01, -0.02]) * unit_m, np.array([0.17, 0.12, 0.11 + 0.06 * large]) * unit_m, 2)
    body.add(muzzle, SKIN, HEAD, "head", (1.1, 1.3), 80.0)
    tip = front + np.array([0, 0.055, 0.075 + 0.055 * large]) * unit_m
    body.add(blob(tip, np.array([0.055, 0.04, 0.04]) * unit_m, 1), DARK, HEAD, "head", (1.0, 1.4), 80.0)
    size = 0.75 + 0.5 * body.identity.slider("eye_size")
    for side in (1.0, -1.0):
        add_patch(body, head, side * 0.45, 0.47, (0.078 * size, 0.095 * size, 0.026), GLOW, roll=-side * 0.2)
        add_patch(body, head, side * 0.43, 0.465, (0.05 * size, 0.075 * size, 0.024), DARK, raised=0.01)
        for drop in (0.2, 0.3):
            root, facing = head.spot(side * 1.25, drop)
            path = [root - facing * 0.03 * unit_m, root + np.array([side * 0.15, -0.06, 0.02]) * unit_m]
            body.add(tuft(path, [0.07 * unit_m, 0.005 * unit_m], 6, 4, flat=0.6, up=Z), SKIN, HEAD, "head", (0.85, 1.0))
        if body.identity.part("headwear") in ("hood", "wizard", "helm", "horned", "cap", "straw"):
            continue
        root, _ = head.spot(side * 0.85, 0.86)
        tall = body.dice.between("ear height", 0.3, 0.5)
        path = [
            root - np.array([side * 0.02, 0.1, 0.0]) * unit_m,
            root + np.array([side * 0.07, 0.55 * tall, 0]) * unit_m,
        ]
        path += [root + np.array([side * 0.13, tall, -0.02]) * unit_m]
        ear = tuft(path, [0.14 * unit_m, 0.11 * unit_m, 0.008 * unit_m], 8, 6, flat=0.35, up=Z)
        body.add(ear, SKIN, HEAD, "hair", (0.8, 1.05))
        inner = [point + np.array([0, 0, 0.035]) * unit_m for point in path]
        body.add(
            tuft(inner, [0.09 * unit_m, 0.07 * unit_m, 0.004 * unit_m], 8, 6, flat=0.25, up=Z),
            SKIN,
            HEAD,
            "hair",
            (1.15, 1.35),
        )


def add_skull_face(body: Sculpture, head: HeadSurface) -> None:
    """Dark sockets with a glow, a nose hole, teeth."""
    large = 0.8 + 0.4 * body.identity.slider("eye_size")
    for side in (1.0, -1.0):
        add_patch(body, head, side * 0.42, 0.44, (0.1 * large, 0.098 * large, 0.028), DARK, roll=side * 0.25)
        add_patch(
            body, head, side * 0.42, 0.44, (0.034 * large, 0.034 * large, 0.02), GLOW, raised=0.018, shade=(1.1, 1.1)
        )
        add_patch(body, head, side * 0.06, 0.3, (0.022, 0.04, 0.02), DARK, roll=side * 0.3)
        cheek, _ = head.spot(side * 0.85, 0.3)
        body.add(blob(cheek, np.array([0.09, 0.05, 0.08]) * body.size.head, 1), SKIN, HEAD, "head", (0.8, 1.0), 80.0)
    for index in range(6):
        add_patch(body, head, (index - 2.5) * 0.15, 0.14, (0.028, 0.045, 0.024), SKIN, shade=(1.0, 1.08), raised=0.006)
    add_patch(body, head, 0.0, 0.135, (0.17, 0.055, 0.02), DARK, raised=-0.004)
    add_patch(body, head, 0.0, 0.04, (0.15, 0.035, 0.03), SKIN, shade=(0.8, 0.9))


def cylinder(low: Floats, high: Floats, radius: float, sides: int = 10) -> Shape:
    """A short upright cylinder with rounded rims."""
    share = np.array([0.0, 0.04, 0.96, 1.0])
    center = low + (high - low) * share[:, None]
    size = radius * np.array([0.9, 1.0, 1.0, 0.9])
    return loft(center, X, Z, size, size, 2.0, sides)
