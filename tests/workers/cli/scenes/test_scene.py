"""`morphogen scene` towards a server; what it writes, prints and refuses."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.codecs.gltf.reader.scene import read_glb_provenance, read_scene
from engine.requests.landscape import Landscape, Reroll, Sketch
from engine.requests.scene import SceneRequest

Run = Callable[..., tuple[int, str, str]]
FOLDER = {
    *("scene.glb", "preview.png", "height.png", "height_unity_33.raw", "height_unreal_127.r16", "ground.png"),
    *("vegetation.png", "soil.png", "rock.png", "snow.png", "layout.json", "sky.hdr", "scene.json"),
    *("weight_vegetation.png", "weight_soil.png", "weight_rock.png", "weight_snow.png"),
    *("godot_scene.glb", "godot_scene.tscn"),
}


def test_folder_holds_what_every_engine_takes(server: str, morphogen: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "scene"
    code, out, err = morphogen("scene", "--extent-m", 64, "--out", folder, "--server", server)
    assert (code, err) == (0, "")
    assert {path.name for path in folder.iterdir()} == FOLDER
    document = json.loads((folder / "scene.json").read_text())
    assert f"{folder}  64 m  {len(FOLDER)} files  sha256 {document['sha256']}" in out
    unity = document["terrain"]["height_unity_33.raw"]["settings"]
    assert (unity["Resolution"], unity["Terrain Width"], unity["Position X"]) == (33, 64.0, -32.0)
    raw = np.frombuffer((folder / "height_unity_33.raw").read_bytes(), "<u2").reshape(33, 33)
    assert raw[16, 16] == 65535
    assert len((folder / "height_unreal_127.r16").read_bytes()) == 127 * 127 * 2
    with Image.open(folder / "weight_vegetation.png") as weight:
        assert (weight.size, weight.getpixel((5, 5))) == ((127, 127), 255 - 3 * 64)
    assert document["height.png"]["white_m"] == pytest.approx(4.0)


def test_godot_scene_places_every_instance_by_itself_and_brings_its_own_sun(
    server: str, morphogen: Run, tmp_path: Path
) -> None:
    assert morphogen("scene", "--extent-m", 64, "--out", tmp_path, "--server", server)[0] == 0
    godot = (tmp_path / "godot_scene.glb").read_bytes()
    assert b"EXT_mesh_gpu_instancing" not in godot
    assert b"KHR_lights_punctual" not in godot
    text = (tmp_path / "godot_scene.tscn").read_text()
    assert 'path="godot_scene.glb"' in text
    assert "DirectionalLight3D" in text


def gltfpack(folder: Path, script: str) -> None:
    """A program of this name on PATH."""
    folder.mkdir()
    program = folder / "gltfpack"
    program.write_text(f'#!/bin/sh\n[ "$1" = -h ] && echo usage: -mi -vpf && exit\n{script}\n')
    program.chmod(0o755)


def test_packed_file_is_what_gltfpack_makes_of_the_scene(
    server: str, morphogen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gltfpack(tmp_path / "bin", 'cp "$2" "$4"')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    folder = tmp_path / "scene"
    scene = ("scene", "--extent-m", 64, "--server", server)
    assert morphogen(*scene, "--packed", "--out", folder)[0] == 0
    assert {path.name for path in folder.iterdir()} == FOLDER | {"scene_packed.glb"}
    packed = (folder / "scene_packed.glb").read_bytes()
    assert b"MSFT_lod" not in packed
    assert read_glb_provenance(packed) == read_glb_provenance((folder / "scene.glb").read_bytes())
    assert morphogen(*scene, "--packed", "--out", tmp_path / "alone.glb")[0] == 0
    assert (tmp_path / "alone.glb").read_bytes() == packed
    assert morphogen(*scene, "--out", folder)[0] == 0
    assert {path.name for path in folder.iterdir()} == FOLDER


def test_packing_is_refused_before_anything_is_made(
    server: str, morphogen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = morphogen("scene", "--packed", "--out", tmp_path / "hill.usdz", "--server", server)
    assert (code, "--packed: only for a folder or a file that ends in .glb" in err) == (2, True)
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = morphogen("scene", "--packed", "--out", tmp_path / "scene", "--server", server)
    assert (code, "gltfpack: not installed" in err) == (1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["hill.glb", "hill.usdz", "hill.usda", "hill.usdc", "hill.usd"])
def test_file_gets_a_picture_beside_it(server: str, morphogen: Run, tmp_path: Path, name: str) -> None:
    code, out, err = morphogen("scene", "--extent-m", 64, "--out", tmp_path / name, "--server", server)
    assert (code, err) == (0, "")
    assert str(tmp_path / name) in out
    files = {path.name for path in tmp_path.iterdir()}
    assert {name, "hill_preview.png"} <= files
    assert len(files) == (2 if name in ("hill.glb", "hill.usdz") else 3)


def test_binary_usd_is_binary_and_text_is_text(server: str, morphogen: Run, tmp_path: Path) -> None:
    for name in ("a.usda", "b.usdc", "c.usd"):
        assert morphogen("scene", "--extent-m", 64, "--out", tmp_path / name, "--server", server)[0] == 0
    starts = [(tmp_path / name).read_bytes()[:8] for name in ("a.usda", "b.usdc", "c.usd")]
    assert starts == [b"#usda 1.", b"PXR-USDC", b"PXR-USDC"]


def test_json_tells_scripts_what_lies_where(server: str, morphogen: Run, tmp_path: Path) -> None:
    code, out, _ = morphogen("scene", "--extent-m", 64, "--out", tmp_path / "a.glb", "--server", server, "--json")
    assert code == 0
    (record,) = json.loads(out)["scenes"]
    assert (record["path"], record["files"]) == (str(tmp_path / "a.glb"), ["a.glb", "a_preview.png"])


def test_every_option_reaches_the_generator(
    server: str, hills: Any, morphogen: Run, tmp_path: Path, picture: Path
) -> None:
    arguments = [
        *("--biome", "forest,grassland:0.5", "--seed", 9, "--extent-m", 128, "--time-of-day", 18.5),
        *("--sketch", picture, "--sketch-extent-m", 2048, "--set", "relief=2", "--set", "prop_limit=30"),
        *("--set", "x_m=100", "--set", "z_m=-50", "--no-builtin-props"),
    ]
    assert morphogen("scene", *arguments, "--out", tmp_path / "a.glb", "--server", server)[0] == 0
    land = Landscape(9, {"forest": 1.0, "grassland": 0.5}, relief=2.0, sketch=Sketch(picture.read_bytes(), 2048.0))
    wanted = SceneRequest(land, 128.0, x_m=100.0, z_m=-50.0, hour=18.5, prop_limit=30, builtin_props=False)
    assert hills.requests == [wanted]


def test_own_props_come_from_a_folder_with_a_manifest(server: str, hills: Any, morphogen: Run, tmp_path: Path) -> None:
    assert morphogen("scene", "--extent-m", 64, "--out", tmp_path / "a.glb", "--server", server)[0] == 0
    folder = tmp_path / "props"
    folder.mkdir()
    (folder / "statue.glb").write_bytes((tmp_path / "a.glb").read_bytes())
    (folder / "props.yaml").write_text("statue: {densities: {forest: 3}, radius_m: 2}\n")
    options = ["--props", folder, "--extent-m", 64, "--out", tmp_path / "b.glb", "--server", server]
    assert morphogen("scene", *options)[0] == 0
    (own,) = hills.requests[-1].own_props
    assert (own.name, dict(own.densities), own.radius_m, len(own.glb)) == (
        *("statue", {"forest": 3.0}, 2.0),
        len((tmp_path / "a.glb").read_bytes()),
    )


def test_rectangle_of_an_earlier_scene_is_made_anew(server: str, hills: Any, morphogen: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second.glb"
    assert morphogen("scene", "--seed", 3, "--extent-m", 512, "--out", first, "--server", server)[0] == 0
    for earlier in (first, first / "scene.glb", first / "layout.json"):
        options = ["--reroll=-120,-100,230,220", "--from", earlier, "--seed", 8, "--out", second, "--server", server]
        assert morphogen("scene", *options) == (0, morphogen("scene", *options)[1], "")
        asked = hills.requests[-1]
        # The first scene's middle lies at 40, -24 in its world.
        assert asked.landscape.rerolls == (Reroll(-80.0, -124.0, 230.0, 220.0, 8),)
        assert (asked.landscape.seed, asked.extent_m, asked.x_m, asked.z_m) == (3, 512.0, 40.0, -24.0)
    again = ["--reroll=0,0,220,220", "--from", second, "--seed", 9, "--time-of-day", 6, "--out", tmp_path / "third.glb"]
    assert morphogen("scene", *again, "--server", server)[0] == 0
    assert [each.seed for each in hills.requests[-1].landscape.rerolls] == [8, 9]
    assert hills.requests[-1].hour == 6.0


def test_rest_of_an_earlier_scene_is_made_anew_around_a_locked_rectangle(
    server: str, hills: Any, morphogen: Run, tmp_path: Path
) -> None:
    assert morphogen("scene", "--extent-m", 512, "--out", tmp_path / "a.glb", "--server", server)[0] == 0
    options = ["--lock=-50,-50,100,100", "--from", tmp_path / "a.glb", "--seed", 8, "--out", tmp_path / "b.glb"]
    assert morphogen("scene", *options, "--server", server)[0] == 0
    rerolls = hills.requests[-1].landscape.rerolls
    assert len(rerolls) == 4
    west, north, east, south = 40 - 50, -24 - 50, 40 + 50, -24 + 50
    for each in rerolls:
        apart = each.x_m + each.width_m <= west or each.x_m >= east
        assert apart or each.z_m + each.depth_m <= north or each.z_m >= south


def test_sketch_of_an_earlier_scene_has_to_be_given_again(
    server: str, morphogen: Run, tmp_path: Path, picture: Path
) -> None:
    sketched = ["--sketch", picture, "--sketch-extent-m", 1024]
    assert morphogen("scene", *sketched, "--extent-m", 512, "--out", tmp_path / "a.glb", "--server", server)[0] == 0
    options = ["--reroll=0,0,220,220", "--from", tmp_path / "a.glb", "--seed", 8, "--out", tmp_path / "b.glb"]
    code, _, err = morphogen("scene", *options, "--server", server)
    assert code == 2
    assert "--sketch: None is not allowed; allowed: the earlier scene's" in err
    assert morphogen("scene", *options, *sketched, "--server", server)[0] == 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--extent-m", "0"], "extent_m: 0.0 is not allowed; allowed: 64 to 2048"),
        (["--extent-m", "nan"], "extent_m: nan is not allowed"),
        (["--extent-m", "1e9"], "extent_m: 1000000000.0 is not allowed"),
        (["--seed", "-1"], "seed: -1 is not allowed; allowed: 0 to 4294967295"),
        (["--time-of-day", "25"], "hour: 25.0 is not allowed; allowed: 0 to 24"),
        (["--biome", "forest,forest"], "--biome: 'forest,forest' is not allowed"),
        (["--biome", "forest:x"], "--biome: 'forest:x' is not allowed; allowed: NAME=VALUE"),
        (["--biome", "lava"], "biomes: 'lava' is not allowed; allowed: grassland, forest"),
        (["--set", "relief=9"], "relief: 9.0 is not allowed; allowed: 0 to 4"),
        (["--set", "height=3"], "--set: 'height' is not allowed; allowed: cell_m, relief"),
        (["--set", "prop_limit=1.5"], "prop_limit: 1.5 is not allowed; allowed: a whole number"),
        (["--set", "prop_limit=-1"], "prop_limit: -1 is not allowed"),
        (["--set", "texture_px=100"], "texture_px: 100 is not allowed"),
        (["--set", "x_m=1"], "x_m, z_m: '1.0, None' is not allowed; allowed: both or neither"),
        (["--sketch", "nowhere.png", "--sketch-extent-m", "64"], "a readable file (No such file"),
        (["--sketch-extent-m", "64"], "morphogen: --sketch and --sketch-extent-m: only together"),
        (["--lock", "0,0,1,1"], "--lock: '0,0,1,1' is not allowed; allowed: only together with --from"),
        (["--reroll", "0,0,1,1"], "only together with --from"),
        (["--props", "nowhere"], "--props"),
        (["--out", "scene.fbx"], "--out: 'scene.fbx' is not allowed; allowed: a folder, or a file that ends in .glb"),
        (["--token-file", "x", "--weights", "y"], "--weights: 'y' is not allowed"),
    ],
)
def test_bad_input_names_the_field_and_what_is_allowed(
    server: str, morphogen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = morphogen("scene", *options, "--server", server)
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "--from: needs either --lock or --reroll beside it"),
        (["--lock=0,0,9,9", "--reroll=0,0,9,9", "--seed", "1"], "--from: needs either --lock or --reroll"),
        (["--reroll=0,0,220,220"], "morphogen: --from: needs --seed beside it, the seed of the new land"),
        (["--reroll=0,0,220", "--seed", "1"], "--reroll: '0,0,220' is not allowed; allowed: X,Z,WIDTH,DEPTH"),
        (["--reroll=0,0,nan,9", "--seed", "1"], "allowed: X,Z,WIDTH,DEPTH"),
        (["--reroll=100,0,220,220", "--seed", "1"], "inside of the scene, -256 to 256 m"),
        (["--lock=-250,-250,500,500", "--seed", "1"], "128 m or more from one side of the scene at least"),
        (["--reroll=0,0,220,220", "--seed", "1", "--biome", "forest"], "only without --from"),
        (["--reroll=0,0,220,220", "--seed", "1", "--set", "relief=2"], "--set relief: 2.0 is not allowed"),
        (["--reroll=0,0,220,220", "--seed", "1", "--no-builtin-props"], "--no-builtin-props: True is not allowed"),
        (["--reroll=0,0,220,220", "--seed", "1", "--extent-m", "100"], "only without --from"),
    ],
)
def test_impossible_changes_are_refused(
    server: str, morphogen: Run, tmp_path: Path, options: list[str], line: str
) -> None:
    assert morphogen("scene", "--extent-m", 512, "--out", tmp_path / "a.glb", "--server", server)[0] == 0
    code, _, err = morphogen("scene", *options, "--from", tmp_path / "a.glb", "--server", server)
    assert code == 2
    assert line in err


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b"{}", b"glTF and nothing else", b"[1]", b'{"provenance": 3, "scene": {}}']
)
def test_foreign_file_is_no_earlier_scene(server: str, morphogen: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    options = ["--reroll=0,0,9,9", "--seed", 1, "--from", tmp_path / "file", "--server", server]
    code, _, err = morphogen("scene", *options)
    assert code == 2
    assert "a scene's folder, its layout.json, or a GLB file of this program" in err


def test_full_disk_leaves_no_half_file(server: str, morphogen: Run, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_000_000))
    for name in ("scene", "a.glb", "a.usdz"):
        code, out, err = morphogen("scene", "--extent-m", 64, "--out", small_disk / name, "--server", server)
        assert (code, out) == (1, "")
        assert "cannot be written: No space left on device" in err
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]


def test_unwritable_place_is_told(server: str, morphogen: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, _, err = morphogen("scene", "--extent-m", 64, "--out", tmp_path / "file" / "scene", "--server", server)
    assert code == 1
    assert "a file of this name is in the way" in err


def test_scene_read_from_its_file_is_the_scene(server: str, morphogen: Run, tmp_path: Path) -> None:
    assert morphogen("scene", "--extent-m", 64, "--out", tmp_path / "a.glb", "--server", server)[0] == 0
    data = (tmp_path / "a.glb").read_bytes()
    scene = read_scene(data)
    assert [model.name for model in scene.models] == ["terrain_0_0", "boulder_0"]
    assert [len(each.translation) for each in scene.instances] == [1, 3]
    assert read_glb_provenance(data)[1]["highest_m"] == pytest.approx(4.0)
