"""What a scene becomes on disk: one file for one program, or a folder for all of them.

Everything is made of the parts that the generator or the server sent, so that it is the same wherever they were made.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.codecs.gltf.reader.scene import read_glb_provenance, read_scene
from engine.codecs.gltf.scene import write_scene_glb
from engine.codecs.godot import write_godot_scene
from engine.codecs.heightmap import HEIGHT_SPAN_MIN_M, Heightmap, resampled, unity_raw, unreal_r16
from engine.codecs.image import decode_png, encode_png
from engine.codecs.usd.write import write_usda, write_usdc, write_usdz
from engine.errors import InvalidRequestError
from workers.cli.making.sources import Made

GROUNDS = ("vegetation", "soil", "rock", "snow")
"""The ground's materials: names of their tiles, and of their weights."""

FILES = {
    "scene": "scene.glb", "height": "height.png", "ground": "ground.png", "layout": "layout.json", "sky": "sky.hdr",
    "preview": "preview.png", **{name: f"{name}.png" for name in GROUNDS},
}  # fmt: skip
"""Part -> file of the folder."""

ENDINGS = (".glb", ".usdz", ".usd", ".usda", ".usdc")
PACKED = "scene_packed.glb"
CHANGING_NAMES = re.compile(r"height_unity_\d+\.raw|height_unreal_\d+\.r16|scene_packed\.glb")
"""Files that a folder of another scene may have and this one does not."""

_STEPS = 65535


def checked_ending(out: Path, endings: tuple[str, ...]) -> str:
    """The ending of a file name; empty for a folder. Raises InvalidRequestError for others."""
    ending = out.suffix.lower()
    if ending and ending not in endings and not out.is_dir():
        raise InvalidRequestError("--out", str(out), f"a folder, or a file that ends in {', '.join(endings)}")
    return ending if ending in endings else ""


def files_for(out: Path, made: Made) -> tuple[Path, dict[str, bytes]]:
    """The folder to write into, and the files: those that the ending of `out` asks for, and a picture.

    Raises OutputError for USD without usd-core.
    """
    ending = checked_ending(out, ENDINGS)
    if not ending:
        return out, folder_files(made)
    picture = {f"{out.stem}_preview.png": made.parts["preview"]}
    return out.parent, one_file(out.name, ending, made) | picture


def one_file(name: str, ending: str, made: Made) -> dict[str, bytes]:
    """The scene as one file, or as a layer of text with its images."""
    glb = made.parts["scene"]
    if ending == ".glb":
        return {name: glb}
    scene, (provenance, _) = read_scene(glb), read_glb_provenance(glb)
    if ending == ".usdz":
        return {name: write_usdz(scene, provenance)}
    stem = name[: -len(ending)]
    write = write_usda if ending == ".usda" else write_usdc  # .usd may be either; the binary one is smaller
    layer, *images = write(scene, provenance, stem).items()
    return {name: layer[1], **dict(images)}


def folder_files(made: Made) -> dict[str, bytes]:
    """Everything that engines and editors take."""
    glb = made.parts["scene"]
    provenance, own = read_glb_provenance(glb)
    height_m, range_m = heights(made.parts["height"], own)
    unity = unity_raw(height_m, own["extent_m"], range_m)
    unreal = unreal_r16(height_m, own["extent_m"], range_m)
    files = {name: made.parts[part] for part, name in FILES.items()}
    terrain = {f"height_unity_{unity.size_px}.raw": unity, f"height_unreal_{unreal.size_px}.r16": unreal}
    files |= {name: heightmap.data for name, heightmap in terrain.items()}
    files |= weights(decode_png(made.parts["ground"]), unreal.size_px, provenance)
    scene = read_scene(glb)
    files["godot_scene.glb"] = write_scene_glb(replace(scene, sun=None), provenance, instanced=False)
    files["godot_scene.tscn"] = write_godot_scene("scene", "godot_scene.glb", provenance, scene.sun, "sky.hdr")
    files["scene.json"] = _description(own, range_m, terrain, provenance, made.sha256)
    return files


def heights(png: bytes, own: Mapping[str, Any]) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Heights in meters [size, size] of the 16-bit picture, and the lowest and the highest one that it can show."""
    low_m = float(own["lowest_m"])
    span_m = max(float(own["highest_m"]) - low_m, HEIGHT_SPAN_MIN_M)
    height_m = (low_m + decode_png(png).astype(np.float64) * (span_m / _STEPS)).astype(np.float32)
    return height_m, (min(low_m, float(height_m.min())), max(low_m + span_m, float(height_m.max())))


def weights(ground: NDArray[Any], size_px: int, provenance: Mapping[str, str]) -> dict[str, bytes]:
    """One grey picture per material of the ground, as large as Unreal's heightmap: how much of it is where.

    ground  uint8 [size, size, 3]: shares of soil, rock and snow; the rest is vegetation
    """
    shares = [resampled(ground[..., layer].astype(np.float32), size_px) for layer in range(3)]
    layers = [np.clip(255.0 - sum(shares), 0.0, 255.0), *shares]
    return {
        f"weight_{name}.png": encode_png(np.rint(layer).astype(np.uint8), provenance)
        for name, layer in zip(GROUNDS, layers, strict=True)
    }


def _description(
    own: Mapping[str, Any],
    range_m: tuple[float, float],
    terrain: Mapping[str, Heightmap],
    provenance: Mapping[str, str],
    sha256: str,
) -> bytes:
    document = {
        "scene": dict(own),
        "axes": "+x east, +y up, +z south; meters; the origin is the middle of the scene",
        "height.png": {"black_m": range_m[0], "white_m": range_m[1], "extent_m": own["extent_m"]},
        "ground.png": "red soil, green rock, blue snow, the rest vegetation",
        "terrain": {name: {"file": name, "settings": dict(each.settings)} for name, each in terrain.items()},
        "sha256": sha256,
        "provenance": dict(provenance),
    }
    return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"
