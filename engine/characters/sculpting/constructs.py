"""Bodies that are not of flesh: robots of shells and joints, skeletons of bones."""

import numpy as np
from numpy.typing import NDArray

from engine.characters.palettes import DARK, GLOW, METAL, PRIMARY, SECONDARY, SKIN
from engine.characters.sculpting.body import (
    SIDES,
    arm_radius,
    leg_radius,
    torso_at,
    torso_height,
    torso_parts,
    torso_spot,
    torso_weights,
)
from engine.characters.sculpting.sculpture import Sculpture, along_chain
from engine.characters.sculpting.surfaces import X, Y, Z, blob, loft, tuft
from engine.geometry.props.shapes.solids import Shape
from engine.motion.skeleton import HEAD

Floats = NDArray[np.float64]


def box(
    center: Floats, half: tuple[float, float, float], bevel: float = 0.12, exponent: float = 6.0, taper: float = 1.0
) -> Shape:
    """A box with rounded edges; `taper` scales its top."""
    x, y, z = half
    rows = np.array([-1.0, -1.0 + bevel, 1.0 - bevel, 1.0])
    wide = np.array([1.0 - bevel, 1.0, taper, taper * (1.0 - bevel)])
    points = np.asarray(center) + Y * rows[:, None] * y
    return loft(points, X, Z, wide * x, wide * z, exponent, 16)


def add_robot(body: Sculpture) -> None:
    """Trunk and limbs of a robot: painted shells, dark joints, lights."""
    size, h = body.size, body.size.height
    wide, deep, _ = torso_at(size, np.array([0.7]))
    w, d = float(wide[0]), float(deep[0])
    pelvis, chest, neck = size.at("pelvis"), size.at("chest"), size.at("neck")
    body.add(
        box(pelvis + Y * 0.01 * h, (0.85 * w, 0.045 * h, 0.95 * d), 0.25, 4.0, 1.1),
        SKIN,
        0,
        "pelvis",
        (0.75, 0.95),
        35.0,
    )
    middle = 0.5 * (pelvis + chest)
    waist = loft(np.linspace(pelvis, chest, 6), X, Z, np.tile([0.5, 0.58], 3) * w, np.tile([0.6, 0.7], 3) * d, 2.0, 14)
    weights = torso_weights(size, waist.position)
    body.add(waist, DARK, weights, torso_parts(size, waist.position), (1.6, 2.4), 30.0)
    del middle
    low, high = float(torso_height(size, np.array([0.42]))[0]), float(neck[1] - 0.01 * h)
    center = np.array([0.0, 0.5 * (low + high), 0.0])
    trunk = box(center, (1.0 * w, 0.5 * (high - low), 1.2 * d), 0.2, 4.5, 1.08)
    body.add(trunk, SKIN, 10, "chest", (0.78, 1.08), 35.0)
    front = center + Z * 1.24 * d + Y * 0.15 * (high - low)
    body.add(box(front, (0.55 * w, 0.26 * (high - low), 0.12 * d), 0.2), PRIMARY, 10, "chest", (0.85, 1.05), 35.0)
    if body.dice.between("chest light", 0.0, 1.0) < 0.6:
        body.add(blob(front + Z * 0.12 * d, np.array([0.24 * w, 0.24 * w, 0.1 * d]), 2), GLOW, 10, "chest", (1.0, 1.15))
    else:
        for index in range(3):
            body.add(
                box(front + np.array([(index - 1) * 0.34 * w, 0, 0.12 * d]), (0.11 * w, 0.05 * h, 0.06 * d), 0.2),
                GLOW,
                10,
                "chest",
                (0.9, 1.1),
            )
    body.add(
        box(center - Z * 1.35 * d, (0.62 * w, 0.4 * (high - low), 0.35 * d), 0.15),
        SECONDARY,
        10,
        "back",
        (0.8, 1.0),
        35.0,
    )
    column = loft(
        np.linspace(neck - Y * 0.03 * h, np.array([0, size.chin + 0.06 * size.head, 0]), 5),
        X,
        Z,
        np.full(5, 0.03 * h),
        np.full(5, 0.03 * h),
        2.0,
        10,
    )
    body.add(column, DARK, torso_weights(size, column.position), "neck", (1.8, 2.2), 30.0)
    _robot_limbs(body)
    _robot_head(body)


