"""From the bytes of a picture to its pixels, by OpenCV where that is installed: files can be passed on without it."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from morphogen_client.errors import MissingPackageError

_cv2: ModuleType | None = None
try:
    import cv2
except ImportError:
    pass  # see above
else:
    _cv2 = cv2


def decoded(data: bytes) -> NDArray[Any] | None:
    """Pixels of a PNG, WebP or JPEG, [height, width] or RGB(A) [height, width, 3 or 4]; None if they cannot be read.

    Raises MissingPackageError without OpenCV.
    """
    if _cv2 is None:
        raise MissingPackageError("pixels of pictures need OpenCV: pip install opencv-python-headless")
    pixels = _cv2.imdecode(np.frombuffer(data, np.uint8), _cv2.IMREAD_UNCHANGED)
    if pixels is None:
        return None
    shown: NDArray[Any] = pixels
    if shown.ndim == 3:
        shown = _cv2.cvtColor(shown, _cv2.COLOR_BGRA2RGBA if shown.shape[2] == 4 else _cv2.COLOR_BGR2RGB)
    return shown
