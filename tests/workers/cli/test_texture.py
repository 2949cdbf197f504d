"""`morphogen texture` towards a server; what it writes, prints and refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from PIL import Image

from engine.codecs.image import encode_png
from engine.requests.texture import Blend, Pattern, TextureRequest, Wrap

Run = Callable[..., tuple[int, str, str]]
FILES = {
    *("albedo.png", "normal.png", "roughness.png", "metallic.png", "height.png", "ambient_occlusion.png", "orm.png"),
    *("material.json", "preview.png", "material.glb"),
}


class Recorder(Protocol):
    requests: list[TextureRequest]


def test_material_becomes_a_complete_folder(address: str, morphogen: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "stone"
    code, out, err = morphogen("texture", "stone", "--size", 128, "--seed", 7, "--out", folder, "--server", address)
    assert (code, err) == (0, "")
    assert {path.name for path in folder.iterdir()} == FILES
    description = json.loads((folder / "material.json").read_text())
    assert f"{folder}  128 px  10 files  sha256 {description['sha256']}" in out
    assert (description["name"], description["seed"]) == ("stone_7", 7)
    with Image.open(folder / "albedo.png") as albedo, Image.open(folder / "height.png") as height:
        assert (albedo.size, height.getpixel((5, 5))) == ((128, 128), 7)


def test_default_folder_is_named_after_class_and_seed(
    address: str, morphogen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert morphogen("texture", "brick", "--size", 64, "--server", address)[0] == 0
    assert (tmp_path / "out" / "brick_0" / "material.glb").exists()


def test_count_gives_one_folder_per_seed(address: str, morphogen: Run, tmp_path: Path) -> None:
    options = ["--size", 64, "--seed", 5, "--count", 3, "--out", tmp_path, "--server", address, "--json"]
    code, out, _ = morphogen("texture", "wood", *options)
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wood_5", "wood_6", "wood_7"]
    records = json.loads(out)["materials"]
    assert [(record["seed"], record["folder"]) for record in records] == [
        (seed, str(tmp_path / f"wood_{seed}")) for seed in (5, 6, 7)
    ]
    assert len({record["sha256"] for record in records}) == 3
    assert set(records[0]["files"]) == FILES


def test_same_request_gives_the_same_files(address: str, morphogen: Run, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert morphogen("texture", "stone", "--size", 64, "--out", tmp_path / name, "--server", address)[0] == 0
    for name in FILES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_every_option_reaches_the_generator(address: str, generator: Recorder, morphogen: Run, tmp_path: Path) -> None:
    arguments = [
        *("--seed", 2**32 - 1, "--size", 64, "--wrap", "x", "--set", "roughness=0.25"),
        *("--palette", "#ff8000,010203,0000FF", "--pattern", "hexagons:rows=6", "--blend", "wood:amount=0.25"),
    ]
    assert morphogen("texture", "brick", *arguments, "--out", tmp_path / "out", "--server", address)[0] == 0
    assert generator.requests == [
        TextureRequest(
            texture_class="brick",
            seed=2**32 - 1,
            size_px=64,
            wrap=Wrap.X,
            attributes={"roughness": 0.25},
            palette=((255, 128, 0), (1, 2, 3), (0, 0, 255)),
            pattern=Pattern("hexagons", {"rows": 6.0}),
            blend=Blend("wood", 0.25, 3),
        )
    ]


def test_mask_reaches_the_generator_byte_for_byte(
    address: str, generator: Recorder, morphogen: Run, tmp_path: Path
) -> None:
    mask = encode_png(np.zeros((32, 32), np.uint8), {})
    (tmp_path / "mask.png").write_bytes(mask)
    options = ["--mask", tmp_path / "mask.png", "--size", 64, "--out", tmp_path / "out", "--server", address]
    assert morphogen("texture", "stone", *options)[0] == 0
    assert generator.requests[0].mask_png == mask


def test_unknown_class_lists_the_known_ones_and_the_closest(address: str, morphogen: Run, tmp_path: Path) -> None:
    code, out, err = morphogen("texture", "ston", "--out", tmp_path / "out", "--server", address)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "morphogen: texture_class: 'ston' is not allowed; allowed: stone, brick, wood; did you mean 'stone'?"
    ]
    assert not (tmp_path / "out").exists()


def test_unknown_attribute_lists_the_known_ones(address: str, morphogen: Run, tmp_path: Path) -> None:
    options = ["--set", "rougness=0.5", "--out", tmp_path / "out", "--server", address]
    code, _, err = morphogen("texture", "stone", *options)
    assert code == 2
    assert "attributes.rougness: 0.5 is not allowed; allowed: one of the attributes roughness" in err
    assert "did you mean 'roughness'?" in err


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--seed", "-1"], "seed: -1 is not allowed; allowed: 0 to 4294967295"),
        (["--size", "100"], "size_px: 100 is not allowed; allowed: 64, 128, 256, 512, 1024, 2048"),
        (["--count", "0"], "Invalid value for '--count'"),
        (["--count", "4000000000"], "--count: 4000000000 is not allowed; allowed: 1 to 10000 in one run"),
        (["--seed", "4294967295", "--count", "2"], "--count: 2 is not allowed; allowed: 1 to 1 from seed 4294967295"),
        (["--set", "roughness"], "--set: 'roughness' is not allowed; allowed: NAME=VALUE, where VALUE is a number"),
        (["--set", "roughness=nan"], "attributes.roughness: nan is not allowed; allowed: a finite number"),
        (["--palette", "red"], "--palette: 'red' is not allowed; allowed: RRGGBB, hexadecimal"),
        (["--palette", "000000,111111"], "palette: 2 is not allowed"),
        (["--pattern", "hexagons:"], "--pattern: 'hexagons:' is not allowed; allowed: NAME or NAME:PARAMETER=VALUE"),
        (["--pattern", "a:b=c"], "--pattern: 'a:b=c' is not allowed"),
        (["--blend", "wood:amont=1"], "--blend: 'amont' is not allowed; allowed: amount, patches_per_tile"),
        (["--blend", "wood:amount=2"], "blend.amount: 2.0 is not allowed; allowed: 0 to 1"),
        (["--blend", "wood:patches_per_tile=1.5"], "blend.patches_per_tile: 1.5 is not allowed"),
        (["--blend", "wood:patches_per_tile=nan"], "blend.patches_per_tile: nan is not allowed"),
        (["--blend", "wood:patches_per_tile=inf"], "blend.patches_per_tile: inf is not allowed"),
        (["--mask", "nowhere.png"], "--mask: 'nowhere.png' is not allowed; allowed: a readable file (No such file"),
        (["--mask", __file__], "allowed: a PNG file"),
        (["--wrap", "z"], "Invalid value for '--wrap'"),
        (["--sed", "3"], "No such option: --sed"),
        (["--server", "127.0.0.1:1", "--token-file", "nowhere"], "--token-file: 'nowhere' is not allowed"),
        (["--server", "127.0.0.1:1", "--root-certificates", "nowhere"], "--root-certificates: 'nowhere'"),
    ],
)
def test_a_mistake_gets_one_clear_line(morphogen: Run, tmp_path: Path, options: list[str], line: str) -> None:
    code, out, err = morphogen("texture", "stone", "--out", tmp_path / "out", *options)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("morphogen: ")
    assert line in err
    assert not (tmp_path / "out").exists()


def test_unreachable_server_is_a_failure_in_one_line(morphogen: Run, tmp_path: Path) -> None:
    code, out, err = morphogen("texture", "stone", "--out", tmp_path / "out", "--server", "127.0.0.1:1")
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("morphogen: 127.0.0.1:1 cannot be reached: ")
    assert not (tmp_path / "out").exists()


def test_token_is_not_sent_unencrypted_to_another_machine(morphogen: Run, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0123456789abcdef\n")
    code, _, err = morphogen("texture", "stone", "--server", "example.org:1", "--token-file", tmp_path / "token")
    assert (code, "a token without TLS" in err) == (2, True)


def test_unwritable_folder_is_a_failure_that_leaves_nothing(address: str, morphogen: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    options = ["--size", 64, "--out", tmp_path / "file" / "stone", "--server", address]
    code, out, err = morphogen("texture", "stone", *options)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert f"{tmp_path / 'file'}" in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
