"""Fractal noise, the baseline of every terrain generator: sums of smooth noise over octaves."""

import cv2
import numpy as np
from numpy.typing import NDArray


def fractal(size_px: int, seed: int, gain: float = 0.5, *, ridged: bool = False) -> NDArray[np.float32]:
    """Fractal noise float32 [size_px, size_px] with mean 0 and standard deviation 1.

    gain    amplitude of an octave over that of the one twice as large; 2**-0.5 to 2**-1.2 cover real landscapes
    ridged  octaves are folded, so that what was zero becomes a ridge (Musgrave, in Ebert et al., "Texturing and
            Modeling", 2003, chapter 16)
    """
    random = np.random.Generator(np.random.Philox(key=seed))
    total = np.zeros((size_px, size_px), np.float32)
    cells, amplitude = 1, 1.0
    while cells <= size_px // 2:
        total += amplitude * _octave(random, size_px, cells, ridged=ridged)
        cells, amplitude = 2 * cells, amplitude * gain
    return np.asarray((total - total.mean()) / (total.std() + 1e-9))


def _octave(random: np.random.Generator, size_px: int, cells: int, *, ridged: bool) -> NDArray[np.float32]:
    lattice = random.standard_normal((cells + 4, cells + 4)).astype(np.float32)
    zoom = size_px / cells
    y, x = random.uniform(0, 1, 2)
    position = np.arange(size_px, dtype=np.float32) / zoom
    map_x, map_y = np.meshgrid(position + 1.0 + x, position + 1.0 + y)
    smooth = cv2.remap(lattice, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_CUBIC)
    return np.asarray(0.8 - 2.0 * np.abs(smooth) if ridged else smooth, np.float32)
