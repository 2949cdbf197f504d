"""Writing the files of a result into a folder, all or none."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path, PurePath

from morphogen_client.errors import BrokenStreamError


def write_folder(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files by name into `folder`, which is made if it does not exist; their paths.

    All are staged before the first takes its name, so that a failure leaves none half-written. Raises OSError,
    and BrokenStreamError for a name that would lead out of the folder.
    """
    for name in files:
        if PurePath(name).name != name or name in ("", "..") or "\0" in name:
            raise BrokenStreamError(f"{name!r} is no file name")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    staged = {name: target / f".{name}.{os.getpid()}.partial" for name in files}
    try:
        for name, data in files.items():
            staged[name].write_bytes(data)
        for name, path in staged.items():
            path.replace(target / name)
    finally:
        for path in staged.values():
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
    return tuple(target / name for name in files)
