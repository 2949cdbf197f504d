"""FrameGen: a U-Net that paints the maps of a body's parts as an identity: RGBA, memoryless, so nothing drifts.

What is painted is not color but which of the character's colors a pixel shows, how lit it is and how it gleams. So a
picture keeps to its palette exactly, whatever the palette, and borders between colors are as sharp as a decision.
Identity enters twice: as scale and shift of every block (Perez et al., "FiLM", AAAI 2018), and laid out over the maps,
a vector of its own for each part of the body.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from engine.characters.identity import FEATURE_COUNT
from engine.characters.palettes import SLOT_COUNT
from engine.characters.sculpting.sculpture import PART_COUNT
from engine.nets.framegen.part_maps import MAP_CHANNELS, OUTLINE, SLOTS, VIEW_NUMBERS, PartMaps

MAP_PX = 64
LEAK = 0.2
TRAINING_LEAK = 0.03
HEAD_CHANNELS = SLOT_COUNT + 3
"""Slot logits, light, gleam, alpha."""


@dataclass(frozen=True, slots=True)
class FrameGenConfig:
    """The network's shape.

    size_px      of a frame: 256 or 128
    widths       channels at 64, 32, 16 and 8 pixels
    fine_width   channels at 128 pixels, where the frame is finished; unused for 128 pixel frames
    code_width   numbers of an identity's code
    part_width   numbers of an identity's vector for each part
    """

    size_px: int = 256
    widths: tuple[int, int, int, int] = (40, 80, 144, 176)
    fine_width: int = 24
    code_width: int = 128
    part_width: int = 12


SMALL = FrameGenConfig(size_px=128, widths=(28, 48, 80, 112), code_width=96, part_width=12)


class Block(nn.Module):
    """y = lrelu(film(conv x)); x + conv(y): a residual pair of 3x3 convolutions."""

    def __init__(self, width: int, style_width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.film = nn.Linear(style_width, 2 * width)
        nn.init.normal_(self.film.weight, 0.0, 0.02)
        nn.init.zeros_(self.film.bias)
        nn.init.normal_(self.second.weight, 0.0, 0.2 * (9 * width) ** -0.5)

    def forward(self, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        """[batch, width, h, w] -> the same."""
        scale, shift = self.film(style)[..., None, None].to(x.dtype).chunk(2, 1)
        y = functional.leaky_relu(self.first(x) * (1.0 + scale) + shift, LEAK)
        result: torch.Tensor = functional.leaky_relu(x + self.second(y), LEAK)
        return result


class CodeOf(nn.Module):
    """Features of an identity -> its code, the prior of the encoder's codes."""

    def __init__(self, code_width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(FEATURE_COUNT, 192), nn.LeakyReLU(LEAK), nn.Linear(192, 192), nn.LeakyReLU(LEAK),
            nn.Linear(192, code_width),
        )  # fmt: skip

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """float32 [batch, FEATURE_COUNT] -> [batch, code_width]."""
        result: torch.Tensor = self.layers(2.0 * features - 1.0)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """What the network says of every pixel; [batch, ..., size, size].

    slot   float32 [8], share of each color slot, sums to 1
    light  float32 [1], factor of the color, 0 and more
    gleam  float32 [1], added on top
    alpha  float32 [1], 0 to 1
    logits float32 [8], of `slot`
    leak   slope beyond the ends of ranges: 0, and a little in training, so that nothing is stuck there
    """

    slot: torch.Tensor
    light: torch.Tensor
    gleam: torch.Tensor
    alpha: torch.Tensor
    logits: torch.Tensor
    leak: float = 0.0

    def rgba(self, palette: torch.Tensor) -> torch.Tensor:
        """Frames [batch, 4, size, size] in 0 to 1, colors multiplied by alpha; `palette` float32 [batch, 8, 3]."""
        color = torch.einsum("bkhw,bkc->bchw", self.slot, palette) * self.light + self.gleam
        return torch.cat([limited(color, 0.0, 1.0, self.leak) * self.alpha, self.alpha], 1)


