"""Where joints are, in torch: forward kinematics of the network's own six numbers per joint, with gradients."""

import numpy as np
import torch

from engine.motion.features import POSITION, ROTATION, TURNING
from engine.motion.skeleton import PELVIS, SKELETON

EPSILON = 1e-6


def matrices(six: torch.Tensor) -> torch.Tensor:
    """Rotation matrices [..., 3, 3] of six numbers [..., 6] (Gram and Schmidt)."""
    first = six[..., :3] / six[..., :3].norm(dim=-1, keepdim=True).clamp_min(EPSILON)
    second = six[..., 3:] - first * (first * six[..., 3:]).sum(-1, keepdim=True)
    second = second / second.norm(dim=-1, keepdim=True).clamp_min(EPSILON)
    return torch.stack((first, second, torch.linalg.cross(first, second, dim=-1)), -1)


def rest_offsets(device: torch.device) -> torch.Tensor:
    """Rest offsets float32 [19, 3] of the common skeleton."""
    return torch.from_numpy(np.array(SKELETON.rest_offset_m)).to(device)


def posed(features: torch.Tensor, rest_offset_m: torch.Tensor) -> torch.Tensor:
    """Joints [..., 19, 3] by the rotations in features [..., 205], told from the path."""
    local = matrices(features[..., ROTATION].unflatten(-1, (len(TURNING), 6)))
    world = {PELVIS: local[..., 0, :, :]}
    position = [features[..., POSITION.start : POSITION.start + 3]]
    for joint in range(1, SKELETON.joint_count):
        parent = SKELETON.parents[joint]
        position.append(position[parent] + world[parent] @ rest_offset_m[joint])
        if joint in TURNING:
            world[joint] = world[parent] @ local[..., TURNING.index(joint), :, :]
    return torch.stack(position, -2)
