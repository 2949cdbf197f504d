"""Counter-based noise: a value is a pure function of (seed, layer, x, y, channel). There is no generator state.

The hash is pcg4d of Jarzynski and Olano, "Hash Functions for GPU Rendering", Journal of Computer Graphics Techniques
9(3), 2020: one linear congruential step (Numerical Recipes' 1664525 and 1013904223), two rounds of cross-lane
multiply-add, and one xor-shift between them, all modulo 2**32. It uses integer arithmetic only, so CPUs, GPUs and
shaders agree bit for bit; values become floats by keeping the top 24 bits, which float32 holds exactly.
"""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

MULTIPLIER = 1664525
INCREMENT = 1013904223
_MASK = 0xFFFFFFFF


def hash_lanes(lanes: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    """pcg4d of four broadcastable int32 tensors, elementwise; four int32 tensors (bit patterns of uint32)."""
    # Coordinates stay rows and columns as long as they can: only what mixes them is as large as the result.
    x, y, z, w = _cross(*(lane * MULTIPLIER + INCREMENT for lane in lanes))
    # int32 shifts are arithmetic: the mask makes them logical, as the hash demands.
    x, y, z, w = (lane ^ (lane >> 16).bitwise_and_(0xFFFF) for lane in (x, y, z, w))
    return _cross(x, y, z, w)


def _cross(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, ...]:
    x = torch.addcmul(x, y, w)
    y = torch.addcmul(y, z, x)
    z = torch.addcmul(z, x, y)
    w = torch.addcmul(w, y, z)
    return x, y, z, w


def hash_words(x: NDArray[np.uint32], *others: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], ...]:
    """The same hash of four broadcastable uint32 arrays of at least one axis: for so few numbers that calls decide."""
    return _mixed(*(word * np.uint32(MULTIPLIER) + np.uint32(INCREMENT) for word in (x, *others)))


def derive_seed(seed: int, *words: int) -> int:
    """A new 32-bit seed from `seed` and any number of words: the same hash on Python integers."""
    state = seed & _MASK
    for word in words:
        lanes = (state, word & _MASK, word >> 32, 0)
        state = _mixed(*((lane * MULTIPLIER + INCREMENT) & _MASK for lane in lanes))[3]
    return state


def _mixed(x: Any, y: Any, z: Any, w: Any) -> tuple[Any, ...]:
    """The rounds, on Python integers and on uint32 arrays."""
    for turn in range(2):
        x = (x + y * w) & _MASK
        y = (y + z * x) & _MASK
        z = (z + x * y) & _MASK
        w = (w + y * z) & _MASK
        if turn == 0:
            x, y, z, w = (lane ^ (lane >> 16) for lane in (x, y, z, w))
    return x, y, z, w


def unit_value(seed: int, *words: int) -> float:
    """One uniform number in [0, 1) for (seed, words), exact in float32."""
    return (derive_seed(seed, *words) >> 8) * 2.0**-24


def uniform_grid(
    seed: int, layer: int, channels: int, height: int, width: int, *, origin: tuple[int, int] = (0, 0)
) -> torch.Tensor:
    """Uniform noise float32 [channels, height, width] in [0, 1).

    The value at (channel, y, x) does not depend on the grid's size: `origin` (y, x) moves the window. `seed` is an
    unsigned 32-bit integer; `layer` separates uses of one seed, 0 to 2**24 - 1; at most 1024 channels.
    """
    y = torch.arange(origin[0], origin[0] + height, dtype=torch.int32).view(1, height, 1)
    x = torch.arange(origin[1], origin[1] + width, dtype=torch.int32).view(1, 1, width)
    groups = -(-channels // 4)
    group = (torch.arange(groups, dtype=torch.int32) + layer * 256).view(groups, 1, 1)
    key = torch.tensor(seed - 2**32 if seed >= 2**31 else seed, dtype=torch.int32)
    lanes = torch.stack(hash_lanes((x, y, group, key)), dim=1)
    bits = (lanes >> 8) & 0xFFFFFF
    return bits.reshape(groups * 4, height, width)[:channels].to(torch.float32) * 2.0**-24


def white_grid(seed: int, layer: int, channels: int, height: int, width: int) -> torch.Tensor:
    """White noise float32 [channels, height, width] with mean 0 and variance 1 (uniform, within plus or minus 3**0.5).

    Uniform and not normal on purpose: a normal deviate needs transcendental functions, whose last bits differ between
    platforms, and a network does not care.
    """
    return (uniform_grid(seed, layer, channels, height, width) - 0.5) * math.sqrt(12.0)
