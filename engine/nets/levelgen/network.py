"""LevelGen: a Transformer that predicts the hidden cells of a level from the known ones and the wished attributes.

Masked-token modelling after Chang et al., "MaskGIT: Masked Generative Image Transformer", CVPR 2022 (section 3.1), with
two differences: a token of the Transformer is a patch of 2 x 2 cells, so a level of 64 x 64 takes 1024 of them, and a
cell can be hidden in part ("ground, contents unknown"), so layout and contents are decided one after the other.
"""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

PATCH = 2
HEAD_WIDTH = 32
CELL_WIDTH = 32
WRITTEN_OUT_TOKENS_MAX = 512


@dataclass(frozen=True, slots=True)
class LevelGenConfig:
    """The network's shape.

    tile_count         tiles that a cell can turn out to be
    input_count        what a cell can look like: the tiles and the ways of being hidden
    condition_counts   classes per attribute; each has one more, "not asked for"
    size_max           longest edge, in cells
    width, depth       channels (a multiple of 32) and blocks
    """

    tile_count: int
    input_count: int
    condition_counts: tuple[int, ...]
    size_max: int = 64
    width: int = 160
    depth: int = 6


class Block(nn.Module):
    """x += depthwise 3x3 over the patches; x += attention(norm x); x += MLP(norm x). Conditions join the attention."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.local = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp_in = nn.Linear(width, 4 * width)
        self.mlp_out = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor, prefix: int, side: int) -> torch.Tensor:
        """Tokens [batch, prefix + side * side, width]; the first `prefix` of them have no place in the grid."""
        batch, length, width = x.shape
        plane = x[:, prefix:].reshape(batch, side, side, width).permute(0, 3, 1, 2)
        near = self.local(plane).permute(0, 2, 3, 1).reshape(batch, length - prefix, width)
        x = torch.cat((x[:, :prefix], x[:, prefix:] + near), 1)
        parts = self.query_key_value(self.attention_norm(x)).view(batch, length, 3, self.heads, HEAD_WIDTH)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = attention(query, key, value).transpose(1, 2).reshape(x.shape)
        x = x + self.attention_out(mixed)
        result: torch.Tensor = x + self.mlp_out(functional.relu(self.mlp_in(self.mlp_norm(x))))
        return result


def attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Softmax attention over [batch, head, token, channel].

    Written out while short sequences train: the fused kernel's backward pass is slow there on CPUs.
    """
    if not torch.is_grad_enabled() or query.shape[2] > WRITTEN_OUT_TOKENS_MAX:
        return functional.scaled_dot_product_attention(query, key, value)
    weights = torch.softmax((query * HEAD_WIDTH**-0.5) @ key.transpose(-1, -2), -1)
    return weights @ value


class LevelGen(nn.Module):
    """Cells and conditions -> one distribution over tiles per cell."""

    def __init__(self, config: LevelGenConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.cells = nn.Embedding(config.input_count, CELL_WIDTH)
        self.corner = nn.Linear(PATCH * PATCH * CELL_WIDTH, width)
        self.conditions = nn.ModuleList(nn.Embedding(count + 1, width) for count in config.condition_counts)
        self.places = nn.Parameter(torch.zeros(4, config.size_max // PATCH, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, PATCH * PATCH * config.tile_count)
        self.apply(_initialise)

    def forward(self, cells: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        """Logits [batch, size, size, tile] for `cells` int64 [batch, size, size] of even size and `conditions` int64
        [batch, attribute].
        """
        side = cells.shape[1] // PATCH
        wished = torch.stack([table(conditions[:, index]) for index, table in enumerate(self.conditions)], 1)
        x = patches(self.cells(cells), side)
        x = self.corner(x) + self._positions(side) + wished.mean(1, keepdim=True)
        x = torch.cat((wished.to(x.dtype), x), 1)
        for block in self.blocks:
            x = block(x, wished.shape[1], side)
        logits = self.head(self.norm(x[:, wished.shape[1] :]))
        return unpatched(logits, side, self.config.tile_count)

    def _positions(self, side: int) -> torch.Tensor:
        """Distance of every patch from each of the four borders, embedded: [1, patch, width]."""
        top, bottom, left, right = (self.places[index, :side] for index in range(4))
        rows = top + bottom.flip(0)
        columns = left + right.flip(0)
        return (rows[:, None] + columns[None]).reshape(1, side * side, -1)


def patches(x: torch.Tensor, side: int) -> torch.Tensor:
    """[batch, size, size, channel] -> [batch, patch, 4 * channel], row by row."""
    batch, _, _, channels = x.shape
    x = x.view(batch, side, PATCH, side, PATCH, channels).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, side * side, PATCH * PATCH * channels)


def unpatched(x: torch.Tensor, side: int, channels: int) -> torch.Tensor:
    """[batch, patch, 4 * channel] -> [batch, size, size, channel], the inverse of `patches`."""
    batch = x.shape[0]
    x = x.view(batch, side, side, PATCH, PATCH, channels).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(batch, side * PATCH, side * PATCH, channels)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02 if module.in_features < 1024 else 0.01)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
