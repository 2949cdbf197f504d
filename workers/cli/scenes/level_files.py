"""What a level becomes on disk: one file for one program, or a folder for all of them."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.image import decode_png, encode_png, read_provenance
from engine.codecs.material import pack_orm
from engine.codecs.render.camera import framed
from engine.codecs.render.picture import render_scene
from engine.codecs.render.soup import scene_bounds
from engine.geometry.scene import Image, Material
from engine.geometry.sky.panorama import sky_at
from engine.levels.building.scene import TILE_M, build_level, material_requests
from engine.levels.grid import from_rows
from engine.levels.tiled import TILES_FILE
from engine.requests.level import LevelStyle
from engine.requests.texture import MapKind
from workers.cli.making.sources import AssetSource, Made
from workers.cli.scenes.scene_files import checked_ending

ENDINGS = (".json", ".tmj", ".glb")
LEVEL, TILED, TILES, PREVIEW = "level", "tiled", "tiles", "preview"
HOUR = 14.5
"""Of the light in a level that is built."""

PREVIEW_PX = (960, 720)


def files_for(
    out: Path, made: Made, source: AssetSource, on_parts: Callable[[int], None]
) -> tuple[Path, dict[str, bytes]]:
    """The folder to write into, and the files that the ending of `out` asks for, with a picture."""
    ending = checked_ending(out, ENDINGS)
    parts = made.parts
    if not ending:
        files = {"level.json": parts[LEVEL], "level.tmj": parts[TILED], TILES_FILE: parts[TILES]}
        return out, files | {"preview.png": parts[PREVIEW]} | built(
            made, source, on_parts, "level.glb", "preview_3d.png"
        )
    picture = {f"{out.stem}_preview.png": parts[PREVIEW]}
    if ending == ".json":
        return out.parent, {out.name: parts[LEVEL]} | picture
    if ending == ".tmj":
        return out.parent, {out.name: parts[TILED], TILES_FILE: parts[TILES]} | picture
    return out.parent, built(made, source, on_parts, out.name, f"{out.stem}_preview.png")


def built(
    made: Made, source: AssetSource, on_parts: Callable[[int], None], glb_name: str, picture_name: str
) -> dict[str, bytes]:
    """The level in three dimensions with generated materials, and a picture of it."""
    document = json.loads(made.parts[LEVEL])
    provenance: dict[str, str] = document["provenance"]
    style, seed = LevelStyle(document["wishes"]["style"]), int(provenance["Seed"])
    materials = {
        name: _material(name, source.make(request, on_parts))
        for name, request in material_requests(style, seed).items()
    }
    sky = sky_at(HOUR)
    path = [(int(x), int(y)) for x, y in document["witness_path"]]
    scene = build_level(from_rows(document["rows"]), path, materials, sky.sun())
    camera = framed(scene_bounds(scene), heading_deg=20.0, pitch_deg=58.0, aspect=PREVIEW_PX[0] / PREVIEW_PX[1])
    picture = render_scene(scene, camera, PREVIEW_PX, sky, samples=2)
    return {
        glb_name: write_scene_glb(scene, provenance),
        picture_name: encode_png(picture, provenance, 6, srgb=True),
    }


def _material(name: str, made: Made) -> Material:
    """A generated material as one of a scene."""
    pixels = {MapKind(kind): decode_png(png) for kind, png in made.parts.items()}
    grey = {kind: values for kind, values in pixels.items() if values.ndim == 2 and values.dtype == np.uint8}
    provenance = read_provenance(made.parts[MapKind.ALBEDO])
    return Material(
        name,
        roughness=1.0,
        metallic=1.0,
        albedo=Image(made.parts[MapKind.ALBEDO]),
        normal=Image(made.parts[MapKind.NORMAL]),
        orm=Image(encode_png(pack_orm(grey), provenance)),
        texture_scale=(1.0 / TILE_M, 1.0 / TILE_M),
    )
