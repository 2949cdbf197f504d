"""What is worn on top of clothes: pauldrons, gloves, capes, bags."""

import numpy as np
from numpy.typing import NDArray

from engine.characters.palettes import GLOW, HAIR, LEATHER, METAL, PRIMARY, SECONDARY, SKIN
from engine.characters.sculpting.body import (
    SIDES,
    arm_radius,
    arm_weights,
    limb,
    torso_at,
    torso_height,
)
from engine.characters.sculpting.sculpture import Sculpture, along_chain
from engine.characters.sculpting.surfaces import X, Y, Z, blob, closed, loft, tuft
from engine.geometry.props.shapes.solids import Shape
from engine.motion.skeleton import JOINT_COUNT

Floats = NDArray[np.float64]


def add_shoulders(body: Sculpture, style: str) -> None:
    """Pauldrons, spikes or fur."""
    for side, name, arm, _ in SIDES:
        part = f"{name}_upper_arm"
        if style in ("round", "spiked", "plates"):
            _add_pauldron(body, side, arm, part, layered=style == "plates")
        if style == "spiked":
            _add_spikes(body, side, arm, part)
        if style == "fur":
            _add_fur(body, side, arm, part)


def _shoulder_unit(body: Sculpture) -> float:
    return 0.062 * body.size.height * (0.7 + 0.3 * body.size.girth)


def _add_pauldron(body: Sculpture, side: float, arm: tuple[int, int, int], part: str, *, layered: bool) -> None:
    """One or two domes of metal over a shoulder, with a rim; they follow the arm in part."""
    unit, joint = _shoulder_unit(body), body.size.joint[arm[0]]
    layers = ((0.12, 0.2, 1.0), (0.55, -0.05, 0.82)) if layered else ((0.15, 0.12, 1.08),)

    def follows(shape: Shape) -> Floats:
        fixed = np.zeros((len(shape.position), JOINT_COUNT))
        fixed[:, arm[0]] = 0.4
        return arm_weights(body, arm, shape.position) * 0.6 + fixed

    for index, (out, rise, large) in enumerate(layers):
        center = joint + np.array([side * out, rise, 0]) * unit
        shape = blob(center, np.array([1.0, 0.85, 1.05]) * unit * large, 2, (0, 0, -side * 0.35))
        lowest = joint[1] - 0.15 * unit - index * 0.3 * unit
        height = np.maximum(shape.position[:, 1], lowest)
        dome = Shape(np.stack([shape.position[:, 0], height, shape.position[:, 2]], 1), shape.triangle)
        body.add(dome, METAL, follows(dome), part, (0.78 - 0.08 * index, 1.1 - 0.05 * index), 40.0)
    out, _, large = layers[-1]
    rim = joint + np.array([side * out, -0.1 - 0.3 * (len(layers) - 1), 0]) * unit
    wide = np.array([0.98, 1.05, 0.98]) * unit * large
    deep = np.array([1.05, 1.1, 1.05]) * unit * large
    ring = loft(rim + Y * np.array([[-0.14], [0.0], [0.12]]) * unit, X, Z, wide, deep, 2.0, 14)
    body.add(ring, SECONDARY, follows(ring), part, (0.9, 1.05))


def _add_spikes(body: Sculpture, side: float, arm: tuple[int, int, int], part: str) -> None:
    """Three spikes of horn on a shoulder."""
    unit, joint = _shoulder_unit(body), body.size.joint[arm[0]]
    slot = GLOW if body.identity.kind == "human" else SKIN
    for lean, long in ((0.0, 1.35), (-0.75, 0.9), (0.75, 0.9)):
        root = joint + np.array([side * 0.35, 0.75, lean * 0.6]) * unit
        tip = root + np.array([side * 0.45, 0.75, lean * 0.5]) * unit * long
        body.add(tuft([root, tip], [0.3 * unit, 0.02 * unit], 7, 4), slot, arm[0], part, (0.8, 1.0))


