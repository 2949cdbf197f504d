"""`morphogen level` towards a server with the shipped weights; what it writes, prints and refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.codecs.gltf.reader.scene import read_scene

Run = Callable[..., tuple[int, str, str]]


def rows_of(path: Path) -> list[str]:
    rows: list[str] = json.loads(path.read_text())["rows"]
    return rows


def test_folder_holds_data_a_map_a_model_and_pictures(server: str, morphogen: Run, tmp_path: Path) -> None:
    options = ["--size", "16x16", "--seed", 4, "--keys", 1, "--enemies", 3, "--style", "rooms"]
    code, out, err = morphogen("level", *options, "--out", tmp_path / "l", "--server", server)
    assert (code, err) == (0, "")
    assert f"{tmp_path / 'l'}  16x16  6 files  sha256 " in out
    names = {path.name for path in (tmp_path / "l").iterdir()}
    assert names == {"level.json", "level.tmj", "level_tiles.png", "preview.png", "level.glb", "preview_3d.png"}
    document = json.loads((tmp_path / "l" / "level.json").read_text())
    assert (document["attributes"]["enemies"], document["wishes"]["style"]) == (3, "rooms")
    scene = read_scene((tmp_path / "l" / "level.glb").read_bytes())
    placed = {each.name: len(each.translation) for each in scene.instances}
    assert (placed["enemy"], placed["start"], placed["exit"], placed["floor"]) == (3, 1, 1, 1)
    assert [material.name for material in scene.materials[:2]] == ["floor", "wall"]
    assert scene.materials[0].normal is not None


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("a.json", {"a.json", "a_preview.png"}),
        ("a.tmj", {"a.tmj", "level_tiles.png", "a_preview.png"}),
        ("a.glb", {"a.glb", "a_preview.png"}),
    ],
)
def test_file_gets_a_picture_beside_it(server: str, morphogen: Run, tmp_path: Path, name: str, files: set[str]) -> None:
    assert morphogen("level", "--size", 16, "--out", tmp_path / name, "--server", server)[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == files


def test_locked_cells_keep_their_tile(server: str, morphogen: Run, tmp_path: Path) -> None:
    options = ["--lock", "3,3=start", "--lock", "12,12=exit", "--size", 16, "--out", tmp_path / "a.json"]
    assert morphogen("level", *options, "--server", server)[0] == 0
    rows = rows_of(tmp_path / "a.json")
    assert (rows[3][3], rows[12][12]) == ("@", ">")


@pytest.mark.parametrize("earlier", ["a.json", "a.tmj"])
def test_rectangle_is_made_anew_or_kept(server: str, morphogen: Run, tmp_path: Path, earlier: str) -> None:
    for name in ("a.json", "a.tmj"):
        assert morphogen("level", "--size", 16, "--seed", 1, "--out", tmp_path / name, "--server", server)[0] == 0
    before = rows_of(tmp_path / "a.json")
    common = ["--from", tmp_path / earlier, "--seed", 2, "--server", server]
    assert morphogen("level", "--reroll", "8,0,8,16", "--out", tmp_path / "b.json", *common)[0] == 0
    after = rows_of(tmp_path / "b.json")
    assert [row[:8] for row in after] == [row[:8] for row in before]
    assert after != before
    assert morphogen("level", "--lock", "0,0,6,6", "--out", tmp_path / "c.json", *common)[0] == 0
    kept = rows_of(tmp_path / "c.json")
    assert [row[:6] for row in kept[:6]] == [row[:6] for row in before[:6]]
    assert kept != before


def test_json_tells_scripts_what_lies_where(server: str, morphogen: Run, tmp_path: Path) -> None:
    code, out, _ = morphogen("level", "--size", 16, "--out", tmp_path / "a.json", "--server", server, "--json")
    assert code == 0
    (record,) = json.loads(out)["levels"]
    assert (record["kind"], record["files"], record["facts"]) == ("level", ["a.json", "a_preview.png"], "16x16")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--size", "16x20"], "--size: '16x20' is not allowed; allowed: N or NxN: levels are square"),
        (["--size", "15"], "size: 15 is not allowed; allowed: 16 to 64 cells"),
        (["--size", "many"], "--size: 'many' is not allowed"),
        (["--rooms", "0"], "rooms: 0 is not allowed; allowed: 1 to 24"),
        (["--size", "16", "--rooms", "3", "--room-edge", "20"], "room_edge: 20 is not allowed; allowed: 3 to 14"),
        (["--size", "16", "--rooms", "24", "--room-edge", "6"], "rooms: 24 is not allowed; allowed: at most 4 rooms"),
        (["--difficulty", "nan"], "difficulty: nan is not allowed; allowed: 0.0 to 1.0"),
        (["--lock", "3,3=castle"], "--lock: 'castle' is not allowed; allowed: void, wall, floor"),
        (["--lock", "3;3"], "--lock: '3;3' is not allowed; allowed: X,Y=TILE"),
        (["--lock", "0,0,2,2"], "a rectangle only together with --from"),
        (["--lock", "99,0=wall"], "locked_cells: (99, 0) is not allowed"),
        (["--lock", "1,1=start", "--lock", "2,2=start"], "locked_cells: '2 x START' is not allowed"),
        (["--reroll", "0,0,2,2"], "--reroll: '0,0,2,2' is not allowed; allowed: only together with --from"),
        (["--from", "nowhere.json", "--reroll", "0,0,2,2"], "a readable file (No such file"),
        (["--out", "level.fbx"], "--out: 'level.fbx' is not allowed; allowed: a folder, or a file that ends in .json"),
    ],
)
def test_bad_input_names_the_field_and_what_is_allowed(
    server: str, morphogen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = morphogen("level", *options, "--server", server)
    assert (code, out) == (2, "")
    assert line in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "--from: needs --lock or --reroll beside it"),
        (["--reroll", "0,0,2,2", "--size", "20"], "--size: 20 is not allowed; allowed: 16, as the earlier level"),
        (["--reroll", "0,0,2"], "--reroll: '0,0,2' is not allowed; allowed: LEFT,TOP,WIDTH,HEIGHT"),
        (["--reroll", "10,0,10,2"], "region"),
        (["--lock", "10,0,10,2"], "inside of the earlier level, 16 x 16 cells"),
    ],
)
def test_impossible_changes_are_refused(
    server: str, morphogen: Run, tmp_path: Path, options: list[str], line: str
) -> None:
    assert morphogen("level", "--size", 16, "--out", tmp_path / "a.json", "--server", server)[0] == 0
    code, _, err = morphogen("level", *options, "--from", tmp_path / "a.json", "--server", server)
    assert code == 2
    assert line in err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"rows": ["#"]}x', '{"rows": ["ab"]}', '{"type": "map"}'])
def test_foreign_file_is_no_earlier_level(server: str, morphogen: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    code, _, err = morphogen("level", "--reroll", "0,0,2,2", "--from", tmp_path / "file", "--server", server)
    assert code == 2
    assert "a level.json or .tmj file of this program, or their folder" in err


def test_full_disk_leaves_no_half_file(server: str, morphogen: Run, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_040_000))
    code, _, err = morphogen("level", "--size", 16, "--out", small_disk / "a.glb", "--server", server)
    assert code == 1
    assert "No space left on device" in err
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
