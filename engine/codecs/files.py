"""How files reach the disk: whole or not at all."""

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

from engine.errors import OutputError


def publish_folder(
    folder: Path, files: Mapping[str, bytes], earlier: re.Pattern[str] | None = None
) -> tuple[Path, ...]:
    """Write `files`, name -> bytes, into `folder` and return their paths in the same order.

    A new folder appears complete or not at all; in an existing one files of these names are replaced one by one, after
    all of them were written, and others stay, but for those of `earlier`. Raises OutputError naming the path if that is
    not possible, or if a name is no plain file name and might lead out of the folder; nothing half-written is left.

    earlier  names of the files that only the same command writes: those in `folder` that are not written again go
    """
    for name in files:
        if PurePath(name).name != name or name in ("", "..") or "\0" in name:
            raise OutputError(f"{folder}: cannot hold {name!r}: that is no file name")
    try:
        written = _publish(folder, files)
        if earlier is not None:
            for path in folder.iterdir():
                if earlier.fullmatch(path.name) and path.name not in files and path.is_file():
                    path.unlink()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
    return written


def publish_file(path: Path, data: bytes) -> Path:
    """Write one file and return its path; folders above it are made, a file of this name is replaced.

    Raises OutputError naming the path if that is not possible; nothing half-written is left.
    """
    (written,) = publish_folder(path.parent, {path.name: data})
    return written


def check_places(*paths: Path | None) -> None:
    """Raises OutputError naming the first path at which no file can be written, before work is done for it.

    A disk can still fill up meanwhile.
    """
    for path in (each for each in paths if each is not None):
        _check_free(path.parent, [path.name])
        folder = next(each for each in path.absolute().parents if each.exists())
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputError(f"{path}: cannot be written: no permission to write into {folder}")


def _check_free(folder: Path, names: Iterable[str]) -> None:
    """Raises OutputError if a file is where `folder` should be or a folder where a file should be."""
    for path in (folder, *folder.parents):
        if path.is_file():
            raise OutputError(f"{path}: cannot be a folder: a file of this name is in the way")
    for name in names:
        if (folder / name).is_dir():
            raise OutputError(f"{folder / name}: cannot be written: a folder of this name is in the way")


def _publish(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write all files beside their place, then move them there. Raises OSError; cleans up after itself."""
    exists = folder.is_dir()
    _check_free(folder, files)
    # Inside an existing folder the temporary one shares its file system, even if `folder` is a mount point.
    staging = (folder if exists else folder.parent) / f".morphogen-{secrets.token_hex(8)}"
    made_parents = [path for path in folder.absolute().parents if not path.exists()]
    complete = False
    try:
        staging.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        for name, data in files.items():
            (staging / name).write_bytes(data)
        if exists:
            for name in files:
                (staging / name).replace(folder / name)
        else:
            staging.rename(folder)
        complete = True
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if not complete:
            for path in made_parents:
                _remove_empty(path)
    return tuple(folder / name for name in files)


def _remove_empty(folder: Path) -> None:
    """Remove `folder` if it is there and empty."""
    try:
        folder.rmdir()
    except OSError:
        return
