"""A folder of records, kept within a size: which files it has, how they come and go.

An asset lies in `ab/cdef....asset`, `abcdef...` being its asset_id. A file appears under its name complete or not at
all; it is not forced to the medium, so a power cut can leave a damaged one, which its checksums tell. Its modification
time says when it was last used. Several processes may share the folder: each looks at all files again after
`rescan_s`, so together they may exceed the size for that long.
"""

import os
import re
import secrets
import stat
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from engine.store.record import CorruptEntryError, ForeignVersionError, StoredAsset, decode, encode

RESCAN_S = 60.0
"""What other processes did to the folder is looked at after this time, at the next write."""

TEMPORARY_MAX_AGE_S = 3600.0
"""Older temporary files are remains of a process that died while it wrote."""

ENTRY = re.compile(r"([0-9a-f]{2})/([0-9a-f]{62})\.asset")
FILE_MODE, FOLDER_MODE = 0o600, 0o700


class DiskPlace:
    """Keeps files of at most `limit_bytes` in `folder`, the least recently used deleted first. For any thread."""

    def __init__(self, folder: Path, limit_bytes: int, rescan_s: float = RESCAN_S) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._rescan_s = rescan_s
        self._scanned_s: float | None = None
        self._lock = threading.Lock()
        self._sizes_bytes: OrderedDict[str, int] = OrderedDict()  # the least recently used first
        self.held_bytes = 0

    def read(self, asset_id: str) -> StoredAsset | None:
        """The asset, verified and marked as used; None if it is not there or of another version.

        Raises CorruptEntryError after deleting a damaged file, OSError where the folder cannot be read.
        """
        with self._lock:
            if self._scanned_s is None:
                self._scan()
        path = self._path(asset_id)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            with self._lock:
                self._forget(asset_id)  # another process deleted it
            return None
        try:
            asset = decode(data, asset_id)
        except ForeignVersionError:
            return None
        except CorruptEntryError:
            self._delete(asset_id)
            raise
        with suppress(OSError):  # it may have been deleted since, or the folder may be read-only
            os.utime(path)
        with self._lock:
            if asset_id in self._sizes_bytes:  # not what was deleted meanwhile; what is new, the next scan finds
                self._sizes_bytes.move_to_end(asset_id)
        return asset

    def write(self, asset: StoredAsset) -> bool:
        """Keep the asset and delete others where it needs room; False if it is larger than the bound.

        Raises OSError where the folder cannot be written.
        """
        pieces = encode(asset)
        size_bytes = sum(map(len, pieces))
        if size_bytes > self._limit_bytes:
            return False
        path = self._path(asset.asset_id)
        self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        path.parent.mkdir(FOLDER_MODE, exist_ok=True)
        _write_atomically(path, pieces)
        with self._lock:
            self._forget(asset.asset_id)
            self._sizes_bytes[asset.asset_id] = size_bytes
            self.held_bytes += size_bytes
            if self._scanned_s is None or time.monotonic() > self._scanned_s + self._rescan_s:
                self._scan()
            while self.held_bytes > self._limit_bytes:
                oldest = next(iter(self._sizes_bytes))
                self._path(oldest).unlink(missing_ok=True)
                self._forget(oldest)
        return True

    def _path(self, asset_id: str) -> Path:
        return self._folder / asset_id[:2] / f"{asset_id[2:]}.asset"

    def _delete(self, asset_id: str) -> None:
        with suppress(OSError):
            self._path(asset_id).unlink(missing_ok=True)
            with self._lock:
                self._forget(asset_id)

    def _forget(self, asset_id: str) -> None:
        self.held_bytes -= self._sizes_bytes.pop(asset_id, 0)

    def _scan(self) -> None:
        """Look at every file of the folder: what there is, when it was used, and what a dead process left behind.

        Files that are none of ours stay untouched.
        """
        found: list[tuple[int, str, int]] = []
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            entry = ENTRY.fullmatch(f"{path.parent.name}/{path.name}")
            with suppress(FileNotFoundError):  # deleted by another process meanwhile
                status = path.lstat()
                if entry and stat.S_ISREG(status.st_mode):
                    found.append((status.st_mtime_ns, entry[1] + entry[2], status.st_size))
                elif _is_temporary(path) and status.st_mtime < time.time() - TEMPORARY_MAX_AGE_S:
                    path.unlink()
        self._sizes_bytes = OrderedDict((asset_id, size_bytes) for _, asset_id, size_bytes in sorted(found))
        self.held_bytes = sum(self._sizes_bytes.values())
        self._scanned_s = time.monotonic()


def _is_temporary(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".tmp")


def _write_atomically(path: Path, pieces: tuple[bytes, ...]) -> None:
    """Write under a name of its own first, then rename; what fails leaves nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        temporary.touch(FILE_MODE, exist_ok=False)
        with temporary.open("wb") as file:
            file.writelines(pieces)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
