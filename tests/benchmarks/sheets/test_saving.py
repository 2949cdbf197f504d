from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.sheets.saving import save, saved
from engine.errors import OutputError

PICTURE = np.random.default_rng(1).integers(60, 190, (8, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)


def test_picture_is_written_as_png(tmp_path: Path) -> None:
    save(tmp_path / "sheet.png", PICTURE, {"Software": "Morphogen"})
    with Image.open(tmp_path / "sheet.png") as opened:
        assert np.array_equal(np.asarray(opened), PICTURE)
        assert opened.text["Software"] == "Morphogen"  # type: ignore[attr-defined]  # PNG only


def test_jpeg_is_written_for_sheets_of_that_name(tmp_path: Path) -> None:
    save(tmp_path / "sheet.jpg", PICTURE, {})
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.format == "JPEG"
        assert np.abs(np.asarray(image).astype(int) - PICTURE).mean() < 8


def test_place_where_nothing_can_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "taken" / "sheet.png"
    path.parent.write_bytes(b"mine")
    with pytest.raises(OutputError, match="taken: cannot be a folder: a file of this name is in the way"):
        save(path, PICTURE, {})
    assert saved("levels", path, lambda: (PICTURE, {})) == 1
    assert capsys.readouterr().err.startswith("levels: ")


def test_command_tells_what_it_has_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "sheet.png"
    assert saved("levels", path, lambda: (PICTURE, {})) == 0
    assert capsys.readouterr().out == f"wrote {path}, 0.0 MiB\n"
