"""Layouts that somebody built: scattered rooms with corridors, and halls that share walls."""

import numpy as np

from engine.levels.corpus.layout import Layout, carve, tunnel, tunnel_costs
from engine.levels.grid import Cell, Mask, beside
from engine.levels.topology import narrow_places
from engine.requests.level import Symmetry

Room = tuple[int, int, int, int]
"""Left, top, width, height in cells."""


def scattered_rooms(random: np.random.Generator, size: int) -> Layout:
    """Rooms that keep their distance, joined by a tree of corridors and a few more."""
    layout = Layout.solid(size)
    edge_max = int(random.integers(4, max(6, min(13, size // 3)) + 1))
    rooms: list[Room] = []
    wanted = int(random.integers(2, max(4, min(22, size * size // (2 * edge_max * edge_max))) + 1))
    gap = int(random.integers(1, 4))
    for _ in range(wanted * 12):
        if len(rooms) == wanted:
            break
        width, height = (int(random.integers(3, edge_max + 1)) for _ in range(2))
        left, top = (int(random.integers(1, size - extent)) for extent in (width, height))
        rows, columns = slice(max(0, top - gap), top + height + gap), slice(max(0, left - gap), left + width + gap)
        if not layout.open_ground[rows, columns].any():
            layout.open_ground[top : top + height, left : left + width] = True
            rooms.append((left, top, width, height))
    _round_off(random, layout, rooms)
    area = layout.open_ground.copy()
    for first, second in _links(random, rooms):
        costs = tunnel_costs(layout.open_ground, area)
        costs[area] += 2  # around rooms that lie between rather than through them
        goals = np.zeros_like(area)
        x, y = _middle(rooms[second])
        goals[y, x] = True
        carve(layout, tunnel(costs, _middle(rooms[first]), goals), Symmetry.NONE)
    _doors_of_rooms(random, layout, area)
    return layout


def _round_off(random: np.random.Generator, layout: Layout, rooms: list[Room]) -> None:
    """Cut the corners of some rooms, or stand pillars into them."""
    for left, top, width, height in rooms:
        kind = random.random()
        if min(width, height) >= 5 and kind < 0.2:
            for x, y in ((left, top), (left + width - 1, top), (left, top + height - 1)):
                layout.open_ground[y, x] = False
            layout.open_ground[top + height - 1, left + width - 1] = False
        elif min(width, height) >= 7 and kind < 0.5:
            layout.open_ground[top + 2 : top + height - 2 : 3, left + 2 : left + width - 2 : 3] = False


def _middle(room: Room) -> Cell:
    left, top, width, height = room
    return left + width // 2, top + height // 2


def _links(random: np.random.Generator, rooms: list[Room]) -> list[tuple[int, int]]:
    """A shortest tree over the rooms (Prim), and some of the shortest edges that it left out."""
    middles = np.array([_middle(room) for room in rooms])
    distances = np.abs(middles[:, None] - middles[None]).sum(-1)
    joined, links = [0], []
    while len(joined) < len(rooms):
        rest = [index for index in range(len(rooms)) if index not in joined]
        first, second = min(((a, b) for a in joined for b in rest), key=lambda link: distances[link])
        links.append((first, second))
        joined.append(second)
    others = [(a, b) for a in range(len(rooms)) for b in range(a) if (a, b) not in links and (b, a) not in links]
    others.sort(key=lambda link: distances[link])
    extra = int(random.integers(0, 1 + len(rooms) // 2 + len(rooms) // 4))
    return links + others[: 3 * extra : 3] if extra else links


def _doors_of_rooms(random: np.random.Generator, layout: Layout, area: Mask) -> None:
    """Doors where corridors enter rooms; some levels have none, some one in every entrance."""
    share = (0.0, 0.5, 0.8, 1.0)[int(random.integers(4))]
    entrances = narrow_places(layout.grid()) & beside(area) & ~area
    doors = entrances & (random.random(entrances.shape) < share)
    doors[1:] &= ~doors[:-1]
    doors[:, 1:] &= ~doors[:, :-1]
    layout.doors |= doors
    layout.open_ground &= ~doors


def halls(random: np.random.Generator, size: int) -> Layout:
    """A rectangle divided again and again; neighbours share walls with doors in them, and some halls stay rock."""
    edge_least = max(3, size // 9)  # more halls than ROOMS_MAX would only be thrown away
    edge_min = int(random.integers(edge_least, edge_least + 1 + min(3, size // 10)))
    leaves = _divided(random, (1, 1, size - 2, size - 2), edge_min)
    shared = _shared_walls(leaves)
    kept = _kept(random, len(leaves), shared)
    layout = Layout.solid(size)
    for index in kept:
        left, top, width, height = leaves[index]
        layout.open_ground[top : top + height, left : left + width] = True
    door_share = (0.0, 0.6, 1.0, 1.0)[int(random.integers(4))]
    extra_share = float(random.choice([0.0, 0.1, 0.25, 0.5]))
    order = [link for link in shared if set(link) <= kept]
    order = [order[index] for index in random.permutation(len(order))]
    group = {index: index for index in kept}
    for first, second in order:
        separate = group[first] != group[second]
        if separate or random.random() < extra_share:
            old, new = group[first], group[second]
            group = {index: new if member == old else member for index, member in group.items()}
            wall = shared[(first, second)]
            x, y = wall[int(random.integers(len(wall)))]
            (layout.doors if random.random() < door_share else layout.open_ground)[y, x] = True
    return layout


def _divided(random: np.random.Generator, room: Room, edge_min: int) -> list[Room]:
    left, top, width, height = room
    tall = height > width if height != width else bool(random.integers(2))
    extent = height if tall else width
    spare = extent - 2 * edge_min - 1
    if spare < 0 or (max(width, height) < 3 * edge_min and random.random() < 0.25):
        return [room]
    cut = edge_min + int(random.integers(spare + 1))
    if tall:
        parts = ((left, top, width, cut), (left, top + cut + 1, width, height - cut - 1))
    else:
        parts = ((left, top, cut, height), (left + cut + 1, top, width - cut - 1, height))
    return [leaf for part in parts for leaf in _divided(random, part, edge_min)]


def _shared_walls(leaves: list[Room]) -> dict[tuple[int, int], list[Cell]]:
    """For every two neighbouring leaves the wall cells between them."""
    shared: dict[tuple[int, int], list[Cell]] = {}
    for first, (left, top, width, height) in enumerate(leaves):
        for second, (x, y, other_width, other_height) in enumerate(leaves):
            if x == left + width + 1:
                rows = range(max(top, y), min(top + height, y + other_height))
                cells = [(x - 1, row) for row in rows]
            elif y == top + height + 1:
                columns = range(max(left, x), min(left + width, x + other_width))
                cells = [(column, y - 1) for column in columns]
            else:
                continue
            if cells:
                shared[(first, second)] = cells
    return shared


def _kept(random: np.random.Generator, count: int, shared: dict[tuple[int, int], list[Cell]]) -> set[int]:
    """The leaves that are built: all but a few, and what remains hangs together."""
    kept = set(range(count))
    share = float(random.choice([0.0, 0.0, 0.15, 0.35]))
    for index in random.permutation(count)[: int(count * share)].tolist():
        rest = kept - {index}
        if len(rest) >= 2 and _connected(rest, shared):
            kept = rest
    return kept


def _connected(kept: set[int], shared: dict[tuple[int, int], list[Cell]]) -> bool:
    seen = {min(kept)}
    while True:
        more = {b for a, b in shared if a in seen and b in kept} | {a for a, b in shared if b in seen and a in kept}
        if more <= seen:
            return seen == kept
        seen |= more
