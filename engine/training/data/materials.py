"""Reads material folders: a `manifest.json` and the images it names, as they are on disk.

Two layouts are read: PBR sets (`materials`: one folder per material, a WebP or PNG per map) and albedo sheets
(`textures`: one image per texture).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError

SIZE_STEP_PX = 64
"""Edges of images are multiples of this."""

SIZE_MAX_PX = 4096
"""Longest edge of an image."""

GREY_MAPS = ("roughness", "metallic")
COLOR_MAPS = ("albedo", "normal")
UNKNOWN_LICENCE = "unknown"


@dataclass(frozen=True, slots=True)
class RawMaterial:
    """A material as read from disk.

    albedo               uint8 [s, s, 3], RGB
    normal               uint8 [s, s, 3], OpenGL (+Y up), or None where missing
    roughness, metallic  uint8 [s, s], or None where missing
    """

    name: str
    texture_class: str
    licence: str
    albedo: NDArray[np.uint8]
    normal: NDArray[np.uint8] | None
    roughness: NDArray[np.uint8] | None
    metallic: NDArray[np.uint8] | None


def read_materials(folder: Path, classes: Mapping[str, str], frame_px: int = 0) -> list[RawMaterial]:
    """Every material of `folder` whose data class is a key of `classes` (data class -> generator class).

    The outer `frame_px` pixels of albedo-only images are replaced by mirrored inner ones.

    Raises DataError naming the file for a missing or broken manifest, an unreadable image, an image that is not square,
    whose edge is not a multiple of 64 px up to 4096, or whose size differs from its material's albedo.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as a manifest: {error}") from error
    kind = next((kind for kind in ("materials", "textures") if isinstance(manifest, dict) and kind in manifest), None)
    if kind is None or not isinstance(manifest[kind], list):
        raise DataError(f'{path}: has neither a list "materials" nor a list "textures"')
    licence = str(manifest.get("licence", UNKNOWN_LICENCE))
    materials = []
    for number, entry in enumerate(manifest[kind]):
        try:
            texture_class = classes.get(entry["class"])
            if texture_class is None:
                continue
            if kind == "materials":
                materials.append(_read_pbr(folder / entry["name"], entry, texture_class, licence))
            else:
                materials.append(_read_albedo(folder / entry["file"], texture_class, licence, frame_px))
        except (KeyError, TypeError) as error:
            raise DataError(f"{path}: {kind}[{number}] lacks {error} or is not an object of that form") from error
    return materials


def _read_pbr(folder: Path, entry: Mapping[str, Any], texture_class: str, licence: str) -> RawMaterial:
    paths = {name: _find(folder, name) for name in entry["maps"] if name in COLOR_MAPS + GREY_MAPS}
    if "albedo" not in paths:
        raise DataError(f"{folder}: has no albedo map")
    maps = {name: _read_image(path, grey=name in GREY_MAPS) for name, path in paths.items()}
    edge_px = maps["albedo"].shape[0]
    for name, pixels in maps.items():
        if pixels.shape[0] != edge_px:
            raise DataError(
                f"{paths[name]}: is {pixels.shape[1]}x{pixels.shape[0]} px, "
                f"expected {edge_px}x{edge_px} px as {paths['albedo'].name}"
            )
    return RawMaterial(
        entry["name"],
        texture_class,
        str(entry.get("licence", licence)),
        maps["albedo"],
        maps.get("normal"),
        maps.get("roughness"),
        maps.get("metallic"),
    )


def _read_albedo(path: Path, texture_class: str, licence: str, frame_px: int) -> RawMaterial:
    albedo = _read_image(path, grey=False)
    if frame_px:
        inner = albedo[frame_px:-frame_px, frame_px:-frame_px]
        albedo = np.pad(inner, ((frame_px, frame_px), (frame_px, frame_px), (0, 0)), mode="reflect")
    return RawMaterial(path.stem, texture_class, licence, albedo, None, None, None)


def _find(folder: Path, name: str) -> Path:
    for suffix in (".webp", ".png"):
        path = folder / (name + suffix)
        if path.exists():
            return path
    raise DataError(f"{folder / name}: neither a .webp nor a .png file is there")


def _read_image(path: Path, *, grey: bool) -> NDArray[np.uint8]:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR) if data.size else None
    except cv2.error:
        pixels = None
    if pixels is None:
        raise DataError(f"{path}: is not an image that can be decoded")
    rows, columns = pixels.shape[:2]
    if rows != columns or rows % SIZE_STEP_PX or rows > SIZE_MAX_PX:
        raise DataError(
            f"{path}: is {columns}x{rows} px, expected a square with an edge that is a multiple of {SIZE_STEP_PX} px, "
            f"at most {SIZE_MAX_PX} px"
        )
    return np.asarray(pixels if grey else pixels[..., ::-1], np.uint8)