class FrameGen(nn.Module):
    """Part maps and the code of an identity -> a frame."""

    def __init__(self, config: FrameGenConfig) -> None:
        super().__init__()
        self.config = config
        top, second, third, bottom = config.widths
        style = config.code_width
        self.part_vectors = nn.Linear(config.code_width, PART_COUNT * config.part_width)
        self.style = nn.Sequential(nn.Linear(config.code_width + VIEW_NUMBERS, style), nn.LeakyReLU(LEAK))
        self.entry = nn.Conv2d(MAP_CHANNELS + config.part_width, top, 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in ((top, second), (second, third), (third, bottom))
        )
        self.before = nn.ModuleList(Block(width, style) for width in (top, second, third))
        self.bottom = Block(bottom, style)
        self.up = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in ((bottom, third), (third, second), (second, top))
        )
        self.after = nn.ModuleList(Block(width, style) for width in (third, second, top))
        if config.size_px == 256:
            self.widen = nn.Conv2d(top, 4 * config.fine_width, 3, padding=1)
            self.fine = nn.Conv2d(config.fine_width, config.fine_width, 3, padding=1)
            self.head = nn.Conv2d(config.fine_width, 4 * HEAD_CHANNELS, 3, padding=1)
        else:
            self.head = nn.Conv2d(top, 4 * HEAD_CHANNELS, 3, padding=1)
        self.code_of = CodeOf(config.code_width)
        # What the maps already say of colors and outline goes straight to the head, as much as proves useful.
        self.trust = nn.Parameter(torch.tensor([2.0, 0.5]))

    def code(self, features: torch.Tensor) -> torch.Tensor:
        """The code of identities, from `Identity.features` [batch, FEATURE_COUNT]."""
        result: torch.Tensor = self.code_of(features)
        return result

    def forward(self, seen: PartMaps, code: torch.Tensor) -> Painted:
        """Maps of MAP_PX pixels and codes float32 [batch, code_width] -> what to paint."""
        kind = self.entry.weight.dtype
        style = self.style(torch.cat([code, seen.view], 1).to(kind))
        vectors = self.part_vectors(code.to(kind)).unflatten(1, (PART_COUNT, self.config.part_width))
        laid = torch.einsum("bphw,bpe->behw", seen.share, vectors.to(seen.share.dtype))
        x = torch.cat([seen.maps, laid], 1).to(kind).contiguous(memory_format=torch.channels_last)
        x = functional.leaky_relu(self.entry(x), LEAK)
        kept = []
        for block, down in zip(self.before, self.down, strict=True):
            x = block(x, style)
            kept.append(x)
            x = functional.leaky_relu(down(x), LEAK)
        x = self.bottom(x, style)
        for up, block in zip(self.up, self.after, strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(functional.leaky_relu(up(x), LEAK) + kept.pop(), style)
        if self.config.size_px == 256:
            x = functional.leaky_relu(functional.pixel_shuffle(self.widen(x), 2), LEAK)
            x = functional.leaky_relu(x + self.fine(x), LEAK)
        values = functional.pixel_shuffle(self.head(x), 2).float() + self._known(seen.maps)
        return painted(values, TRAINING_LEAK if self.training else 0.0)

    def _known(self, maps: torch.Tensor) -> torch.Tensor:
        """What the maps say themselves, for each of the head's channels at the frame's size."""
        size = self.config.size_px
        known = torch.cat([maps[:, SLOTS], maps[:, OUTLINE : OUTLINE + 1]], 1).float()
        known = functional.interpolate(known, size=(size, size), mode="bilinear", align_corners=False)
        slot, edge = self.trust.float()
        # The outline is the hyperbolic tangent of a distance: steep enough, it is the alpha of a frame.
        alpha = (edge * (size / MAP_PX) * known[:, SLOT_COUNT:]).clamp(-0.5, 0.5)
        nothing = torch.zeros_like(alpha)
        return torch.cat([slot * known[:, :SLOT_COUNT], nothing, nothing, alpha], 1)


def painted(values: torch.Tensor, leak: float = 0.0) -> Painted:
    """The head's numbers [batch, HEAD_CHANNELS, size, size] as what to paint."""
    logits, light, gleam, alpha = values.split([SLOT_COUNT, 1, 1, 1], 1)
    light, gleam = limited(0.85 + light, 0.0, 4.0, leak), limited(gleam, 0.0, 1.0, leak)
    return Painted(torch.softmax(logits, 1), light, gleam, limited(0.5 + alpha, 0.0, 1.0, leak), logits, leak)


def limited(x: torch.Tensor, low: float, high: float, leak: float) -> torch.Tensor:
    """`x` kept within a range, but for a slope of `leak` beyond its ends."""
    kept = x.clamp(low, high)
    return kept + leak * (x - kept) if leak else kept
