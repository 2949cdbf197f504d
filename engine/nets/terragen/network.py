"""TerraGen: a hierarchical VAE of elevation, one octave after the other.

Heights form a Laplacian pyramid (Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983): the grid of
spacing s is the expanded grid of spacing 2 s plus details. Each octave is a conditional VAE with latents z ~ N(0, 1),
independent per cell of the coarser grid,

    finer = expanded(coarser) + scale(coarser) * decoder(features(coarser), z, style, octave)

Everything is measured as height over spacing, which makes a decoder the same at every scale: a wide one makes
landforms at all coarse octaves, a narrow one the details of the finest ones, where most cells are. Convolutions are
valid (nothing is padded), so a vertex depends on a fixed neighbourhood only, and windows of any place agree.

Water that gathers over many octaves cannot be learned from single ones: training ends with whole descents from the
coarsest grid to the finest, judged by a critic at every octave (`engine/training/terrain/descent.py`).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEATURE_HALO = 3
"""Vertices on each side that `features` needs beyond those it describes."""

FEATURE_COUNT = 7
PHASE_COUNT = 4
"""Fine vertices per coarse one: at its place, east, south, south-east of it."""

SCALE_FLOOR = 0.003
"""Curvature (height over spacing) of what counts as flat: measured elevation has a meter of noise at 90 m."""


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Sizes of one decoder.

    width         channels
    depth         3x3 convolutions, each of which widens the neighbourhood by one vertex
    octave_count  octaves it tells apart; coarser ones are taken for the last of them
    latent_width  latents per cell
    style_width   style values per cell
    """

    width: int
    depth: int
    octave_count: int
    latent_width: int = 4
    style_width: int = 2

    @property
    def halo(self) -> int:
        """Coarse vertices needed on each side of those that are refined."""
        return FEATURE_HALO + self.depth


def expanded(coarse: Tensor) -> Tensor:
    """The four phases of the finer grid without details: [batch, 1, h, w] -> [batch, 4, h - 2, w - 2].

    The pyramid's own filter (1, 4, 6, 4, 1) / 16 between inserted zeros; the first cell is that of vertex (1, 1).
    """
    kept = (coarse[..., :-2] + 6.0 * coarse[..., 1:-1] + coarse[..., 2:]) / 8.0
    between = 0.5 * (coarse[..., 1:-1] + coarse[..., 2:])
    phases = []
    for columns in (kept, between):
        phases.append((columns[..., :-2, :] + 6.0 * columns[..., 1:-1, :] + columns[..., 2:, :]) / 8.0)
        phases.append(0.5 * (columns[..., 1:-1, :] + columns[..., 2:, :]))
    return torch.cat([phases[0], phases[2], phases[1], phases[3]], dim=1)


def features(coarse: Tensor) -> tuple[Tensor, Tensor]:
    """What a decoder sees of heights over spacing [batch, 1, h, w]: features [batch, 7, h - 6, w - 6] and the scale of
    details [batch, 1, h - 6, w - 6].
    """
    center = coarse[..., 1:-1, 1:-1]
    across = coarse[..., 1:-1, 2:] + coarse[..., 1:-1, :-2] - 2.0 * center
    along = coarse[..., 2:, 1:-1] + coarse[..., :-2, 1:-1] - 2.0 * center
    energy = _mean(across.square() + along.square(), 5)
    scale = torch.sqrt(energy + SCALE_FLOOR**2)
    inner = coarse[..., 3:-3, 3:-3]
    across, along = across[..., 2:-2, 2:-2] / scale, along[..., 2:-2, 2:-2] / scale
    near = (inner - _mean(coarse[..., 2:-2, 2:-2], 3)) / scale
    far = (inner - _mean(coarse, 7)) / scale
    tilt = scale + 0.1
    slope_x = 0.5 * (coarse[..., 3:-3, 4:-2] - coarse[..., 3:-3, 2:-4]) / tilt
    slope_y = 0.5 * (coarse[..., 4:-2, 3:-3] - coarse[..., 2:-4, 3:-3]) / tilt
    return torch.cat([across, along, near, 0.5 * far, slope_x, slope_y, scale.log() + 3.0], dim=1), scale


def _mean(grid: Tensor, edge: int) -> Tensor:
    """Mean of every square of `edge` vertices: sums of shifted grids, several times as fast as pooling one channel."""
    for axis in (2, 3):
        count = grid.shape[axis] - edge + 1
        total = grid.narrow(axis, 0, count) + grid.narrow(axis, 1, count)
        for shift in range(2, edge):
            total += grid.narrow(axis, shift, count)
        grid = total
    return grid.mul_(1.0 / edge**2)