def _robot_limbs(body: Sculpture) -> None:
    size, h = body.size, body.size.height
    thick = 1.02 + 0.12 * body.dice.between("bulk", 0.0, 1.0)
    for side, name, arm, leg in SIDES:
        shoulder, elbow, wrist = size.joint[list(arm)]
        ra, rl = arm_radius(size) * thick, leg_radius(size) * thick * 0.92
        body.add(blob(shoulder, np.full(3, 1.28 * ra[0]), 2), PRIMARY, arm[0], f"{name}_upper_arm", (0.8, 1.08))
        for joint, number in ((elbow, 4), (wrist, 8)):
            body.add(
                blob(joint, np.full(3, 1.0 * ra[number]), 1),
                DARK,
                arm[1 if number == 4 else 2],
                f"{name}_forearm",
                (1.6, 2.2),
            )
        upper = np.array([0.16, 0.24, 0.8, 0.88])[:, None]
        part = loft(
            shoulder + (elbow - shoulder) * upper,
            Y,
            Z,
            ra[0] * np.array([0.55, 0.7, 0.7, 0.55]),
            ra[0] * np.array([0.55, 0.7, 0.7, 0.55]),
            2.4,
            12,
        )
        body.add(part, SKIN, arm[0], f"{name}_upper_arm", (0.8, 1.05), 35.0)
        lower = np.array([0.1, 0.2, 0.82, 0.95])[:, None]
        shell = loft(
            elbow + (wrist - elbow) * lower,
            Y,
            Z,
            ra[4] * np.array([0.95, 1.25, 1.5, 1.3]),
            ra[4] * np.array([0.95, 1.25, 1.5, 1.3]),
            3.6,
            12,
        )
        body.add(shell, SKIN, arm[1], f"{name}_forearm", (0.8, 1.08), 35.0)
        ring = loft(
            elbow + (wrist - elbow) * np.array([0.7, 0.72, 0.8, 0.82])[:, None],
            Y,
            Z,
            ra[4] * np.array([1.4, 1.6, 1.62, 1.5]),
            ra[4] * np.array([1.4, 1.6, 1.62, 1.5]),
            3.6,
            12,
        )
        body.add(ring, PRIMARY, arm[1], f"{name}_forearm", (0.85, 1.05), 35.0)
        palm = box(wrist + X * side * 0.032 * h, (0.024 * h, 0.02 * h, 0.028 * h), 0.2)
        body.add(palm, METAL, arm[2], f"{name}_hand", (0.8, 1.0), 35.0)
        for z, y in ((0.02, 0.012), (-0.02, 0.012), (0.0, -0.016)):
            root = wrist + np.array([side * 0.05, y, z]) * h
            path = [
                root,
                root + np.array([side * 0.028, 1.2 * y, 0.5 * z]) * h,
                root + np.array([side * 0.052, -0.3 * y, -0.3 * z]) * h,
            ]
            body.add(tuft(path, [0.011 * h, 0.012 * h, 0.006 * h], 6, 5), METAL, arm[2], f"{name}_hand", (0.75, 0.95))
        hip, knee, ankle, toe = size.joint[list(leg)]
        body.add(blob(hip - Y * 0.01 * h, np.full(3, 0.95 * rl[0]), 2), DARK, leg[0], f"{name}_thigh", (1.6, 2.2))
        body.add(blob(knee, np.full(3, 1.02 * rl[4]), 1), DARK, leg[1], f"{name}_shin", (1.6, 2.2))
        thigh = loft(
            hip + (knee - hip) * np.array([0.12, 0.24, 0.78, 0.88])[:, None],
            X,
            Z,
            rl[0] * np.array([0.75, 0.9, 0.8, 0.6]),
            rl[0] * np.array([0.75, 0.9, 0.8, 0.6]),
            3.0,
            12,
        )
        body.add(thigh, SKIN, leg[0], f"{name}_thigh", (0.78, 1.0), 35.0)
        plate = blob(knee + Z * 0.7 * rl[4], np.array([0.75, 0.95, 0.6]) * rl[4], 1)
        body.add(plate, PRIMARY, leg[1], f"{name}_shin", (0.85, 1.08))
        shin = loft(
            knee + (ankle - knee) * np.array([0.12, 0.26, 0.85, 1.02])[:, None],
            X,
            Z,
            rl[4] * np.array([0.75, 1.05, 1.35, 1.2]),
            rl[4] * np.array([0.8, 1.1, 1.4, 1.25]),
            3.4,
            12,
        )
        body.add(shin, SKIN, leg[1], f"{name}_shin", (0.8, 1.05), 35.0)
        sole = np.array([ankle[0], 0.5 * ankle[1], 0.5 * (ankle[2] + toe[2])])
        foot = box(sole, (1.35 * rl[8], 0.5 * ankle[1], 0.075 * h), 0.2, 4.5, 0.82)
        weight = along_chain(foot.position[:, 2], leg[2:], (float(toe[2]) - 0.01 * h,), (0.03 * h,))
        body.add(foot, PRIMARY, weight, f"{name}_foot", (0.78, 1.02), 35.0)


