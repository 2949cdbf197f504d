"""Areas of a level: connected regions, rooms, loops and narrow places."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.levels.grid import DOORS, Cell, Grid, Mask, ground, neighbours, one_of
from engine.requests.level import Tile

ROOM_EDGE_MIN = 3
"""A room is what a block of 3x3 cells can be moved about in."""

LOOP_AREA_MIN = 4
"""Fewer solid cells than this, walked around, are a pillar and no loop."""

Labels = NDArray[np.int32]


def regions(mask: Mask) -> tuple[int, Labels]:
    """Number of regions connected by edges, and each cell's region: 1 upwards, 0 outside of `mask`."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return count - 1, labels.astype(np.int32, copy=False)


def region_around(mask: Mask, cell: Cell) -> Mask:
    """The region of `mask` that holds `cell` (x, y); empty if the cell lies outside of it."""
    _, labels = regions(mask)
    label = labels[cell[1], cell[0]]
    region: Mask = (labels == label) & (label > 0)
    return region


def room_labels(grid: Grid) -> tuple[int, Labels]:
    """Rooms: regions of the ground between doors that 3x3 blocks cover. Corridors one or two wide belong to none."""
    area = ground(grid) & ~one_of(grid, DOORS)
    block = np.ones((ROOM_EDGE_MIN, ROOM_EDGE_MIN), np.uint8)
    padded = np.pad(area.astype(np.uint8), ROOM_EDGE_MIN)
    opened = cv2.dilate(cv2.erode(padded, block), block)[ROOM_EDGE_MIN:-ROOM_EDGE_MIN, ROOM_EDGE_MIN:-ROOM_EDGE_MIN]
    return regions(opened > 0)


def loop_count(grid: Grid) -> int:
    """Independent ways around: solid bodies of at least 4 cells that ground encloses. Hazard counts as ground."""
    solid = np.pad((~ground(grid)).astype(np.uint8), 1, constant_values=1)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    outside = labels[0, 0]
    return sum(1 for label in range(1, count) if label != outside and stats[label, cv2.CC_STAT_AREA] >= LOOP_AREA_MIN)


def narrow_places(grid: Grid) -> Mask:
    """Ground with solid cells on two opposite sides and ground on the other two: where a door fits."""
    is_ground = np.pad(ground(grid) & (grid != Tile.HAZARD), 1)
    solid = ~np.pad(ground(grid), 1)
    north, south, west, east = (slice(None, -2), slice(2, None), slice(None, -2), slice(2, None))
    middle = slice(1, -1)
    vertical = solid[middle, west] & solid[middle, east] & is_ground[north, middle] & is_ground[south, middle]
    horizontal = solid[north, middle] & solid[south, middle] & is_ground[middle, west] & is_ground[middle, east]
    mask: Mask = is_ground[middle, middle] & (vertical | horizontal)
    return mask


def steps_from(area: Mask, start: Cell) -> NDArray[np.int32]:
    """Steps from `start` within `area` [size, size]; -1 where there is no way."""
    distance = np.full(area.shape, -1, np.int32)
    distance[start[1], start[0]] = 0
    frontier, steps = [start], 0
    while frontier:
        steps += 1
        following = []
        for cell in frontier:
            for x, y in neighbours(cell, area.shape[0]):
                if area[y, x] and distance[y, x] < 0:
                    distance[y, x] = steps
                    following.append((x, y))
        frontier = following
    return distance
