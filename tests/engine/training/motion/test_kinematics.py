import numpy as np
import torch

from engine.motion.features import POSITION
from engine.training.motion.corpus import Take
from engine.training.motion.kinematics import matrices, posed, rest_offsets


def test_torch_puts_joints_where_numpy_does(takes: list[Take]) -> None:
    features = torch.from_numpy(takes[1].features)
    joints = posed(features, rest_offsets(torch.device("cpu")))
    assert np.allclose(joints.numpy(), takes[1].features[:, POSITION].reshape(-1, 19, 3), atol=1e-4)


def test_six_rough_numbers_become_a_rotation() -> None:
    generator = torch.Generator().manual_seed(1)
    matrix = matrices(torch.randn(50, 6, generator=generator))
    assert torch.allclose(matrix @ matrix.transpose(1, 2), torch.eye(3).expand(50, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(matrix), torch.ones(50), atol=1e-5)
