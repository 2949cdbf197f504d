"""The ground's picture: four materials from TexGen, laid over one another as the land says."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.codecs.image import decode_png
from engine.codecs.shading import decode_srgb
from engine.generators.scene.relief import (
    CRAG_SHAPE_M,
    HOLLOW_MAX,
    STRATA_SHAPE_M,
    Picture,
    Relief,
    enlarged,
    normal_picture,
    relief_of,
)
from engine.generators.terrain.biomes import GROUNDS, main_biome
from engine.generators.terrain.land import Ground
from engine.generators.texture.generator import TextureGenerator
from engine.generators.whole import steps_of
from engine.geometry.scene import Image
from engine.noise import derive_seed
from engine.requests.landscape import Landscape
from engine.requests.texture import MapKind, TextureRequest

TILE_PX = 256
TILE_M = 12.0
"""Edge of a tile on the ground: large, for from where a scene is seen a true 2 m tile would be grey."""

TURNED_TILE_M = 29.0
RUBBLE_CELLS = 2.5
"""How far rubble reaches around rock."""

SHAPES_M = {"vegetation": 0.15, "soil": 0.2, "rock": 0.8, "snow": 0.1}
"""How high a tile's height stands on the ground: exaggerated like the tile's size."""

ALBEDO_QUALITY, NORMAL_QUALITY = 88, 88
_FULL_COLOR = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
_MAPS = (MapKind.ALBEDO, MapKind.HEIGHT)
_DRY, _LUSH = (1.26, 1.08, 0.74), (0.72, 0.90, 0.80)


@dataclass(frozen=True, slots=True)
class Cover:
    """The ground's look: colors, and normals in the frame of its texture coordinates."""

    albedo: Image
    normal: Image


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


def make_tile(textures: TextureGenerator, request: TextureRequest) -> dict[MapKind, Picture]:
    """Albedo [px, px, 3], sRGB, and height [px, px] of one material, 0 to 1."""
    finest = [part for step in steps_of(textures, request) for part in step if part.lod_px == TILE_PX]
    pixels = {MapKind(part.map): decode_png(part.payload) for part in finest}
    return {
        MapKind.ALBEDO: pixels[MapKind.ALBEDO].astype(np.float32) / 255.0,
        MapKind.HEIGHT: pixels[MapKind.HEIGHT].astype(np.float32) / 65535.0,
    }


