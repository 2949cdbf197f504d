import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import DataError
from engine.training.panel.material import JudgedMap
from engine.training.panel.reals import held_out_names, read_reals

WriteFolder = Callable[[Path, int, int], Path]
CLASS_OF = {name: name for name in ("cloud", "blob", "grain", "check")}


@pytest.fixture
def folder(tmp_path: Path, write_textures: WriteFolder) -> Path:
    return write_textures(tmp_path / "data", 40, 1)


def test_halves_share_no_picture_and_both_hold_every_class(folder: Path) -> None:
    halves = read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64)
    assert not set(halves.train.names) & set(halves.held_out.names)
    assert set(halves.train.labels) == set(halves.held_out.labels) == set(CLASS_OF)
    assert set(halves.held_out.names) == held_out_names(folder)


def test_larger_images_are_averaged_down(folder: Path) -> None:
    assert read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 32).train.images.shape == (20, 3, 32, 32)


def test_classes_without_a_generator_class_are_left_out(folder: Path) -> None:
    known = {"cloud": "any", "blob": "any", "grain": "any"}
    with pytest.raises(DataError, match="15 and 15 albedo pictures"):
        read_reals(folder, known, JudgedMap.ALBEDO, 64)


def test_digest_changes_with_a_single_pixel(folder: Path) -> None:
    before = read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64).digest
    path = folder / "blob_001.png"
    pixels = cv2.imread(str(path))
    assert pixels is not None
    pixels[0, 0] = 255 - pixels[0, 0]
    assert cv2.imwrite(str(path), pixels)
    assert read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64).digest != before


def test_an_unreadable_image_is_named_with_the_expected_size(folder: Path) -> None:
    (folder / "blob_001.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"blob_001\.png: is no readable image, expected 64x64"):
        read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64)


def test_a_wrongly_sized_image_is_named_with_both_sizes(folder: Path) -> None:
    assert cv2.imwrite(str(folder / "blob_001.png"), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(DataError, match=r"blob_001\.png: is 64x48 pixels, expected 64x64"):
        read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64)


def test_a_missing_image_is_named(folder: Path) -> None:
    (folder / "blob_001.png").unlink()
    with pytest.raises(DataError, match=r"blob_001\.png: cannot be read"):
        read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64)


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", '{"textures": 3}', '{"textures": [3]}', '{"textures": [{"file": "a.png", "class": ["blob"]}]}'),
        *('{"textures": [], "size": "x"}', '{"textures": [], "size": null}', '{"textures": [], "size": 1e999}'),
        pytest.param("[" * 100_000, id="endless nesting"),
    ],
)
def test_a_broken_manifest_is_named(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"manifest\.json"):
        read_reals(folder, CLASS_OF, JudgedMap.ALBEDO, 64)


def test_grey_maps_of_material_folders_are_read_as_grey_pictures(tmp_path: Path) -> None:
    items = []
    for index in range(32):
        place = tmp_path / f"m{index}"
        place.mkdir()
        assert cv2.imwrite(str(place / "height.webp"), np.full((64, 64), 4 * index, np.uint8))
        items.append({"name": place.name, "class": "stone", "maps": ["albedo", "height"]})
    (tmp_path / "manifest.json").write_text(json.dumps({"size": 64, "materials": items}))
    images = read_reals(tmp_path, {"stone": "stone"}, JudgedMap.HEIGHT, 32).train.images
    assert images.shape == (16, 3, 32, 32)
    assert np.array_equal(images[:, 0], images[:, 2])


def test_an_albedo_folder_cannot_judge_heights(folder: Path) -> None:
    with pytest.raises(DataError, match="holds albedo only"):
        read_reals(folder, CLASS_OF, JudgedMap.HEIGHT, 64)
