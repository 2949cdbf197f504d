"""Both folder layouts are read; what cannot be used is named with its file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.errors import DataError
from engine.training.data.materials import read_materials

CLASSES = {"rock": "stone", "bricks": "brick", "metal": "metal"}


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def write_picture(path: Path, rows: int, columns: int) -> None:
    assert cv2.imwrite(str(path), np.full((rows, columns, 3), 90, np.uint8))


def test_sets_are_read_with_the_maps_they_have(steady_folders: tuple[Path, Path]) -> None:
    granite, wall, plate = read_materials(steady_folders[0], CLASSES)
    assert [(m.name, m.texture_class) for m in (granite, wall, plate)] == [
        ("granite", "stone"),
        ("wall", "brick"),
        ("plate", "metal"),
    ]
    assert {m.licence for m in (granite, wall, plate)} == {"CC0-1.0 (own)"}
    assert granite.normal is not None
    assert granite.normal.shape == granite.albedo.shape == (128, 128, 3)
    assert granite.roughness is not None
    assert granite.roughness.shape == (128, 128)
    assert granite.metallic is None
    assert wall.metallic is not None
    assert (plate.normal, plate.roughness) == (None, None)


def test_colors_come_as_red_green_blue(steady_folders: tuple[Path, Path]) -> None:
    granite = read_materials(steady_folders[0], CLASSES)[0]
    red, green, blue = granite.albedo.reshape(-1, 3).mean(0)
    assert red > green > blue
    assert granite.normal is not None
    assert granite.normal[..., 2].mean() > 200  # out of the surface


def test_sheets_are_read_as_albedo_with_the_licence_of_the_folder(steady_folders: tuple[Path, Path]) -> None:
    materials = read_materials(steady_folders[1], CLASSES)
    assert [m.name for m in materials] == ["granite_1", "wall_1", "wall_2", "plate_1"]
    assert [m.texture_class for m in materials] == ["stone", "brick", "brick", "metal"]
    assert {m.licence for m in materials} == {"CC-BY-4.0"}
    assert all((m.normal, m.roughness, m.metallic) == (None, None, None) for m in materials)


def test_classes_that_nobody_asked_for_are_not_even_opened(data_folders: tuple[Path, Path]) -> None:
    sets, sheets = data_folders
    (sets / "plate" / "albedo.png").write_bytes(b"")
    (sheets / "metal" / "plate_1.png").unlink()
    wanted = {"rock": "stone"}
    assert [m.name for m in read_materials(sets, wanted) + read_materials(sheets, wanted)] == ["granite", "granite_1"]


def test_frame_is_replaced_by_the_mirrored_inside(steady_folders: tuple[Path, Path]) -> None:
    whole, framed = (read_materials(steady_folders[1], CLASSES, frame_px=frame_px)[0].albedo for frame_px in (0, 5))
    assert np.array_equal(framed[5:-5, 5:-5], whole[5:-5, 5:-5])
    assert np.array_equal(framed[:5, 5:-5], whole[10:5:-1, 5:-5])
    assert np.array_equal(framed[5:-5, -5:], whole[5:-5, -7:-12:-1])


@pytest.mark.parametrize("text", [None, b"{", b"\xff\xfe", b"[]", b"7", b'{"materials": 3}', b'{"size": 128}'])
def test_missing_or_broken_manifest_is_named(data_folders: tuple[Path, Path], text: bytes | None) -> None:
    manifest = data_folders[0] / "manifest.json"
    manifest.unlink()
    if text is not None:
        manifest.write_bytes(text)
    with pytest.raises(DataError, match=str(manifest)):
        read_materials(data_folders[0], CLASSES)


@pytest.mark.parametrize(
    "entry", [{"class": "rock"}, {"name": "granite"}, {"class": "rock", "name": "granite"}, "rock"]
)
def test_incomplete_entry_of_the_manifest_is_named_by_its_number(
    data_folders: tuple[Path, Path], entry: object
) -> None:
    change_manifest(data_folders[0], lambda manifest: manifest["materials"].insert(1, entry))
    with pytest.raises(DataError, match=r"manifest\.json: materials\[1\]"):
        read_materials(data_folders[0], CLASSES)


def test_missing_map_is_named(data_folders: tuple[Path, Path]) -> None:
    (data_folders[0] / "wall" / "roughness.webp").unlink()
    with pytest.raises(DataError, match=r"wall/roughness: neither a \.webp nor a \.png"):
        read_materials(data_folders[0], CLASSES)


def test_missing_sheet_is_named(data_folders: tuple[Path, Path]) -> None:
    (data_folders[1] / "bricks" / "wall_2.png").unlink()
    with pytest.raises(DataError, match=r"bricks/wall_2\.png: cannot be read: No such file"):
        read_materials(data_folders[1], CLASSES)


def test_material_without_albedo_is_named(data_folders: tuple[Path, Path]) -> None:
    change_manifest(data_folders[0], lambda manifest: manifest["materials"][2].update(maps=["metallic"]))
    with pytest.raises(DataError, match="plate: has no albedo map"):
        read_materials(data_folders[0], CLASSES)


@pytest.mark.parametrize("keep_bytes", [0, 10, 200])
def test_unreadable_image_is_named(data_folders: tuple[Path, Path], keep_bytes: int) -> None:
    path = data_folders[0] / "granite" / "normal.png"
    path.write_bytes(path.read_bytes()[:keep_bytes])
    with pytest.raises(DataError, match=r"granite/normal\.png: is not an image that can be decoded"):
        read_materials(data_folders[0], CLASSES)


@pytest.mark.parametrize(("rows", "columns"), [(64, 128), (96, 96), (4160, 4160)])
def test_image_of_a_wrong_size_is_named_with_it(data_folders: tuple[Path, Path], rows: int, columns: int) -> None:
    write_picture(data_folders[1] / "rock" / "granite_1.png", rows, columns)
    with pytest.raises(DataError, match=rf"rock/granite_1\.png: is {columns}x{rows} px, .* multiple of 64 px"):
        read_materials(data_folders[1], CLASSES)


def test_map_of_another_size_than_the_albedo_is_named_with_both(data_folders: tuple[Path, Path]) -> None:
    write_picture(data_folders[0] / "granite" / "roughness.png", 64, 64)
    with pytest.raises(DataError, match=r"granite/roughness\.png: is 64x64 px, expected 128x128 px"):
        read_materials(data_folders[0], CLASSES)
