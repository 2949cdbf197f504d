"""The ground's picture: four materials from TexGen, laid over one another as the land says."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import decode_png
from engine.generators.terrain.biomes import GROUNDS, main_biome
from engine.generators.terrain.land import Ground
from engine.generators.texture import TextureGenerator
from engine.generators.whole import steps_of
from engine.geometry.scene import Image
from engine.noise import derive_seed
from engine.requests.landscape import Landscape
from engine.requests.texture import MapKind, TextureRequest

TILE_PX = 256
TILE_M = 12.0
"""Edge of a tile on the ground: large, for from where a scene is seen a true 2 m tile would be grey."""

TURNED_TILE_M = 29.0
JPEG_QUALITY = 90
_MAPS = (MapKind.ALBEDO, MapKind.HEIGHT)

Picture = NDArray[np.float32]


def ground_requests(landscape: Landscape) -> tuple[TextureRequest, ...]:
    """What TexGen is asked for, one request for each of GROUNDS."""
    biome = main_biome(landscape.biomes)
    return tuple(
        TextureRequest(
            texture_class=texture_class,
            seed=derive_seed(landscape.seed, 0x6720, index),
            size_px=TILE_PX,
            palette=(biome.tints[index],),
            maps=_MAPS,
        )
        for index, texture_class in enumerate(biome.ground)
    )


def make_tile(textures: TextureGenerator, request: TextureRequest) -> dict[MapKind, NDArray[np.float32]]:
    """Albedo [px, px, 3], sRGB, and height [px, px] of one material, 0 to 1."""
    finest = [part for step in steps_of(textures, request) for part in step if part.lod_px == TILE_PX]
    pixels = {MapKind(part.map): decode_png(part.payload) for part in finest}
    return {
        MapKind.ALBEDO: pixels[MapKind.ALBEDO].astype(np.float32) / 255.0,
        MapKind.HEIGHT: pixels[MapKind.HEIGHT].astype(np.float32) / 65535.0,
    }


def bake(
    ground: Ground, extent_m: float, texture_px: int, tiles: Mapping[str, Mapping[MapKind, NDArray[np.float32]]]
) -> Image:
    """The albedo of the whole ground as a JPEG of `texture_px`; `tiles` by GROUNDS."""
    texel_m = extent_m / texture_px
    shares = cv2.resize(ground.splat, (texture_px, texture_px), interpolation=cv2.INTER_CUBIC)
    total = np.zeros((texture_px, texture_px), np.float32)
    color = np.zeros((texture_px, texture_px, 3), np.float32)
    for index, name in enumerate(GROUNDS):
        if float(ground.splat[..., index].max()) < 0.02:
            continue
        albedo, height = (_laid(tiles[name][kind], texel_m, texture_px) for kind in _MAPS)
        # What stands out of its own material covers the other one first: edges follow stones and tufts.
        share = np.clip(shares[..., index], 0.0, 1.0)
        share = np.clip(share * (0.6 + 0.8 * height) * 1.6 - 0.25, 0.0, 1.0) + 1e-3 * share
        total += share
        color += share[..., None] * albedo
    color /= np.maximum(total, 1e-6)[..., None]
    color *= _weathered(ground, texture_px)[..., None]
    pixels = np.rint(np.clip(color, 0.0, 1.0) * 255.0).astype(np.uint8)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"texture_px: {texture_px} cannot be encoded as JPEG")
    return Image(data.tobytes(), "image/jpeg")


def _laid(tile: Picture, texel_m: float, texture_px: int) -> Picture:
    """A tile over the whole picture at two sizes, the larger one turned, in patches: the eye finds no grid."""
    random = np.random.Generator(np.random.Philox(key=[texture_px, 7]))
    patches = cv2.resize(random.random((24, 24)).astype(np.float32), (texture_px, texture_px), interpolation=2)
    patches = np.clip(2.0 * patches - 0.5, 0.0, 1.0)
    share = patches[..., None] if tile.ndim == 3 else patches
    fine = _repeated(tile, TILE_M, texel_m, texture_px)
    coarse = _repeated(np.rot90(tile), TURNED_TILE_M, texel_m, texture_px)
    return np.asarray(fine + share * (coarse - fine), np.float32)


def _repeated(tile: Picture, tile_m: float, texel_m: float, texture_px: int) -> Picture:
    """A tile, made as small as it is on the ground, side by side with itself."""
    edge = max(4, round(tile_m / texel_m))
    method = cv2.INTER_AREA if edge < len(tile) else cv2.INTER_LINEAR
    small = cv2.resize(tile, (edge, edge), interpolation=method)
    times = -(-texture_px // edge)
    repeated = np.tile(small, (times, times, 1) if small.ndim == 3 else (times, times))
    return np.asarray(repeated[:texture_px, :texture_px], np.float32)


def _weathered(ground: Ground, texture_px: int) -> Picture:
    """Factor of the brightness: hollows are damp and dark, crests dry and light, and no two places quite the same."""
    height = ground.height_m
    hollow = cv2.GaussianBlur(height, (0, 0), 6.0) - height
    spread = float(np.abs(hollow).mean()) + 1e-3
    factor = 1.0 - 0.1 * np.tanh(hollow / (2.0 * spread)) - 0.12 * ground.masks.flow
    factor = factor * (1.0 - 0.35 * np.clip(ground.masks.water, 0.0, 1.0))
    random = np.random.Generator(np.random.Philox(key=[abs(ground.y), abs(ground.x)]))
    patches = cv2.resize(random.standard_normal((24, 24)).astype(np.float32), height.shape[::-1], interpolation=2)
    factor = factor * (1.0 + 0.05 * patches)
    return np.asarray(cv2.resize(factor.astype(np.float32), (texture_px, texture_px), interpolation=2), np.float32)
