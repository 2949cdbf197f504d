"""Hair and beards: shells over the skull with tufts, tails and locks."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.characters.palettes import HAIR, SECONDARY
from engine.characters.sculpting.head import HeadSurface
from engine.characters.sculpting.sculpture import Sculpture, along_chain
from engine.characters.sculpting.surfaces import Z, blob, loft, shell, tuft
from engine.motion.skeleton import HEAD

Floats = NDArray[np.float64]
Hairline = Callable[[Floats], Floats]

SHADE = (0.78, 1.08)


def hairline(front: float, temple: float, side: float, nape: float) -> Hairline:
    """Where hair ends below, as a share of the head's height, by angle."""

    def low(angle: Floats) -> Floats:
        away = np.abs((angle + np.pi) % (2.0 * np.pi) - np.pi)
        return np.interp(away, [0.0, 0.55, 0.95, 1.5, 2.1, np.pi], [front, front, temple, side, nape, nape])

    return low


def add_cap(body: Sculpture, head: HeadSurface, low: Hairline, thickness: float, slot: int = HAIR) -> None:
    """A smooth shell of hair; thickness as a share of the head's height."""
    shape = shell(head, head.middle, low, 0.985, thickness * body.size.head)
    body.add(shape, slot, HEAD, "hair", SHADE, 60.0)


def add_lock(body: Sculpture, head: HeadSurface, angle: float, share: float, reach: tuple[float, float, float],
             thick: float, *, sink: float = 0.05, bend: float = 0.0) -> None:  # fmt: skip
    """A pointed tuft that grows out of the head; `reach` and thicknesses as shares of the head's height."""
    point, facing = head.spot(angle, share)
    unit_m = body.size.head
    tip = np.array(reach) * unit_m
    middle = point + 0.5 * tip + facing * bend * unit_m
    path = [point - facing * sink * unit_m, middle, point + tip]
    body.add(
        tuft(path, [0.8 * thick * unit_m, thick * unit_m, 0.008 * unit_m], 6, 5, flat=0.8), HAIR, HEAD, "hair", SHADE
    )


def add_fringe(body: Sculpture, head: HeadSurface) -> None:
    """Locks over the forehead, combed to one side."""
    side = 1.0 if body.dice.between("parting", 0, 1) < 0.5 else -1.0
    for index in range(5):
        angle = side * (0.62 - 0.3 * index)
        length = 0.2 - 0.018 * index
        add_lock(body, head, angle, 0.86, (-side * 0.1, -length, 0.06), 0.085, bend=0.06)


def add_hair(body: Sculpture, head: HeadSurface, *, covered: bool) -> None:
    """The hair of an identity; under a hat (`covered`) only what shows below it."""
    style = body.identity.part("hair")
    if style == "none":
        return
    builder = {
        "crop": _crop, "spiky": _spiky, "bob": _bob, "long": _long, "ponytail": _ponytail, "bun": _bun,
        "mohawk": _mohawk, "curly": _curly, "pigtails": _pigtails,
    }[style]  # fmt: skip
    if covered and style in ("spiky", "mohawk", "curly", "bun", "crop"):
        if style != "mohawk":
            add_cap(body, head, hairline(0.78, 0.6, 0.36, 0.16), 0.03)
        return
    builder(body, head, covered)


def _crop(body: Sculpture, head: HeadSurface, _covered: bool) -> None:
    add_cap(body, head, hairline(0.8, 0.62, 0.42, 0.2), 0.045)
    add_fringe(body, head)


def _spiky(body: Sculpture, head: HeadSurface, _covered: bool) -> None:
    add_cap(body, head, hairline(0.8, 0.62, 0.42, 0.2), 0.04)
    for index in range(16):
        angle = index * 2.4
        share = 0.97 - 0.028 * index
        out = 0.2 * np.sqrt(index / 16.0)
        reach = (out * np.sin(angle), 0.2 - 0.006 * index, out * np.cos(angle) - 0.05)
        add_lock(body, head, angle, share, reach, 0.095)
    for index in range(4):
        add_lock(body, head, 0.55 - 0.36 * index, 0.84, (0.1 - 0.07 * index, -0.1, 0.09), 0.075, bend=0.05)


