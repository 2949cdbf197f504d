"""What the ground's picture adds to the mesh: finer shapes, hollows in shade, layers in rock, and no two places alike.

Everything comes from the land's own vertices and from noise that is hashed over the world; a *shape* is a height in
meters that the mesh does not have and the normals show.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.generators.terrain.fields import Window, smooth
from engine.generators.terrain.land import Ground
from engine.noise import derive_seed
from engine.requests.landscape import Landscape

Picture = NDArray[np.float32]

HOLLOW_SIGMAS_CELLS = (1.5, 5.0, 14.0)
HOLLOW_DEPTH, HOLLOW_MAX = 2.2, 0.4
"""How dark hollows are for their depth over their width, and at most."""

STRATUM_M = 8.0
"""Thickness of a pair of layers in rock."""

STRATA_SHAPE_M, CRAG_SHAPE_M = 0.5, 1.3
_LAYERS = range(40, 45)


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Fields over the ground's picture, float32 [px, px] each.

    height_m  of the land, between its vertices
    hollow    0 open, 1 deep in a hollow
    crest     0 level or below, 1 on a crest
    strata    about -1 to 1: layers of rock, by height
    crag      about -1 to 1: edges in rock
    patches   about -1 to 1: large places that differ
    spots     about -1 to 1: small ones
    mixing    0 to 1: where the turned tile shows
    """

    height_m: Picture
    hollow: Picture
    crest: Picture
    strata: Picture
    crag: Picture
    patches: Picture
    spots: Picture
    mixing: Picture


def relief_of(ground: Ground, landscape: Landscape, texture_px: int) -> Relief:
    """The fields of a square ground."""
    rows, columns = ground.height_m.shape
    window = Window(ground.y, ground.x, rows, columns, 1, landscape.period_cells)
    seed = derive_seed(landscape.seed, 0x7E11EF)
    coarse, patches, spots, crag, mixing = (
        smooth(seed, layer, window, lattice).numpy() for layer, lattice in zip(_LAYERS, (128, 32, 8, 4, 8), strict=True)
    )
    hollow, crest = _hollows(ground.height_m, landscape.cell_m)
    height_m = enlarged(ground.height_m, texture_px)
    bent = np.float32(3.5) * coarse + np.float32(1.6) * patches + np.float32(0.6) * spots
    level = enlarged((ground.height_m + bent).astype(np.float32), texture_px)
    level *= np.float32(2.0 * np.pi / STRATUM_M)
    strata = np.sin(level)
    for times, share in ((1.73, 0.7), (3.91, 0.6), (8.3, 0.35)):
        strata += np.float32(share) * np.sin(level * np.float32(times) + np.float32(times))
    edges = np.float32(1.0) - np.float32(2.0) * np.abs(enlarged(crag + np.float32(0.5) * spots, texture_px))
    return Relief(
        height_m=height_m,
        hollow=enlarged(hollow, texture_px),
        crest=enlarged(crest, texture_px),
        strata=(strata / np.float32(1.5)).astype(np.float32),
        crag=np.maximum(edges, np.float32(-1.0)).astype(np.float32),
        patches=enlarged(np.tanh(np.float32(0.55) * coarse + np.float32(0.45) * patches), texture_px),
        spots=enlarged(np.tanh(spots), texture_px),
        mixing=np.clip(enlarged(np.float32(0.5) + np.float32(1.4) * mixing, texture_px), 0.0, 1.0),
    )


def enlarged(grid: Picture, texture_px: int) -> Picture:
    """A grid of vertices as a picture: the first and the last vertex lie on the picture's outer edges."""
    scale = (len(grid) - 1) / texture_px
    place = np.array([[scale, 0.0, 0.5 * scale], [0.0, scale, 0.5 * scale]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (texture_px, texture_px)
    grid = np.ascontiguousarray(grid, np.float32)
    return np.asarray(cv2.warpAffine(grid, place, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def normal_picture(shape_m: Picture, texel_m: float) -> NDArray[np.uint8]:
    """Tangent-space normals uint8 [px, px, 3] of a shape, OpenGL: red east, green north, which is up in the picture."""
    east = cv2.Sobel(shape_m, cv2.CV_32F, 1, 0, scale=-1.0 / (8.0 * texel_m), borderType=cv2.BORDER_REPLICATE)
    north = cv2.Sobel(shape_m, cv2.CV_32F, 0, 1, scale=1.0 / (8.0 * texel_m), borderType=cv2.BORDER_REPLICATE)
    length = np.sqrt(east * east + north * north + np.float32(1.0))
    half = np.float32(127.5)
    codes = [east / length * half + half, north / length * half + half, half / length + half]
    return np.rint(np.stack(codes, axis=-1)).astype(np.uint8)


def _hollows(height_m: Picture, cell_m: float) -> tuple[Picture, Picture]:
    """How deep every vertex lies below what is around it, and how high above, 0 to 1 each."""
    depth = np.zeros_like(height_m)
    for sigma in HOLLOW_SIGMAS_CELLS:
        around = cv2.GaussianBlur(height_m, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        depth += (around - height_m) / np.float32(sigma * cell_m)
    return np.tanh(np.maximum(depth, 0.0) * HOLLOW_DEPTH), np.tanh(np.maximum(-depth, 0.0) * HOLLOW_DEPTH)
