"""Sheets of stick figures: what a motion looks like, on one picture. Left limbs are blue, right limbs red."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.motion.pose import Poses, joint_positions
from engine.motion.skeleton import CONTACT_JOINTS, HEAD, LEFT_ARM, LEFT_LEG, RIGHT_ARM, RIGHT_LEG, SKELETON

LEFT_COLOR, RIGHT_COLOR, MIDDLE_COLOR = (40, 90, 200), (200, 60, 50), (60, 60, 60)
GROUND_COLOR, CONTACT_COLOR, PAPER = (190, 190, 190), (20, 150, 60), 250
PIXELS_PER_METER = 70
ROW_HEIGHT_PX = 190
GROUND_PX = 160


def figure_row(
    poses: Poses, title: str, *, figures: int = 16, width_px: int = 1500, side_view: bool = True
) -> NDArray[np.uint8]:
    """RGB [190, width, 3]: `figures` evenly chosen frames of a clip [frame], told apart by time from left to right.

    side_view  looks along the direction across the way that the clip goes; else along the way
    """
    row = np.full((ROW_HEIGHT_PX, width_px, 3), PAPER, np.uint8)
    position = joint_positions(poses)
    chosen = np.linspace(0, len(position) - 1, figures).round().astype(int)
    way = _main_direction(poses)
    across = np.array((way[1], -way[0])) if side_view else way
    along = np.array((across[1], -across[0])) * -1.0
    cv2.line(row, (0, GROUND_PX), (width_px, GROUND_PX), GROUND_COLOR, 1, cv2.LINE_AA)
    for place, frame in enumerate(chosen):
        joints = position[frame]
        centre = (place + 0.5) * width_px / figures
        flat = (joints[:, [0, 2]] - joints[0, [0, 2]]) @ along
        points = np.stack((centre + flat * PIXELS_PER_METER, GROUND_PX - joints[:, 1] * PIXELS_PER_METER), axis=-1)
        _draw(row, points, poses.contact[frame])
    cv2.putText(row, title, (8, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA)
    return row


def stacked(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Rows of one width below each other."""
    return np.concatenate(list(rows), axis=0)


def _main_direction(poses: Poses) -> NDArray[np.float64]:
    travel = (poses.root_m[-1] - poses.root_m[0])[[0, 2]].astype(np.float64)
    distance = float(np.linalg.norm(travel))
    if distance > 0.5:
        return np.asarray(travel / distance)
    heading = float(poses.heading_rad()[0])
    return np.array((np.sin(heading), np.cos(heading)))


def _draw(picture: NDArray[np.uint8], points: NDArray[np.float64], contact: NDArray[np.float32]) -> None:
    left, right = {*LEFT_LEG, *LEFT_ARM}, {*RIGHT_LEG, *RIGHT_ARM}
    pixels = [(round(float(x)), round(float(y))) for x, y in points]
    for joint in (*RIGHT_LEG, *RIGHT_ARM, 9, 10, 11, 12, *LEFT_LEG, *LEFT_ARM):
        color = LEFT_COLOR if joint in left else RIGHT_COLOR if joint in right else MIDDLE_COLOR
        cv2.line(picture, pixels[SKELETON.parents[joint]], pixels[joint], color, 2, cv2.LINE_AA)
    cv2.circle(picture, pixels[HEAD], 6, MIDDLE_COLOR, -1, cv2.LINE_AA)
    for foot, joint in enumerate(CONTACT_JOINTS):
        if contact[foot] > 0.5:
            cv2.circle(picture, pixels[joint], 3, CONTACT_COLOR, -1, cv2.LINE_AA)
