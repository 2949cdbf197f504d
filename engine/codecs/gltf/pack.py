"""Smaller GLB files through the program gltfpack, where it is installed: meshopt compression, quantized attributes.

Readers need the extension EXT_meshopt_compression, so this is for delivery and not for editing. gltfpack drops coarser
levels of detail (MSFT_lod): give it a scene written with `lods=False`. Tried with gltfpack 1.3.
"""

import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from engine.codecs.gltf.document import GLB_MAGIC
from engine.errors import OutputError

# Compressed; materials and extras kept; instances stay instances; positions as shortened floats, because one grid of
# integers for a whole terrain would be too coarse for the props on it.
_OPTIONS = ("-cc", "-km", "-ke", "-mi", "-vpf")


def find_gltfpack() -> Path | None:
    """The program on PATH; None if there is none."""
    found = shutil.which("gltfpack")
    return None if found is None else Path(found)


def pack_glb(data: bytes, program: Path, time_limit_s: float = 120.0) -> bytes:
    """The GLB file `data` made smaller by gltfpack.

    program       as from `find_gltfpack`
    time_limit_s  after which the program is ended

    Raises OutputError if the program cannot be run, fails, takes too long or writes no GLB file.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="morphogen-") as folder:
            return _run(data, program, Path(folder), time_limit_s)
    except subprocess.TimeoutExpired as error:
        raise OutputError(f"{program}: not finished after {time_limit_s} s and ended") from error
    except OSError as error:
        raise OutputError(f"{program}: cannot be run: {error.strerror or error}") from error


def _run(data: bytes, program: Path, folder: Path, time_limit_s: float) -> bytes:
    """What the program makes of `data`, working in `folder`."""
    source, packed = folder / "source.glb", folder / "packed.glb"
    source.write_bytes(data)
    # The arguments are files made here and constants; the program is the user's own.
    run = partial(subprocess.run, capture_output=True, text=True, timeout=time_limit_s, check=False)
    done = run([program, "-i", source, "-o", packed, *_OPTIONS])
    if "Unrecognized option" in done.stderr:
        raise OutputError(f"{program}: too old; tried with gltfpack 1.3")
    result = packed.read_bytes() if packed.is_file() else b""
    if done.returncode or not result.startswith(GLB_MAGIC.to_bytes(4, "little")):
        said = (done.stderr or done.stdout).strip().splitlines()
        raise OutputError(f"{program}: failed with status {done.returncode}: {said[-1] if said else 'no message'}")
    return result