def bake(
    ground: Ground, landscape: Landscape, texture_px: int, tiles: Mapping[str, Mapping[MapKind, Picture]]
) -> Cover:
    """The look of the whole ground, `texture_px` wide; `tiles` by GROUNDS."""
    extent_m = (len(ground.height_m) - 1) * landscape.cell_m
    texel_m = extent_m / texture_px
    relief = relief_of(ground, landscape, texture_px)
    shares = _shares(ground)
    total = np.full((texture_px, texture_px), 1e-6, np.float32)
    color = np.zeros((texture_px, texture_px, 3), np.float32)
    shape_m = np.zeros((texture_px, texture_px), np.float32)
    for index, name in enumerate(GROUNDS):
        if float(shares[..., index].max()) < 0.02:
            continue
        albedo, height = (_laid(tiles[name][kind], texel_m, relief.mixing) for kind in _MAPS)
        # What stands out of its own material covers the other one first: edges follow stones and tufts.
        share = enlarged(shares[..., index], texture_px)
        share = np.clip(share * (0.6 + 0.8 * height) * 1.6 - 0.25, 0.0, 1.0) + np.float32(1e-3) * share
        total += share
        color += _tinted(name, albedo, relief) * share[..., None]
        shape_m += (np.float32(SHAPES_M[name]) * height + _own_shape(name, relief)) * share
    shape_m /= total
    color *= (_weathered(ground, relief) / total)[..., None]
    return Cover(
        albedo=_jpeg(np.rint(np.clip(color, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8), ALBEDO_QUALITY),
        normal=_jpeg(normal_picture(shape_m, texel_m), NORMAL_QUALITY),
    )


def mean_colors(tiles: Mapping[str, Mapping[MapKind, Picture]]) -> dict[str, tuple[float, float, float]]:
    """Mean linear colors of GROUNDS."""
    colors = {}
    for name in GROUNDS:
        codes = np.rint(tiles[name][MapKind.ALBEDO] * 255.0).astype(np.uint8)
        red, green, blue = decode_srgb(codes).mean(axis=(0, 1)).tolist()
        colors[name] = (red, green, blue)
    return colors


def _shares(ground: Ground) -> Picture:
    """Shares of GROUNDS at the vertices, with rubble around rock."""
    shares = ground.splat.copy()
    rubble = cv2.GaussianBlur(shares[..., 2], (0, 0), RUBBLE_CELLS) * np.float32(1.6)
    rubble = np.clip(rubble - shares[..., 2], 0.0, 0.8) * shares[..., 0]
    shares[..., 0] -= rubble
    shares[..., 1] += rubble
    return shares


def _laid(tile: Picture, texel_m: float, mixing: Picture) -> Picture:
    """A tile over the whole picture at two sizes, the larger one turned, in patches: the eye finds no grid."""
    fine = _repeated(tile, TILE_M, texel_m, len(mixing))
    coarse = _repeated(np.rot90(tile), TURNED_TILE_M, texel_m, len(mixing))
    return np.asarray(cv2.blendLinear(fine, coarse, np.float32(1.0) - mixing, mixing), np.float32)


def _repeated(tile: Picture, tile_m: float, texel_m: float, texture_px: int) -> Picture:
    """A tile, made as small as it is on the ground, side by side with itself."""
    edge = max(4, round(tile_m / texel_m))
    method = cv2.INTER_AREA if edge < len(tile) else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(tile), (edge, edge), interpolation=method)
    times = -(-texture_px // edge)
    repeated = np.tile(small, (times, times, 1) if small.ndim == 3 else (times, times))
    return np.ascontiguousarray(repeated[:texture_px, :texture_px], np.float32)


def _tinted(name: str, albedo: Picture, relief: Relief) -> Picture:
    """The albedo of one of GROUNDS as it differs from place to place."""
    if name == "vegetation":
        # Dry on crests, lush in hollows, and in large patches.
        lush = np.tanh(0.9 * relief.patches + 0.3 * relief.spots + 0.5 * relief.hollow - 0.5 * relief.crest)
        dry, wet = np.array(_DRY, np.float32), np.array(_LUSH, np.float32)
        middle, half = 0.5 * (dry + wet), 0.5 * (wet - dry)
        return np.asarray(albedo * (middle + half * lush[..., None]), np.float32)
    if name == "rock":
        tone = 1.0 + 0.1 * relief.strata + 0.12 * relief.crag + 0.1 * relief.patches
        warm = np.array((0.03, 0.0, -0.03), np.float32) * relief.strata[..., None]
        return np.asarray(albedo * (tone[..., None] + warm), np.float32)
    if name == "soil":
        return np.asarray(albedo * (1.0 + 0.1 * relief.patches + 0.06 * relief.spots)[..., None], np.float32)
    return albedo


def _own_shape(name: str, relief: Relief) -> Picture | np.float32:
    """The shape in meters that one of GROUNDS has besides its tile's."""
    if name == "rock":
        return np.float32(STRATA_SHAPE_M) * relief.strata + np.float32(CRAG_SHAPE_M) * relief.crag
    return np.float32(0.0)


def _weathered(ground: Ground, relief: Relief) -> Picture:
    """Factor of the brightness: hollows lie in shade, crests are bleached, and under water it is dark."""
    factor = 1.0 - 0.1 * ground.masks.flow - 0.35 * np.clip(ground.masks.water, 0.0, 1.0)
    shade = 1.0 - HOLLOW_MAX * relief.hollow + 0.12 * relief.crest
    return np.asarray(enlarged(factor.astype(np.float32), len(shade)) * shade, np.float32)


def _jpeg(pixels: NDArray[np.uint8], quality: int) -> Image:
    """RGB pixels as a JPEG with full color resolution."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _FULL_COLOR]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ValueError(f"texture_px: {len(pixels)} cannot be encoded as JPEG")
    return Image(data.tobytes(), "image/jpeg")
