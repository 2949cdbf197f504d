"""Pictures of what FrameGen has learned: the renderer's frames above, the network's below."""

import numpy as np
import torch
from numpy.typing import NDArray

BACKGROUND = (0.42, 0.5, 0.56)


def on_background(rgba: torch.Tensor) -> torch.Tensor:
    """RGB [batch, 3, h, w] of frames whose colors are multiplied by alpha."""
    ground = torch.tensor(BACKGROUND, device=rgba.device)[None, :, None, None]
    return rgba[:, :3] + ground * (1.0 - rgba[:, 3:])


def tiled(rgb: torch.Tensor, columns: int) -> NDArray[np.uint8]:
    """Frames side by side, uint8 [height, width, 3]."""
    count, _, height, width = rgb.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    pixels = (rgb.clamp(0, 1) * 255.0).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    for index in range(count):
        row, column = divmod(index, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = pixels[index]
    return sheet
