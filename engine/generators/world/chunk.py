"""One chunk at one level of detail as files: heights, shares of grounds, masks, normals, props, a mesh."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.image import encode_png
from engine.generators.terrain.biomes import main_biome
from engine.generators.terrain.land import HEIGHT_STEPS_PER_M, Ground
from engine.generators.world.atlas import Block, home_of
from engine.geometry.placement import ground as placement
from engine.geometry.placement.scatter import scatter
from engine.geometry.props.kinds import PropKind
from engine.geometry.props.library import PROPS
from engine.geometry.scene import Instances, Lod, Material, Model, Primitive, Scene
from engine.requests.landscape import Landscape
from engine.requests.world import CHUNK_CELLS, ChunkRequest
from engine.terrain.surface import Surface, chunk_mesh

PNG, JSON, GLB = "image/png", "application/json", "model/gltf-binary"
SLOPE_MAX = 4.0
"""Slope (rise over run) that is white in the masks."""

KINDS = tuple(PROPS.values())
COVER_RADIUS_M = 0.45
"""Kinds up to this size cover the ground; larger ones stand on it."""

PROPS_KINDS = tuple(kind for kind in KINDS if kind.radius_m > COVER_RADIUS_M)
COVER_KINDS = tuple(kind for kind in KINDS if kind.radius_m <= COVER_RADIUS_M)


@dataclass(frozen=True, slots=True)
class File:
    """One file of a chunk; `encode` makes it, in any thread."""

    name: str
    media_type: str
    encode: Callable[[], bytes]


def height_step_m(landscape: Landscape) -> float:
    """What one step of a 16-bit height means: the same for all chunks of a landscape, so that their edges are equal."""
    coarser = max(0, math.ceil(math.log2(max(landscape.cell_m * max(landscape.relief, 1.0) / 2.0, 1.0))))
    return float(2**coarser / HEIGHT_STEPS_PER_M)


class Chunk:
    """A chunk cut out of its block; every vertex is one of the block's."""

    def __init__(self, request: ChunkRequest, block: Block) -> None:
        self._request, self._block = request, block
        self._landscape = request.landscape
        self._stride = CHUNK_CELLS // (request.vertices - 1)
        self._row, self._column = home_of(request)
        top = self._row * CHUNK_CELLS - block.row + block.rim_cells
        left = self._column * CHUNK_CELLS - block.column + block.rim_cells
        end = CHUNK_CELLS + 1
        self._window = np.s_[top : top + end : self._stride, left : left + end : self._stride]

    def files(self, provenance: Mapping[str, str]) -> list[File]:
        """The description, then the maps that were asked for."""
        makers: dict[str, tuple[str, Callable[[], bytes]]] = {
            "height": (PNG, lambda: encode_png(self._height_steps, provenance)),
            "ground": (PNG, lambda: encode_png(_bytes(self._cut(self._ground.splat)[..., 1:]), provenance)),
            "masks": (PNG, lambda: encode_png(self._masks(), provenance)),
            "normal": (PNG, lambda: encode_png(_bytes(0.5 * self._cut(self._ground.masks.normal) + 0.5), provenance)),
            "props": (JSON, lambda: self._standing(PROPS_KINDS, PROPS_KINDS)),
            "cover": (JSON, lambda: self._standing(KINDS, COVER_KINDS)),
            "mesh": (GLB, lambda: write_scene_glb(self._mesh(), provenance)),
        }
        description = self._description()
        described = File("chunk", JSON, lambda: json.dumps(description, sort_keys=True).encode())
        return [described, *(File(name, *makers[name]) for name in self._request.maps)]

    @property
    def _ground(self) -> Ground:
        return self._block.ground

    def _cut(self, grid: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(grid[self._window])

    @cached_property
    def _height_m(self) -> NDArray[np.float32]:
        return self._cut(self._ground.height_m)

    @cached_property
    def _base_m(self) -> float:
        step_m = height_step_m(self._landscape)
        return math.floor(float(self._height_m.min()) / step_m) * step_m

    @property
    def _height_steps(self) -> NDArray[np.uint16]:
        # Rounded before the base is taken off: where a height lies between two steps, neighbours round it alike.
        step_m = height_step_m(self._landscape)
        steps = np.floor(self._height_m.astype(np.float64) / step_m + 0.5) - self._base_m / step_m
        return np.clip(steps, 0, 65535).astype(np.uint16)

    def _description(self) -> dict[str, object]:
        cell_m, request = self._landscape.cell_m, self._request
        return {
            "row": request.row,
            "column": request.column,
            "vertices": request.vertices,
            "x_m": request.column * CHUNK_CELLS * cell_m,
            "z_m": request.row * CHUNK_CELLS * cell_m,
            "edge_m": CHUNK_CELLS * cell_m,
            "height_base_m": self._base_m,
            "height_step_m": height_step_m(self._landscape),
            "lowest_m": float(self._height_m.min()),
            "highest_m": float(self._height_m.max()),
            "sea_level_m": self._landscape.sea_level_m,
            "deepest_water_m": float(self._cut(self._ground.masks.water).max()),
        }

    def _masks(self) -> NDArray[np.uint8]:
        """Red: slope over SLOPE_MAX; green: flow; blue: depth of water over 16 m."""
        masks = self._ground.masks
        layers = masks.slope / np.float32(SLOPE_MAX), masks.flow, masks.water / np.float32(16.0)
        return _bytes(np.stack([self._cut(layer) for layer in layers], axis=-1))

    def _standing(self, kinds: tuple[PropKind, ...], told: tuple[PropKind, ...]) -> bytes:
        """Where props stand: [x, y, z, turn about the vertical in degrees, scale] from the chunk's corner, by model.

        kinds  that compete for the ground: small things give way to large ones
        told   those of them that the file holds
        """
        cell_m, ground = self._landscape.cell_m, self._ground
        sampled = placement.Ground(ground.height_m, cell_m, ground.y, ground.x, ground.masks.water, ground.biomes)
        corner = self._row * CHUNK_CELLS, self._column * CHUNK_CELLS
        area = placement.Area(*corner, CHUNK_CELLS, CHUNK_CELLS)
        origin_m = np.array([corner[1] * cell_m, 0.0, corner[0] * cell_m])
        props: dict[str, list[list[float]]] = {}
        period_m = self._landscape.period_cells * cell_m
        for placed in scatter(sampled, area, self._landscape.seed, kinds, period_m=period_m):
            if placed.kind not in told:
                continue
            turn = np.degrees(2.0 * np.arctan2(placed.rotation[:, 1], placed.rotation[:, 3])) % 360.0
            rows = np.round(np.column_stack([placed.position - origin_m, turn, placed.scale]), 2)
            for variant in np.unique(placed.variant).tolist():
                props[f"{placed.kind.name}_{variant}"] = rows[placed.variant == variant].tolist()
        return json.dumps(props, sort_keys=True, separators=(",", ":")).encode()

    def _mesh(self) -> Scene:
        """The chunk as a mesh with skirts, its corner at the origin, colored by its grounds."""
        edge, spacing_m = self._request.vertices - 1, self._landscape.cell_m * self._stride
        surface = Surface(self._height_m, self._cut(self._ground.masks.normal), spacing_m)
        mesh = chunk_mesh(surface, 0, 0, edge, 1)
        assert mesh.texture_coordinate is not None
        at = np.rint(mesh.texture_coordinate * edge).astype(np.intp)
        tints = (np.asarray(main_biome(self._landscape.biomes).tints, np.float32) / 255.0) ** 2.2
        color = self._cut(self._ground.splat)[at[:, 1], at[:, 0]] @ tints
        colored = replace(mesh, color=_bytes(np.column_stack([color, np.ones(len(color), np.float32)])))
        half_m = 0.5 * CHUNK_CELLS * self._landscape.cell_m
        middle = np.array([[half_m, 0.0, half_m]], np.float32)
        still = np.array([[0.0, 0.0, 0.0, 1.0]], np.float32), np.ones((1, 3), np.float32)
        return Scene(
            name="chunk",
            materials=(Material("ground", roughness=0.95),),
            models=(Model("chunk", (Lod((Primitive(colored, 0),)),)),),
            instances=(Instances("chunk", 0, middle, *still),),
            extras={"morphogen": self._description()},
        )


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """0 to 1 as 0 to 255."""
    return np.asarray(np.rint(np.clip(values, 0.0, 1.0) * np.float32(255.0)), np.uint8)
