"""Readers of glTF files that know nothing of the code that writes them."""

import io
import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

CONFORMANCE = Path(__file__).parents[3] / "conformance"
COMPONENT_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
COMPONENT_COUNTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class GlbReader:
    """A reader of its own, written from the format's specification."""

    def __init__(self, data: bytes) -> None:
        magic, version, size = struct.unpack_from("<4sII", data)
        assert (magic, version, size) == (b"glTF", 2, len(data))
        text_size, text_kind = struct.unpack_from("<I4s", data, 12)
        binary_size, binary_kind = struct.unpack_from("<I4s", data, 20 + text_size)
        assert (text_kind, binary_kind) == (b"JSON", b"BIN\x00")
        assert (text_size % 4, binary_size % 4) == (0, 0)
        self.document: dict[str, Any] = json.loads(data[20 : 20 + text_size])
        self.binary = data[28 + text_size :]
        assert len(self.binary) == binary_size

    def view(self, index: int) -> bytes:
        view = self.document["bufferViews"][index]
        assert view["byteOffset"] % 4 == 0
        return self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def accessor(self, index: int) -> NDArray[Any]:
        """Values [count, components], normalized integers as floats."""
        accessor = self.document["accessors"][index]
        dtype, width = np.dtype(COMPONENT_TYPES[accessor["componentType"]]), COMPONENT_COUNTS[accessor["type"]]
        view = self.document["bufferViews"][accessor["bufferView"]]
        stride = view.get("byteStride", dtype.itemsize * width)
        rows = np.frombuffer(self.view(accessor["bufferView"]), np.uint8).reshape(accessor["count"], stride)
        values = np.ascontiguousarray(rows[:, : dtype.itemsize * width]).view(dtype)
        return np.maximum(values / np.iinfo(dtype).max, -1) if accessor.get("normalized") else values

    def image(self, texture: dict[str, int]) -> NDArray[np.uint8]:
        source = self.document["textures"][texture["index"]]["source"]
        image = self.document["images"][source]
        assert image["mimeType"] == "image/png"
        with Image.open(io.BytesIO(self.view(image["bufferView"]))) as opened:
            return np.asarray(opened)


@pytest.fixture
def open_glb() -> Callable[[bytes], Any]:
    """Opens a GLB file: `document`, `accessor(index)` and `image(texture)` of GlbReader."""
    return GlbReader


def run_node(script: str, data: bytes, folder: Path) -> dict[str, Any]:
    """What a script of the conformance folder prints about a file; the packages are installed on first use."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed, so no other reader of glTF can run")
    if not all((CONFORMANCE / "node_modules" / name).is_dir() for name in ("gltf-validator", "three")):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=CONFORMANCE, check=True, capture_output=True)
    path = folder / "file.glb"
    path.write_bytes(data)
    done = subprocess.run(["node", CONFORMANCE / script, path], check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def khronos_issues(tmp_path: Path) -> Callable[[bytes], list[dict[str, Any]]]:
    """The errors and warnings that the Khronos validator has about a file."""

    def issues(data: bytes) -> list[dict[str, Any]]:
        report = run_node("validate_gltf.mjs", data, tmp_path)
        return [message for message in report["issues"]["messages"] if message["severity"] < 2]

    return issues


@pytest.fixture
def load_in_three(tmp_path: Path) -> Callable[[bytes], dict[str, Any]]:
    """What three.js finds in a file; see load_gltf.mjs."""
    return lambda data: run_node("load_gltf.mjs", data, tmp_path)
