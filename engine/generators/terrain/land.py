"""Any rectangle of a landscape: heights in meters, masks, grounds and biomes, however it is cut into pieces."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import GenerationError, InvalidRequestError
from engine.generators.terrain import climate as climates
from engine.generators.terrain.biomes import GROUNDS, Weather, biome_weights, climate_of, shore_of, splat
from engine.generators.terrain.fields import Window
from engine.generators.terrain.heights import Decoders, Relief, World, heights, resting
from engine.generators.terrain.sketch import SKETCH_LEVEL, Strokes, read_strokes
from engine.noise import derive_seed
from engine.requests.landscape import COORDINATE_MAX_CELLS, Landscape, Reroll
from engine.terrain.masks import (
    FLOW_RIM,
    FLOW_STRIDE,
    MASK_RIM,
    Masks,
    flow_count,
    masks_of,
    rockiness,
    smoothstep,
    strips,
)

Grid = NDArray[np.float32]

LAND_VERSION = 4
"""Stands after the weights' version and a dot: grows whenever equal weights come to give other land."""

HEIGHT_STEPS_PER_M = 64
"""Heights are whole multiples of a 64th of a meter, on the wire and in every file."""

RIVER_DEPTH_M = 1.5
SPAWN_LEVELS, SPAWN_VERTICES, SPAWN_TRIES = (4, 6), 129, 32
SPAWN_REACH_CELLS = 2 ** SPAWN_LEVELS[-1] * (SPAWN_VERTICES // 2)
SPAWN_ABOVE_SEA_M, SPAWN_SLOPE_MAX = 0.75, 0.5
REROLL_EDGE_CELLS = MASK_RIM + 8
"""A new piece of land stays so far inside of its rectangle that no mask outside of it notices."""


BASE_LEVEL = FLOW_STRIDE.bit_length() - 1
"""The grid that flow is found on. Neighbouring pieces of land are best made from one: the coarser grids, in which water
gathers, need wide rims."""


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Coarse land under a rectangle: the grid of BASE_LEVEL, and those of pieces made anew, None for one that lies
    elsewhere.
    """

    world: Relief
    rerolled: tuple[Relief | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A rectangle of land, rows from north to south, columns from west to east.

    y, x      world cell of the first vertex
    height_m  float32 [rows, columns], multiples of 1 / HEIGHT_STEPS_PER_M
    masks     normals, slope, rock, flow, water
    splat     float32 [rows, columns, 4]: shares of the GROUNDS of biomes
    biomes    name -> float32 [rows, columns]
    """

    y: int
    x: int
    height_m: Grid
    masks: Masks
    splat: Grid
    biomes: dict[str, Grid]


class Land:
    """A landscape that can be asked for any of its parts.

    Raises InvalidRequestError for an unknown biome or an unusable sketch or piece to make anew.
    """

    def __init__(self, decoders: Decoders, landscape: Landscape) -> None:
        climate = climate_of(landscape.biomes)
        climate = replace(climate, roughness=float(np.clip(climate.roughness + landscape.roughness, -1.0, 1.0)))
        self._decoders, self.landscape = decoders, landscape
        self._world = World(landscape.seed, climate, landscape.period_cells)
        self._strokes: Strokes | None = None
        if landscape.sketch is not None:
            if landscape.period_cells:
                raise InvalidRequestError("sketch", "a sketch", "no sketch in a world that repeats")
            sea_level_cells = landscape.sea_level_m / (landscape.cell_m * max(landscape.relief, 1e-3))
            self._strokes = read_strokes(landscape.sketch, landscape.cell_m, sea_level_cells, self._sketched_level)
        self._rerolled = [(self._cells(each), self._variant(each.seed)) for each in landscape.rerolls]

    def ground(self, y: int, x: int, rows: int, columns: int, base: Base | None = None) -> Ground:
        """The vertices from world cell (y, x) on, both multiples of FLOW_STRIDE; at least one row and column.

        base  that of a rectangle around them, which saves making it

        Raises InvalidRequestError outside of plus or minus COORDINATE_MAX_CELLS.
        """
        if y % FLOW_STRIDE or x % FLOW_STRIDE:
            raise ValueError(f"y, x: {y}, {x} are not multiples of {FLOW_STRIDE}")
        for name, first, count in (("z", y, rows), ("x", x, columns)):
            if not -COORDINATE_MAX_CELLS <= first <= first + count <= COORDINATE_MAX_CELLS:
                raise InvalidRequestError(name, first, f"-{COORDINATE_MAX_CELLS} to {COORDINATE_MAX_CELLS} cells")
        landscape = self.landscape
        window = Window(y, x, rows, columns, 1, self._world.period)
        base = base or self.base(y, x, rows, columns)
        height_m, coarse_m = self._heights_m(window.widened(1), base), self._heights_m(_flow_window(window), base)
        river = None
        if self._strokes is not None:
            river = self._strokes.river_depth(y, x, rows, columns)
            river = np.float32(RIVER_DEPTH_M) * smoothstep(river, 0.55, 0.9)
        masks = masks_of(height_m, coarse_m, landscape.cell_m, landscape.sea_level_m, river)
        return self._grown(window, np.ascontiguousarray(height_m[1:-1, 1:-1]), masks)

    def base(self, y: int, x: int, rows: int, columns: int) -> Base:
        """What `ground` is made from: for the vertices from world cell (y, x) on, and for any rectangle of them."""
        window = Window(y, x, rows, columns, 1, self._world.period)
        coarse = resting(self._decoders, window.widened(1), BASE_LEVEL)[-1].joined(_flow_window(window))

        def relief(world: World) -> Relief:
            return heights(self._decoders, world, coarse, self._edited)[BASE_LEVEL]

        return Base(
            relief(self._world),
            tuple(relief(world) if _share(place, coarse).any() else None for place, world in self._rerolled),
        )

    def outlook(self, level: int, y: int, x: int, rows: int, columns: int) -> Ground:
        """Every 2**level-th vertex from (y, x) on, in units of these: land as it is seen from afar.

        These are the heights that finer land is made from: alike, not the same. No flow, no rivers, nothing made anew.
        """
        landscape = self.landscape
        window = Window(y, x, rows, columns, 2**level, self._world.period)
        grid = heights(self._decoders, self._world, window, self._edited)[level].height.numpy()
        height_m = np.asarray(grid * np.float32(landscape.cell_m * landscape.relief), np.float32)
        south, east = (part.astype(np.float32) for part in np.gradient(height_m, 2**level * landscape.cell_m))
        slope = np.hypot(east, south)
        length = np.sqrt(slope * slope + np.float32(1.0))
        normal = np.stack([-east / length, 1.0 / length, -south / length], axis=-1).astype(np.float32)
        water = np.maximum(np.float32(landscape.sea_level_m) - height_m, 0.0).astype(np.float32)
        masks = Masks(normal, slope, rockiness(slope), np.zeros_like(slope), water)
        return self._grown(window, height_m, masks)

    def spawn(self) -> tuple[int, int]:
        """A cell (y, x) on dry, not too steep land, the nearest to the origin that a coarse look finds.

        Raises InvalidRequestError (field `sea_level_m`) where there is none within SPAWN_REACH_CELLS.
        """
        for level in SPAWN_LEVELS:
            for y, x in self._promising(level):
                ground = self.ground(y // 4 * 4 - 4, x // 4 * 4 - 4, 9, 9)
                dry = float(ground.height_m.min()) > self.landscape.sea_level_m + SPAWN_ABOVE_SEA_M
                if (
                    dry
                    and float(ground.masks.water.max()) == 0.0
                    and float(ground.masks.slope.mean()) < SPAWN_SLOPE_MAX
                ):
                    return y // 4 * 4, x // 4 * 4
        allowed = f"a sea that leaves dry, level land within {SPAWN_REACH_CELLS} cells of the origin"
        raise InvalidRequestError("sea_level_m", self.landscape.sea_level_m, allowed)

    def _grown(self, window: Window, height_m: Grid, masks: Masks) -> Ground:
        """The land of a window with what grows on it."""
        climate, landscape = self._world.climate, self.landscape
        temperature, moisture = (
            field.numpy() for field in climates.temperature_and_moisture(self._world.seed, climate, window)
        )
        shares = np.empty((*height_m.shape, len(GROUNDS)), np.float32)
        at_home: dict[str, Grid] = {}
        shore_m = shore_of(landscape.biomes)
        for strip in strips(window.rows):
            weather = Weather.at(height_m[strip], temperature[strip], moisture[strip], landscape.sea_level_m, shore_m)
            shares[strip] = splat(masks.rows(strip), weather)
            for name, weight in biome_weights(landscape.biomes, weather).items():
                at_home.setdefault(name, np.empty_like(height_m))[strip] = weight
        return Ground(window.y, window.x, height_m, masks, shares, at_home)

    def _promising(self, level: int) -> list[tuple[int, int]]:
        """Cells that look dry and level on the grid of `level`, some of the nearest to the origin first."""
        spacing, count = 2**level, SPAWN_VERTICES
        window = Window(-(count // 2), -(count // 2), count, count, spacing, self._world.period)
        grid = heights(self._decoders, self._world, window, self._edited)[level].height.numpy()
        height_m = grid * np.float32(self.landscape.cell_m * self.landscape.relief)
        steep = np.hypot(*np.gradient(height_m, spacing * self.landscape.cell_m))
        above = height_m > self.landscape.sea_level_m + 2.0 * SPAWN_ABOVE_SEA_M
        rows, columns = np.nonzero(above & (steep < SPAWN_SLOPE_MAX))
        y, x = (rows - count // 2) * spacing, (columns - count // 2) * spacing
        nearest = np.argsort(y * y + x * x, kind="stable")
        chosen = np.unique(np.geomspace(1, max(len(nearest), 1), SPAWN_TRIES).astype(np.intp)) - 1
        return [(int(y[index]), int(x[index])) for index in nearest[chosen[chosen < len(nearest)]]]

    def _heights_m(self, window: Window, base: Base) -> Grid:
        cells = self._cells_high(self._world, window, base.world)
        for (place, world), relief in zip(self._rerolled, base.rerolled, strict=True):
            share = _share(place, window)
            if relief is not None and share.any():
                other = self._cells_high(world, window, relief)
                cells = np.where(share > 0.0, cells + share * (other - cells), cells)
        height = cells * np.float32(self.landscape.cell_m * self.landscape.relief * HEIGHT_STEPS_PER_M)
        if not np.isfinite(height.sum()):
            raise GenerationError("the network returned numbers that are not finite")
        np.rint(height, out=height)
        height *= np.float32(1.0 / HEIGHT_STEPS_PER_M)
        return np.asarray(height)

    def _cells_high(self, world: World, window: Window, base: Relief) -> Grid:
        level = window.spacing.bit_length() - 1
        return np.asarray(heights(self._decoders, world, window, self._edited, base)[level].height.numpy())

    def _edited(self, level: int, window: Window, grid: torch.Tensor) -> torch.Tensor:
        if self._strokes is None or level != SKETCH_LEVEL:
            return grid
        return torch.from_numpy(self._strokes.applied(window.y, window.x, grid.numpy()))

    def _sketched_level(self, y: int, x: int, rows: int, columns: int) -> Grid:
        window = Window(y, x, rows, columns, 2**SKETCH_LEVEL, self._world.period)
        return np.asarray(heights(self._decoders, self._world, window)[SKETCH_LEVEL].height.numpy())

    def _variant(self, seed: int) -> World:
        """The same lie of the land, made anew in detail."""
        return replace(self._world, detail_seed=derive_seed(self._world.seed, 0x5EED, seed))

    def _cells(self, reroll: Reroll) -> tuple[int, int, int, int]:
        """Top, left, bottom, right in cells, less the edge that masks look across."""
        cell_m, edge = self.landscape.cell_m, REROLL_EDGE_CELLS
        top, left = int(np.ceil(reroll.z_m / cell_m)) + edge, int(np.ceil(reroll.x_m / cell_m)) + edge
        bottom = int(np.floor((reroll.z_m + reroll.depth_m) / cell_m)) - edge
        right = int(np.floor((reroll.x_m + reroll.width_m) / cell_m)) - edge
        if bottom - top < 8 or right - left < 8:
            least_m = (2 * edge + 8) * cell_m
            raise InvalidRequestError("reroll", f"{reroll.width_m} x {reroll.depth_m} m", f"at least {least_m:g} m")
        turn_m = self._world.period * cell_m
        if turn_m and max(reroll.width_m, reroll.depth_m) > turn_m:
            allowed = f"at most {turn_m:g} m in a world that repeats after that"
            raise InvalidRequestError("reroll", f"{reroll.width_m} x {reroll.depth_m} m", allowed)
        return top, left, bottom, right


def _flow_window(window: Window) -> Window:
    """The coarse vertices that the flow of `window` is found on."""
    y, x = (first // FLOW_STRIDE - FLOW_RIM for first in (window.y, window.x))
    return Window(y, x, flow_count(window.rows), flow_count(window.columns), FLOW_STRIDE, window.period)


def _share(place: tuple[int, int, int, int], window: Window) -> Grid:
    """How much of a piece of land made anew shows [rows, columns]: 1 well inside of it, 0 outside."""
    top, left, bottom, right = place
    share_y = _inside(window.y, window.rows, top, bottom, window)
    return share_y[:, None] * _inside(window.x, window.columns, left, right, window)[None]


def _inside(first: int, count: int, low: int, high: int, window: Window) -> Grid:
    """0 outside of [low, high] cells, 1 a quarter of the way in; for `count` vertices from `first` on."""
    position = np.arange(first, first + count) * window.spacing
    if window.period:
        position = (position - low) % window.period + low
    depth = np.minimum(position - low, high - position).astype(np.float32)
    return smoothstep(depth, 0.0, (high - low) / 4)
