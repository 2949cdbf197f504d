"""Sets to compare a generator with: two classical baselines, and four controls with a known fault.

Every function takes exemplars float32 [count, 3, size, size] in [0, 1] and a seed and returns as many pictures. A
baseline is what a generator must beat; a control is what the metrics must catch.
"""

from collections.abc import Callable

import numpy as np

from engine.training.panel.metrics.estimate import Images

Rival = Callable[[Images, int], Images]

BLOCK_PX = 8
MODE_LIMIT = 20


def random_phase(exemplars: Images, seed: int) -> Images:
    """Gaussian textures with each exemplar's colors and power spectrum.

    Galerne, Gousseau and Morel 2011, "Random phase textures": one random phase field is added to all channels.
    """
    noise = np.random.default_rng(seed).standard_normal((len(exemplars), 1, *exemplars.shape[2:]), np.float32)
    transform = np.fft.fft2(noise)
    phase = transform / np.maximum(np.abs(transform), 1e-9)
    phase[..., 0, 0] = 1  # keeps each exemplar's mean color
    return np.clip(np.fft.ifft2(np.fft.fft2(exemplars) * phase).real, 0, 1).astype(np.float32)


def two_color_noise(exemplars: Images, seed: int) -> Images:
    """Fractal noise between the mean dark and the mean light color of each exemplar, roughness drawn at random."""
    random = np.random.default_rng(seed)
    count, _, size, _ = exemplars.shape
    cycles = np.fft.fftfreq(size) * size
    radius = np.hypot(cycles[:, None], cycles[None])
    radius[0, 0] = 1
    slope = random.uniform(0.6, 2.0, (count, 1, 1))
    amplitude = radius[None] ** -slope
    amplitude[:, 0, 0] = 0
    field = np.fft.ifft2(np.fft.fft2(random.standard_normal((count, size, size))) * amplitude).real
    share = 1 / (1 + np.exp(-1.5 * field / field.std((1, 2), keepdims=True)))[:, None]
    brightness = exemplars.mean(1, keepdims=True)
    light = brightness >= np.median(brightness, axis=(2, 3), keepdims=True)
    bright, dark = (
        (exemplars * part).sum((2, 3), keepdims=True) / np.maximum(part.sum((2, 3), keepdims=True), 1)
        for part in (light, ~light)
    )
    bright = np.where(light.all((2, 3), keepdims=True), exemplars.mean((2, 3), keepdims=True), bright)
    dark = np.where(light.all((2, 3), keepdims=True), bright, dark)
    return np.asarray(dark * (1 - share) + bright * share, np.float32)


def blurred(exemplars: Images, seed: int) -> Images:  # noqa: ARG001 (all rivals share one signature)
    """Averaged over 3x3 pixels, across the wrap: fine detail is lost."""
    rows = (np.roll(exemplars, 1, 2) + exemplars + np.roll(exemplars, -1, 2)) / 3
    both = (np.roll(rows, 1, 3) + rows + np.roll(rows, -1, 3)) / 3
    return both.astype(np.float32)


def few_modes(exemplars: Images, seed: int) -> Images:
    """At most twenty of the exemplars, over and over."""
    count = len(exemplars)
    modes = np.random.default_rng(seed).choice(count, max(2, min(MODE_LIMIT, count // 8)), replace=False)
    return exemplars[np.resize(modes, count)]


def memorised(exemplars: Images, seed: int) -> Images:
    """The exemplars themselves, shifted around the torus, every second one mirrored."""
    size = exemplars.shape[2]
    shifts = np.random.default_rng(seed).integers(1, size, (len(exemplars), 2))
    copies = [np.roll(image, tuple(shift), (1, 2)) for image, shift in zip(exemplars, shifts, strict=True)]
    return np.stack([image[..., ::-1] if index % 2 else image for index, image in enumerate(copies)])


def shuffled(exemplars: Images, seed: int) -> Images:
    """The exemplars' 8x8 pixel blocks in random order: the colors are right, the structure is not."""
    random = np.random.default_rng(seed)
    count, _, size, _ = exemplars.shape
    side = size // BLOCK_PX
    blocks = exemplars.reshape(count, 3, side, BLOCK_PX, side, BLOCK_PX).transpose(0, 2, 4, 1, 3, 5)
    flat = blocks.reshape(count, side * side, 3, BLOCK_PX, BLOCK_PX)
    mixed = np.stack([image[random.permutation(side * side)] for image in flat])
    grid = mixed.reshape(count, side, side, 3, BLOCK_PX, BLOCK_PX).transpose(0, 3, 1, 4, 2, 5)
    return np.ascontiguousarray(grid.reshape(exemplars.shape))


BASELINES: dict[str, Rival] = {"random_phase": random_phase, "two_color_noise": two_color_noise}
CONTROLS: dict[str, Rival] = {
    "blurred": blurred,
    "few_modes": few_modes,
    "memorised": memorised,
    "shuffled": shuffled,
}
