"""Reads the real textures of a data folder and halves them into a training and a held-out side."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.errors import DataError
from engine.training.panel.material import JudgedMap
from engine.training.panel.metrics.estimate import Images

MINIMUM_COUNT = 16
"""Fewest pictures per half with which the metrics mean anything."""


@dataclass(frozen=True, slots=True)
class RealTextures:
    """One side of a data folder.

    images  float32 [count, 3, size, size] in [0, 1]
    labels  the generator class of each
    names   the manifest's name or file of each
    """

    images: Images
    labels: tuple[str, ...]
    names: tuple[str, ...]

    def drawn(self, count: int, seed: int) -> "RealTextures":
        """`count` of them in seeded random order, so that neighbours in the order share no class."""
        chosen = np.random.default_rng(seed).permutation(len(self.labels))[:count]
        return RealTextures(
            self.images[chosen],
            tuple(self.labels[index] for index in chosen),
            tuple(self.names[index] for index in chosen),
        )


@dataclass(frozen=True, slots=True)
class RealHalves:
    """Both sides of a data folder, and the SHA-256 over the names and bytes of everything read."""

    train: RealTextures
    held_out: RealTextures
    digest: str


@dataclass(frozen=True, slots=True)
class _Record:
    name: str
    data_class: str
    path: Path


def held_out_names(folder: Path) -> frozenset[str]:
    """Names in the manifest of `folder` (`name` of a material, `file` of a texture) of the held-out half.

    A pure function of the manifest: every second item of each data class, in the order of the names' SHA-256. Training
    that leaves these out can be judged without having seen the reference.
    """
    return frozenset(record.name for record in _held_out(_records(folder, JudgedMap.ALBEDO)))


def read_reals(folder: Path, class_of: Mapping[str, str], judged: JudgedMap, size_px: int) -> RealHalves:
    """The real pictures of `folder` whose data class (or group) has a generator class in `class_of`, at `size_px`.

    Raises DataError naming the file for a broken manifest, an unreadable image, an image whose size is not the
    manifest's or no multiple of `size_px`, and for fewer than 16 pictures per half.
    """
    records = _records(folder, judged)
    held_out = set(_held_out(records))
    edge_px = _manifest(folder).get("size", size_px)
    digest = hashlib.sha256()
    sides: dict[bool, list[tuple[_Record, Images]]] = {False: [], True: []}
    for record in records:
        if record.data_class in class_of:
            picture = _read_picture(record, judged, edge_px, size_px, digest)
            sides[record in held_out].append((record, picture))
    if min(map(len, sides.values())) < MINIMUM_COUNT:
        counts = " and ".join(str(len(side)) for side in sides.values())
        raise DataError(
            f"{folder}: {counts} {judged} pictures of the generator's classes per half, at least {MINIMUM_COUNT} needed"
        )
    train, reference = (
        RealTextures(
            np.stack([picture for _, picture in side]),
            tuple(class_of[record.data_class] for record, _ in side),
            tuple(record.name for record, _ in side),
        )
        for side in sides.values()
    )
    return RealHalves(train, reference, digest.hexdigest())


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: cannot be read as a manifest: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("textures", document.get("materials")), list):
        raise DataError(f'{path}: has neither a list "textures" nor a list "materials"')
    if type(document.get("size", 0)) is not int:
        raise DataError(f"{path}: size: {document['size']!r} is not a whole number of pixels")
    return document


def _records(folder: Path, judged: JudgedMap) -> list[_Record]:
    document = _manifest(folder)
    try:
        if "textures" in document:
            if judged is not JudgedMap.ALBEDO:
                raise DataError(f"{folder}: holds albedo only, not {judged}")
            return [_Record(item["file"], _class_of(item), folder / item["file"]) for item in document["textures"]]
        return [
            _Record(item["name"], _class_of(item), _map_path(folder / item["name"], judged))
            for item in document["materials"]
            if judged in item["maps"]
        ]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{folder / 'manifest.json'}: an item lacks {error} or is not an object of that form"
        ) from error


def _class_of(item: Mapping[str, Any]) -> str:
    if not isinstance(item["class"], str):
        raise TypeError(f"a text as class, not {item['class']!r}")
    return item["class"]


def _map_path(folder: Path, judged: JudgedMap) -> Path:
    png = folder / f"{judged}.png"
    return png if png.exists() else folder / f"{judged}.webp"


def _held_out(records: list[_Record]) -> list[_Record]:
    ordered = sorted(records, key=lambda item: (item.data_class, hashlib.sha256(item.name.encode()).digest()))
    return ordered[1::2]


def _read_picture(record: _Record, judged: JudgedMap, edge_px: int, size_px: int, digest: "hashlib._Hash") -> Images:
    """One picture [3, size_px, size_px]; adds its name and bytes to `digest`."""
    try:
        data = record.path.read_bytes()
    except OSError as error:
        raise DataError(f"{record.path}: cannot be read: {error.strerror}") from error
    digest.update(record.name.encode() + b"\0" + data)
    flags = cv2.IMREAD_COLOR if judged is JudgedMap.ALBEDO else cv2.IMREAD_GRAYSCALE
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error:  # what is no picture gives None, but a picture that claims to be enormous raises
        pixels = None
    if pixels is None:
        raise DataError(f"{record.path}: is no readable image, expected {edge_px}x{edge_px} pixels")
    if pixels.shape[:2] != (edge_px, edge_px) or edge_px % size_px:
        rows, columns = pixels.shape[:2]
        wanted = f"{edge_px}x{edge_px}" if edge_px % size_px == 0 else f"a multiple of {size_px}"
        raise DataError(f"{record.path}: is {columns}x{rows} pixels, expected {wanted}")
    averaged = cv2.resize(pixels, (size_px, size_px), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    planes = averaged[..., ::-1].transpose(2, 0, 1) if averaged.ndim == 3 else np.stack([averaged] * 3)
    return np.ascontiguousarray(planes)
