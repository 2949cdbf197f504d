"""The sliders `scale`, `direction` and `detail` on what the network paints by itself, its grain.

The network makes grain of noise, octave by octave: noise that is smeared gives grain that runs along an axis, and
stronger coarse noise gives coarser grain. The finest octave is the image less the level before it, and can be weakened
or strengthened without touching any other level.
"""

from collections.abc import Mapping

import numpy as np
import torch

from engine.nets.texgen import CHANNELS

SCALE_STRENGTH = 1.0
"""Octaves of gain that noise of one octave has over that of the next finer one, from `scale` 0 to 1."""

MIDDLE_OCTAVE = 2.5
"""Of noise of stride 1 to 32: its gain does not depend on `scale`."""

DETAIL_MAX = 0.95
"""Largest share of the tone's standard deviation that the finest octave may have."""

DETAILED = [CHANNELS.index(name) for name in ("tone", "height", "slope_x", "slope_y")]
"""Channels whose finest octave `detail` changes: color and relief."""

GAIN_MAX = 6.0
"""Strongest gain of the finest octave: where the network paints none, there is nothing to strengthen."""


def steered_noise(noise: torch.Tensor, stride_px: int, sliders: Mapping[str, float]) -> torch.Tensor:
    """Torus noise [1, channels, h, w] for cells of `stride_px` as `scale` and `direction` want it."""
    if "scale" in sliders:
        octave = float(np.log2(stride_px)) - MIDDLE_OCTAVE
        noise = noise * 2.0 ** (SCALE_STRENGTH * (sliders["scale"] - 0.5) * octave)
    if direction := sliders.get("direction", 0.0):
        noise = _smeared(noise, abs(direction), axis=2 if direction > 0 else 3)
    return noise


def _smeared(noise: torch.Tensor, strength: float, axis: int) -> torch.Tensor:
    """Mixed with its four neighbours along an axis; its standard deviation stays."""
    kernel = np.convolve([strength, 1.0, strength], [strength, 1.0, strength])
    kernel /= np.sqrt((kernel**2).sum())
    mixed = noise * float(kernel[2])
    for distance in (1, 2):
        mixed = mixed + (noise.roll(distance, axis) + noise.roll(-distance, axis)) * float(kernel[2 + distance])
    return mixed


def with_detail(image: torch.Tensor, doubled: torch.Tensor, detail: float) -> torch.Tensor:
    """`image` float32 [1, 8, h, w] with another gain of its finest octave, which is what it has beside `doubled`.

    Afterwards the octave has the share `detail` of the tone's standard deviation, if a gain of GAIN_MAX suffices; the
    relief has the same gain.
    """
    octave = image - doubled
    # In numpy, whose sums do not depend on the number of threads.
    own, others = (float(np.var(field[0, 0].numpy(), dtype=np.float64)) for field in (octave, doubled))
    share = min(detail, DETAIL_MAX) ** 2
    gain = min((share / (1.0 - share) * others / max(own, 1e-12)) ** 0.5, GAIN_MAX)
    octave[:, DETAILED] *= gain
    return doubled + octave
