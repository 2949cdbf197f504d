"""One texture in the making: the network run level by level, each level only when its image is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional

from engine.generators.texture.appearance import Appearance
from engine.generators.texture.grain import steered_noise, with_detail
from engine.generators.texture.materialize import Wear
from engine.nets.blocks import Edges, ModulatedPair, Style, extend, join_extended
from engine.nets.precision import KernelClass
from engine.nets.texgen import STRIDES_PX, TILE_CELLS, LevelStyles, TexGen, double, join_spatial
from engine.noise import uniform_grid, white_grid
from engine.patterns import Structure
from engine.requests.texture import Blend, Wrap

BLEND_LAYER = 200
"""Noise layer of blend patches; the network's own layers are its level numbers."""

BLEND_SOFTNESS = 6.0
"""Steepness of the border between two classes."""

COARSE_STRIDE_PX = 4
"""Levels from this stride on share one structure, drawn at a quarter of the size: the first part must come soon."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be painted: seed, size, edges, who wears what, a function that draws the structure at a size, and the
    attributes that the request asks for.
    """

    seed: int
    size_px: int
    edges: Edges
    first: Appearance
    second: Appearance | None
    blend: Blend | None
    structure: Callable[[int], Structure]
    sliders: Mapping[str, float] = field(default_factory=dict)


def edges_of(wrap: Wrap) -> Edges:
    """Which axes wrap."""
    return Edges(wrap_x=wrap in (Wrap.BOTH, Wrap.X), wrap_y=wrap in (Wrap.BOTH, Wrap.Y))


