"""Smaller GLB files through the program gltfpack, where it is installed: meshopt compression, quantized attributes.

Readers need the extension EXT_meshopt_compression, so this is for delivery and not for editing. Tried with gltfpack
1.3.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from engine.codecs.gltf.document import GLB_MAGIC
from engine.codecs.gltf.reader.scene import read_glb_provenance, read_scene
from engine.codecs.gltf.scene import write_scene_glb
from engine.errors import OutputError

# Compressed; materials and extras kept; instances stay instances; positions as shortened floats, because one grid of
# integers for a whole terrain would be too coarse for the props on it.
_OPTIONS = ("-cc", "-km", "-ke", "-mi", "-vpf")


def find_gltfpack() -> Path:
    """The program on PATH. Raises OutputError if there is none, or one that lacks what scenes need."""
    found = shutil.which("gltfpack")
    if found is None:
        raise OutputError("gltfpack: not installed; it has to be on PATH, in version 1.0 or later")
    usage = _done([found, "-h"], 10.0)
    if any(option not in usage.stdout + usage.stderr for option in ("-mi", "-vpf")):
        raise OutputError(f"{found}: too old; tried with gltfpack 1.3")
    return Path(found)


def pack_scene(glb: bytes, program: Path) -> bytes:
    """A scene's GLB file made smaller, without its coarser levels of detail, which gltfpack drops badly.

    Raises OutputError as `pack_glb` does.
    """
    return pack_glb(write_scene_glb(read_scene(glb), read_glb_provenance(glb)[0], lods=False), program)


def pack_glb(data: bytes, program: Path, time_limit_s: float = 120.0) -> bytes:
    """The GLB file `data` made smaller by gltfpack.

    program       as from `find_gltfpack`
    time_limit_s  after which the program is ended

    Raises OutputError if the program cannot be run, fails, takes too long or writes no GLB file.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="morphogen-") as folder:
            source, packed = Path(folder, "source.glb"), Path(folder, "packed.glb")
            source.write_bytes(data)
            done = _done([program, "-i", source, "-o", packed, *_OPTIONS], time_limit_s)
            result = packed.read_bytes() if packed.is_file() else b""
    except OSError as error:
        raise OutputError(f"a temporary file for {program}: {error.strerror or error}") from error
    if done.returncode or not result.startswith(GLB_MAGIC.to_bytes(4, "little")):
        said = (done.stderr or done.stdout).strip().splitlines()
        raise OutputError(f"{program}: failed with status {done.returncode}: {said[-1] if said else 'no message'}")
    return result


def _done(command: Sequence[str | Path], time_limit_s: float) -> subprocess.CompletedProcess[str]:
    """What a command said."""
    run = partial(subprocess.run, capture_output=True, text=True, timeout=time_limit_s, check=False)
    try:
        return run(command)  # the program is the user's own; its arguments are constants and files made here
    except subprocess.TimeoutExpired as error:
        raise OutputError(f"{command[0]}: not finished after {time_limit_s} s and ended") from error
    except OSError as error:
        raise OutputError(f"{command[0]}: cannot be run: {error.strerror or error}") from error
