"""Draws training batches on the device where the stock lies, as a pure function of (seed, step).

A batch is a set of torus crops with random roll, turn and flip. At zoom 2 the network paints them at twice their size:
that is what requests ask for, and the crop is then the goal of its second finest level.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from engine.nets.blocks import extend
from engine.nets.texgen import STRUCTURE_CHANNELS, TexGenConfig, join_spatial, structure_pyramid
from engine.noise import derive_seed
from engine.training.data.stock import Stock, enlarged_scale

TARGETS = slice(0, 8)
SLOPE_X, SLOPE_Y = 6, 7
HINTS = slice(8, 8 + STRUCTURE_CHANNELS)

DIRECTED = 0.15
"""From this measured direction on, something runs along one axis."""

BLUR_REACH_PX = 12
SIGMA_PX = (0.5, 5.0)
"""Softness of the height hints: requests bring drawn patterns, masks or noise, not real heights."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of one step: [batch, ...], targets at stride `zoom`, structure at stride 1, normalized units.

    Where `paired` is 1 the structure is that of the targets; where it is 0 it was drawn from the pattern library, and
    only the look of the targets is asked for.
    """

    targets: torch.Tensor
    present: torch.Tensor
    paired: torch.Tensor
    structure: torch.Tensor
    class_index: torch.Tensor
    attributes: torch.Tensor
    zoom: int


class Sampler:
    """Batches from a stock; `drawn_share` of the samples wear a structure drawn for their class."""

    def __init__(self, stock: Stock, crop_px: int, drawn_share: float) -> None:
        self.stock, self.crop_px, self.drawn_share = stock, crop_px, drawn_share
        self.device = stock.directions.device

    def batch(self, seed: int, step: int, size: int, zoom: int = 1) -> Batch:
        """The batch of a step: a pure function of its arguments and of the device's kind."""
        random = np.random.Generator(np.random.PCG64(derive_seed(seed, step)))
        chosen = random.choice(len(self.stock.places), size, p=self.stock.probabilities)
        places = [self._place(int(index), random, zoom) for index in chosen]
        order = sorted(range(size), key=lambda index: places[index][0])  # one gather per shelf
        places = [places[index] for index in order]
        pixels, present, class_index, attributes = self._gather(places, random)
        paired = torch.ones(size, device=self.device)
        paired[torch.from_numpy(random.permutation(size)[: round(size * self.drawn_share)]).to(self.device)] = 0
        generator = torch.Generator(self.device).manual_seed(derive_seed(seed, step, 1))
        structure = hints(pixels[:, HINTS], generator)
        if zoom > 1:
            structure = _enlarge(structure, zoom)
            attributes[:, 0] = enlarged_scale(attributes[:, 0], float(np.log2(zoom)))
        drawn = self._drawn(class_index, attributes, [edge for edge, _ in places], random, zoom)
        structure = torch.where(paired[:, None, None, None] > 0, structure, drawn)
        return Batch(pixels[:, TARGETS], present, paired, structure, class_index, attributes, zoom)

    def _place(self, material: int, random: np.random.Generator, zoom: int) -> tuple[int, int]:
        """One exemplar of a material; only the finest density is enlarged."""
        places = self.stock.places[material]
        if zoom > 1:
            places = tuple(place for place in places if place[0] == places[0][0])
        return places[int(random.integers(len(places)))]

    def _gather(
        self, places: list[tuple[int, int]], random: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Turned crops float32 [batch, 11, crop, crop], presence, class indices and attributes, shelf by shelf."""
        crops, present, class_index, attributes = [], [], [], []
        for size, shelf in sorted(self.stock.shelves.items()):
            own = [row for edge, row in places if edge == size]
            if own:
                turns = torch.from_numpy(random.integers((size, size, 2, 2, 2), size=(len(own), 5))).to(self.device)
                rows = torch.tensor(own, device=self.device)
                crops.append(turned_crops(shelf.pixels, rows, turns, self.crop_px))
                present.append(shelf.present[rows])
                class_index.append(shelf.class_index[rows])
                # A crop whose axes were swapped has its grain along the other one.
                sign = torch.where(turns[:, 2] == 1, -1.0, 1.0)[:, None] * torch.tensor([0, 1, 0, 0]).to(turns)
                attributes.append(torch.where(sign < 0, -shelf.attributes[rows], shelf.attributes[rows]))
        return torch.cat(crops), torch.cat(present), torch.cat(class_index), torch.cat(attributes)

    def _drawn(
        self,
        class_index: torch.Tensor,
        attributes: torch.Tensor,
        sizes: list[int],
        random: np.random.Generator,
        zoom: int,
    ) -> torch.Tensor:
        """A crop of a drawn structure per sample, in the density of its exemplar, [batch, 3, zoom crop, zoom crop]."""
        longest = max(self.stock.drawn)
        count = self.stock.drawn[longest].shape[1]
        numbers = torch.from_numpy(random.integers((count, longest, longest, 2, 2, 2), size=(len(sizes), 6)))
        numbers = numbers.to(self.device)
        rows, turns = class_index * count + numbers[:, 0], numbers[:, 1:].clone()
        # Boards and the grain on them run the same way.
        own_way, wanted_way = self.stock.directions[class_index], attributes[:, 1]
        directed = (own_way.abs() > DIRECTED) & (wanted_way.abs() > DIRECTED)
        turns[:, 2] = torch.where(directed, own_way * wanted_way < 0, turns[:, 2] == 1).long()
        pieces = []
        for size in sorted(set(sizes)):
            own = slice(sizes.index(size), sizes.index(size) + sizes.count(size))
            # Crops larger than the longest drawn tile go round the torus once more.
            drawn = self.stock.drawn[min(longest, size * zoom)].flatten(0, 1)
            pieces.append(turned_crops(drawn, rows[own], turns[own], self.crop_px * zoom, directed=False) / 127)
        return torch.cat(pieces)


def turned_crops(
    pixels: torch.Tensor, rows: torch.Tensor, turns: torch.Tensor, crop_px: int, *, directed: bool = True
) -> torch.Tensor:
    """Crops float32 [batch, channels, crop, crop] of `pixels[rows]`, rolled around the torus, turned and mirrored.

    pixels    [n, s, s, channels]
    turns     int64 [batch, 5]: first row, first column, whether the axes are swapped, y mirrored, x mirrored
    directed  whether channels 6 and 7 are slopes along x and y, which turn with the image
    """
    size = pixels.shape[1]
    step = torch.arange(crop_px, device=pixels.device)
    top, left, swap, flip_y, flip_x = (column[:, None, None] for column in turns.unbind(1))
    y = torch.where(flip_y == 1, -step[None, :, None], step[None, :, None])
    x = torch.where(flip_x == 1, -step[None, None, :], step[None, None, :])
    down, across = torch.where(swap == 1, x, y), torch.where(swap == 1, y, x)
    crops = pixels[rows[:, None, None], (top + down) % size, (left + across) % size].permute(0, 3, 1, 2).float()
    if directed:
        slopes = crops[:, SLOPE_X : SLOPE_Y + 1]
        slopes = torch.where(swap[..., None] == 1, slopes.flip(1), slopes)
        signs = 1.0 - 2.0 * torch.cat([flip_x, flip_y], 1)
        crops = torch.cat([crops[:, :SLOPE_X], slopes * signs[..., None], crops[:, SLOPE_Y + 1 :]], 1)
    return crops


def hints(measured: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """What the network is told of crops' structure, [batch, 3, s, s] in [-1, 1]: blurred, noisy, sometimes withheld.

    `measured` holds height and edge distance in [0, 1] and cell tone in [-1, 1]. Requests bring drawn patterns, masks
    or plain noise instead of real heights: the network must not count on detail in the hint, nor on any channel of it.
    """
    batch = measured.shape[0]

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(batch, 1, 1, 1, generator=generator, device=measured.device) * (high - low) + low

    sigma_px = uniform(float(np.log(SIGMA_PX[0])), float(np.log(SIGMA_PX[1]))).exp()
    height = full_range(blurred(measured[:, :1], sigma_px[:, 0, 0]))
    height = height + 0.03 * torch.randn(height.shape, generator=generator, device=height.device)
    height = torch.where(uniform(0, 1) < 0.08, 0.5, height)
    distance = torch.where(uniform(0, 1) < 0.25, 1.0, measured[:, 1:2])
    tone = measured[:, 2:3] * torch.where(uniform(0, 1) < 0.3, 0.0, uniform(0.5, 1.2))
    return torch.cat([2 * height - 1, 2 * distance - 1, tone], 1).clamp(-1, 1)


def blurred(images: torch.Tensor, sigma_px: torch.Tensor) -> torch.Tensor:
    """Each image [batch, 1, s, s] blurred by its own sigma [batch, 1], mirrored at its borders."""
    offset = torch.arange(-BLUR_REACH_PX, BLUR_REACH_PX + 1, device=images.device)
    kernel = torch.exp(-0.5 * (offset / sigma_px) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)
    padded = functional.pad(images, (BLUR_REACH_PX,) * 4, mode="reflect").transpose(0, 1)
    along = functional.conv2d(padded, kernel[:, None, None, :], groups=images.shape[0])
    return functional.conv2d(along, kernel[:, None, :, None], groups=images.shape[0]).transpose(0, 1)


def full_range(images: torch.Tensor) -> torch.Tensor:
    """Map each image's 2nd and 98th percentile (of every second pixel each way) to 0 and 1 and clip."""
    values = images[..., ::2, ::2].flatten(1)
    low, high = torch.quantile(values, torch.tensor([0.02, 0.98], device=images.device), dim=1)[..., None, None, None]
    stretched: torch.Tensor = ((images - low) / (high - low).clamp_min(1e-6)).clamp(0, 1)
    return stretched


def _enlarge(structure: torch.Tensor, zoom: int) -> torch.Tensor:
    around = extend(structure, 1)
    large = functional.interpolate(around, scale_factor=float(zoom), mode="bilinear", align_corners=False)
    return large[..., zoom:-zoom, zoom:-zoom]


def spatial_inputs(
    structure: torch.Tensor, config: TexGenConfig, generator: torch.Generator, dtype: torch.dtype
) -> list[torch.Tensor]:
    """Inputs of every level for a structure [batch, 3, s, s], with fresh noise from `generator` of the same device."""
    batch, _, size, _ = structure.shape
    joined = []
    for level, structure_hints in enumerate(structure_pyramid(structure)):
        channels, stride = config.noise_shape(level)
        shape = (batch, channels, size // stride, size // stride)
        noise = (torch.rand(shape, generator=generator, device=structure.device) - 0.5) * 12**0.5
        joined.append(join_spatial(level, structure_hints, noise).to(dtype))
    return joined