class Painting:
    """Runs the network for one scene; keeps features and images between calls."""

    def __init__(self, network: TexGen, kernel: KernelClass, scene: Scene) -> None:
        self.network, self.kernel, self.scene = network, kernel, scene
        coarse = self._hints(scene.size_px // COARSE_STRIDE_PX if scene.size_px >= 256 else scene.size_px)
        if scene.size_px < 256:
            coarse = functional.avg_pool2d(coarse, COARSE_STRIDE_PX)
        self.coarse_hints = coarse
        self.share = self._share(coarse)
        self.styles = self._styles(scene.first)
        self.other_styles = None if scene.second is None else self._styles(scene.second)
        self.level = 0
        self.features: torch.Tensor | None = None
        self.images: dict[int, torch.Tensor] = {}

    @torch.inference_mode()
    def image(self, stride_px: int) -> torch.Tensor:
        """The network's image float32 [1, 8, size / stride, size / stride], stride 32, 16, 8, 4, 2 or 1."""
        while stride_px not in self.images:
            self._advance()
        return self.images[stride_px]

    def wear(self, stride_px: int) -> Wear:
        """Appearances and their shares at a stride."""
        share = None if self.share is None else self._share_at(stride_px)
        return Wear(self.scene.first, self.scene.second, share)

    def _advance(self) -> None:
        if self.level == len(STRIDES_PX):
            if self.features is None:
                raise AssertionError("the last level leaves features")
            finest = self.network.finest_image(self.features, self.images[2], self.scene.edges)
            if (detail := self.scene.sliders.get("detail")) is not None:
                finest = with_detail(finest, double(self.images[2], self.scene.edges), detail)
            self.images[1] = finest
            return
        stride = STRIDES_PX[self.level]
        spatial = self._spatial(self.level)
        block = self.network.blocks[self.level]
        if not isinstance(block, ModulatedPair):
            raise TypeError("blocks are modulated pairs")
        if self.other_styles is None:
            joined = join_extended(self.features, spatial, self.scene.edges)
            pair = block.folded(self.styles[self.level], self.kernel.dtype)
            self.features = pair(joined, TILE_CELLS[self.level])
        else:
            blended = self._blended(self.styles[self.level], self.other_styles[self.level], stride)
            self.features = self.network.level(self.level, self.features, spatial, blended, self.scene.edges)
        coarser = None if self.level == 0 else self.images[stride * 2]
        self.images[stride] = self.network.image(self.level, self.features, coarser, self.scene.edges)
        self.level += 1

    def _styles(self, appearance: Appearance) -> LevelStyles:
        with torch.inference_mode():
            index = torch.tensor([appearance.class_index])
            code = self.network.code(index, appearance.network_attributes(), appearance.style)
            return self.network.styles(code)

    def _blended(self, first: tuple[Style, Style], second: tuple[Style, Style], stride: int) -> tuple[Style, Style]:
        share = self._share_at(stride)
        wide, wider = extend(share, 1, self.scene.edges), extend(share, 2, self.scene.edges)
        return first[0].blended(second[0], wider, wide), first[1].blended(second[1], wide, share)

    def _spatial(self, level: int) -> torch.Tensor:
        """Structure and noise that enter `level`, in the kernel's number format."""
        config = self.network.config
        channels, noise_stride = config.noise_shape(level)
        stride = config.structure_stride_px(level)
        if stride == 1:
            hints = self._hints(self.scene.size_px)
        else:
            hints = functional.avg_pool2d(self.coarse_hints, stride // COARSE_STRIDE_PX)
        cells = self.scene.size_px // noise_stride
        noise = white_grid(self.scene.seed, level, channels, cells, cells)[None]
        noise = steered_noise(noise, noise_stride, self.scene.sliders)
        return join_spatial(level, hints, noise).to(self.kernel.dtype).contiguous(memory_format=torch.channels_last)

    def _hints(self, size_px: int) -> torch.Tensor:
        structure = self.scene.structure(size_px)
        stacked = np.stack([2 * structure.height - 1, 2 * structure.edge_distance - 1, structure.cell_tone])
        return torch.from_numpy(stacked.astype(np.float32))[None]

    def _share(self, coarse: torch.Tensor) -> torch.Tensor | None:
        """Share of the second class at COARSE_STRIDE_PX, [1, 1, h, w]: noise patches that prefer low places."""
        blend = self.scene.blend
        if blend is None:
            return None
        size = coarse.shape[-1]
        field = torch.zeros(1, 1, size, size)
        for octave, weight in ((1, 1.0), (2, 0.5), (4, 0.25)):
            cells = min(blend.patches_per_tile * octave, size)
            grid = uniform_grid(self.scene.seed, BLEND_LAYER + octave, 1, cells, cells)
            field = field + weight * enlarge(grid, size, self.scene.edges)
        field = field - 0.15 * coarse[:, :1]
        threshold = torch.quantile(field.flatten(), 1.0 - blend.amount)
        return ((field - threshold) * BLEND_SOFTNESS + blend.amount).clamp(0, 1)

    def _share_at(self, stride: int) -> torch.Tensor:
        if self.share is None:
            raise AssertionError("there is no blend")
        if stride >= COARSE_STRIDE_PX:
            return functional.avg_pool2d(self.share, stride // COARSE_STRIDE_PX)
        factor = COARSE_STRIDE_PX // stride
        around = extend(self.share, 1, self.scene.edges)
        enlarged = functional.interpolate(around, scale_factor=float(factor), mode="bilinear", align_corners=False)
        return enlarged[..., factor:-factor, factor:-factor]


def enlarge(grid: torch.Tensor, size: int, edges: Edges) -> torch.Tensor:
    """A smooth field [..., size, size] through a coarse grid [..., cells, cells], cubic, exact at the edges.

    `size` need not be a multiple of the grid's: interpolating an extended copy would leave a seam then.
    """
    rows, columns = (cubic_weights(grid.shape[-1], size, wrapped) for wrapped in (edges.wrap_y, edges.wrap_x))
    return rows @ grid @ columns.t()


def cubic_weights(cells: int, size: int, wrapped: bool) -> torch.Tensor:
    """Catmull-Rom interpolation of `cells` values at `size` pixel centers, as a matrix float32 [size, cells]."""
    position = (torch.arange(size) + 0.5) * (cells / size) - 0.5
    first = position.floor()
    t = position - first
    taps = (
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    )
    weights = torch.zeros(size, cells)
    for offset, tap in enumerate(taps, -1):
        cell = first.long() + offset
        # Mirrored with the outermost value repeated, as blocks.extend does.
        inside = (
            cell % cells
            if wrapped
            else torch.where(cell < 0, -1 - cell, torch.where(cell < cells, cell, 2 * cells - 1 - cell))
        )
        weights.scatter_add_(1, inside.clamp(0, cells - 1)[:, None], tap[:, None])
    return weights