def _add_fur(body: Sculpture, side: float, arm: tuple[int, int, int], part: str) -> None:
    """A collar of tufts around a shoulder."""
    unit, joint = _shoulder_unit(body), body.size.joint[arm[0]]
    for angle in (np.arange(11) * np.pi * 2 / 11).tolist():
        root = joint + np.array([side * 0.05, 0.28, 0]) * unit
        out = np.array([side * (0.5 + 0.55 * np.cos(angle)), 0.12 - 0.1 * np.cos(angle), 0.95 * np.sin(angle)])
        path = [root, root + 0.8 * out * unit + Y * 0.25 * unit, root + 1.25 * out * unit - Y * 0.45 * unit]
        lock = tuft(path, [0.45 * unit, 0.42 * unit, 0.05 * unit], 6, 5, flat=0.7)
        body.add(lock, HAIR, arm[0], part, (0.8, 1.08))


def add_gloves(body: Sculpture, style: str) -> None:
    """Bracers or gauntlets around the forearms."""
    if style == "none":
        return
    size = body.size
    slot = METAL if style == "gauntlets" else LEATHER
    for _, name, arm, _ in SIDES:
        first = 0.66 if style == "bracers" else 0.62
        center, radius = limb(
            size.joint[list(arm)], arm_radius(size), first=first, last=1.0, rings=5, grow_m=0.009 * size.height
        )
        if style == "gauntlets":
            radius = radius * np.array([1.3, 1.12, 1.0, 1.0, 1.05])
        shape = loft(center, Y, Z, radius, radius, 2.3, 10)
        body.add(shape, slot, arm_weights(body, arm, shape.position), f"{name}_forearm", (0.82, 1.1))
        for share in (0.7, 0.93) if style == "bracers" else (0.97,):
            center, radius = limb(
                size.joint[list(arm)],
                arm_radius(size),
                first=share - 0.02,
                last=share + 0.02,
                rings=3,
                grow_m=0.014 * size.height,
            )
            ring = loft(center, Y, Z, radius, radius, 2.3, 10)
            body.add(ring, SECONDARY, arm_weights(body, arm, ring.position), f"{name}_forearm", (0.9, 1.0))


def add_back(body: Sculpture, style: str) -> None:
    """A cape, a backpack or a quiver."""
    size = body.size
    if style == "cape":
        _cape(body)
    elif style == "backpack":
        unit = 0.09 * size.height
        deep = float(torso_at(size, np.array([0.6]))[1][0])
        middle = np.array([0.0, float(torso_height(size, np.array([0.55]))[0]), -deep - 0.75 * unit])
        pack = loft(
            middle + Y * np.array([[-1.3], [-1.15], [0.7], [1.1], [1.2]]) * unit,
            X,
            Z,
            np.array([0.9, 1.1, 1.15, 0.95, 0.6]) * unit,
            np.array([0.6, 0.8, 0.75, 0.6, 0.35]) * unit,
            3.6,
            14,
        )
        body.add(pack, LEATHER, 10, "back", (0.82, 1.08))
        roll = loft(
            middle + X * np.array([[-1.35], [-1.25], [1.25], [1.35]]) * unit + Y * 1.5 * unit,
            Y,
            Z,
            np.array([0.3, 0.42, 0.42, 0.3]) * unit,
            np.array([0.3, 0.42, 0.42, 0.3]) * unit,
            2.0,
            10,
        )
        body.add(roll, SECONDARY, 10, "back", (0.8, 1.05))
        pocket = loft(
            middle + Y * np.array([[-0.9], [-0.75], [0.05], [0.2]]) * unit - Z * 0.75 * unit,
            X,
            Z,
            np.array([0.55, 0.7, 0.65, 0.5]) * unit,
            np.array([0.25, 0.35, 0.3, 0.2]) * unit,
            3.5,
            10,
        )
        body.add(pocket, LEATHER, 10, "back", (1.0, 1.25))
    elif style == "quiver":
        unit = 0.045 * size.height
        deep = float(torso_at(size, np.array([0.6]))[1][0])
        low = np.array([-1.6 * unit, float(torso_height(size, np.array([0.3]))[0]), -deep - 0.9 * unit])
        high = np.array([2.0 * unit, float(torso_height(size, np.array([1.12]))[0]), -deep - 1.1 * unit])
        path = low + (high - low) * np.array([0.0, 0.03, 0.9, 0.94, 1.0])[:, None]
        size_m = np.array([0.7, 0.85, 1.0, 1.12, 1.12]) * unit
        body.add(loft(path, np.array([0.87, -0.5, 0]), Z, size_m, size_m, 2.0, 12), LEATHER, 10, "back", (0.8, 1.08))
        along = (high - low) / np.linalg.norm(high - low)
        for x, z in ((0.45, 0.3), (-0.4, 0.2), (0.05, -0.45), (-0.1, 0.5)):
            root = high + np.array([x, 0, z]) * unit
            tip = root + along * unit * (2.6 + 0.4 * x)
            body.add(
                tuft([root - along * unit, tip], [0.14 * unit, 0.14 * unit], 5, 3),
                SKIN if body.identity.kind == "skeleton" else LEATHER,
                10,
                "back",
                (1.2, 1.5),
            )
            feather = tuft(
                [tip - along * 1.1 * unit, tip - along * 0.4 * unit, tip + along * 0.2 * unit],
                [0.1 * unit, 0.5 * unit, 0.3 * unit],
                6,
                5,
                flat=0.3,
                up=Z,
            )
            body.add(feather, SECONDARY, 10, "back", (0.95, 1.05))


