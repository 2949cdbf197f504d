import json
import struct
import time
from pathlib import Path

import pytest

from engine.codecs.gltf.pack import find_gltfpack, pack_glb, pack_scene
from engine.codecs.gltf.scene import write_scene_glb
from engine.errors import OutputError
from engine.geometry.scene import Scene


def program(folder: Path, script: str) -> Path:
    path = folder / "gltfpack"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_program_gets_the_file_and_its_result_comes_back(tmp_path: Path) -> None:
    packed = pack_glb(b"glTF 12345", program(tmp_path, 'head -c 6 "$2" > "$4"'))
    assert packed == b"glTF 1"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo first; echo bad file >&2; exit 3", "failed with status 3: bad file"),
        ("exit 0", "failed with status 0: no message"),
        ('echo text > "$4"', "failed with status 0: no message"),
    ],
)
def test_a_program_that_fails_is_quoted(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(OutputError, match=f"gltfpack: {message}"):
        pack_glb(b"glTF", program(tmp_path, script))


@pytest.mark.parametrize(
    ("script", "message"),
    [(None, "gltfpack: not installed"), ("echo usage: -mi", r"gltfpack: too old; tried with gltfpack 1\.3")],
)
def test_a_program_of_no_use_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, message: str
) -> None:
    if script is not None:
        program(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match=message):
        find_gltfpack()


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(OutputError, match=r"not finished after 0\.2 s"):
        pack_glb(b"glTF", program(tmp_path, "exec sleep 30"), time_limit_s=0.2)
    assert time.monotonic() - start < 10


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere: cannot be run: No such file"):
        pack_glb(b"glTF", tmp_path / "nowhere")


def test_the_real_program_makes_scenes_smaller_and_keeps_the_instances(village: Scene) -> None:
    try:
        found = find_gltfpack()
    except OutputError as error:
        pytest.skip(str(error))
    plain = write_scene_glb(village, {"Software": "Morphogen 1.2.3"})
    packed = pack_scene(plain, found)
    assert len(packed) < 0.6 * len(plain)
    document = json.loads(packed[20 : 20 + struct.unpack_from("<I", packed, 12)[0]])
    assert "EXT_mesh_gpu_instancing" in document["extensionsRequired"]
    assert document["asset"]["extras"]["provenance"] == {"Software": "Morphogen 1.2.3"}
