"""Where training frames are made: many characters, drawn on the device that trains, never the same frame twice."""

import math
import multiprocessing
import time
from dataclasses import dataclass

import torch

from engine.characters.character import build_character
from engine.characters.identity import Identity, make_identity
from engine.characters.rendering.cast import Cast, Row, cast_of_rows, row_of
from engine.characters.rendering.kinematics import Joints
from engine.characters.rendering.picture import Pictures, draw
from engine.characters.rendering.stage import Take, stage
from engine.characters.rendering.views import Views
from engine.geometry.props.dice import Dice
from engine.nets.framegen.encoder import REFERENCE_PX, REFERENCE_VIEWS
from engine.training.frames.poses import PoseSet

FIRST_TRAINING_SEED = 10_000
"""Characters of smaller seeds are never trained with: all of them are held out."""

FEWEST = 8
YAW_SPREAD, PITCH_RAD, DISTANCE = math.pi, (-0.25, 0.65), (1.9, 3.1)


@dataclass(frozen=True, slots=True, eq=False)
class Shots:
    """What is to be drawn: rows of a cast in poses, cameras and lights.

    who    int64 [batch], rows of the studio's cast
    """

    who: torch.Tensor
    cast: Cast
    joints: Joints
    views: Views

    def draw(self, size: int) -> Pictures:
        """The renderer's pictures."""
        return draw(self.cast, self.joints, self.views, size)

    def draw_once(self, size: int) -> torch.Tensor:
        """RGBA with one sample for each pixel."""
        return draw(self.cast, self.joints, self.views, size, supersampling=1).rgba


def training_identity(index: int) -> Identity:
    """The identity with this number: like any other, but half of them wear parts and colors mixed from two."""
    identity = make_identity(FIRST_TRAINING_SEED + index)
    if index % 2:
        other = make_identity(FIRST_TRAINING_SEED + index + 500_000, identity.kind)
        dice = Dice(index)
        parts = tuple(
            b if dice.between(f"mix {place}", 0.0, 1.0) < 0.5 else a
            for place, (a, b) in enumerate(zip(identity.parts, other.parts, strict=True))
        )
        sliders = tuple(dice.values("sliders", 0.0, 1.0, len(identity.sliders)).tolist())
        return Identity(identity.seed, identity.kind, sliders, parts, identity.palette)
    return identity


def _model(index: int) -> Row:
    return row_of(build_character(training_identity(index)))


def model_cast(count: int, processes: int, deadline: float) -> Cast:
    """Model training characters in several processes until there are `count`, or `deadline` of the monotonic clock has
    passed and there are a few.
    """
    made: list[Row] = []
    if processes == 1:
        for index in range(count):
            made.append(_model(index))
            if len(made) >= FEWEST and time.monotonic() > deadline:
                break
        return cast_of_rows(made)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for row in pool.imap(_model, range(count), chunksize=8):
            made.append(row)
            if len(made) >= FEWEST and time.monotonic() > deadline:
                break
        pool.terminate()
    return cast_of_rows(made)


class Studio:
    """Characters, poses and a device."""

    def __init__(self, cast: Cast, poses: PoseSet, device: torch.device) -> None:
        self.cast = cast.to(device)
        self.rotation = torch.from_numpy(poses.rotation).to(device)
        self.root_m = torch.from_numpy(poses.root_m).to(device)
        self.device = device

    def shots(
        self, generator: torch.Generator, count: int, *, threes: bool = False, who: torch.Tensor | None = None
    ) -> Shots:
        """Random characters in random poses under random cameras and lights; with `threes`, every three rows in a row
        are one character in motion.

        who  int64 [count], which characters, in place of random ones; with `threes` one for each three
        """
        each = 3 if threes else 1
        groups = count // each
        values = torch.rand(11, groups, generator=generator).to(self.device)
        if who is None:
            who = (values[0] * len(self.cast)).long().clamp_max(len(self.cast) - 1)
        pose = (values[1] * len(self.rotation)).long().clamp_max(len(self.rotation) - 1)
        yaw = (2.0 * values[2] - 1.0) * YAW_SPREAD
        pitch = PITCH_RAD[0] + (PITCH_RAD[1] - PITCH_RAD[0]) * values[3]
        distance = DISTANCE[0] + (DISTANCE[1] - DISTANCE[0]) * values[4] ** 1.3
        azimuth, rise = 2.0 * math.pi * values[5], 0.15 + 1.15 * values[6]
        light = torch.stack([azimuth.sin() * rise.cos(), rise.sin(), azimuth.cos() * rise.cos()], -1)
        ambient = 0.3 + 0.4 * values[7]
        # A third of the cameras do not follow the character's way.
        fixed = (values[8] < 0.33).to(yaw.dtype)
        aside = 0.6 * (values[9:11] - 0.5) * fixed
        if threes:
            who, pose, yaw, pitch, distance, ambient, fixed = (
                value.repeat_interleave(3) for value in (who, pose, yaw, pitch, distance, ambient, fixed)
            )
            light, aside = light.repeat_interleave(3, 0), aside.repeat_interleave(3, 1)
        frame = torch.arange(len(who), device=self.device) % 3 if threes else torch.ones_like(pose)
        root = self.root_m[pose, frame].clone()
        root[:, 0] += aside[0]
        root[:, 2] += aside[1]
        follow = 1.0 - fixed
        return self.shot(who, Take(self.rotation[pose, frame], root, yaw, pitch, distance, follow, light, ambient))

    def shot(self, who: torch.Tensor, take: Take) -> Shots:
        """These characters in these poses, cameras and lights."""
        cast = self.cast.rows(who)
        joints, views = stage(cast, take)
        return Shots(who, cast, joints, views)

    def references(self, generator: torch.Generator, at_once: int = 32) -> torch.Tensor:
        """Frames of every character from all around, float16 [characters, views, 4, 64, 64]."""
        frames = []
        for first in range(0, len(self.cast), at_once):
            who = torch.arange(first, min(first + at_once, len(self.cast)), device=self.device)
            views = []
            for index in range(REFERENCE_VIEWS):
                pose = torch.randint(len(self.rotation), (len(who),), generator=generator).to(self.device)
                ones = torch.ones(len(who), device=self.device)
                light = ones[:, None] * torch.tensor([0.45, 0.75, 0.6], device=self.device)
                yaw = ones * (index * 2.0 * math.pi / REFERENCE_VIEWS + 0.3)
                take = Take(
                    self.rotation[pose, 1], self.root_m[pose, 1], yaw, ones * 0.15, ones * 2.3, ones, light, ones * 0.5
                )  # fmt: skip
                shots = self.shot(who, take)
                views.append(shots.draw(REFERENCE_PX).rgba.half())
            frames.append(torch.stack(views, 1))
        return torch.cat(frames)
