"""Rotation matrices [..., 3, 3] for chains of joints: a product is one call, that of quaternions thirty."""

import numpy as np
from numpy.typing import NDArray

from engine.motion import quaternions
from engine.motion.skeleton import Float

OPPOSITE = 1e-6
"""Directions whose cosine is nearer to -1 than this have no shortest turn: it is about any axis across them."""


def product(first: NDArray[Float], second: NDArray[Float]) -> NDArray[Float]:
    """Turns by `second`, then by `first`."""
    return np.asarray(first @ second)


def applied(matrix: NDArray[Float], vector: NDArray[Float]) -> NDArray[Float]:
    """Vectors [..., 3] turned."""
    return np.asarray((matrix @ vector[..., None])[..., 0])


def inverse(matrix: NDArray[Float]) -> NDArray[Float]:
    """The opposite turn."""
    return np.swapaxes(matrix, -1, -2)


def about_up(angle_rad: NDArray[np.floating]) -> NDArray[np.floating]:
    """Turns about +Y by angles [...]: +Z comes towards +X."""
    angle = np.asarray(angle_rad)
    matrix = np.zeros((*angle.shape, 3, 3), angle.dtype)
    matrix[..., 0, 0] = matrix[..., 2, 2] = np.cos(angle)
    matrix[..., 0, 2] = np.sin(angle)
    matrix[..., 2, 0] = -matrix[..., 0, 2]
    matrix[..., 1, 1] = 1
    return matrix


def turning(axis: NDArray[Float], cosine: NDArray[Float]) -> NDArray[Float]:
    """Turns about axes [..., 3] whose length is the sine of the angle, with its cosine [...]: Rodrigues' formula.

    R = c I + [v]x + v v^T / (1 + c), which needs no angle; c is above -1.
    """
    matrix = axis[..., :, None] * (axis / (1 + cosine[..., None]))[..., None, :]
    x, y, z = axis[..., 0], axis[..., 1], axis[..., 2]
    for row in range(3):
        matrix[..., row, row] += cosine
    for row, column, part in ((2, 1, x), (0, 2, y), (1, 0, z)):
        matrix[..., row, column] += part
        matrix[..., column, row] -= part
    return np.asarray(matrix)


def between(start: NDArray[Float], end: NDArray[Float]) -> NDArray[Float]:
    """The shortest turns of unit directions `start` [..., 3] onto `end`; a half turn about some axis for opposites."""
    cosine = (start * end).sum(-1)
    matrix = turning(quaternions.crossed(start, end), np.maximum(cosine, OPPOSITE - 1))
    opposite = cosine < OPPOSITE - 1
    if opposite.any():
        matrix[opposite] = quaternions.to_matrix(quaternions.between(start[opposite], -start[opposite]))
    return matrix
