"""A layout in the making: where ground and doors are, and tunnels that join what is apart."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import Cell, Grid, Mask, beside, neighbours, with_walls
from engine.levels.topology import regions
from engine.requests.level import Symmetry, Tile

SOLID_COST, BESIDE_ROOM_COST, GROUND_COST = 2, 8, 1
"""A tunnel prefers ground to rock, and rock to the thin wall along a room."""


@dataclass(slots=True)
class Layout:
    """Ground and doors [size, size]; the outermost ring of cells stays solid."""

    open_ground: Mask
    doors: Mask

    @classmethod
    def solid(cls, size: int) -> "Layout":
        """Rock all over."""
        return cls(np.zeros((size, size), bool), np.zeros((size, size), bool))

    @property
    def size(self) -> int:
        """Edge length in cells."""
        return len(self.open_ground)

    def grid(self) -> Grid:
        """Tiles: floor, doors, walls around them, void elsewhere."""
        grid = np.where(self.open_ground, np.uint8(Tile.FLOOR), np.uint8(Tile.VOID))
        grid[self.doors] = Tile.DOOR
        return with_walls(grid)


def tunnel(costs: NDArray[np.int64], start: Cell, goals: Mask) -> list[Cell]:
    """The cheapest way from `start` to any goal inside of the outermost ring; empty where there is none (Dijkstra)."""
    size = costs.shape[0]
    best = {start: 0}
    came_from: dict[Cell, Cell] = {}
    queue: list[tuple[int, Cell]] = [(0, start)]
    while queue:
        cost, cell = heapq.heappop(queue)
        if goals[cell[1], cell[0]]:
            way = [cell]
            while way[-1] in came_from:
                way.append(came_from[way[-1]])
            return way[::-1]
        if cost > best[cell]:
            continue
        for following in neighbours(cell, size):
            if not (0 < following[0] < size - 1 and 0 < following[1] < size - 1):
                continue
            total = cost + int(costs[following[1], following[0]])
            if total < best.get(following, 1 << 30):
                best[following] = total
                came_from[following] = cell
                heapq.heappush(queue, (total, following))
    return []


def tunnel_costs(open_ground: Mask, rooms: Mask) -> NDArray[np.int64]:
    """What entering each cell costs a tunnel."""
    costs = np.full(open_ground.shape, SOLID_COST, np.int64)
    costs[beside(rooms)] = BESIDE_ROOM_COST
    costs[open_ground] = GROUND_COST
    return costs


def carve(layout: Layout, way: list[Cell], symmetry: Symmetry) -> None:
    """Open the cells of a way, and of its mirror images."""
    for x, y in way:
        for mirrored_x, mirrored_y in images(x, y, layout.size, symmetry):
            if not layout.doors[mirrored_y, mirrored_x]:
                layout.open_ground[mirrored_y, mirrored_x] = True


def images(x: int, y: int, size: int, symmetry: Symmetry) -> set[Cell]:
    """The cell and its mirror images."""
    columns = {x, size - 1 - x} if symmetry in (Symmetry.X, Symmetry.BOTH) else {x}
    rows = {y, size - 1 - y} if symmetry in (Symmetry.Y, Symmetry.BOTH) else {y}
    return {(column, row) for column in columns for row in rows}


def mirror(layout: Layout, symmetry: Symmetry) -> None:
    """Copy the left half to the right, the upper half to the bottom, or both."""
    half = layout.size // 2
    for mask in (layout.open_ground, layout.doors):
        if symmetry in (Symmetry.X, Symmetry.BOTH):
            mask[:, -half:] = mask[:, :half][:, ::-1]
        if symmetry in (Symmetry.Y, Symmetry.BOTH):
            mask[-half:] = mask[:half][::-1]


def drop_specks(layout: Layout, cells_min: int) -> None:
    """Fill regions of fewer than `cells_min` cells, unless nothing else is there."""
    count, labels = regions(layout.open_ground | layout.doors)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    small = [label for label in range(1, count + 1) if sizes[label] < min(cells_min, sizes[1:].max())]
    speck = np.isin(labels, small)
    layout.open_ground &= ~speck
    layout.doors &= ~speck


def join(layout: Layout, symmetry: Symmetry = Symmetry.NONE) -> None:
    """Tunnel between regions, each to the nearest, until there is one region; keeps the symmetry."""
    while True:
        count, labels = regions(layout.open_ground | layout.doors)
        if count <= 1:
            return
        sizes = np.bincount(labels.ravel())[1:]
        smallest = labels == 1 + int(sizes.argmin())
        costs = tunnel_costs(layout.open_ground | layout.doors, np.zeros_like(smallest))
        ys, xs = np.nonzero(smallest)
        start = (int(xs[xs.size // 2]), int(ys[ys.size // 2]))
        carve(layout, tunnel(costs, start, (labels > 0) & ~smallest), symmetry)
