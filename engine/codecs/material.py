"""The material folder: which files a material has and what is in them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.codecs.files import publish_folder
from engine.codecs.gltf.sphere import ROUGHNESS_NEUTRAL, write_material_glb
from engine.codecs.image import Pixels, decode_png, encode_png
from engine.codecs.preview import render_preview
from engine.codecs.provenance import DIGITAL_SOURCE_TYPE
from engine.errors import DataError
from engine.requests.texture import MapKind

FORMAT_VERSION = 1
"""Version of the layout of material.json."""

CONVENTIONS = {
    "normal": "tangent space, OpenGL (+Y, green towards the top of the image)",
    "height": "16-bit, relative to the material's own range, white = high",
    "roughness": "perceptual roughness, white = rough",
    "metallic": "white = metal",
    "ambient_occlusion": "white = open",
    "orm": "red = ambient occlusion, green = roughness, blue = metallic",
}

_ORM_CHANNELS = (
    (MapKind.AMBIENT_OCCLUSION, 255),
    (MapKind.ROUGHNESS, round(255 * ROUGHNESS_NEUTRAL)),
    (MapKind.METALLIC, 0),
)
_SRGB_FILES = ("albedo.png", "preview.png")


def pack_orm(maps: Mapping[MapKind, Pixels]) -> NDArray[np.uint8]:
    """Occlusion, roughness and metallic in red, green and blue, [height, width, 3]; absent ones are neutral.

    maps  grey 8-bit pixels [height, width] of one size; other kinds are ignored

    Raises ValueError if none of the three is present or their shapes differ.
    """
    shapes = {maps[kind].shape for kind, _ in _ORM_CHANNELS if kind in maps}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(f"maps: shapes {sorted(shapes)} are not allowed; allowed: one or more grey maps of one size")
    packed = np.empty((*shapes.pop(), 3), np.uint8)
    for channel, (kind, neutral) in enumerate(_ORM_CHANNELS):
        packed[..., channel] = maps.get(kind, neutral)
    return packed


def write_material(
    folder: Path, maps: Mapping[MapKind, bytes], provenance: Mapping[str, str], description: Mapping[str, object]
) -> tuple[Path, ...]:
    """Write the material's files into `folder` and return their paths in the order of writing.

    maps         PNG files by kind, written byte for byte; at least one, all of one size
    provenance   goes into every file made here
    description  what material.json says besides the files, their conventions and the provenance (see
                 `material_description`); its "name" also names the glTF material

    Adds orm.png (if any of its channels is present), preview.png, material.glb and material.json. A new folder appears
    complete or not at all; in an existing one files of these names are replaced one by one and others stay. Equal
    arguments give equal files. Raises DataError if a map is no intact PNG or the sizes differ, OutputError naming
    the path if the folder cannot be written; nothing half-written is left.
    """
    return publish_folder(folder, build_material(maps, provenance, description))


def build_material(
    maps: Mapping[MapKind, bytes], provenance: Mapping[str, str], description: Mapping[str, object]
) -> dict[str, bytes]:
    """The files of a material folder, name -> bytes, material.json last; arguments and DataError as above."""
    pixels = {kind: decode_png(maps[kind]) for kind in MapKind if kind in maps}
    _check_maps(pixels)
    files = {f"{kind}.png": maps[kind] for kind in pixels}
    orm_png = None
    if any(kind in pixels for kind, _ in _ORM_CHANNELS):
        orm_png = files["orm.png"] = encode_png(pack_orm(pixels), provenance)
    files["preview.png"] = encode_png(render_preview(pixels), provenance, srgb=True)
    files["material.glb"] = write_material_glb(maps, orm_png, provenance, str(description.get("name", "material")))
    height_px, width_px = next(iter(pixels.values())).shape[:2]
    record = {
        **description,
        "format": "morphogen.material",
        "format_version": FORMAT_VERSION,
        "digital_source_type": DIGITAL_SOURCE_TYPE,
        "size_px": [width_px, height_px],
        "conventions": CONVENTIONS,
        "provenance": dict(provenance),
        "files": [_file_entry(name, data) for name, data in files.items()],
    }
    files["material.json"] = (json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    return files


def _check_maps(pixels: Mapping[MapKind, Pixels]) -> None:
    """Raises DataError unless every map has the size, the depth and the channels of its kind."""
    if not pixels:
        raise DataError("maps: none is not allowed; allowed: at least one map")
    size = next(iter(pixels.values())).shape[:2]
    for kind, image in pixels.items():
        channels = (3,) if kind in (MapKind.ALBEDO, MapKind.NORMAL) else ()
        depth = np.uint16 if kind == MapKind.HEIGHT else np.uint8
        if image.shape != (*size, *channels) or image.dtype != depth:
            raise DataError(
                f"maps.{kind}: {image.dtype} {list(image.shape)} is not allowed; "
                f"allowed: {np.dtype(depth)} {[*size, *channels]}"
            )


def _file_entry(name: str, data: bytes) -> dict[str, object]:
    """What material.json says about one file."""
    entry: dict[str, object] = {
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "media_type": "image/png" if name.endswith(".png") else "model/gltf-binary",
    }
    if name.endswith(".png"):
        entry["color_space"] = "srgb" if name in _SRGB_FILES else "linear"
    return entry
