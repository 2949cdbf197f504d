"""Poses of characters as tensors: rotations and places of all joints, and skin that follows them."""

from dataclasses import dataclass

import torch

from engine.motion.skeleton import JOINT_COUNT, SKELETON


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
    turns, places = [local[:, 0]], [root_m]
    for joint in range(1, JOINT_COUNT):
        parent = SKELETON.parents[joint]
        turns.append(turns[parent] @ local[:, joint])
        places.append(places[parent] + (turns[parent] @ rest_offset_m[:, joint, :, None])[..., 0])
    return Joints(torch.stack(turns, 1), torch.stack(places, 1))


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
    transform = torch.cat([joints.turn, shift[..., None]], -1).flatten(2)
    row = torch.arange(len(joint), device=joint.device)[:, None]
    mixed = torch.zeros(*joint.shape[:2], 12, device=joint.device)
    for chosen, share in zip(joint.unbind(2), weight.unbind(2), strict=True):
        mixed += transform[row, chosen] * share[..., None]
    # Rows of one number for all vertices: sums over a last axis of three are what torch does slowest on a CPU.
    rows = mixed.flatten(0, 1).t().contiguous().view(3, 4, *joint.shape[:2])
    place, facing = (
        rows[:, 0] * vector[..., 0] + rows[:, 1] * vector[..., 1] + rows[:, 2] * vector[..., 2]
        for vector in (position, normal)
    )
    facing = facing / (facing * facing).sum(0).sqrt().clamp_min(1e-9)
    return (place + rows[:, 3]).movedim(0, -1).contiguous(), facing.movedim(0, -1).contiguous()
