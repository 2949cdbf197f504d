"""How characters stand before their cameras: poses, cameras and lights of a batch of pictures, as tensors."""

from dataclasses import dataclass

import numpy as np
import torch

from engine.characters.rendering.cast import Cast
from engine.characters.rendering.kinematics import Joints, posed
from engine.characters.rendering.views import TARGET_SHARE, FrameCamera, FrameLight, Views, views_of
from engine.motion.pose import Poses


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One picture in each row.

    rotation   float32 [batch, 19, 4], x, y, z, w relative to the parent, of the common skeleton
    root_m     float32 [batch, 3], its pelvis
    yaw        float32 [batch], likewise pitch, distance and follow: see `FrameCamera`
    light      float32 [batch, 3], towards the lamp, and ambient float32 [batch]: see `FrameLight`
    """

    rotation: torch.Tensor
    root_m: torch.Tensor
    yaw: torch.Tensor
    pitch: torch.Tensor
    distance: torch.Tensor
    follow: torch.Tensor
    light: torch.Tensor
    ambient: torch.Tensor

    def rows(self, index: torch.Tensor) -> "Take":
        """Some of the pictures, in this order."""
        return Take(*(getattr(self, name)[index] for name in Take.__slots__))


def take_of(poses: Poses, camera: FrameCamera, light: FrameLight) -> Take:
    """Poses [batch] under one camera and one light."""
    (count,) = poses.shape
    numbers = (camera.yaw_rad, camera.pitch_rad, camera.distance, camera.follow)
    rotation, root = (
        torch.from_numpy(np.ascontiguousarray(part, np.float32)) for part in (poses.rotation, poses.root_m)
    )
    yaw, pitch, distance, follow = torch.tensor([numbers] * count, dtype=torch.float32).reshape(-1, 4).unbind(1)
    lamp = torch.tensor([light.direction] * count, dtype=torch.float32)
    return Take(rotation, root, yaw, pitch, distance, follow, lamp, torch.full((count,), light.ambient))


def stage(cast: Cast, take: Take) -> tuple[Joints, Views]:
    """Joints and views of a batch: rows of `cast` in the poses and before the cameras of the rows of `take`."""
    own = take.root_m * cast.scale[:, :1]
    own = own + cast.scale[:, 1:2] * own.new_tensor([0.0, 1.0, 0.0])
    joints = posed(take.rotation, own, cast.rest_offset)
    height = cast.scale[:, 2]
    target = torch.stack([own[:, 0] * take.follow, height * TARGET_SHARE, own[:, 2] * take.follow], -1)
    return joints, views_of(take.yaw, take.pitch, take.distance * height, target, take.light, take.ambient)
