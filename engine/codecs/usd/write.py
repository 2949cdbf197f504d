"""USD files of a scene: a text layer with its images beside it, or one .usdz package.

The package usd-core is an extra and loaded where a file is asked for. Format of packages: "Usdz File Format
Specification", version 1.3: an uncompressed zip archive, the layer first, every file's data aligned to 64 bytes.
"""

import io
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.errors import OutputError
from engine.geometry.scene import Scene

_ALIGNMENT = 64
_PADDING_ID = 0x1986  # of the extra field that fills up a file's header
_MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # the same time in every package, so that equal scenes give equal bytes


def write_usda(
    scene: Scene, provenance: Mapping[str, str], name: str = "scene", *, instanced: bool = True
) -> dict[str, bytes]:
    """The layer `name`.usda and, by the names it uses, its images: file name -> bytes, to be put into one folder.

    provenance  goes into the layer's customLayerData
    instanced   False places every instance with a prim of its own, for readers without point instancers such as AR
                Quick Look; the meshes are still shared

    Of models only the finest level of detail is written; what is placed nowhere is left out. Equal scenes give equal
    bytes. Raises OutputError if usd-core is not installed, ValueError if the scene breaks a promise of its types.
    """
    stage, images = _stage(scene, provenance, f"{name}_", instanced=instanced)
    return {f"{name}.usda": stage.GetRootLayer().ExportToString().encode(), **images}


def write_usdc(
    scene: Scene, provenance: Mapping[str, str], name: str = "scene", *, instanced: bool = True
) -> dict[str, bytes]:
    """As `write_usda`, in the binary format: `name`.usdc and its images. OutputError may also mean a full disk."""
    stage, images = _stage(scene, provenance, f"{name}_", instanced=instanced)
    return {f"{name}.usdc": _binary_layer(stage), **images}


def write_usdz(scene: Scene, provenance: Mapping[str, str], *, instanced: bool = True) -> bytes:
    """One .usdz file with everything inside; see `write_usda`. Also raises OutputError if the disk is full."""
    stage, images = _stage(scene, provenance, "", instanced=instanced)
    return _package({"scene.usdc": _binary_layer(stage), **images})


def _binary_layer(stage: Any) -> bytes:
    """The stage in USD's binary format. Raises OutputError if the disk is full."""
    try:
        with tempfile.TemporaryDirectory(prefix="morphogen-") as folder:
            path = Path(folder) / "scene.usdc"  # the binary layer: USD writes it to files only
            stage.GetRootLayer().Export(str(path))
            return path.read_bytes()
    except (OSError, RuntimeError) as error:  # USD's own errors are RuntimeErrors and name lines of its code
        reason = error.strerror if isinstance(error, OSError) else "USD could not write its layer there"
        raise OutputError(f"{tempfile.gettempdir()}: cannot be written: {reason}") from error


def _stage(
    scene: Scene, provenance: Mapping[str, str], prefix: str, *, instanced: bool
) -> tuple[Any, dict[str, bytes]]:
    """The scene as a stage and its images, which are named with `prefix`."""
    if find_spec("pxr") is None:
        raise OutputError("USD files need the package usd-core; install it with: pip install 'morphogen[usd]'")
    from engine.codecs.usd.stage import build_stage

    return build_stage(scene, provenance, prefix, instanced=instanced)


def _package(files: Mapping[str, bytes]) -> bytes:
    """The archive of `files`, name -> bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _MIDNIGHT)
            start = buffer.tell() + 30 + len(name.encode()) + 4  # header, name, head of the extra field
            fill = -start % _ALIGNMENT
            entry.extra = _PADDING_ID.to_bytes(2, "little") + fill.to_bytes(2, "little") + bytes(fill)
            archive.writestr(entry, data)
    return buffer.getvalue()
