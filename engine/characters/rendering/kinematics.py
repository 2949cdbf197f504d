"""Poses of characters as tensors: rotations and places of all joints, and skin that follows them."""

from dataclasses import dataclass

import torch

from engine.characters.rendering.choice import chosen
from engine.motion.pose import LEVELS
from engine.motion.skeleton import JOINT_COUNT


@dataclass(frozen=True, slots=True, eq=False)
class Joints:
    """Where joints are: turn float32 [batch, 19, 3, 3] and place float32 [batch, 19, 3] in meters, in world space."""

    turn: torch.Tensor
    place: torch.Tensor


def posed(rotation: torch.Tensor, root_m: torch.Tensor, rest_offset_m: torch.Tensor) -> Joints:
    """Joints of poses.

    rotation       float32 [batch, 19, 4], x, y, z, w relative to the parent
    root_m         float32 [batch, 3], the character's own pelvis
    rest_offset_m  float32 [batch, 19, 3]
    """
    local = matrices(rotation)
    turn, place = torch.empty_like(local), torch.empty_like(rest_offset_m)
    turn[:, 0], place[:, 0] = local[:, 0], root_m
    for joints, parents in LEVELS:
        above = turn[:, parents]
        turn[:, joints] = above @ local[:, joints]
        place[:, joints] = place[:, parents] + (above @ rest_offset_m[:, joints, :, None])[..., 0]
    return Joints(turn, place)


def matrices(quaternion: torch.Tensor) -> torch.Tensor:
    """Rotation matrices [..., 3, 3] of unit quaternions x, y, z, w [..., 4]."""
    x, y, z, w = quaternion.unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    matrix: torch.Tensor = torch.stack(rows, -1).unflatten(-1, (3, 3))
    return matrix


def skinned(
    joints: Joints, rest_place: torch.Tensor, position: torch.Tensor, normal: torch.Tensor,
    joint: torch.Tensor, weight: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Positions and unit normals [batch, vertices, 3] that follow their joints (linear blend skinning).

    rest_place  [batch, 19, 3], joints of the T-pose
    joint       int64 [batch, vertices, 4], weight float32 likewise
    """
    shift = joints.place - (joints.turn @ rest_place[..., None])[..., 0]
    transform = torch.cat([joints.turn, shift[..., None]], -1).flatten(0, 1).flatten(1)
    # Rows of one number for all vertices: sums over a last axis of three are what torch does slowest on a CPU.
    numbers = transform.t().contiguous()
    first = torch.arange(len(joint), device=joint.device)[:, None] * JOINT_COUNT
    mixed = torch.zeros(12, joint.shape[0] * joint.shape[1], device=joint.device)
    for which, share in zip(joint.unbind(2), weight.unbind(2), strict=True):
        mixed += chosen(numbers, (first + which).flatten()) * share.flatten()
    rows = mixed.view(3, 4, *joint.shape[:2])
    place, facing = (
        rows[:, 0] * vector[..., 0] + rows[:, 1] * vector[..., 1] + rows[:, 2] * vector[..., 2]
        for vector in (position, normal)
    )
    facing = facing / (facing * facing).sum(0).sqrt().clamp_min(1e-9)
    return (place + rows[:, 3]).movedim(0, -1).contiguous(), facing.movedim(0, -1).contiguous()
