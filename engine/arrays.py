"""Files of arrays (.npz): whole or not there, and told apart from anything else."""

import secrets
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, OutputError


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name, compressed; folders above the file are made, a file of this name is replaced.

    Raises OutputError naming the path if that is not possible; nothing half-written is left.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes allow_pickle for one of them
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def read_arrays(path: Path, kind: str) -> dict[str, NDArray[Any]]:
    """All arrays of a file by name. Raises DataError for any other file.

    kind  what the file should be, for the error: "file of clips"
    """
    try:
        # numpy leaves a file open that it has opened itself and that is no archive.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    # A .npy file is one array, which is no context: TypeError.
    except (OSError, ValueError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: is no {kind} (.npz): {error}") from error
