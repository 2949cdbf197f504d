"""What is worn below the neck: tunics, robes, breastplates, belts, shoulders, gloves, capes, bags."""

import numpy as np
from numpy.typing import NDArray

from engine.characters.palettes import DARK, HAIR, LEATHER, METAL, PRIMARY, SECONDARY, SKIN
from engine.characters.sculpting.body import (
    add_sleeve,
    torso_at,
    torso_height,
    torso_parts,
    torso_spot,
    torso_weights,
    wrap_torso,
)  # fmt: skip
from engine.characters.sculpting.sculpture import Sculpture
from engine.characters.sculpting.surfaces import X, Y, Z, blob, closed, loft, tuft
from engine.motion.skeleton import JOINT_COUNT

Floats = NDArray[np.float64]


def add_skirt(body: Sculpture, low_m: float, slot: int, flare: float, trim: int) -> None:
    """A skirt from the belt down to a height; its corners follow the legs the more the lower they are.

    flare  how far it stands off at its hem, as a share of the body's height
    trim   slot of a band along the hem
    """
    size = body.size
    top = float(torso_height(size, np.array([0.2]))[0])
    band = 0.032 * size.height / max(top - low_m, 1e-6)
    share = np.concatenate([np.linspace(0.0, 1.0 - band, 7), [1.0]])
    wide, deep, ahead = torso_at(size, 0.2 - 0.2 * np.minimum(share * 2.0, 1.0))
    spread = flare * size.height * share**1.2 + 0.008 * size.height
    leg = size.at("l_hip")[0] * 0.3 * np.clip(share * 2, 0, 1)
    center = np.stack([np.zeros(8), top + (low_m - top) * share, ahead], axis=1)
    wide, deep = wide + spread + leg, deep + spread
    grow = 0.004 * size.height
    lined = np.array([-2, -1, -1])
    layers = (
        (slot, center[:-1], wide[:-1], deep[:-1], (True, False), (0.82, 1.02)),
        (trim, center[[-2, -2, -1, -1]], wide[[-2, -2, -1, -1]] + grow * np.array([0, 1, 1, 0]),
         deep[[-2, -2, -1, -1]] + grow * np.array([0, 1, 1, 0]), (False, False), (0.9, 1.02)),
        (DARK, center[lined], wide[lined] * 0.94, deep[lined] * 0.92, (False, True), (1.2, 1.4)),
    )  # fmt: skip
    for color, middle, half, depth, caps, shade in layers:
        shape = loft(middle, X, Z, half, depth, 2.3, 20, caps)
        body.add(shape, color, skirt_weights(body, shape.position), "skirt", shade)


def skirt_weights(body: Sculpture, position: Floats) -> Floats:
    """Cloth around the legs: the pelvis above, each leg on its side below."""
    size = body.size
    hip, knee = size.at("l_hip"), size.at("l_knee")
    down = np.clip((hip[1] - position[:, 1]) / (hip[1] - knee[1] * 0.9), 0.0, 1.0)
    left = np.clip(position[:, 0] / (2.4 * hip[0]) + 0.5, 0.0, 1.0)
    left = left * left * (3.0 - 2.0 * left)
    legs = 0.88 * down
    shin = np.clip((knee[1] * 0.9 - position[:, 1]) / max(knee[1], 1e-6), 0.0, 1.0) * 0.35 * legs
    weight = np.zeros((len(position), JOINT_COUNT))
    weight[:, 0] = 1.0 - legs
    weight[:, 1], weight[:, 5] = (legs - shin) * left, (legs - shin) * (1.0 - left)
    weight[:, 2], weight[:, 6] = shin * left, shin * (1.0 - left)
    return weight