def _bob(body: Sculpture, head: HeadSurface, covered: bool) -> None:
    add_cap(body, head, hairline(0.78, 0.72, 0.06, 0.0), 0.07 if not covered else 0.035)
    if not covered:
        add_fringe(body, head)


def _long(body: Sculpture, head: HeadSurface, covered: bool) -> None:
    add_cap(body, head, hairline(0.78, 0.7, 0.1, 0.02), 0.06 if not covered else 0.03)
    if not covered:
        add_fringe(body, head)
    size = body.size
    top, low = size.chin + 0.5 * size.head, size.at("chest")[1]
    rings = 7
    heights = np.linspace(top, low, rings)
    back = np.array([-0.52, -0.56, -0.5, -0.42, -0.4, -0.38, -0.36]) * size.head
    wide = np.array([0.40, 0.43, 0.42, 0.40, 0.37, 0.30, 0.12]) * size.head
    deep = np.array([0.10, 0.13, 0.12, 0.10, 0.09, 0.07, 0.03]) * size.head
    center = np.stack([np.zeros(rings), heights, back * 0.8], axis=1)
    shape = loft(center, np.array([1.0, 0, 0]), Z, wide, deep, 2.6, 12)
    weight = along_chain(-shape.position[:, 1], (HEAD, 10), (-size.chin + 0.1 * size.head,), (0.35 * size.head,))
    body.add(shape, HAIR, weight, "hair", SHADE)


def _ponytail(body: Sculpture, head: HeadSurface, covered: bool) -> None:
    add_cap(body, head, hairline(0.8, 0.64, 0.4, 0.24), 0.04)
    if not covered:
        add_fringe(body, head)
    unit_m = body.size.head
    high = 0.4 if covered else 0.72
    point, facing = head.spot(np.pi, high)
    root = point + facing * 0.03 * unit_m
    path = [
        root + np.array(p) * unit_m for p in ((0, 0.02, 0.02), (0, 0.08, -0.2), (0, -0.2, -0.34), (0, -0.62, -0.26))
    ]
    body.add(tuft(path, [0.07 * unit_m, 0.13 * unit_m, 0.12 * unit_m, 0.01 * unit_m], 9, 9), HAIR, HEAD, "hair", SHADE)
    band = blob(root + np.array([0, 0.03, -0.04]) * unit_m, np.array([0.09, 0.09, 0.05]) * unit_m, 1)
    body.add(band, SECONDARY, HEAD, "hair")


def _bun(body: Sculpture, head: HeadSurface, _covered: bool) -> None:
    add_cap(body, head, hairline(0.8, 0.62, 0.4, 0.2), 0.045)
    add_fringe(body, head)
    unit_m = body.size.head
    point, facing = head.spot(np.pi, 0.88)
    body.add(
        blob(point + facing * 0.12 * unit_m, np.array([0.19, 0.18, 0.18]) * unit_m, 2), HAIR, HEAD, "hair", SHADE, 80.0
    )
    ring = blob(point + facing * 0.03 * unit_m, np.array([0.13, 0.12, 0.12]) * unit_m, 1)
    body.add(ring, SECONDARY, HEAD, "hair")


def _mohawk(body: Sculpture, head: HeadSurface, _covered: bool) -> None:
    for index in range(8):
        angle = 0.0 if index < 4 else np.pi
        share = (0.86, 0.93, 0.97, 0.985, 0.97, 0.9, 0.76, 0.58)[index]
        tall = (0.2, 0.27, 0.31, 0.33, 0.32, 0.3, 0.26, 0.2)[index]
        lean = (0.12, 0.06, 0.0, -0.06, -0.12, -0.2, -0.24, -0.24)[index]
        point, facing = head.spot(angle, share)
        unit_m = body.size.head
        tip = point + np.array([0.0, tall * (1.0 if index < 6 else 0.3), lean]) * unit_m
        path = [point - facing * 0.05 * unit_m, 0.5 * (point + tip) + facing * 0.03 * unit_m, tip]
        shape = tuft(path, [0.13 * unit_m, 0.13 * unit_m, 0.015 * unit_m], 6, 5, flat=0.55, up=np.array([1.0, 0, 0]))
        body.add(shape, HAIR, HEAD, "hair", SHADE)