class Decoder(nn.Module):
    """Features, latents, style and octave -> details in units of the scale.

    x0 = conv1x1(features, z, style) + embedding(octave);  x_k+1 = crop(x_k) + conv3x3(leaky(x_k));  out = conv1x1(x)
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        entry_width = FEATURE_COUNT + config.latent_width + config.style_width
        self.entry = nn.Conv2d(entry_width, config.width, 1)
        self.octave = nn.Embedding(config.octave_count, config.width)
        self.layers = nn.ModuleList(nn.Conv2d(config.width, config.width, 3) for _ in range(config.depth))
        self.exit = nn.Conv2d(config.width, PHASE_COUNT, 1)
        nn.init.normal_(self.octave.weight, std=0.1)
        nn.init.normal_(self.exit.weight, std=0.02)

    def forward(self, seen: Tensor, latents: Tensor, style: Tensor, octave: Tensor) -> Tensor:
        """Details float32 [batch, 4, h - 2 depth, w - 2 depth], computed in the number format of the weights.

        seen     [batch, 7, h, w] of `features`
        latents  [batch, latent_width, h, w]
        style    [batch, style_width, h, w]
        octave   int64 [batch], 0 for the decoder's finest
        """
        # Rounded after they are put together: PyTorch does that several times as fast as the other way round.
        entered = torch.cat([seen, latents, style], dim=1).to(self.entry.weight.dtype)
        bias = self.octave(octave.clamp(max=self.config.octave_count - 1)) + self.entry.bias
        # The 1x1 convolution as a product of matrices, which writes channels_last without a copy.
        weight = self.entry.weight.flatten(1).t().expand(len(entered), -1, -1)
        x = torch.baddbmm(bias[:, None], entered.flatten(2).transpose(1, 2), weight)
        x = x.transpose(1, 2).unflatten(2, entered.shape[2:])
        for layer in self.layers:
            x = layer(F.leaky_relu(x, 0.2)).add_(x[..., 1:-1, 1:-1])
        # Planes again: what follows is arithmetic on grids.
        details: Tensor = self.exit(F.leaky_relu(x, 0.2)).to(torch.float32, memory_format=torch.contiguous_format)
        return details


class Encoder(nn.Module):
    """Features and true details -> mean and log variance of the latents; needed for training only."""

    def __init__(self, config: DecoderConfig, width: int = 48) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(FEATURE_COUNT + PHASE_COUNT + config.style_width, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * config.latent_width, 1),
        )

    def forward(self, seen: Tensor, details: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, [batch, latent_width, h, w] each, for inputs of equal height and width."""
        mean, log_variance = self.net(torch.cat([seen, details, style], dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-8.0, 2.0)


def refined(
    decoder: Decoder, coarse: Tensor, latents: Tensor, style: Tensor, octave: Tensor, gain: float = 1.0
) -> Tensor:
    """One octave finer: heights over the FINE spacing [batch, 1, 2 n, 2 m] from heights over the coarse spacing.

    coarse   [batch, 1, n + 2 halo, m + 2 halo]
    latents  [batch, latent_width, n + 2 depth, m + 2 depth]
    style    [batch, style_width, n + 2 depth, m + 2 depth]
    octave   as in `Decoder.forward`
    gain     factor of the details

    Vertex (0, 0) of the result is the coarse vertex (halo, halo).
    """
    depth, halo = decoder.config.depth, decoder.config.halo
    seen, scale = features(coarse)
    details = decoder(seen, latents, style, octave) * (gain * scale[..., depth:-depth, depth:-depth])
    rim = halo - 1
    return woven(details.add_(expanded(coarse)[..., rim:-rim, rim:-rim])).mul_(2.0)


def woven(phases: Tensor) -> Tensor:
    """The finer grid of its four phases: [batch, 4, h, w] -> [batch, 1, 2 h, 2 w].

    That is `pixel_shuffle`, which takes several times as long on CPUs.
    """
    batch, _, rows, columns = phases.shape
    fine = phases.new_empty(batch, 1, 2 * rows, 2 * columns)
    fine.view(batch, rows, 2, columns, 2).copy_(phases.unflatten(1, (2, 2)).permute(0, 3, 1, 4, 2))
    return fine
