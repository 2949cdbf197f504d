"""What is drawn around a character: ground, shadow, skeleton, sliders. RGBA, readable on dark and light pages."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.characters.rendering.views import FrameCamera, Views, views_of
from engine.generators.character.pose import pose_parts
from engine.motion.pose import PARENTS, Poses, joint_positions

GREY, ACCENT = (134, 140, 148), (232, 131, 58)
LEFT, RIGHT = (38, 166, 190), ACCENT
SPACING, REACH = 0.36, 1.4
"""Between the dots on the ground, and how far around the character there are any, in heights of the character."""

FINE = 4
"""Drawings are made this much larger, then averaged."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame as it came.

    pixels  uint8 RGBA [size, size, 4]
    pose    float32 [83], of the character's own proportions
    """

    pixels: Picture
    pose: NDArray[np.float32]
    camera: FrameCamera
    height_m: float
    rest_offset_m: NDArray[np.float32]
    joints: tuple[str, ...]

    def views(self) -> Views:
        """Where it was seen from."""
        target = torch.tensor([[self.pose[0], self.height_m / 2.0, self.pose[2]]], dtype=torch.float32)
        yaw, pitch, distance_m = (
            torch.tensor([value], dtype=torch.float32)
            for value in (self.camera.yaw_rad, self.camera.pitch_rad, self.camera.distance * self.height_m)
        )
        return views_of(yaw, pitch, distance_m, target, torch.tensor([[0.0, 1.0, 0.0]]), torch.ones(1))

    def seen(self, points_m: NDArray[np.floating]) -> NDArray[np.float32]:
        """World points [n, 3] as x, y in pixels from the middle of the picture, and the distance, [n, 3]."""
        views = self.views()
        local = views.local(torch.as_tensor(np.asarray(points_m, np.float32))[None])[0].numpy()
        scale = views.focal * self.pixels.shape[0] / -local[:, 2]
        return np.stack([local[:, 0] * scale, -local[:, 1] * scale, -local[:, 2]], -1).astype(np.float32)


def blank(width_px: int, height_px: int) -> Picture:
    """Nothing."""
    return np.zeros((height_px, width_px, 4), np.uint8)


def over(top: Picture, bottom: Picture) -> Picture:
    """RGBA over RGBA, both with straight alpha."""
    upper, lower = top[..., 3:].astype(np.float32) / 255.0, bottom[..., 3:].astype(np.float32) / 255.0
    alpha = upper + lower * (1.0 - upper)
    color = (top[..., :3] * upper + bottom[..., :3] * lower * (1.0 - upper)) / np.maximum(alpha, 1e-6)
    return np.asarray(np.rint(np.concatenate([color, 255.0 * alpha], -1)), np.uint8)


def faded(picture: Picture, share: float) -> Picture:
    """The same with this share of its opacity."""
    result = picture.copy()
    result[..., 3] = np.rint(picture[..., 3] * share)
    return result


def placed(picture: Picture, width_px: int) -> Picture:
    """The picture in the middle of a wider or narrower one."""
    result = blank(width_px, picture.shape[0])
    width = min(width_px, picture.shape[1])
    to, of = (width_px - width) // 2, (picture.shape[1] - width) // 2
    result[:, to : to + width] = picture[:, of : of + width]
    return result


def shrunk(picture: Picture, scale: float, size_px: tuple[int, int], fixed: tuple[float, float]) -> Picture:
    """The picture in a smaller scale, on a canvas of `size_px`; the point at these shares of both keeps its place."""
    alpha = picture[..., 3:].astype(np.float32)
    premultiplied = np.concatenate([picture[..., :3] * (alpha / 255.0), alpha], -1)
    shift = [
        share * (to - scale * of) for share, to, of in zip(fixed, size_px, premultiplied.shape[1::-1], strict=True)
    ]
    matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
    soft = cv2.GaussianBlur(premultiplied, (0, 0), 0.4 * max(1.0 / scale - 1.0, 0.01))
    moved = cv2.warpAffine(soft, matrix, size_px, flags=cv2.INTER_LINEAR)
    color = 255.0 * moved[..., :3] / np.maximum(moved[..., 3:], 1e-3)
    return np.asarray(np.rint(np.concatenate([color, moved[..., 3:]], -1)).clip(0, 255), np.uint8)


def ground(shot: Shot, width_px: int, shift_m: tuple[float, float] = (0.0, 0.0)) -> Picture:
    """Dots that stay where they are while the character goes, and a shadow; `shift_m` moves the dots (x, z)."""
    height_px = shot.pixels.shape[0]
    middle = np.array([width_px / 2, height_px / 2])
    here = shot.pose[[0, 2]].astype(np.float64)
    spacing_m, reach_m = SPACING * shot.height_m, REACH * shot.height_m
    first = np.floor((here - reach_m - np.array(shift_m)) / spacing_m)
    steps = np.arange(int(2 * reach_m / spacing_m) + 2)
    x, z = np.meshgrid(*((first[axis] + steps) * spacing_m + shift_m[axis] for axis in (0, 1)))
    away = np.hypot(x - here[0], z - here[1]).ravel()
    points = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], -1)
    large = np.zeros((height_px * FINE, width_px * FINE), np.uint8)
    for (right, down, distance_m), far in zip(shot.seen(points), away, strict=True):
        strength = np.clip(1.0 - far / reach_m, 0.0, 1.0) ** 0.7
        radius = 3.0 * FINE * shot.height_m / max(float(distance_m), 0.5 * shot.height_m)
        center = ((middle + np.array([right, down])) * FINE).astype(int).tolist()
        axes = (max(1, round(2.2 * radius)), max(1, round(radius)))
        cv2.ellipse(large, center, axes, 0, 0, 360, 255.0 * float(strength), -1, cv2.LINE_AA)
    dots = flat(averaged(large), GREY, 0.8)
    return over(shadow(shot, width_px), dots)


def shadow(shot: Shot, width_px: int) -> Picture:
    """A disc on the ground below the pelvis, with a soft edge."""
    height_px = shot.pixels.shape[0]
    (right, down, distance_m), *_ = shot.seen(np.array([[shot.pose[0], 0.0, shot.pose[2]]]))
    radius = 0.2 * shot.height_m * height_px * shot.views().focal / float(distance_m)
    lift = float(np.clip(shot.pose[1] / shot.height_m - 0.2, 0.0, 1.0))
    y, x = np.mgrid[:height_px, :width_px].astype(np.float32)
    tilt = 0.32
    away = np.hypot((x - width_px / 2 - right) / radius, (y - height_px / 2 - down) / (radius * tilt))
    return flat(np.clip((1.0 - away) / 0.16, 0.0, 1.0).astype(np.float32), (20, 22, 26), 0.3 - 0.2 * lift)


def averaged(fine: Picture) -> NDArray[np.float32]:
    """A fine drawing [height, width] in the size of pictures, 0 to 1."""
    size = fine.shape[1] // FINE, fine.shape[0] // FINE
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255.0)


def flat(cover: NDArray[np.float32], color: tuple[int, int, int], opacity: float) -> Picture:
    """One color where `cover` [height, width] says."""
    result = np.empty((*cover.shape, 4), np.uint8)
    result[..., :3] = color
    result[..., 3] = np.rint(255.0 * opacity * np.clip(cover, 0.0, 1.0))
    return result


def skeleton(shot: Shot) -> Picture:
    """The pose as bones, left and right in two colors."""
    root, rotation, contact = pose_parts(shot.pose)
    position = joint_positions(Poses(root, rotation, contact), shot.rest_offset_m)
    size = shot.pixels.shape[0]
    places = ((shot.seen(position)[:, :2] + size / 2) * FINE).astype(int)
    result = blank(size, size)
    for side, color in (("left", LEFT), ("right", RIGHT), ("", (236, 238, 240))):
        cover = np.zeros((size * FINE, size * FINE), np.uint8)
        for joint, parent in enumerate(PARENTS.tolist(), start=1):
            if side_of(shot.joints[joint]) == side:
                ends = places[parent].tolist(), places[joint].tolist()
                cv2.line(cover, *ends, 255.0, 3 * FINE, cv2.LINE_AA)
                cv2.circle(cover, ends[1], round(2.6 * FINE), 255.0, -1, cv2.LINE_AA)
        small = averaged(cover)
        edge = np.asarray(cv2.GaussianBlur(cv2.dilate(small, np.ones((3, 3))), (3, 3), 0), np.float32)
        result = over(flat(small, color, 1.0), over(flat(edge, (20, 22, 26), 0.7), result))
    return result


def side_of(joint: str) -> str:
    """Left, right, or neither."""
    return {"l_": "left", "r_": "right"}.get(joint[:2], "")


def sliders(values: Mapping[str, float], width_px: int, height_px: int) -> Picture:
    """Names, tracks and knobs, one below the other."""
    result = blank(width_px, height_px)
    track, knob, names = (np.zeros((height_px * FINE, width_px * FINE), np.uint8) for _ in range(3))
    for row, (name, value) in enumerate(values.items()):
        y = round((row + 0.62) * height_px / len(values))
        left, right = 10, width_px - 14
        cv2.line(track, (left * FINE, y * FINE), (right * FINE, y * FINE), 255.0, 3 * FINE, cv2.LINE_AA)
        at = round((left + value * (right - left)) * FINE)
        cv2.line(knob, (left * FINE, y * FINE), (at, y * FINE), 255.0, 3 * FINE, cv2.LINE_AA)
        cv2.circle(knob, (at, y * FINE), 7 * FINE, 255.0, -1, cv2.LINE_AA)
        write(names, name.replace("_", " "), left * FINE, (y - 15) * FINE)
    for cover, color in ((track, GREY), (knob, ACCENT), (names, GREY)):
        small = averaged(cover)
        result = over(flat(small, color, 1.0), result)
    return result


def caption(text: str, width_px: int, height_px: int) -> Picture:
    """Grey writing in the middle."""
    cover = np.zeros((height_px * FINE, width_px * FINE), np.uint8)
    (written_px, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * FINE, round(1.2 * FINE))
    write(cover, text, (width_px * FINE - written_px) // 2, round(0.7 * height_px) * FINE)
    return flat(averaged(cover), GREY, 1.0)


def write(cover: Picture, text: str, x: int, y: int) -> None:
    """Write into a fine drawing."""
    cv2.putText(cover, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * FINE, (255.0,), round(1.2 * FINE), cv2.LINE_AA)
