from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

SIZE_PX = 128


def _frame(number: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    inside = (x - 30 - 4 * number) ** 2 + (y - 64) ** 2 < 26**2
    return np.stack([60 + x, 200 - y, 90 + 0 * x, 255 * inside], -1).astype(np.uint8)


@pytest.fixture
def frame() -> Callable[[int], NDArray[np.uint8]]:
    """Frame N: a disc before nothing that goes to the right, four pixels per frame, over a smooth ground of colors."""
    return _frame


@pytest.fixture
def before() -> Callable[[int, tuple[int, int, int]], NDArray[np.float64]]:
    """Frame N before a background."""

    def before(number: int, background: tuple[int, int, int]) -> NDArray[np.float64]:
        pixels = _frame(number).astype(float)
        alpha = pixels[..., 3:] / 255
        return pixels[..., :3] * alpha + np.array(background) * (1 - alpha)

    return before
