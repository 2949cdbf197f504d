"""Convolution blocks that wrap around the torus: the building stones of every texture network.

Wrapping is slice and concatenate, because `torch.nn.functional.pad(mode="circular")` leaves channels_last and makes
the following convolution about twice as slow. Rolling a block's input rolls its output, bit for bit.
"""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn
from torch.nn import functional

LEAK = 0.2
GAIN = 2**0.5
"""Restores unit variance after a leaky ReLU (He et al., 2015)."""


@dataclass(frozen=True, slots=True)
class Edges:
    """How an image continues beyond its borders: around the torus (True) or mirrored (False), per axis."""

    wrap_x: bool = True
    wrap_y: bool = True


TORUS = Edges()


def extend(x: torch.Tensor, width: int, edges: Edges = TORUS) -> torch.Tensor:
    """Add `width` pixels on each side: [batch, channels, h, w] -> [batch, channels, h + 2 width, w + 2 width]."""
    for dimension, wrapped in ((2, edges.wrap_y), (3, edges.wrap_x)):
        size = x.shape[dimension]
        if wrapped:
            # A latent grid may be narrower than the border: go round as often as needed.
            before, after = _around(x, width, dimension)
        else:
            reach = min(width, size)
            before = x.narrow(dimension, 0, reach).flip(dimension)
            after = x.narrow(dimension, size - reach, reach).flip(dimension)
        x = torch.cat([before, x, after], dimension)
    return x


def _around(x: torch.Tensor, width: int, dimension: int) -> tuple[torch.Tensor, torch.Tensor]:
    size = x.shape[dimension]
    if width <= size:
        return x.narrow(dimension, size - width, width), x.narrow(dimension, 0, width)
    index = torch.arange(-width, size + width, device=x.device) % size
    return x.index_select(dimension, index[:width]), x.index_select(dimension, index[width + size :])


Network = TypeVar("Network", bound=nn.Module)


def channels_last(network: Network) -> Network:
    """Lay out every convolution weight the way the fast kernels read it."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def upsample(x: torch.Tensor) -> torch.Tensor:
    """Nearest neighbour, twice the size."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


@dataclass(frozen=True, slots=True)
class Style:
    """What modulates one convolution: input scale, output demodulation, bias; [batch, channels, 1 or h, 1 or w]."""

    scale: torch.Tensor
    demodulation: torch.Tensor
    bias: torch.Tensor

    def blended(self, other: "Style", share_in: torch.Tensor, share_out: torch.Tensor) -> "Style":
        """Mix with `other` by its share in [0, 1] at the convolution's input and output sizes, [batch, 1, h, w]."""
        return Style(
            torch.lerp(self.scale, other.scale, share_in),
            torch.lerp(self.demodulation, other.demodulation, share_out),
            torch.lerp(self.bias, other.bias, share_out),
        )


class ModulatedConv(nn.Module):
    """y = demodulation * conv3x3(scale * x) + bias, without padding.

    Scale-in, demodulate-out form of Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2020,
    eq. 3: demodulation = rsqrt(sum over inputs and taps of (scale * weight)**2). The weight stays the same for the
    whole batch, so one dense convolution serves every sample.
    """

    def __init__(self, inputs: int, outputs: int, style_width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) * (9 * inputs) ** -0.5)
        self.affine = nn.Linear(style_width, inputs + outputs)
        nn.init.normal_(self.affine.weight, 0.0, 0.05)
        nn.init.zeros_(self.affine.bias)
        self.inputs = inputs
        self.frozen_energy: torch.Tensor | None = None

    def freeze(self, dtype: torch.dtype) -> None:
        """Prepare for inference in `dtype`: what does not depend on the style is worked out once."""
        self.frozen_energy = self._energy().detach()
        weight = self.weight.detach().to(dtype).contiguous(memory_format=torch.channels_last)
        self.weight = nn.Parameter(weight, requires_grad=False)

    def _energy(self) -> torch.Tensor:
        return self.weight.square().sum((2, 3))

    def style(self, code: torch.Tensor) -> Style:
        """Style of a code float32 [batch, style_width]."""
        scale, bias = self.affine(code).split([self.inputs, self.weight.shape[0]], 1)
        scale = scale + 1.0
        energies = self._energy() if self.frozen_energy is None else self.frozen_energy
        energy = scale.square() @ energies.t()
        return Style(scale[..., None, None], torch.rsqrt(energy + 1e-6)[..., None, None], bias[..., None, None])

    def forward(self, x: torch.Tensor, style: Style) -> torch.Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, h - 2, w - 2]."""
        y = functional.conv2d(x * style.scale.to(x.dtype), self.weight.to(x.dtype))
        y = torch.addcmul(style.bias.to(y.dtype), y, style.demodulation.to(y.dtype))
        return functional.leaky_relu(y, LEAK)

    def folded(self, style: Style) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight and bias of the plain convolution that equals this one for a single, spatially constant style."""
        factor = style.demodulation.reshape(-1, 1) * style.scale.reshape(1, -1)
        return self.weight * factor[..., None, None].to(self.weight.dtype), style.bias.reshape(-1)


