"""Rotations of joints: unit quaternions x, y, z, w, many at once, and the six numbers that networks see of them.

Everything takes and gives arrays [..., 4] or [..., 3] in the precision of its input and broadcasts.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
TINY = 1e-12


def identity(*shape: int) -> NDArray[np.float32]:
    """No rotation, float32 [*shape, 4]."""
    quaternion = np.zeros((*shape, 4), np.float32)
    quaternion[..., 3] = 1
    return quaternion


def multiplied(first: Array, second: Array) -> Array:
    """Turns by `second`, then by `first`: the product of Hamilton."""
    x1, y1, z1, w1 = (first[..., axis] for axis in range(4))
    x2, y2, z2, w2 = (second[..., axis] for axis in range(4))
    return _joined(
        w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
        w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
        w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
    )


def inverse(quaternion: Array) -> Array:
    """The opposite turn of a unit quaternion."""
    return quaternion * np.array((-1, -1, -1, 1), quaternion.dtype)


def turned(quaternion: Array, vector: Array) -> Array:
    """`vector` [..., 3] turned by `quaternion`."""
    axis, real = quaternion[..., :3], quaternion[..., 3:]
    sideways = crossed(axis, vector) * 2
    return vector + real * sideways + crossed(axis, sideways)


def crossed(first: Array, second: Array) -> Array:
    """Cross product [..., 3]; numpy's own takes several times as long for small arrays."""
    x1, y1, z1 = first[..., 0], first[..., 1], first[..., 2]
    x2, y2, z2 = second[..., 0], second[..., 1], second[..., 2]
    return _joined(y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2)


def _joined(*parts: Array) -> Array:
    """Side by side along a new last axis, as `np.stack`, which takes several times as long for small arrays."""
    joined = np.empty((*parts[0].shape, len(parts)), parts[0].dtype)
    for index, part in enumerate(parts):
        joined[..., index] = part
    return joined


def normalized(quaternion: Array) -> Array:
    """Made unit length; a quaternion without length becomes the identity."""
    length = _length(quaternion)
    rest = np.array((0, 0, 0, 1), quaternion.dtype)
    return np.where(length > TINY, quaternion / length, rest)


def nearest_sign(quaternion: Array, reference: Array) -> Array:
    """The same rotation, written with the sign that lies nearer to `reference`."""
    return np.where((quaternion * reference).sum(-1, keepdims=True) < 0, -quaternion, quaternion)


def continuous(quaternion: Array) -> Array:
    """Signs chosen along the first axis, frame by frame, such that nothing jumps; a new array."""
    result = np.array(quaternion)
    dots = (result[1:] * result[:-1]).sum(-1)
    flips = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    result[1:] *= flips[..., None].astype(result.dtype)
    return result


def blended(first: Array, second: Array, share: Array | float) -> Array:
    """The way from `first` (share 0) to `second` (share 1) the short way round, normalized linear interpolation."""
    return normalized(first + (nearest_sign(second, first) - first) * np.asarray(share, first.dtype))


def from_rotation_vector(vector: Array) -> Array:
    """A turn about the direction of `vector` [..., 3] by its length in radians."""
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    half = angle / 2
    scale = np.where(angle > 1e-6, np.sin(half) / np.maximum(angle, 1e-6), 0.5)
    return np.concatenate((vector * scale, np.cos(half)), axis=-1).astype(vector.dtype)


def to_rotation_vector(quaternion: Array) -> Array:
    """Axis times angle [..., 3], the short way round: at most pi long."""
    short = np.where(quaternion[..., 3:] < 0, -quaternion, quaternion)
    sine = np.linalg.norm(short[..., :3], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, short[..., 3:])
    scale = np.where(sine > 1e-6, angle / np.maximum(sine, 1e-6), 2.0)
    return (short[..., :3] * scale).astype(quaternion.dtype)


def about_axis(axis: int, angle_rad: Array) -> Array:
    """A turn about the world's x, y or z (0, 1, 2) by angles [...]."""
    angle = np.asarray(angle_rad)
    quaternion = np.zeros((*angle.shape, 4), angle.dtype)
    quaternion[..., axis] = np.sin(angle / 2)
    quaternion[..., 3] = np.cos(angle / 2)
    return quaternion


def between(start: Array, end: Array) -> Array:
    """The shortest turn of unit direction `start` [..., 3] onto `end`; a half turn about some axis for opposites."""
    real = 1 + (start * end).sum(-1, keepdims=True)
    aside = np.where(np.abs(start[..., :1]) < 0.8, np.array((1, 0, 0)), np.array((0, 1, 0))).astype(start.dtype)
    axis = np.where(real > 1e-6, crossed(start, end), crossed(start, np.broadcast_to(aside, start.shape)))
    return normalized(np.concatenate((axis, np.where(real > 1e-6, real, 0)), axis=-1).astype(start.dtype))


def from_matrix(matrix: Array) -> Array:
    """Quaternions of rotation matrices [..., 3, 3] (method of Shepperd: the largest of four candidates)."""
    candidates = np.empty((*matrix.shape[:-2], 4, 4), matrix.dtype)
    xx, yy, zz = (matrix[..., axis, axis] for axis in range(3))
    candidates[..., 0, 0], candidates[..., 1, 1] = 1 + xx - yy - zz, 1 - xx + yy - zz
    candidates[..., 2, 2], candidates[..., 3, 3] = 1 - xx - yy + zz, 1 + xx + yy + zz
    for a, b in ((0, 1), (0, 2), (1, 2)):
        candidates[..., a, b] = candidates[..., b, a] = matrix[..., a, b] + matrix[..., b, a]
    for axis, a, b in ((0, 2, 1), (1, 0, 2), (2, 1, 0)):
        candidates[..., axis, 3] = candidates[..., 3, axis] = matrix[..., a, b] - matrix[..., b, a]
    largest = np.diagonal(candidates, axis1=-2, axis2=-1).argmax(-1)
    chosen = candidates.reshape(-1, 4, 4)[np.arange(largest.size), largest.ravel()]
    return normalized(chosen.reshape(*largest.shape, 4))


def to_matrix(quaternion: Array) -> Array:
    """Rotation matrices [..., 3, 3] of unit quaternions."""
    columns = [turned(quaternion, np.eye(3, dtype=quaternion.dtype)[axis]) for axis in range(3)]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def to_six(quaternion: Array) -> Array:
    """The first two columns of the rotation matrix [..., 6]: continuous everywhere (Zhou et al., CVPR 2019, eq. 15)."""
    matrix = to_matrix(quaternion)
    return np.concatenate((matrix[..., 0], matrix[..., 1]), axis=-1)


def from_six(six: Array) -> Array:
    """Quaternions of six numbers [..., 6] that need be orthonormal only roughly."""
    return from_matrix(matrix_from_six(six)).astype(six.dtype)


def matrix_from_six(six: Array) -> Array:
    """Rotation matrices [..., 3, 3] of such six numbers (Gram and Schmidt; eq. 16 there)."""
    matrix = np.empty((*six.shape[:-1], 3, 3), six.dtype)
    first, second = six[..., :3], six[..., 3:]
    matrix[..., 0] = first = first / _length(first)
    second = second - first * (first * second).sum(-1, keepdims=True)
    matrix[..., 1] = second = second / _length(second)
    matrix[..., 2] = crossed(first, second)
    return matrix


def _length(vector: Array) -> Array:
    """Lengths [..., 1], a little above 0 at least."""
    return np.asarray(np.maximum(np.sqrt((vector * vector).sum(-1, keepdims=True)), TINY))
