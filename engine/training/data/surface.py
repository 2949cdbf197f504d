"""Surface arithmetic on the torus: heights from normals, slopes from heights, smoothing, distances. Numpy, exact wrap.

Images are [height, width] float32, y grows downwards; heights are in pixels, slopes in pixels per pixel.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

NYQUIST_DAMPING = 0.02
"""Keeps the inversion of central differences finite at the highest frequencies, where their response vanishes."""


def slopes_from_normals(normal: NDArray[np.uint8]) -> tuple[Field, Field]:
    """Slopes (d height / dx, d height / dy downwards) of an OpenGL (+Y up) normal map uint8 [height, width, 3]."""
    vector = normal.astype(np.float32) / 127.5 - 1.0
    depth = np.maximum(vector[..., 2], 0.2)
    return -vector[..., 0] / depth, vector[..., 1] / depth


def central_slopes(height: Field) -> tuple[Field, Field]:
    """Central differences of a periodic height field along x and y."""
    along_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * 0.5
    along_y = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * 0.5
    return along_x.astype(np.float32), along_y.astype(np.float32)


def height_from_slopes(along_x: Field, along_y: Field) -> Field:
    """The periodic height whose central differences are nearest to the slopes (least squares, Fourier domain).

    Frankot and Chellappa, "A method for enforcing integrability in shape from shading algorithms", 1988, with the
    derivative of central differences, i sin(omega). The mean is 0.
    """
    rows, columns = along_x.shape
    omega_y = 2 * np.pi * np.fft.fftfreq(rows)[:, None]
    omega_x = 2 * np.pi * np.fft.rfftfreq(columns)[None]
    sine_y, sine_x = np.sin(omega_y), np.sin(omega_x)
    # sin(omega / 2)**8 is 1 at the Nyquist frequency and nothing below half of it.
    damping = NYQUIST_DAMPING * (np.sin(omega_x / 2) ** 8 + np.sin(omega_y / 2) ** 8)
    denominator = sine_x**2 + sine_y**2 + damping
    denominator[0, 0] = 1
    spectrum = (-1j * sine_x * np.fft.rfft2(along_x) - 1j * sine_y * np.fft.rfft2(along_y)) / denominator
    spectrum[0, 0] = 0
    return np.fft.irfft2(spectrum, s=(rows, columns)).astype(np.float32)


def blur(field: Field, sigma_px: float) -> Field:
    """Gaussian blur with wrap; `field` is [height, width] or [height, width, channels]."""
    reach = max(1, min(int(4 * sigma_px + 1), field.shape[0] - 1, field.shape[1] - 1))
    padded = np.concatenate([field[-reach:], field, field[:reach]], 0)
    padded = np.concatenate([padded[:, -reach:], padded, padded[:, :reach]], 1)
    # The window is given: left to itself it could be wider than what was wrapped, and see a mirrored border.
    window = 2 * reach + 1
    blurred = cv2.GaussianBlur(padded, (window, window), sigma_px)[reach:-reach, reach:-reach]
    return np.ascontiguousarray(blurred, dtype=np.float32)


def halve(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Area average of 2 x 2 blocks over the first two axes."""
    total: NDArray[np.float32] = field[0::2, 0::2] + field[1::2, 0::2] + field[0::2, 1::2] + field[1::2, 1::2]
    return total * np.float32(0.25)


def normalize_range(field: Field, low: float = 2.0, high: float = 98.0) -> Field:
    """Map the `low` and `high` percentiles to 0 and 1 and clip."""
    bottom, top = np.percentile(field, (low, high))
    scaled = (field - bottom) / max(float(top - bottom), 1e-6)
    return np.asarray(np.clip(scaled, 0, 1), np.float32)


def edge_distance(height: Field, threshold: float = 0.35) -> Field:
    """Distance in [0, 1] from the low places of a height field in [0, 1]; 1 where nothing is low.

    Low means below `threshold`; the reach is the 95th percentile of the distances. Wraps.
    """
    low = height < threshold
    if not low.any() or low.mean() > 0.8:
        return np.ones_like(height)
    rows, columns = height.shape
    tiled = np.tile((~low).astype(np.uint8), (3, 3))
    distance = cv2.distanceTransform(tiled, cv2.DIST_L2, 5)[rows : 2 * rows, columns : 2 * columns]
    reach = max(float(np.percentile(distance, 95)), 1.0)
    return np.asarray(np.clip(distance / reach, 0, 1), np.float32)


def cell_tone(tone: Field, distance: Field, sigma_px: float) -> Field:
    """Smooth tone inside cells, in [-1, 1]: `tone` averaged over `sigma_px` without crossing joints (distance 0)."""
    inside = (distance > 0).astype(np.float32)
    average = blur(tone * inside, sigma_px) / np.maximum(blur(inside, sigma_px), 1e-3)
    average -= average.mean()
    return (np.clip(average / max(2 * float(average.std()), 1e-3), -1, 1) * inside).astype(np.float32)