def _curly(body: Sculpture, head: HeadSurface, _covered: bool) -> None:
    add_cap(body, head, hairline(0.8, 0.62, 0.3, 0.1), 0.07)
    unit_m = body.size.head
    for index in range(30):
        share = 0.96 - 0.022 * index
        angle = index * 2.39996
        away = abs((angle + np.pi) % (2 * np.pi) - np.pi)
        if share < 0.7 and away < 1.1:
            continue
        point, facing = head.spot(angle, share)
        radius = (0.13 + 0.03 * np.sin(index * 1.7)) * unit_m
        body.add(
            blob(point + facing * 0.06 * unit_m, (radius, radius, radius), 1), HAIR, HEAD, "hair", (0.86, 1.08), 80.0
        )


def _pigtails(body: Sculpture, head: HeadSurface, covered: bool) -> None:
    add_cap(body, head, hairline(0.8, 0.66, 0.4, 0.2), 0.045)
    if not covered:
        add_fringe(body, head)
    unit_m = body.size.head
    for side in (1.0, -1.0):
        point, facing = head.spot(side * 1.75, 0.36 if covered else 0.62)
        root = point + facing * 0.04 * unit_m
        path = [
            root + np.array([side * a, b, c]) * unit_m
            for a, b, c in ((0, 0, 0), (0.16, 0.02, -0.02), (0.2, -0.3, -0.02), (0.12, -0.68, 0.02))
        ]
        body.add(
            tuft(path, [0.07 * unit_m, 0.12 * unit_m, 0.1 * unit_m, 0.015 * unit_m], 8, 9, up=Z),
            HAIR,
            HEAD,
            "hair",
            SHADE,
        )
        body.add(
            blob(root + np.array([side * 0.05, 0, 0]) * unit_m, np.array([0.05, 0.09, 0.09]) * unit_m, 1),
            SECONDARY,
            HEAD,
            "hair",
        )


def add_beard(body: Sculpture, head: HeadSurface) -> None:
    """The beard of an identity."""
    style, unit_m = body.identity.part("beard"), body.size.head
    if style == "none":
        return
    if style in ("full", "moustache"):
        for side in (1.0, -1.0):
            points = []
            for angle, share in ((0.02, 0.27), (0.2, 0.25), (0.36, 0.19 if style == "full" else 0.17)):
                point, facing = head.spot(side * angle, share)
                points.append(point + facing * 0.02 * unit_m)
            shape = tuft(points, [0.035 * unit_m, 0.042 * unit_m, 0.008 * unit_m], 7, 6)
            body.add(shape, HAIR, HEAD, "head", SHADE)
    if style == "full":

        def low(angle: Floats) -> Floats:
            return np.interp(np.abs(angle), [0.0, 1.0, 1.6], [-0.02, 0.04, 0.3])

        def jaw(angle: Floats, share: Floats) -> Floats:
            return head(angle, np.clip(share, 0.02, 1.0))

        # The upper edge swings down in the middle, below the mouth.
        def upper(angle: Floats, share: Floats) -> Floats:
            top = np.interp(np.abs(angle), [0.0, 0.35, 0.7, 1.6], [0.13, 0.14, 0.3, 0.42])
            bottom = low(angle)
            step = (0.42 - share) / np.maximum(0.42 - bottom, 1e-6)
            return jaw(angle, top + (bottom - top) * step)

        shape = shell(upper, head.middle, low, 0.42, 0.05 * unit_m, sides=15, rings=5, span=(-1.6, 1.6))
        body.add(shape, HAIR, HEAD, "head", SHADE)
    if style in ("full", "goatee"):
        chin, facing = head.spot(0.0, 0.07)
        long = body.dice.between("beard length", 0.16, 0.4) if style == "full" else 0.17
        wide = 0.2 if style == "full" else 0.085
        path = [chin + np.array([0, 0.03, -0.08]) * unit_m, chin + np.array([0, -0.4 * long, 0.02]) * unit_m]
        path += [chin + np.array([0, -long, -0.01]) * unit_m]
        shape = tuft(path, [wide * unit_m, 0.85 * wide * unit_m, 0.012 * unit_m], 9, 6, flat=0.6, up=Z)
        body.add(shape, HAIR, HEAD, "head", SHADE)
