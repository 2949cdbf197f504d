"""Landscapes as wire messages, and back."""

from engine.requests.landscape import Landscape, Reroll, Sketch
from morphogen.v1 import scene_pb2

BIOME_DEFAULT = "grassland"
CELL_DEFAULT_M = 2.0


def landscape_of(message: scene_pb2.Landscape) -> Landscape:
    """The landscape that `message` describes. Raises InvalidRequestError naming its field."""
    sketch = message.sketch
    return Landscape(
        seed=message.seed,
        biomes=dict(message.biomes) or {BIOME_DEFAULT: 1.0},
        cell_m=message.cell_m or CELL_DEFAULT_M,
        relief=message.relief if message.HasField("relief") else 1.0,
        roughness=message.roughness,
        sea_level_m=message.sea_level_m,
        period_cells=message.period_cells,
        sketch=Sketch(sketch.png, sketch.extent_m) if message.HasField("sketch") else None,
        rerolls=tuple(Reroll(each.x_m, each.z_m, each.width_m, each.depth_m, each.seed) for each in message.rerolls),
    )


def landscape_message(landscape: Landscape) -> scene_pb2.Landscape:
    """The message that describes `landscape`."""
    sketch = landscape.sketch
    return scene_pb2.Landscape(
        seed=landscape.seed,
        biomes=landscape.biomes,
        cell_m=landscape.cell_m,
        relief=landscape.relief,
        roughness=landscape.roughness,
        sea_level_m=landscape.sea_level_m,
        period_cells=landscape.period_cells,
        sketch=None if sketch is None else scene_pb2.Sketch(png=sketch.png, extent_m=sketch.extent_m),
        rerolls=[
            scene_pb2.Reroll(x_m=each.x_m, z_m=each.z_m, width_m=each.width_m, depth_m=each.depth_m, seed=each.seed)
            for each in landscape.rerolls
        ],
    )
