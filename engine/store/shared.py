"""A place that several hosts share, at any URL that fsspec understands: the same records, one object each.

Its size has no bound here: object stores expire objects by rules of their own, a network folder needs a clean-up job.
Temporary objects (`.*.tmp`) of processes that died while they wrote stay as well.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import fsspec  # type: ignore[import-untyped]

from engine.errors import SettingsError
from engine.store.record import CorruptEntryError, ForeignVersionError, StoredAsset, decode, encode

ATOMIC_PROTOCOLS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "oci", "memory"})
"""Where an object appears complete or not at all, and where renaming is copying."""

SIMULTANEOUS_PROTOCOLS = frozenset({"file", "local", "memory"})
"""Besides asynchronous implementations, those that serve several threads at once."""


class SharedPlace:
    """Keeps records under `url`, e.g. "s3://bucket/assets". For any thread.

    Connects at the first use. Raises SettingsError if fsspec does not know the URL's protocol or lacks the package
    for it.
    """

    def __init__(self, url: str) -> None:
        protocol = fsspec.utils.get_protocol(url)
        try:
            fsspec.get_filesystem_class(protocol)
        except (ValueError, ImportError) as error:  # the rest of the URL may hold a password
            raise SettingsError(f"store.shared_url: {protocol}:// cannot be used: {error}") from error
        self._url = url
        self._file_system: Any = None
        self._root = ""
        self._lock = threading.Lock()

    def read(self, asset_id: str) -> StoredAsset | None:
        """The asset, verified; None if it is not there or of another version.

        Raises CorruptEntryError after removing a damaged object, and whatever the file system raises.
        """
        with self._connected() as file_system:
            key = self._key(asset_id)
            try:
                data = file_system.cat_file(key)
                return decode(data, asset_id)
            except (FileNotFoundError, ForeignVersionError):
                return None
            except CorruptEntryError:
                with suppress(Exception):  # it may be gone already, or the place may be read-only
                    file_system.rm_file(key)
                raise

    def write(self, asset: StoredAsset) -> bool:
        """Keep the asset. Raises whatever the file system raises."""
        data = b"".join(encode(asset))
        with self._connected() as file_system:
            key = self._key(asset.asset_id)
            if ATOMIC_PROTOCOLS.intersection(_protocols(file_system)):
                file_system.pipe_file(key, data)
            else:
                _write_and_move(file_system, key, data)
        return True

    def _key(self, asset_id: str) -> str:
        return f"{self._root}/{asset_id[:2]}/{asset_id[2:]}.asset"

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """The file system; for one thread at a time unless it can serve several. A failure ends the connection."""
        with self._lock:
            if self._file_system is None:
                # Instances of fsspec's own cache belong to a thread, and listings are never needed.
                options = {"skip_instance_cache": True, "use_listings_cache": False}
                self._file_system, root = fsspec.url_to_fs(self._url, **options)
                self._root = root.rstrip("/")
            file_system = self._file_system
            alone = not (file_system.async_impl or SIMULTANEOUS_PROTOCOLS.intersection(_protocols(file_system)))
            if alone:
                try:
                    yield file_system
                except CorruptEntryError:
                    raise
                except Exception:
                    self._file_system = None
                    raise
        if not alone:
            yield file_system


def _protocols(file_system: Any) -> tuple[str, ...]:
    return (file_system.protocol,) if isinstance(file_system.protocol, str) else tuple(file_system.protocol)


def _write_and_move(file_system: Any, key: str, data: bytes) -> None:
    folder, _, name = key.rpartition("/")
    temporary = f"{folder}/.{name}.{secrets.token_hex(8)}.tmp"
    file_system.makedirs(folder, exist_ok=True)
    try:
        file_system.pipe_file(temporary, data)
        file_system.mv(temporary, key)
    except Exception:
        with suppress(Exception):
            file_system.rm_file(temporary)
        raise
