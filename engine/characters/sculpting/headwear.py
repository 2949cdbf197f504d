"""Hats, hoods, helmets and crowns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.characters.palettes import DARK, GLOW, LEATHER, METAL, PRIMARY, SECONDARY, SKIN
from engine.characters.sculpting.hair import hairline
from engine.characters.sculpting.head import HeadSurface, add_patch
from engine.characters.sculpting.sculpture import Sculpture
from engine.characters.sculpting.surfaces import X, Y, Z, blob, loft, shell, tuft
from engine.geometry.props.shapes.solids import Shape
from engine.motion.skeleton import HEAD

Floats = NDArray[np.float64]

COVERING = ("hood", "wizard", "helm", "horned", "cap", "straw")
"""Headwear that hides the hair on top."""


def add_headwear(body: Sculpture, head: HeadSurface) -> None:
    """The headwear of an identity."""
    builder = {
        "hood": _hood, "wizard": _wizard, "helm": _helm, "horned": _horned, "crown": _crown, "cap": _cap,
        "headband": _headband, "straw": _straw,
    }.get(body.identity.part("headwear"))  # fmt: skip
    if builder is not None:
        builder(body, head)


def _rings(
    body: Sculpture, rows: Sequence[tuple[float, float, float, float]], sides: int = 18,
           exponent: float = 2.2) -> Shape:  # fmt: skip
    """A turned shape around the head: rows of height above the chin, half width, half depth, shift forward, as shares
    of the head's height.
    """
    unit_m = body.size.head
    table = np.array(rows) * unit_m
    center = np.stack([np.zeros(len(table)), body.size.chin + table[:, 0], table[:, 3]], axis=1)
    return loft(center, X, Z, table[:, 1], table[:, 2], exponent, sides)


def _hood(body: Sculpture, head: HeadSurface) -> None:
    unit_m = body.size.head
    shape = shell(head, head.middle, hairline(0.9, 0.72, 0.02, 0.0), 0.985, 0.09 * unit_m, sides=26, rings=8)
    # A peak at the back.
    reach = np.clip((shape.position[:, 1] - head.middle[1]) / unit_m + 0.1, 0.0, 1.0)
    behind = np.clip(-shape.position[:, 2] / unit_m, 0.0, 0.6)
    shape = Shape(
        shape.position + np.stack([0 * reach, -0.1 * reach * behind, -0.75 * reach * behind], 1) * unit_m,
        shape.triangle,
    )
    body.add(shape, PRIMARY, HEAD, "hat", (0.75, 1.05), 70.0)
    points = []
    for angle, share in (
        (-1.35, 0.06),
        (-1.15, 0.4),
        (-0.95, 0.72),
        (-0.55, 0.93),
        (0, 0.965),
        (0.55, 0.93),
        (0.95, 0.72),
        (1.15, 0.4),
        (1.35, 0.06),
    ):
        point, facing = head.spot(angle, share)
        points.append(point + facing * 0.075 * unit_m + np.array([0, 0, 0.03 * unit_m]))
    body.add(tuft(points, [0.035 * unit_m] * 3, 6, 17), SECONDARY, HEAD, "hat", (0.85, 1.05), 80.0)
    low, high = body.size.at("neck")[1] - 0.11 * unit_m, body.size.chin + 0.08 * unit_m
    center = np.stack([np.zeros(4), np.linspace(low, high, 4), np.full(4, -0.03 * unit_m)], axis=1)
    wide = np.array([0.52, 0.48, 0.40, 0.3]) * unit_m
    collar = loft(center, X, Z, wide, wide * 0.78, 2.2, 16)
    body.add(collar, PRIMARY, 10, "neck", (0.78, 1.0))


def _wizard(body: Sculpture, _head: HeadSurface) -> None:
    lean = body.dice.between("hat lean", -0.1, 0.1)
    brim = [(0.74, 0.42, 0.42, 0), (0.73, 0.82, 0.84, 0), (0.765, 0.86, 0.88, 0), (0.80, 0.5, 0.5, 0)]
    body.add(_rings(body, brim, 20), PRIMARY, HEAD, "hat", (0.72, 1.02), 30.0)
    unit_m = body.size.head
    heights = np.array([0.74, 0.86, 1.0, 1.16, 1.34, 1.5, 1.6, 1.62])
    size = np.array([0.52, 0.49, 0.41, 0.32, 0.22, 0.14, 0.085, 0.02])
    shift = np.array([0, 0, 0, 0.0, 0.03, 0.1, 0.2, 0.27])
    center = np.stack([shift * lean * 10, heights, -shift], axis=1) * unit_m + np.array([0, body.size.chin, 0])
    body.add(loft(center, X, Z, size * unit_m, size * unit_m, 2.0, 14), PRIMARY, HEAD, "hat", (0.85, 1.08))
    band = [(0.775, 0.525, 0.525, 0), (0.79, 0.535, 0.535, 0), (0.89, 0.5, 0.5, 0), (0.90, 0.49, 0.49, 0)]
    body.add(_rings(body, band), SECONDARY, HEAD, "hat")
    buckle = loft(
        np.array([[0, 0.84, 0.5], [0, 0.835, 0.55]]) * unit_m + np.array([0, body.size.chin, 0]),
        X,
        Y,
        np.full(2, 0.09 * unit_m),
        np.full(2, 0.07 * unit_m),
        5.0,
        8,
    )
    body.add(buckle, METAL, HEAD, "hat", (1.0, 1.1), 30.0)


def _helm(body: Sculpture, head: HeadSurface) -> None:
    unit_m = body.size.head
    low = hairline(0.62, 0.6, 0.06, 0.02)
    body.add(shell(head, head.middle, low, 0.985, 0.07 * unit_m, 24, 8), METAL, HEAD, "hat", (0.8, 1.1), 60.0)
    if body.dice.between("visor", 0.0, 1.0) < 0.6:
        # A closed visor with a slit over the eyes.
        face = [(0.03, 0.40, 0.38, 0.09), (0.15, 0.47, 0.45, 0.1), (0.32, 0.505, 0.5, 0.1), (0.39, 0.51, 0.505, 0.09)]
        body.add(_rings(body, face, 18), METAL, HEAD, "hat", (0.75, 0.98), 60.0)
        for index in range(6):
            add_patch(body, head, (index - 2.5) * 0.15, 0.22, (0.016, 0.05, 0.03), DARK, raised=0.1)
    else:
        path = [
            np.array([0, body.size.chin + y * unit_m, z * unit_m]) for y, z in ((0.74, 0.5), (0.5, 0.54), (0.28, 0.54))
        ]
        body.add(
            tuft(path, [0.05 * unit_m, 0.045 * unit_m, 0.02 * unit_m], 6, 5, flat=0.5, up=Z),
            METAL,
            HEAD,
            "hat",
            (0.9, 1.1),
        )
    rim = [(0.6, 0.515, 0.52, 0), (0.62, 0.535, 0.54, 0), (0.68, 0.535, 0.54, 0), (0.7, 0.515, 0.52, 0)]
    body.add(_rings(body, rim, 20), METAL, HEAD, "hat", (0.7, 0.85))
    if body.dice.between("plume", 0.0, 1.0) < 0.75:
        path = [
            np.array([0, body.size.chin + y * unit_m, z * unit_m])
            for y, z in ((1.0, 0.24), (1.22, 0.2), (1.3, -0.2), (1.05, -0.62), (0.62, -0.78))
        ]
        plume = tuft(
            path, [0.06 * unit_m, 0.12 * unit_m, 0.14 * unit_m, 0.12 * unit_m, 0.02 * unit_m], 8, 11, up=X, flat=0.6
        )
        body.add(plume, SECONDARY, HEAD, "hat", (0.8, 1.08))


def _horned(body: Sculpture, head: HeadSurface) -> None:
    unit_m = body.size.head
    low = hairline(0.68, 0.62, 0.4, 0.3)
    body.add(shell(head, head.middle, low, 0.985, 0.075 * unit_m, 22, 7), METAL, HEAD, "hat", (0.8, 1.1), 60.0)
    rim = [(0.64, 0.52, 0.52, 0), (0.655, 0.55, 0.55, 0), (0.75, 0.545, 0.545, 0), (0.765, 0.52, 0.52, 0)]
    body.add(_rings(body, rim, 20), LEATHER, HEAD, "hat", (0.9, 1.1))
    rise = body.dice.between("horn rise", 0.3, 0.55)
    for side in (1.0, -1.0):
        root = np.array([side * 0.44 * unit_m, body.size.chin + 0.78 * unit_m, 0.0])
        offsets = ((0, 0, 0), (0.3, 0.02, 0.02), (0.46, 0.2, 0.06), (0.44, rise + 0.1, 0.12))
        path = [root + np.array([side * x, y, z]) * unit_m for x, y, z in offsets]
        horn = tuft(path, [0.11 * unit_m, 0.1 * unit_m, 0.07 * unit_m, 0.008 * unit_m], 8, 9, up=Z)
        body.add(horn, GLOW if body.identity.kind == "human" else SKIN, HEAD, "hat", (0.75, 0.98))
        body.add(
            blob(root + side * X * 0.05 * unit_m, np.array([0.06, 0.135, 0.135]) * unit_m, 1),
            METAL,
            HEAD,
            "hat",
            (0.7, 0.85),
        )


def _crown(body: Sculpture, _head: HeadSurface) -> None:
    unit_m = body.size.head
    raised = 0.04 if body.identity.part("hair") != "none" else 0.0
    rows = [
        (0.78 + raised, 0.455, 0.46, 0),
        (0.79 + raised, 0.475, 0.48, 0),
        (0.9 + raised, 0.49, 0.495, 0),
        (0.91 + raised, 0.45, 0.455, 0),
    ]
    body.add(_rings(body, rows, 18, 2.0), METAL, HEAD, "hat", (0.9, 1.1), 30.0)
    for index in range(8):
        angle = index * np.pi / 4.0
        root = np.array([0.47 * np.sin(angle), 0.88 + raised, 0.475 * np.cos(angle)]) * unit_m + np.array(
            [0, body.size.chin, 0]
        )
        tip = root + np.array([0.03 * np.sin(angle), 0.2 if index % 2 == 0 else 0.12, 0.03 * np.cos(angle)]) * unit_m
        body.add(tuft([root, tip], [0.085 * unit_m, 0.012 * unit_m], 5, 3), METAL, HEAD, "hat", (0.95, 1.12), 30.0)
        body.add(blob(tip, np.full(3, 0.03 * unit_m), 1), SECONDARY, HEAD, "hat")


def _cap(body: Sculpture, _head: HeadSurface) -> None:
    unit_m = body.size.head
    brim = [(0.70, 0.4, 0.42, 0.02), (0.69, 0.5, 0.72, 0.14), (0.715, 0.53, 0.76, 0.15), (0.76, 0.48, 0.5, 0.02)]
    body.add(_rings(body, brim, 18), PRIMARY, HEAD, "hat", (0.75, 1.0), 30.0)
    crown = [
        (0.72, 0.515, 0.52, 0),
        (0.8, 0.52, 0.53, 0),
        (0.95, 0.45, 0.48, -0.02),
        (1.09, 0.3, 0.36, -0.06),
        (1.14, 0.1, 0.16, -0.1),
    ]
    body.add(_rings(body, crown, 16), PRIMARY, HEAD, "hat", (0.85, 1.08), 70.0)
    band = [(0.73, 0.525, 0.53, 0), (0.74, 0.535, 0.54, 0), (0.82, 0.53, 0.54, 0), (0.83, 0.515, 0.525, 0)]
    body.add(_rings(body, band, 18), LEATHER, HEAD, "hat")
    path = [
        np.array([x, body.size.chin / unit_m + y, z]) * unit_m
        for x, y, z in ((0.47, 0.76, 0.15), (0.56, 1.0, -0.1), (0.56, 1.22, -0.42))
    ]
    body.add(
        tuft(path, [0.02 * unit_m, 0.085 * unit_m, 0.008 * unit_m], 7, 7, flat=0.3, up=X),
        SECONDARY,
        HEAD,
        "hat",
        (0.9, 1.1),
    )


def _headband(body: Sculpture, _head: HeadSurface) -> None:
    unit_m = body.size.head
    grown = 0.05 if body.identity.part("hair") not in ("none", "mohawk") else 0.0
    rows = [
        (0.66, 0.455 + grown, 0.455 + grown, 0),
        (0.675, 0.47 + grown, 0.47 + grown, 0),
        (0.755, 0.46 + grown, 0.46 + grown, 0),
        (0.77, 0.44 + grown, 0.44 + grown, 0),
    ]
    body.add(_rings(body, rows, 20), SECONDARY, HEAD, "hat", (0.9, 1.05))
    root = np.array([0.06 * unit_m, body.size.chin + 0.71 * unit_m, -(0.47 + grown) * unit_m])
    for side, long in ((1.0, 0.42), (-0.6, 0.34)):
        path = [
            root,
            root + np.array([side * 0.09, -0.5 * long, -0.1]) * unit_m,
            root + np.array([side * 0.16, -long, -0.05]) * unit_m,
        ]
        body.add(
            tuft(path, [0.05 * unit_m, 0.06 * unit_m, 0.05 * unit_m], 6, 5, flat=0.3, up=Z),
            SECONDARY,
            HEAD,
            "hat",
            (0.8, 1.0),
        )
    body.add(blob(root + np.array([-0.04, 0, 0]) * unit_m, np.full(3, 0.06 * unit_m), 1), SECONDARY, HEAD, "hat")


def _straw(body: Sculpture, _head: HeadSurface) -> None:
    rows = [
        (0.66, 0.44, 0.44, 0), (0.64, 0.9, 0.9, 0), (0.67, 0.92, 0.92, 0), (0.8, 0.62, 0.62, 0), (0.95, 0.36, 0.36, 0),
        (1.07, 0.14, 0.14, 0), (1.1, 0.03, 0.03, 0),
    ]  # fmt: skip
    body.add(_rings(body, rows, 20, 2.0), SECONDARY, HEAD, "hat", (0.78, 1.05), 24.0)
    band = [(0.77, 0.665, 0.665, 0), (0.785, 0.675, 0.675, 0), (0.84, 0.57, 0.57, 0), (0.85, 0.54, 0.54, 0)]
    body.add(_rings(body, band, 20, 2.0), PRIMARY, HEAD, "hat")
