"""What a world is like, and how it is written into a message. Everything that a message can carry is the server's to
judge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from morphogen.v1 import scene_pb2
from morphogen_client.options import positive, uint32


@dataclass(frozen=True, slots=True)
class Sketch:
    """A designer's strokes over a square of `extent_m` (64 to 65,536) around the origin; north is up.

    The PNG is RGB or RGBA: red = ridge, blue = river, green = flat, cyan = sea, black or transparent = nothing.
    """

    png: bytes
    extent_m: float


@dataclass(frozen=True, slots=True)
class Reroll:
    """A rectangle of the world that is made from another seed; everything outside of it keeps its bytes.

    x_m, z_m          its north-west corner
    width_m, depth_m  along x and along z; the new land blends in over a quarter of the shorter one
    """

    x_m: float
    z_m: float
    width_m: float
    depth_m: float
    seed: int


@dataclass(frozen=True, slots=True)
class Landscape:
    """A world: what decides about every vertex of it. +x is east, +z is south, +y is up.

    seed          0 to 2**32 - 1; the same landscape has the same bytes everywhere
    biomes        weight 0 to 1 by name, as listed by the catalog; none means grassland
    cell_m        distance of two vertices in meters, 0.5 to 32
    relief        factor of all heights, 0 to 4
    roughness     -1 (rounded) to 1 (craggy)
    sea_level_m   -1,000 to 1,000
    period_cells  the world repeats after so many cells along both axes, a multiple of 1024; 0: it is endless
    sketch        a designer's strokes, or None
    rerolls       parts made anew, later ones over earlier ones, at most 16
    """

    seed: int = 0
    biomes: Mapping[str, float] = field(default_factory=dict)
    cell_m: float = 2.0
    relief: float = 1.0
    roughness: float = 0.0
    sea_level_m: float = 0.0
    period_cells: int = 0
    sketch: Sketch | None = None
    rerolls: Sequence[Reroll] = ()


def landscape_message(landscape: Landscape) -> scene_pb2.Landscape:
    """The message that describes it. Raises InvalidRequestError for a value that the message cannot carry."""
    sketch = landscape.sketch
    return scene_pb2.Landscape(
        seed=uint32("seed", landscape.seed),
        biomes=dict(landscape.biomes),
        cell_m=positive("cell_m", landscape.cell_m),
        relief=landscape.relief,
        roughness=landscape.roughness,
        sea_level_m=landscape.sea_level_m,
        period_cells=uint32("period_cells", landscape.period_cells),
        sketch=None if sketch is None else scene_pb2.Sketch(png=sketch.png, extent_m=sketch.extent_m),
        rerolls=[
            scene_pb2.Reroll(
                x_m=each.x_m,
                z_m=each.z_m,
                width_m=each.width_m,
                depth_m=each.depth_m,
                seed=uint32("reroll.seed", each.seed),
            )
            for each in landscape.rerolls
        ],
    )