def _robot_head(body: Sculpture) -> None:
    size, u = body.size, body.size.head
    middle = np.array([0.0, size.chin + 0.47 * u, 0.0])
    round_head = body.dice.between("round head", 0.0, 1.0) < 0.45
    half = (0.42 * u, 0.42 * u, 0.38 * u)
    if round_head:
        shape = blob(middle, np.array([0.45, 0.44, 0.43]) * u, 3)
        body.add(shape, SKIN, HEAD, "head", (0.78, 1.08), 70.0)
    else:
        body.add(box(middle, half, 0.2, 4.5, 0.94), SKIN, HEAD, "head", (0.78, 1.08), 35.0)
    face = middle + Z * (0.36 if round_head else 0.345) * u
    visor = loft(
        face + Z * np.array([[-0.1], [0.02], [0.075], [0.085]]) * u,
        X,
        Y,
        np.array([0.36, 0.35, 0.32, 0.28]) * u,
        np.array([0.26, 0.25, 0.22, 0.18]) * u,
        4.0,
        16,
    )
    body.add(visor, DARK, HEAD, "head", (1.0, 1.7), 35.0)
    eyes = body.dice.count("robot eyes", 0, 2)
    front = face + Z * 0.085 * u
    large = 0.75 + 0.5 * body.identity.slider("eye_size")
    if eyes == 2:
        body.add(box(front + Y * 0.02 * u, (0.24 * u, 0.05 * u * large, 0.02 * u), 0.3), GLOW, HEAD, "head", (1.0, 1.1))
    else:
        for side in (1.0, -1.0):
            radii = np.array([0.075, 0.075 if eyes == 0 else 0.12, 0.03]) * u * np.array([large, large, 1.0])
            body.add(
                blob(front + np.array([side * 0.14, 0.03, 0]) * u, radii, 2), GLOW, HEAD, "head", (0.95, 1.12), 80.0
            )
    for index in range(3):
        body.add(
            box(front + np.array([(index - 1) * 0.08, -0.13, -0.005]) * u, (0.025 * u, 0.02 * u, 0.02 * u), 0.3),
            GLOW,
            HEAD,
            "head",
            (0.7, 0.8),
        )
    for side in (1.0, -1.0):
        root = middle + X * side * 0.42 * u
        ear = loft(
            root + X * side * np.array([[-0.06], [0.05], [0.1], [0.11]]) * u,
            Y,
            Z,
            np.array([0.17, 0.17, 0.13, 0.08]) * u,
            np.array([0.17, 0.17, 0.13, 0.08]) * u,
            2.0,
            12,
        )
        body.add(ear, PRIMARY, HEAD, "head", (0.8, 1.05), 35.0)
    if body.identity.part("headwear") == "none":
        count = 1 + body.dice.count("antennas", 0, 1)
        for side in (0.0,) if count == 1 else (1.0, -1.0):
            root = middle + np.array([side * 0.24, 0.38, 0.0]) * u
            tip = root + np.array([side * 0.14, 0.3, -0.03]) * u
            body.add(tuft([root, tip], [0.03 * u, 0.02 * u], 6, 4), METAL, HEAD, "hair", (0.8, 1.0))
            body.add(blob(tip, np.full(3, 0.062 * u), 1), GLOW, HEAD, "hair", (0.95, 1.1))


