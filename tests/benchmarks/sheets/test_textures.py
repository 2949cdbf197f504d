from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.sheets.saving import save
from benchmarks.sheets.textures import (
    CELL_PX,
    GAP_PX,
    MARGIN_PX,
    TILED_PX,
    Picture,
    contact_sheet,
    lit_from_both_sides,
    provenance_of,
)
from engine.assets import GeneratorInfo, Part
from engine.catalog import Catalog
from engine.codecs.image import encode_png
from engine.generators.protocol import StepKinds
from engine.requests.texture import MapKind, TextureRequest

CLASSES = ("stone", "brick", "wood")
COLORS = {"stone": (200, 40, 40), "brick": (40, 200, 40), "wood": (40, 40, 200)}


@dataclass
class PlainState:
    request: TextureRequest
    part_count: int = 1
    finished: bool = False


class PlainGenerator:
    """One color per class; the seed makes it darker."""

    @property
    def info(self) -> GeneratorInfo:
        return GeneratorInfo("texture", "plain", "1", "S", "ab" * 32, "none", classes=CLASSES)

    def begin(self, request: TextureRequest) -> PlainState:
        return PlainState(request)

    def checkpoint(self, state: PlainState) -> bytes:
        return bytes([state.finished])

    def resume(self, request: TextureRequest, checkpoint: bytes) -> PlainState:
        return PlainState(request, finished=bool(checkpoint[0]))

    def steps_ahead(self, state: PlainState) -> StepKinds:
        return () if state.finished else (("plain", 1),)

    def step(self, states: Sequence[PlainState]) -> list[tuple[Part, ...]]:
        made: list[tuple[Part, ...]] = []
        for state in states:
            request = state.request
            color = np.array(COLORS[request.texture_class]) * (4 - request.seed) // 4
            pixels = np.full((request.size_px, request.size_px, 3), color, np.uint8)
            made.append((Part(0, str(MapKind.ALBEDO), request.size_px, "image/png", encode_png(pixels, {})),))
            state.finished = True
        return made


@pytest.fixture
def catalog() -> Catalog:
    return Catalog({TextureRequest: PlainGenerator()})


@pytest.fixture
def picture(catalog: Catalog) -> Picture:
    return contact_sheet(catalog, seeds=2, size_px=64)


def cell(picture: Picture, row: int, column: int) -> Picture:
    top, left = GAP_PX + row * (CELL_PX + GAP_PX), MARGIN_PX + column * (CELL_PX + GAP_PX)
    return picture[top : top + CELL_PX, left : left + CELL_PX]


def test_sheet_has_a_row_per_class_and_a_cell_per_seed(picture: Picture) -> None:
    assert picture.shape == (3 * (CELL_PX + GAP_PX) + GAP_PX, MARGIN_PX + 2 * (CELL_PX + GAP_PX), 3)
    for row, name in enumerate(CLASSES):
        strongest = int(np.argmax(COLORS[name]))
        first, second = (cell(picture, row, column).reshape(-1, 3).mean(axis=0) for column in (0, 1))
        assert int(np.argmax(first)) == int(np.argmax(second)) == strongest
        assert first[strongest] > second[strongest]


def test_names_of_all_classes_differ(picture: Picture) -> None:
    rows = [picture[GAP_PX + row * (CELL_PX + GAP_PX) :][:CELL_PX] for row in range(len(CLASSES))]
    labels = [row[:, :MARGIN_PX] for row in rows]
    assert all(label.min() < 100 for label in labels)
    assert len({label.tobytes() for label in labels}) == 3


def test_sheet_is_the_same_again(catalog: Catalog, picture: Picture) -> None:
    np.testing.assert_array_equal(contact_sheet(catalog, seeds=2, size_px=64), picture)


def test_file_says_which_weights_painted_it(catalog: Catalog, picture: Picture, tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    save(path, picture, provenance_of(catalog.infos()[0]))
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), picture)
        assert image.text["WeightsSHA256"] == "ab" * 32  # type: ignore[attr-defined]  # PNG only
    assert list(tmp_path.iterdir()) == [path]


def test_classes_in_two_columns_stand_beside_each_other(catalog: Catalog, picture: Picture) -> None:
    beside = contact_sheet(catalog, seeds=2, size_px=64, columns=2)
    line = slice(GAP_PX, GAP_PX + CELL_PX)
    assert beside.shape == (2 * (CELL_PX + GAP_PX) + GAP_PX, 2 * picture.shape[1], 3)
    np.testing.assert_array_equal(beside[line, : picture.shape[1]], picture[line])
    third = picture[GAP_PX + 2 * (CELL_PX + GAP_PX) :][:CELL_PX]
    np.testing.assert_array_equal(beside[line, picture.shape[1] :], third)


def test_tiled_cells_repeat_and_light_comes_from_both_sides() -> None:
    normal = np.full((64, 64, 3), (128, 128, 255), np.uint8)
    normal[:, 28:32], normal[:, 32:36] = (60, 128, 220), (196, 128, 220)  # a ridge: left flank, right flank
    maps = {MapKind.ALBEDO: np.full((64, 64, 3), 120, np.uint8), MapKind.NORMAL: normal}
    left, right = (cell.mean(axis=(0, 2)) for cell in lit_from_both_sides(maps))
    middle = TILED_PX // 4
    assert left[middle - 4] > left[middle + 3] + 10
    assert right[middle + 3] > right[middle - 4] + 10
    assert left[middle - 4 + TILED_PX // 2] == pytest.approx(left[middle - 4], abs=12)
