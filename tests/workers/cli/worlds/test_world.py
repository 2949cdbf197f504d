"""`morphogen world`: a short flight over a flat land."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def way(tmp_path: Path) -> Path:
    path = tmp_path / "way.json"
    path.write_text('{"speed_m_per_s": 900, "waypoints": [[100, 100], [1000, 100], [1000, 600]]}')
    return path


def test_flight_keeps_the_chunks_and_says_what_was_late(
    serve_catalog: Callable[[Any], str], flat_catalog: Any, morphogen: Run, tmp_path: Path, way: Path
) -> None:
    address = serve_catalog(flat_catalog)
    out = tmp_path / "flight"
    for left in ("chunk_900_-900/chunk.json", "chunk_901_0/notes.txt", "chunk_0_0/mesh.glb", "pictures/mine.png"):
        (out / left).parent.mkdir(parents=True)
        (out / left).write_text("from before")
    code, text, err = morphogen("world", "--server", address, "--path", way, "--out", out, "--seed", 3)
    assert (code, err) == (0, "")
    assert "1400 m" in text
    report = json.loads((out / "report.json").read_text())
    assert (report["view_distance_m"], report["chunk_m"], report["way_m"]) == (500.0, 512.0, 1400.0)
    assert report["flown_s"] == pytest.approx(1400 / 900, abs=1e-3)
    assert report["chunks_arrived"] >= report["chunks_seen"] >= 12
    assert report["first_view_complete_s"] < 1.5
    assert (out / "pictures" / "mine.png").exists()
    assert (out / "chunk_901_0" / "notes.txt").exists()
    assert not (out / "chunk_0_0" / "mesh.glb").exists()
    folders = {path.name for path in out.iterdir() if path.is_dir()} - {"pictures", "chunk_901_0"}
    assert folders == {f"chunk_{each['row']}_{each['column']}" for each in report["chunks"] if each["vertices"]}
    assert {path.name for path in (out / "chunk_0_0").iterdir()} >= {"chunk.json", "height.png", "ground.json"}
    picture = cv2.imread(str(out / "preview.png"))
    assert picture is not None
    assert picture.max() > picture.min()
    assert {request.landscape.seed for request in flat_catalog.chunk.requests} == {3}


def test_slow_server_leaves_holes_that_the_report_tells(
    serve_catalog: Callable[[Any], str], flat_catalog: Any, morphogen: Run, tmp_path: Path, way: Path
) -> None:
    flat_catalog.chunk.step_s = 0.25
    options = ["--path", way, "--out", tmp_path / "flight", "--maps", "height", "--json"]
    code, text, _ = morphogen("world", "--server", serve_catalog(flat_catalog), *options)
    assert code == 0
    flight = json.loads(text)["flight"]
    assert flight["holes_after_first_second"] == len(flight["holes"]) > 0
    assert flight["hole_s_after_first_second"] > 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--view-distance-m", "5"], "view_distance_m: 5.0 is not allowed; allowed: 64 to 4096"),
        (["--view-distance-m", "nan"], "view_distance_m: nan is not allowed"),
        (["--maps", "albedo"], "maps: 'albedo' is not allowed; allowed: one or more of height"),
        (["--vertices", "100"], "vertices_max: 100 is not allowed; allowed: 33, 65, 129, 257"),
        (["--biome", "lava"], "biomes: 'lava' is not allowed"),
        (["--set", "prop_limit=3"], "--set: 'prop_limit' is not allowed; allowed: cell_m"),
    ],
)
def test_bad_input_names_the_field_and_what_is_allowed(
    serve_catalog: Callable[[Any], str],
    flat_catalog: Any,
    morphogen: Run,
    tmp_path: Path,
    way: Path,
    options: list[str],
    line: str,
) -> None:
    address = serve_catalog(flat_catalog)
    code, out, err = morphogen("world", "--server", address, "--path", way, "--out", tmp_path / "f", *options)
    assert (code, out) == (2, "")
    assert line in err
    assert not (tmp_path / "f").exists()


def test_world_needs_a_server(morphogen: Run, tmp_path: Path, way: Path) -> None:
    code, _, err = morphogen("world", "--path", way, "--out", tmp_path / "f")
    assert code == 2
    assert "Missing option '--server'" in err


def test_help_offers_only_what_a_server_can_be_told(morphogen: Run) -> None:
    code, out, _ = morphogen("world", "--help")
    assert code == 0
    assert "--token-file" in out
    assert "--weights" not in out
    assert "--tier" not in out


def test_server_that_is_not_there_is_told(morphogen: Run, tmp_path: Path, way: Path) -> None:
    code, _, err = morphogen("world", "--path", way, "--out", tmp_path / "f", "--server", "127.0.0.1:1")
    assert code == 1
    assert "127.0.0.1:1 cannot be reached" in err


def test_full_disk_leaves_no_half_chunk(
    serve_catalog: Callable[[Any], str], flat_catalog: Any, morphogen: Run, small_disk: Path, way: Path
) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_040_000))
    address = serve_catalog(flat_catalog)
    code, _, err = morphogen("world", "--server", address, "--path", way, "--out", small_disk / "flight")
    assert code == 1
    assert "No space left on device" in err
    files = {"chunk.json", "height.png", "ground.json", "props.json"}
    for folder in (small_disk / "flight").iterdir() if (small_disk / "flight").exists() else ():
        assert {path.name for path in folder.iterdir()} == files