def add_belt(body: Sculpture, style: str) -> None:
    """A belt with a buckle, pouches, or a sash with a hanging end."""
    size = body.size
    slot = SECONDARY if style == "sash" else LEATHER
    thick = 0.016 * size.height
    wrap_torso(body, 0.13, 0.27, slot, thick, rings=4, shade=(0.88, 1.05))
    wide, deep, ahead, y = torso_spot(size, 0.2)
    front = np.array([0.0, y, ahead + deep + thick])
    unit = 0.028 * size.height
    if style == "sash":
        for x, long in ((0.5, 3.6), (-0.5, 2.8)):
            path = [
                front + np.array([0.4, 0.2, 0.1]) * unit,
                front + np.array([x, -1.2, 0.5]) * unit,
                front + np.array([1.3 * x, -long, 0.4]) * unit,
            ]
            body.add(
                tuft(path, [0.6 * unit, 0.75 * unit, 0.7 * unit], 6, 5, flat=0.25, up=Z), slot, 0, "pelvis", (0.75, 1.0)
            )
        body.add(
            blob(front + np.array([0.3, 0.1, 0.1]) * unit, np.array([0.7, 0.75, 0.5]) * unit, 1), slot, 0, "pelvis"
        )
        return
    plate = loft(
        front + Z * np.array([[-0.2], [0.15], [0.3]]) * unit,
        X,
        Y,
        np.array([1.0, 1.0, 0.8]) * unit,
        np.array([0.85, 0.85, 0.65]) * unit,
        4.0,
        8,
    )
    body.add(plate, METAL, 0, "pelvis", (0.9, 1.12), 30.0)
    hole = loft(
        front + Z * np.array([[0.1], [0.36]]) * unit, X, Y, np.full(2, 0.45 * unit), np.full(2, 0.35 * unit), 4.0, 8
    )
    body.add(hole, LEATHER, 0, "pelvis", (0.6, 0.7), 30.0)
    if style == "pouches":
        for side in (1.0, -1.0):
            spot = np.array([side * (wide + thick) * 0.86, y - 0.9 * unit, ahead + 0.62 * deep])
            bag = loft(
                spot + Y * np.array([[-1.0], [-0.8], [0.6], [0.8]]) * unit,
                X,
                Z,
                np.array([0.7, 0.95, 0.85, 0.6]) * unit,
                np.array([0.55, 0.8, 0.7, 0.5]) * unit,
                3.5,
                8,
            )
            body.add(bag, LEATHER, 0, "pelvis", (0.95, 1.15))
            flap = loft(
                spot + Y * np.array([[0.1], [0.3], [0.9]]) * unit,
                X,
                Z,
                np.array([1.0, 1.02, 0.7]) * unit,
                np.array([0.86, 0.88, 0.6]) * unit,
                3.5,
                8,
            )
            body.add(flap, LEATHER, 0, "pelvis", (1.15, 1.3))


