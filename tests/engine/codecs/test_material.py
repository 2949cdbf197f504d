import hashlib
import io
import json
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.codecs.image import Pixels, encode_png, read_provenance
from engine.codecs.material import pack_orm, write_material
from engine.errors import DataError, OutputError
from engine.requests.texture import MapKind

ALL_NAMES = [
    "albedo.png",
    "normal.png",
    "roughness.png",
    "metallic.png",
    "height.png",
    "ambient_occlusion.png",
    "orm.png",
    "preview.png",
    "material.glb",
    "material.json",
]
DESCRIPTION = {"name": "brick_7", "seed": 7, "wrap": "both", "training_licences": ["CC0-1.0"]}


@contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    """Writes beyond `size_bytes` per file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_every_file_and_the_maps_byte_for_byte(
    tmp_path: Path, files: dict[MapKind, bytes], provenance: dict[str, str]
) -> None:
    folder = tmp_path / "new" / "brick"
    paths = write_material(folder, files, provenance, DESCRIPTION)
    assert list(paths) == [folder / name for name in ALL_NAMES]
    assert sorted(path.name for path in folder.iterdir()) == sorted(ALL_NAMES)
    for kind, data in files.items():
        assert (folder / f"{kind}.png").read_bytes() == data
    assert [path.name for path in folder.parent.iterdir()] == ["brick"]


def test_the_description_names_every_file_with_its_hash(
    tmp_path: Path, files: dict[MapKind, bytes], provenance: dict[str, str]
) -> None:
    write_material(tmp_path / "brick", files, provenance, DESCRIPTION)
    record = json.loads((tmp_path / "brick" / "material.json").read_text("utf-8"))
    assert [entry["name"] for entry in record["files"]] == ALL_NAMES[:-1]
    for entry in record["files"]:
        data = (tmp_path / "brick" / entry["name"]).read_bytes()
        assert (entry["size_bytes"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    colors = {entry["name"]: entry.get("color_space") for entry in record["files"]}
    assert (colors["albedo.png"], colors["normal.png"], colors["material.glb"]) == ("srgb", "linear", None)
    assert "OpenGL (+Y" in record["conventions"]["normal"]
    assert "16-bit" in record["conventions"]["height"]
    assert record["size_px"] == [64, 64]
    assert record["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert {name: record[name] for name in DESCRIPTION} == DESCRIPTION
    assert record["provenance"] == provenance


def test_every_file_made_here_carries_the_provenance(
    tmp_path: Path, files: dict[MapKind, bytes], provenance: dict[str, str]
) -> None:
    made = {path.name: path.read_bytes() for path in write_material(tmp_path / "brick", files, provenance, {})}
    assert read_provenance(made["orm.png"]) == provenance
    assert read_provenance(made["preview.png"]) == provenance
    assert json.dumps(provenance["Request"]).encode() in made["material.glb"]


def test_the_same_material_gives_the_same_bytes_in_any_folder(
    tmp_path: Path, files: dict[MapKind, bytes], provenance: dict[str, str]
) -> None:
    write_material(tmp_path / "first", files, provenance, DESCRIPTION)
    write_material(tmp_path / "second", dict(reversed(files.items())), provenance, DESCRIPTION)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


@pytest.mark.parametrize(
    ("kinds", "packed"),
    [
        ((MapKind.ALBEDO,), False),
        ((MapKind.HEIGHT,), False),
        ((MapKind.ALBEDO, MapKind.ROUGHNESS), True),
        ((MapKind.METALLIC,), True),
    ],
)
def test_fewer_maps_make_fewer_files(
    tmp_path: Path, files: dict[MapKind, bytes], kinds: tuple[MapKind, ...], packed: bool
) -> None:
    paths = write_material(tmp_path / "brick", {kind: files[kind] for kind in kinds}, {}, {})
    expected = [f"{kind}.png" for kind in kinds] + ["orm.png"] * packed + ALL_NAMES[-3:]
    assert [path.name for path in paths] == expected


def test_an_existing_folder_keeps_its_other_files(tmp_path: Path, files: dict[MapKind, bytes]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "albedo.png").write_text("old")
    write_material(tmp_path, files, {}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*ALL_NAMES, "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "albedo.png").read_bytes() == files[MapKind.ALBEDO]


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path, files: dict[MapKind, bytes]) -> None:
    blocked = tmp_path / "taken"
    blocked.write_text("mine")
    for folder in (blocked, blocked / "below"):
        with pytest.raises(OutputError, match=re.escape(f"{blocked}: cannot be a folder: a file")):
            write_material(folder, files, {}, {})
    assert contents(tmp_path) == {"taken": b"mine"}


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path: Path, files: dict[MapKind, bytes]) -> None:
    (tmp_path / "orm.png").mkdir()
    with pytest.raises(OutputError, match=re.escape(f"{tmp_path / 'orm.png'}: cannot be written: a folder")):
        write_material(tmp_path, files, {}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["orm.png"]


def test_a_disk_that_fills_up_leaves_no_new_folder(tmp_path: Path, files: dict[MapKind, bytes]) -> None:
    folder = tmp_path / "new" / "brick"
    with files_limited_to(20_000), pytest.raises(OutputError, match=re.escape(f"{folder}: cannot be written")):
        write_material(folder, files, {}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_an_existing_folder_as_it_was(tmp_path: Path, files: dict[MapKind, bytes]) -> None:
    (tmp_path / "albedo.png").write_text("old")
    with files_limited_to(20_000), pytest.raises(OutputError, match="cannot be written"):
        write_material(tmp_path, files, {}, {})
    assert contents(tmp_path) == {"albedo.png": b"old"}


def test_a_map_that_is_no_image_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a PNG image"):
        write_material(tmp_path / "brick", {MapKind.ALBEDO: b"text"}, {}, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "pixels", "allowed"),
    [
        (MapKind.ROUGHNESS, np.zeros((32, 32), np.uint8), "uint8 [64, 64]"),
        (MapKind.HEIGHT, np.zeros((64, 64), np.uint8), "uint16 [64, 64]"),
        (MapKind.NORMAL, np.zeros((64, 64), np.uint8), "uint8 [64, 64, 3]"),
    ],
)
def test_a_map_of_another_size_or_depth_is_refused(
    tmp_path: Path, files: dict[MapKind, bytes], kind: MapKind, pixels: Pixels, allowed: str
) -> None:
    with pytest.raises(DataError, match=re.escape(f"maps.{kind}: ") + ".*" + re.escape(f"allowed: {allowed}")):
        write_material(tmp_path / "brick", {**files, kind: encode_png(pixels, {})}, {}, {})


def test_no_maps_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="allowed: at least one map"):
        write_material(tmp_path / "brick", {}, {}, {})


def test_occlusion_roughness_and_metallic_share_one_image(maps: dict[MapKind, Pixels]) -> None:
    packed = pack_orm(maps)
    kinds = (MapKind.AMBIENT_OCCLUSION, MapKind.ROUGHNESS, MapKind.METALLIC)
    np.testing.assert_array_equal(packed, np.stack([maps[kind] for kind in kinds], axis=-1))


def test_absent_channels_are_open_rough_and_not_metal() -> None:
    assert pack_orm({MapKind.METALLIC: np.full((1, 1), 9, np.uint8)}).tolist() == [[[255, 204, 9]]]
    assert pack_orm({MapKind.ROUGHNESS: np.full((1, 1), 9, np.uint8)}).tolist() == [[[255, 9, 0]]]


def test_packing_needs_one_grey_map(maps: dict[MapKind, Pixels]) -> None:
    with pytest.raises(ValueError, match="allowed: one or more grey maps of one size"):
        pack_orm({MapKind.ALBEDO: maps[MapKind.ALBEDO]})


def test_a_second_reader_opens_the_files_made_here(
    tmp_path: Path, files: dict[MapKind, bytes], maps: dict[MapKind, Pixels]
) -> None:
    made = {path.name: path.read_bytes() for path in write_material(tmp_path / "brick", files, {}, {})}
    with Image.open(io.BytesIO(made["orm.png"])) as image:
        np.testing.assert_array_equal(np.asarray(image), pack_orm(maps))
    with Image.open(io.BytesIO(made["height.png"])) as image:
        assert image.mode == "I;16"
        np.testing.assert_array_equal(np.asarray(image), maps[MapKind.HEIGHT])
    with Image.open(io.BytesIO(made["preview.png"])) as image:
        assert (image.mode, image.size) == ("RGB", (1024, 512))
