"""TexGen: paints a structure. Latent grid, structure and noise in; eight material channels, coarse to fine, out.

The image is a pyramid of residuals. A head may only add what averages to zero over 2 x 2 pixels, therefore every level
of detail is the area average of the next finer one, by construction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional

from engine.errors import SettingsError
from engine.nets.blocks import TORUS, Edges, ModulatedPair, Style, extend, upsample

CHANNELS = ("tone", "warmth", "tint", "height", "roughness", "metallic", "slope_x", "slope_y")
"""Output channels, zero-mean and about unit variance; `engine/generators/texture/materialize.py` gives them units."""

STRUCTURE_CHANNELS = 3
"""Height, edge distance and cell tone, each in [-1, 1]."""

SIZE_MAX = 1024
"""Largest number of channels, classes or code entries of a network."""

STRIDES_PX = (32, 16, 8, 4, 2)
"""Pixels of the finest image per feature cell, level by level; the last level also makes the stride-1 image."""


@dataclass(frozen=True, slots=True)
class TexGenConfig:
    """Shape of the network; it travels inside the weights file.

    class_count       number of classes
    attribute_count   attributes that steer the network itself
    style_width       width of the per-exemplar appearance code
    code_width        width of the modulation code
    widths            feature channels per level, coarse to fine
    latent_channels   noise channels of the latent grid (stride 32)
    noise_channels    noise channels per finer level but the last
    fine_noise_channels  noise channels of the last level, at stride 1: what grain is made of
    """

    class_count: int
    attribute_count: int = 4
    style_width: int = 32
    code_width: int = 192
    widths: tuple[int, ...] = (96, 128, 128, 128, 96)
    latent_channels: int = 13
    noise_channels: int = 5
    fine_noise_channels: int = 1

    def __post_init__(self) -> None:
        """Raises SettingsError: a plan and a weights file may ask for networks that cannot be."""
        if len(self.widths) != len(STRIDES_PX):
            raise SettingsError(f"network.widths: has {len(self.widths)} numbers, expected {len(STRIDES_PX)}")
        sizes = {name: getattr(self, name) for name in ("class_count", "attribute_count", "style_width", "code_width")}
        sizes |= {"latent_channels": self.latent_channels, "noise_channels": self.noise_channels}
        sizes |= {"fine_noise_channels": self.fine_noise_channels}
        sizes |= {f"widths[{index}]": width for index, width in enumerate(self.widths)}
        for name, size in sizes.items():
            if not 1 <= size <= SIZE_MAX:
                raise SettingsError(f"network.{name}: {size} is outside [1, {SIZE_MAX}]")

    def noise_shape(self, level: int) -> tuple[int, int]:
        """(channels, stride in pixels) of the noise that `level` takes; the last level's has stride 1."""
        if level == 0:
            return self.latent_channels, STRIDES_PX[0]
        if level == len(STRIDES_PX) - 1:
            return self.fine_noise_channels, 1
        return self.noise_channels, STRIDES_PX[level]

    def structure_stride_px(self, level: int) -> int:
        """Stride of the structure that `level` takes: its own, but 1 at the last level."""
        return 1 if level == len(STRIDES_PX) - 1 else STRIDES_PX[level]

    def spatial_channels(self, level: int) -> int:
        """Structure and noise channels that enter `level` after unshuffling."""
        noise, _ = self.noise_shape(level)
        return (STRUCTURE_CHANNELS + noise) * (4 if level == len(STRIDES_PX) - 1 else 1)


TILE_CELLS = (8, 16, 32, 64, 128)
"""Edge of the tiles in which inference computes each level, see `FoldedPair`: what a 256 px image has."""

LevelStyles = tuple[tuple[Style, Style], ...]


