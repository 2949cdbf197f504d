"""Poses of the common skeleton as a BVH file: centimeters, Z X Y angles in degrees, the T-pose at rest."""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.pose import Poses
from engine.motion.skeleton import JOINT_COUNT, SKELETON, Float

CENTIMETERS = 100.0
END_SITE_CM = (0.0, 0.0, 3.0)
GIMBAL_COSINE_MIN = 1e-5


def write_bvh(poses: Poses, rate_hz: float) -> str:
    """The text of a file with all frames [frame]."""
    lines = ["HIERARCHY"]
    _joint(lines, 0, 0)
    root = poses.root_m * Float(CENTIMETERS)
    angles = np.degrees(np.unwrap(angles_zxy(poses.rotation), axis=0))
    rows = np.concatenate((root, angles.reshape(len(root), -1)), axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1 / rate_hz:.9f}"]
    # channels come in the order of the joints in the text: that of the skeleton, whose parents come first
    order = _order(0)
    columns = [0, 1, 2, *(3 + 3 * joint + axis for joint in order for axis in range(3))]
    lines += [" ".join(f"{value:.5f}" for value in row[columns]) for row in rows]
    return "\n".join(lines) + "\n"


def angles_zxy(rotation: NDArray[Float]) -> NDArray[np.float64]:
    """Angles (z, x, y) [..., 3] in radians such that turning about y, then x, then z is `rotation` [..., 4]."""
    matrix = quaternions.to_matrix(rotation.astype(np.float64))
    x = np.arcsin(np.clip(matrix[..., 2, 1], -1, 1))
    free = np.cos(x) > GIMBAL_COSINE_MIN
    z = np.where(
        free,
        np.arctan2(-matrix[..., 0, 1], matrix[..., 1, 1]),
        np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0]),
    )
    y = np.where(free, np.arctan2(-matrix[..., 2, 0], matrix[..., 2, 2]), 0.0)
    return np.stack((z, x, y), axis=-1)


def _order(joint: int) -> list[int]:
    """The joint and those below it, depth first, as the text has them."""
    below = [child for child in range(JOINT_COUNT) if SKELETON.parents[child] == joint]
    return [joint, *(inner for child in below for inner in _order(child))]


def _joint(lines: list[str], joint: int, depth: int) -> None:
    pad = "  " * depth
    offset = SKELETON.rest_offset_m[joint] * CENTIMETERS
    lines += [f"{pad}{'JOINT' if depth else 'ROOT'} {SKELETON.names[joint]}", f"{pad}{{"]
    lines.append(f"{pad}  OFFSET {offset[0]:.5f} {offset[1]:.5f} {offset[2]:.5f}")
    position = "" if depth else "Xposition Yposition Zposition "
    lines.append(f"{pad}  CHANNELS {3 if depth else 6} {position}Zrotation Xrotation Yrotation")
    below = [child for child in range(JOINT_COUNT) if SKELETON.parents[child] == joint]
    for child in below:
        _joint(lines, child, depth + 1)
    if not below:
        x, y, z = END_SITE_CM
        lines += [f"{pad}  End Site", f"{pad}  {{", f"{pad}    OFFSET {x:.5f} {y:.5f} {z:.5f}", f"{pad}  }}"]
    lines.append(f"{pad}}}")
