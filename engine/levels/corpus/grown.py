"""Layouts that grew: caves from a cellular automaton, and mazes with chambers."""

import numpy as np
from numpy.typing import NDArray

from engine.levels.corpus.layout import Layout, drop_specks, join
from engine.levels.grid import Cell
from engine.levels.topology import narrow_places, regions


def caves(random: np.random.Generator, size: int) -> Layout:
    """Random rock smoothed by its neighbours' majority; what is apart is joined, and few narrow places get doors."""
    layout = Layout.solid(size)
    rock = random.random((size, size)) < float(random.uniform(0.40, 0.47))
    for _ in range(int(random.integers(3, 6))):
        rock = _neighbours_in(rock) >= 5
    layout.open_ground[1:-1, 1:-1] = ~rock[1:-1, 1:-1]
    if layout.open_ground.sum() < size * size // 6:
        middle = size // 2
        layout.open_ground[middle - 3 : middle + 3, middle - 4 : middle + 4] = True
    drop_specks(layout, int(random.integers(6, 20)))
    join(layout)
    if random.random() < 0.5:
        places = narrow_places(layout.grid()) & (random.random((size, size)) < 0.3)
        places[1:] &= ~places[:-1]
        places[:, 1:] &= ~places[:, :-1]
        layout.doors |= places
        layout.open_ground &= ~places
    return layout


def _neighbours_in(rock: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Cells of rock among the nine around each cell; outside all is rock."""
    size = rock.shape[0]
    padded = np.pad(rock, 1, constant_values=True).astype(np.int64)
    counts = np.zeros(rock.shape, np.int64)
    for dy in range(3):
        for dx in range(3):
            counts += padded[dy : dy + size, dx : dx + size]
    return counts


def maze(random: np.random.Generator, size: int) -> Layout:
    """Chambers on odd cells, a maze grown around them, passages between the two, dead ends worn away."""
    layout = Layout.solid(size)
    last = size - 2 - size % 2  # the last odd cell inside of the frame
    _chambers(random, layout, last)
    for y in range(1, last + 1, 2):
        for x in range(1, last + 1, 2):
            if not layout.open_ground[y, x]:
                _grow(random, layout, (x, y), last)
    _passages(random, layout, last)
    _wear_dead_ends(random, layout, float(random.choice([0.6, 0.9, 1.0])))
    return layout


def _chambers(random: np.random.Generator, layout: Layout, last: int) -> None:
    edge_max = int(random.integers(2, max(3, min(6, layout.size // 8)) + 1))
    for _ in range(int(random.integers(6, 10 + layout.size))):
        width, height = (2 * int(random.integers(1, edge_max + 1)) + 1 for _ in range(2))
        spare_x, spare_y = (last - width) // 2, (last - height) // 2
        if min(spare_x, spare_y) < 0:
            continue
        left, top = (1 + 2 * int(random.integers(spare + 1)) for spare in (spare_x, spare_y))
        if not layout.open_ground[top - 1 : top + height + 1, left - 1 : left + width + 1].any():
            layout.open_ground[top : top + height, left : left + width] = True


def _grow(random: np.random.Generator, layout: Layout, start: Cell, last: int) -> None:
    """A corridor that goes on wherever two cells ahead are rock, and starts again from where it last could."""
    stack, heading = [start], (0, 0)
    layout.open_ground[start[1], start[0]] = True
    while stack:
        x, y = stack[-1]
        ahead = [
            (dx, dy)
            for dx, dy in ((0, 1), (1, 0), (0, -1), (-1, 0))
            if 1 <= x + 2 * dx <= last and 1 <= y + 2 * dy <= last and not layout.open_ground[y + 2 * dy, x + 2 * dx]
        ]
        if not ahead:
            stack.pop()
            continue
        keep_on = heading in ahead and random.random() < 0.7
        heading = heading if keep_on else ahead[int(random.integers(len(ahead)))]
        layout.open_ground[y + heading[1], x + heading[0]] = True
        x, y = x + 2 * heading[0], y + 2 * heading[1]
        layout.open_ground[y, x] = True
        stack.append((x, y))


def _passages(random: np.random.Generator, layout: Layout, last: int) -> None:
    """Open walls between different regions until there is one, and a few more."""
    extra_share = float(random.choice([0.0, 0.01, 0.03]))
    door_share = float(random.choice([0.0, 0.5, 1.0]))
    _, labels = regions(layout.open_ground)
    walls = [
        (x, y, dx)
        for y in range(1, last + 1)
        for x in range(1, last + 1)
        for dx in (1, 0)
        if not layout.open_ground[y, x] and (x + y) % 2 and _joins(labels, x, y, dx)
    ]
    group = list(range(int(labels.max()) + 1))
    for index in random.permutation(len(walls)).tolist():
        x, y, dx = walls[index]
        first, second = group[labels[y - 1 + dx, x - dx]], group[labels[y + 1 - dx, x + dx]]
        if first != second or random.random() < extra_share:
            group = [second if member == first else member for member in group]
            (layout.doors if random.random() < door_share else layout.open_ground)[y, x] = True


def _joins(labels: NDArray[np.int32], x: int, y: int, dx: int) -> bool:
    """Whether the wall lies between two different regions, left and right (dx 1) or above and below (dx 0)."""
    first, second = labels[y - 1 + dx, x - dx], labels[y + 1 - dx, x + dx]
    return bool(first and second and first != second)


def _wear_dead_ends(random: np.random.Generator, layout: Layout, share: float) -> None:
    """Fill corridors from their dead ends; a share of the dead ends, drawn once, goes altogether."""
    keep = random.random(layout.open_ground.shape) >= share
    while True:
        ground = np.pad(layout.open_ground | layout.doors, 1).astype(np.int64)
        ways = ground[:-2, 1:-1] + ground[2:, 1:-1] + ground[1:-1, :-2] + ground[1:-1, 2:]
        ends = (layout.open_ground | layout.doors) & (ways <= 1) & ~keep
        if not ends.any():
            return
        layout.open_ground &= ~ends
        layout.doors &= ~ends
