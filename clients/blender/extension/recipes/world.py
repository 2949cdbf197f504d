"""A piece of an endless world: chunks, as they come, with instanced props."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import bpy

from morphogen_client import ChunkResult, Client, Landscape, WorldResult

from ..building.placing import Made, by_uid, new_root, note, provenance_of
from ..building.world import Land, show_chunk, show_sea
from ..generation import Update


@dataclass
class WorldRecipe:
    """What is wanted.

    x_m, z_m    a place in its middle, in meters east and south of the world's origin; None: the world's spawn
    edge_count  chunks along its edge
    vertices    along the edge of a chunk: 33, 65, 129 or 257
    prop_limit  most props of one chunk: of more than that, evenly many of all are left out
    """

    name: str
    landscape: Landscape
    place_m: tuple[float, float] | None
    edge_count: int
    vertices: int
    prop_limit: int
    made: Made = field(default_factory=Made)
    root_uid: int | None = None
    land: Land | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def ask(self, client: Client) -> Generator[Update, None, None]:
        """See `Recipe`."""
        yield Update(0.0, f"Asking for {self.name}")
        world = client.world(self.landscape)
        yield Update(0.1, f"{self.name}: what is needed once", world)
        spawn_m = world.spawn.x_m, world.spawn.z_m
        places = list(self._places(self.place_m or spawn_m, world.chunk_m))
        maps = ["mesh", "ground", *(["props"] if self.vertices >= 129 and self.prop_limit else [])]
        for number, (row, column) in enumerate(places, 1):
            chunk = client.chunk(self.landscape, row=row, column=column, vertices=self.vertices, maps=maps)
            yield Update(0.1 + 0.9 * number / len(places), f"{self.name}: chunk {number} of {len(places)}", chunk)

    def _places(self, place_m: tuple[float, float], chunk_m: float) -> Iterator[tuple[int, int]]:
        """Rows and columns of the chunks around a place."""
        half_m = 0.5 * (self.edge_count - 1) * chunk_m
        first_row, first_column = (int((at_m - half_m) // chunk_m) for at_m in (place_m[1], place_m[0]))
        for row in range(first_row, first_row + self.edge_count):
            for column in range(first_column, first_column + self.edge_count):
                yield row, column

    def show(self, content: WorldResult | ChunkResult) -> None:
        """See `Recipe`."""
        if isinstance(content, WorldResult):
            spawn_m = content.spawn.x_m, content.spawn.z_m
            row, column = next(self._places(self.place_m or spawn_m, content.chunk_m))
            edge_m = content.chunk_m * self.edge_count
            corner_m = column * content.chunk_m, row * content.chunk_m
            self.land = Land(content, (corner_m[0] + edge_m / 2, corner_m[1] + edge_m / 2), edge_m)
            self.facts = provenance_of(content.header, content.sha256)
            return
        assert self.land is not None
        with self.made.recording():
            root = by_uid(bpy.data.objects, self.root_uid)
            if root is None or not root.users_collection:
                _, root = new_root(self.name, bpy.context.scene)
                self.root_uid = root.session_uid
                note(root, self.facts)
                show_sea(root, self.land)
            show_chunk(root, self.land, content, self.prop_limit)

    def discard(self) -> None:
        """See `Recipe`."""
        self.made.remove()
