"""A scene while it is made: every intermediate result once, when something first needs it."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.codecs.render.picture import render_scene
from engine.generators.scene.assembly import assemble, cells_of, ground_of
from engine.generators.scene.dressing import kit_of
from engine.generators.scene.grounds import bake, ground_requests, make_tile, mean_colors
from engine.generators.scene.surroundings import viewpoint, with_surroundings
from engine.generators.terrain.biomes import GROUNDS
from engine.generators.terrain.heights import Decoders
from engine.generators.terrain.land import Ground, Land
from engine.generators.texture.generator import TextureGenerator
from engine.geometry.scene import Scene
from engine.geometry.sky.panorama import Sky, sky_at
from engine.requests.scene import SceneRequest
from engine.requests.texture import MapKind

PREVIEW_PX = (960, 540)


class SceneWork:
    """What goes into a scene. Raises InvalidRequestError for an unknown biome, an unusable sketch or a broken prop."""

    def __init__(self, request: SceneRequest, decoders: Decoders, textures: TextureGenerator) -> None:
        self._request, self._textures = request, textures
        self._kit = kit_of(request)
        self._land = Land(decoders, request.landscape)
        self._tiles: dict[str, Mapping[MapKind, NDArray[np.float32]]] = {}
        self.sky: Sky = sky_at(request.hour)
        self.extent_m = cells_of(request) * request.landscape.cell_m

    @cached_property
    def ground(self) -> Ground:
        """The land of the scene."""
        return ground_of(self._land, self._request)

    def tile(self, name: str) -> Mapping[MapKind, NDArray[np.float32]]:
        """One of GROUNDS as a material."""
        if name not in self._tiles:
            request = ground_requests(self._request.landscape)[GROUNDS.index(name)]
            self._tiles[name] = make_tile(self._textures, request)
        return self._tiles[name]

    @cached_property
    def scene(self) -> Scene:
        """Everything together."""
        tiles = {name: self.tile(name) for name in GROUNDS}
        cover = bake(self.ground, self._request.landscape, self._request.texture_px, tiles)
        return assemble(self._land, self._request, self._kit, self.ground, cover, self.sky)

    def preview(self) -> NDArray[np.uint8]:
        """The scene amid its world, from above at an angle, sRGB [540, 960, 3]."""
        tints = mean_colors({name: self.tile(name) for name in GROUNDS})
        shown = with_surroundings(self.scene, self._land, self.ground, tints)
        return render_scene(shown, viewpoint(shown, self.ground, self.extent_m), PREVIEW_PX, self.sky, samples=2)