class TexGen(nn.Module):
    """The generator network. `config` is the whole description of its shape."""

    def __init__(self, config: TexGenConfig) -> None:
        super().__init__()
        self.config = config
        self.class_code = nn.Embedding(config.class_count, 48)
        code_inputs = 48 + config.attribute_count + config.style_width
        self.mapping = nn.Sequential(
            nn.Linear(code_inputs, config.code_width),
            nn.LeakyReLU(0.2),
            nn.Linear(config.code_width, config.code_width),
            nn.LeakyReLU(0.2),
        )
        self.blocks = nn.ModuleList()
        self.heads = nn.ModuleList()
        previous = 0
        for level, width in enumerate(config.widths):
            self.blocks.append(ModulatedPair(previous + config.spatial_channels(level), width, config.code_width))
            outputs = len(CHANNELS) * (5 if level == len(config.widths) - 1 else 1)
            head = nn.Conv2d(width, outputs, 1)
            nn.init.normal_(head.weight, 0.0, 0.3 * width**-0.5)
            self.heads.append(head)
            previous = width

    def freeze(self, dtype: torch.dtype) -> None:
        """Prepare the convolutions for inference in `dtype`; the network cannot be trained or saved afterwards."""
        for block in self._blocks():
            block.first.freeze(dtype)
            block.second.freeze(dtype)

    def code(self, class_index: torch.Tensor, attributes: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """Modulation code [batch, code_width] of class indices [batch], attributes and style float32."""
        embedded = self.class_code(class_index)
        code: torch.Tensor = self.mapping(torch.cat([embedded, attributes, style], 1))
        return code

    def styles(self, code: torch.Tensor) -> LevelStyles:
        """Styles of every convolution, level by level."""
        return tuple((block.first.style(code), block.second.style(code)) for block in self._blocks())

    def level(
        self,
        level: int,
        features: torch.Tensor | None,
        spatial: torch.Tensor,
        styles: tuple[Style, Style],
        edges: Edges = TORUS,
    ) -> torch.Tensor:
        """Features of `level`: [batch, width, h, w] from the coarser features and `spatial` (see `join_spatial`)."""
        x = spatial if features is None else torch.cat([upsample(features), spatial.to(features.dtype)], 1)
        block: ModulatedPair = self.blocks[level]  # type: ignore[assignment]
        painted: torch.Tensor = block(x.contiguous(memory_format=torch.channels_last), styles, edges)
        return painted

    def image(
        self, level: int, features: torch.Tensor, coarser: torch.Tensor | None, edges: Edges = TORUS
    ) -> torch.Tensor:
        """The image at the level's stride, float32 [batch, 8, h, w]: `coarser` doubled plus a zero-mean residual."""
        head: nn.Conv2d = self.heads[level]  # type: ignore[assignment]
        weight, bias = head.weight[: len(CHANNELS)], _rows(head.bias, 0, len(CHANNELS))
        residual = functional.conv2d(features, weight.to(features.dtype), bias.to(features.dtype)).float()
        if coarser is None:
            return residual
        return double(coarser, edges) + residual - upsample(functional.avg_pool2d(residual, 2))

    def finest_image(self, features: torch.Tensor, coarser: torch.Tensor, edges: Edges = TORUS) -> torch.Tensor:
        """The stride-1 image from the last level's features and its stride-2 image."""
        head: nn.Conv2d = self.heads[-1]  # type: ignore[assignment]
        first = len(CHANNELS)
        weight, bias = head.weight[first:], _rows(head.bias, first, 5 * first)
        residual = functional.conv2d(features, weight.to(features.dtype), bias.to(features.dtype)).float()
        blocks = exact_conv2d(residual, zero_mean_kernel(first, residual.device))
        return functional.pixel_shuffle(blocks + doubled_blocks(coarser, edges), 2)

    def forward(self, spatial: Sequence[torch.Tensor], styles: LevelStyles, edges: Edges = TORUS) -> list[torch.Tensor]:
        """All images, coarse to fine: strides 32, 16, 8, 4, 2, 1."""
        return list(self.pyramid(spatial, styles, edges))

    def pyramid(
        self, spatial: Sequence[torch.Tensor], styles: LevelStyles, edges: Edges = TORUS
    ) -> Iterator[torch.Tensor]:
        """The images one by one, each computed when it is asked for."""
        features: torch.Tensor | None = None
        image: torch.Tensor | None = None
        for index, (inputs, level_styles) in enumerate(zip(spatial, styles, strict=True)):
            features = self.level(index, features, inputs, level_styles, edges)
            image = self.image(index, features, image, edges)
            yield image
        if features is not None and image is not None:
            yield self.finest_image(features, image, edges)

    def _blocks(self) -> Iterator[ModulatedPair]:
        for block in self.blocks:
            if isinstance(block, ModulatedPair):
                yield block


def _rows(bias: torch.Tensor | None, start: int, stop: int) -> torch.Tensor:
    if bias is None:
        raise TypeError("a head needs a bias")
    return bias[start:stop]


def double(image: torch.Tensor, edges: Edges) -> torch.Tensor:
    """Twice the size, bilinear, shifted per 2 x 2 block so that the block's mean is the pixel it came from."""
    return functional.pixel_shuffle(doubled_blocks(image, edges), 2)


def doubled_blocks(image: torch.Tensor, edges: Edges) -> torch.Tensor:
    """`double` before the shuffle, [batch, 4 channels, h, w]: both steps are linear and together one stencil."""
    return exact_conv2d(extend(image, 1, edges), _doubling_kernel(image.shape[1], image.device))


def exact_conv2d(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Convolve every channel of `image` with its own kernels, in float32 also where training computes in bf16."""
    with torch.autocast(image.device.type, enabled=False):
        return functional.conv2d(image, kernel, groups=image.shape[1] // kernel.shape[1])


# Cached kernels must be ordinary tensors: one made while generating (inference mode) could not be trained through.
@lru_cache
@torch.inference_mode(mode=False)
def _doubling_kernel(channels: int, device: torch.device) -> torch.Tensor:
    phases = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])
    bilinear = (phases[:, None, :, None] * phases[None, :, None, :]).reshape(4, 1, 3, 3)
    same = torch.zeros(3, 3)
    same[1, 1] = 1.0
    return (bilinear - bilinear.mean(0, keepdim=True) + same).repeat(channels, 1, 1, 1).to(device)


@lru_cache
@torch.inference_mode(mode=False)
def zero_mean_kernel(channels: int, device: torch.device) -> torch.Tensor:
    """The 1 x 1 convolution, in groups of four, that takes the mean of each 2 x 2 block out."""
    return (torch.eye(4) - 0.25).reshape(4, 4, 1, 1).repeat(channels, 1, 1, 1).to(device)


def join_spatial(level: int, structure: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Structure and noise of one level, [batch, channels, h, w] each, as one tensor at the level's stride."""
    joined = torch.cat([structure, noise], 1)
    return functional.pixel_unshuffle(joined, 2) if level == len(STRIDES_PX) - 1 else joined


def structure_pyramid(structure: torch.Tensor) -> list[torch.Tensor]:
    """Structure [batch, 3, h, w] at stride 1 -> its area averages at the strides the levels take."""
    pyramid = [structure]
    current = functional.avg_pool2d(structure, 4)
    for _ in STRIDES_PX[:-1]:
        pyramid.append(current)
        current = functional.avg_pool2d(current, 2)
    return pyramid[::-1]