def add_torso(body: Sculpture, style: str) -> None:
    """The garment of the trunk, with its sleeves and skirt."""
    size = body.size
    hem = size.at("l_knee")[1]
    hip = size.at("l_hip")[1]
    grown = 0.009 * size.height
    if style == "tunic":
        wrap_torso(body, 0.16, 0.95, PRIMARY, grown, rings=9)
        add_skirt(body, hip - 0.62 * (hip - hem), PRIMARY, 0.03, SECONDARY)
        add_sleeve(body, PRIMARY, -0.06, 0.47, grown, widen=0.18)
        add_sleeve(body, SECONDARY, 0.43, 0.5, grown * 1.7, widen=0.1, rings=3)
        wrap_torso(body, 0.86, 1.0, SECONDARY, 0.012 * size.height, rings=4)
    elif style == "robe":
        wrap_torso(body, 0.16, 0.96, PRIMARY, grown, rings=9)
        add_skirt(body, 0.075 * size.height, PRIMARY, 0.05, SECONDARY)
        add_sleeve(body, PRIMARY, -0.06, 0.93, grown, widen=0.75)
        add_sleeve(body, SECONDARY, 0.87, 0.95, grown + 0.021 * size.height, widen=0.12, rings=3)
        _front_panel(body, 0.14, 0.9, SECONDARY, 0.02)
        wrap_torso(body, 0.84, 1.02, SECONDARY, 0.014 * size.height, rings=4)
    elif style == "breastplate":
        wrap_torso(body, 0.26, 0.9, METAL, 0.018 * size.height, rings=8, exponent=2.7, shade=(0.78, 1.12))
        wrap_torso(body, 0.84, 0.99, METAL, 0.016 * size.height, rings=4, shade=(0.7, 0.9))
        add_skirt(body, hip - 0.5 * (hip - hem), PRIMARY, 0.02, SECONDARY)
        add_sleeve(body, PRIMARY, -0.06, 0.72, grown)
        _front_panel(body, 0.3, 0.86, SECONDARY, 0.021)
    elif style == "vest":
        wrap_torso(body, 0.16, 0.9, LEATHER, grown, rings=8)
        _front_panel(body, 0.28, 0.93, SKIN, 0.012, 1.0)
        add_skirt(body, hip - 0.4 * (hip - hem), LEATHER, 0.02, HAIR)
        _strap(body)
    else:
        wrap_torso(body, 0.1, 0.95, PRIMARY, grown * 1.3, rings=9)
        add_skirt(body, hem - 0.05 * size.height, PRIMARY, 0.035, SECONDARY)
        add_sleeve(body, PRIMARY, -0.06, 0.86, grown, widen=0.2)
        add_sleeve(body, SECONDARY, 0.79, 0.88, grown * 1.9, widen=0.05, rings=3)
        _front_panel(body, 0.28, 0.93, SECONDARY, 0.015, 0.55)
        for share in (0.42, 0.6, 0.78):
            _button(body, share)
        wrap_torso(body, 0.85, 1.06, PRIMARY, 0.02 * size.height, rings=4, shade=(0.95, 1.1))


def _front_panel(body: Sculpture, low: float, high: float, slot: int, grow: float, wide: float = 0.5) -> None:
    """A strip down the middle of the chest that follows its curve."""
    size, rings = body.size, 8
    share = np.linspace(low, high, rings)
    half, deep, ahead = torso_at(size, share)
    y = torso_height(size, share)
    x = wide * np.interp(share, [low, high], [0.35, 0.75]) * half
    rows = []
    for place in (-1.0, -0.5, 0.0, 0.5, 1.0):
        across = np.clip(np.abs(place * x) / (half + 1e-9), 0.0, 0.999)
        z = ahead + (deep + grow * size.height) * (1.0 - across**2.5) ** (1.0 / 2.5)
        rows.append(np.stack([place * x, y, z], axis=1))
    front = np.stack(rows, axis=1)
    back = front[:, ::-1] - np.array([0.0, 0.0, 0.03 * size.height])
    shape = closed(np.concatenate([front, back], axis=1))
    body.add(shape, slot, torso_weights(size, shape.position), torso_parts(size, shape.position), (0.86, 1.02))


def _button(body: Sculpture, share: float) -> None:
    size = body.size
    _, deep, ahead, y = torso_spot(size, share)
    shape = blob((0.0, y, ahead + deep + 0.017 * size.height), np.array([0.013, 0.013, 0.008]) * size.height, 1)
    body.add(shape, METAL, torso_weights(size, shape.position), torso_parts(size, shape.position))


def _strap(body: Sculpture) -> None:
    """A belt across the chest."""
    size, points = body.size, []
    for share, x in ((0.93, 0.72), (0.8, 0.5), (0.6, 0.05), (0.4, -0.5), (0.28, -0.85)):
        half, deep, ahead, y = torso_spot(size, share)
        z = ahead + (deep + 0.014 * size.height) * (1 - abs(x) ** 2.5) ** 0.4
        points.append(np.array([x * half, y, z]))
    shape = tuft(points, [0.022 * size.height] * 2, 6, 11, flat=0.5, up=Z)
    body.add(shape, SECONDARY, torso_weights(size, shape.position), torso_parts(size, shape.position), (0.85, 1.0))