def add_bones(body: Sculpture, *, bare_chest: bool) -> None:
    """Trunk and limbs of a skeleton; ribs only where the chest is bare."""
    size, h = body.size, body.size.height
    wide, deep, _ = torso_at(size, np.array([0.05]))
    pelvis = loft(
        size.at("pelvis") + Y * np.array([[-0.045], [-0.02], [0.03], [0.045]]) * h,
        X,
        Z,
        np.array([0.45, 0.8, 1.0, 0.8]) * float(wide[0]),
        np.array([0.5, 0.75, 0.75, 0.5]) * float(deep[0]),
        2.4,
        14,
    )
    body.add(pelvis, SKIN, 0, "pelvis", (0.75, 1.0))
    for share in np.linspace(0.16, 1.12, 11).tolist():
        bone = loft(
            np.array([0, torso_spot(size, share)[3], -0.012 * h])
            + Y * np.array([[-0.019], [-0.006], [0.006], [0.019]]) * h,
            X,
            Z,
            np.array([0.014, 0.024, 0.024, 0.014]) * h,
            np.array([0.014, 0.024, 0.024, 0.014]) * h,
            2.0,
            9,
        )
        body.add(bone, SKIN, torso_weights(size, bone.position), torso_parts(size, bone.position), (0.75, 0.98))
    if bare_chest:
        _add_ribs(body)
    for _, name, arm, leg in SIDES:
        for joints, radius, parts in (
            (arm, 0.45 * arm_radius(size), ("upper_arm", "forearm")), (leg, 0.42 * leg_radius(size), ("thigh", "shin")),
        ):  # fmt: skip
            for index, part in enumerate(parts):
                start, end = size.joint[joints[index]], size.joint[joints[index + 1]]
                share = np.array([-0.03, 0.03, 0.1, 0.2, 0.5, 0.8, 0.9, 0.97, 1.02])[:, None]
                thick = float(radius[0]) * np.array([0.7, 1.25, 1.15, 0.78, 0.7, 0.74, 1.05, 1.2, 0.7])
                axes = (Y, Z) if joints is arm else (X, Z)
                bone = loft(start + (end - start) * share, *axes, thick, thick, 2.0, 9)
                body.add(bone, SKIN, joints[index], f"{name}_{part}", (0.78, 1.0))


def _add_ribs(body: Sculpture) -> None:
    """Five pairs of ribs and the breastbone."""
    size, h = body.size, body.size.height
    for index, share in enumerate((0.52, 0.62, 0.72, 0.82, 0.91)):
        wide, deep, ahead, y = torso_spot(size, share)
        for side in (1.0, -1.0):
            angle = np.linspace(-0.05, 2.75, 8)
            x, z = side * wide * 0.97 * np.sin(angle), ahead - deep * 0.98 * np.cos(angle)
            drop = y + 0.012 * h - 0.018 * h * (angle / 2.75)
            path = np.stack([x, drop, z], axis=1)
            rib = tuft(list(path), [0.011 * h, 0.014 * h, 0.012 * h], 6, 15, flat=1.0)
            body.add(rib, SKIN, 10, "chest", (0.8 + 0.03 * index, 0.95 + 0.03 * index))
    _, deep, ahead, _ = torso_spot(size, 0.7)
    low, high = torso_spot(size, 0.5)[3], torso_spot(size, 0.95)[3]
    path = np.array(
        [[0, low, ahead + deep], [0, 0.5 * (low + high), ahead + 1.04 * deep], [0, high, ahead + 0.82 * deep]]
    )
    breast = loft(path, X, Z, np.array([0.01, 0.02, 0.024]) * h, np.full(3, 0.01 * h), 2.5, 8)
    body.add(breast, SKIN, 10, "chest", (0.9, 1.05))