class ModulatedPair(nn.Module):
    """Two modulated convolutions after one wrap by two pixels: the same result as wrapping twice, one copy fewer."""

    def __init__(self, inputs: int, outputs: int, style_width: int) -> None:
        super().__init__()
        self.first = ModulatedConv(inputs, outputs, style_width)
        self.second = ModulatedConv(outputs, outputs, style_width)

    def forward(self, x: torch.Tensor, styles: tuple[Style, Style], edges: Edges = TORUS) -> torch.Tensor:
        """[batch, inputs, h, w] -> [batch, outputs, h, w]."""
        y: torch.Tensor = self.second(self.first(extend(x, 2, edges), styles[0]), styles[1])
        return y

    def folded(self, styles: tuple[Style, Style], dtype: torch.dtype) -> "FoldedPair":
        """The plain convolutions that equal this pair for one spatially constant style: the fast way to infer."""
        weights = []
        for conv, style in zip((self.first, self.second), styles, strict=True):
            weight, bias = conv.folded(style)
            weights.append((weight.to(dtype).contiguous(memory_format=torch.channels_last), bias.to(dtype)))
        return FoldedPair(*weights)


@dataclass(frozen=True, slots=True)
class FoldedPair:
    """Two 3x3 convolutions with their style folded into (weight, bias); inference only."""

    first: tuple[torch.Tensor, torch.Tensor]
    second: tuple[torch.Tensor, torch.Tensor]

    def __call__(self, extended: torch.Tensor, tile: int) -> torch.Tensor:
        """[1, inputs, h + 4, w + 4] (see `join_extended`) -> [1, outputs, h, w], in tiles of `tile` x `tile`.

        Kernels are chosen by image size, and some sum in another order than others. In tiles of one size every pixel is
        summed alike however large the image is: a larger latent grid that repeats a smaller one repeats its output bit
        for bit. What that costs is computing the tiles' borders twice.
        """
        height, width = extended.shape[2] - 4, extended.shape[3] - 4
        if height <= tile and width <= tile:
            return self._tile(extended)
        shape = (extended.shape[0], self.second[0].shape[0], height, width)
        painted = torch.empty(shape, dtype=extended.dtype, memory_format=torch.channels_last)
        for top in range(0, height, tile):
            for left in range(0, width, tile):
                window = extended[:, :, top : top + tile + 4, left : left + tile + 4]
                window = window.contiguous(memory_format=torch.channels_last)
                painted[:, :, top : top + tile, left : left + tile] = self._tile(window)
        return painted

    def _tile(self, extended: torch.Tensor) -> torch.Tensor:
        y = functional.leaky_relu_(functional.conv2d(extended, *self.first), LEAK)
        return functional.leaky_relu_(functional.conv2d(y, *self.second), LEAK)


def join_extended(features: torch.Tensor | None, spatial: torch.Tensor, edges: Edges) -> torch.Tensor:
    """extend(cat([upsample(features), spatial]), 2) in one pass over a channels_last buffer; inference only."""
    batch, added, height, width = spatial.shape
    kept = 0 if features is None else features.shape[1]
    buffer = torch.empty(
        (batch, kept + added, height + 4, width + 4), dtype=spatial.dtype, memory_format=torch.channels_last
    )
    inner = buffer[:, :, 2:-2, 2:-2]
    if features is not None:
        # One strided copy in memory order writes each feature to its 2 x 2 pixels.
        pixels = inner[:, :kept].permute(0, 2, 3, 1).unflatten(1, (height // 2, 2)).unflatten(3, (width // 2, 2))
        pixels.copy_(features.permute(0, 2, 3, 1)[:, :, None, :, None, :].expand_as(pixels))
    inner[:, kept:] = spatial
    _fill_border(buffer, 2, edges.wrap_y)
    _fill_border(buffer, 3, edges.wrap_x)
    return buffer


def _fill_border(buffer: torch.Tensor, dimension: int, wrapped: bool) -> None:
    """Write the two outer rows or columns on both sides from the inside: wrapped or mirrored."""
    size = buffer.shape[dimension] - 4
    before, after = (
        (buffer.narrow(dimension, size, 2), buffer.narrow(dimension, 2, 2))
        if wrapped
        else (buffer.narrow(dimension, 2, 2).flip(dimension), buffer.narrow(dimension, size, 2).flip(dimension))
    )
    buffer.narrow(dimension, 0, 2).copy_(before)
    buffer.narrow(dimension, size + 2, 2).copy_(after)