def _cape(body: Sculpture) -> None:
    size, rings, columns = body.size, 9, 9
    top, low = float(torso_height(size, np.array([0.93]))[0]), 0.13 * size.height
    step = np.linspace(0.0, 1.0, rings)[:, None]
    across = np.linspace(-1.0, 1.0, columns)[None]
    wide, deep, _ = torso_at(size, np.interp(step[:, 0], [0.0, 1.0], [0.85, 0.0]))
    half = (wide * np.array([1.0] * rings) + 0.06 * size.height * step[:, 0])[:, None]
    x = half * across * np.interp(step, [0, 0.1, 1], [0.95, 1.08, 1.25])
    behind = deep[:, None] + (0.03 + 0.075 * step**1.3 + 0.008 * np.cos(across * 9.0) * step) * size.height
    z = -behind + 0.075 * size.height * np.abs(across) ** 2.2 * (1.0 - 0.7 * step)
    y = top + (low - top) * step + 0.0 * across
    outer = np.stack([x, y, z], axis=-1)
    inner = outer[:, ::-1] + np.array([0.0, 0.0, 0.012 * size.height])
    shape = closed(np.concatenate([outer, inner], axis=1))
    place = (size.at("chest")[1] - shape.position[:, 1]) / size.at("chest")[1]
    weight = along_chain(place, (10, 9, 0), (0.02, 0.3), (0.16, 0.14))
    legs = np.clip((size.at("pelvis")[1] * 0.9 - shape.position[:, 1]) / size.at("pelvis")[1], 0.0, 1.0) * 0.5
    left = np.clip(shape.position[:, 0] / (0.3 * size.height) + 0.5, 0.0, 1.0)
    weight = weight * (1.0 - legs[:, None])
    weight[:, 1] += legs * left
    weight[:, 5] += legs * (1.0 - left)
    color = SECONDARY if body.dice.between("cape color", 0, 1) < 0.5 else PRIMARY
    body.add(shape, color, weight, "back", (0.72, 1.05), 75.0)
    for side in (1.0, -1.0):
        spot = np.array([side * wide[0] * 0.72, top + 0.005 * size.height, deep[0] * 0.75])
        body.add(blob(spot, np.full(3, 0.022 * size.height), 1), METAL, 10, "chest", (0.9, 1.1))
