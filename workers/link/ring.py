"""Payloads between a worker and a gateway on one host: a ring in shared memory, past the socket.

Through a socket a payload is copied six times and pays for the kernel's network twice; this way it is copied twice. The
worker writes payloads one behind the other; what it sends over the link says where. The gateway takes them in that
order and notes in the ring how far it is. Without room, a payload goes over the link like everything else.
"""

import contextlib
import mmap
import os
import secrets
from pathlib import Path

RING_BYTES = 16 * 1024 * 1024

_HEADER_BYTES = 64
"""Begins with the number of bytes that the gateway has taken; as long as a cache line."""


class _Ring:
    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _HEADER_BYTES + RING_BYTES)
        self._view = memoryview(self._memory)
        self._taken = self._view[:8].cast("Q")
        self._data = self._view[_HEADER_BYTES:]

    def close(self) -> None:
        """Let go of the memory."""
        for view in (self._taken, self._data, self._view):
            view.release()
        self._memory.close()


class RingWriter(_Ring):
    """The worker's end. Whoever made it closes it.

    There is no file that could stay behind: the memory vanishes with those who hold it.

    name  random, for the gateway to make sure that it has found this ring and nothing else
    path  where processes of the same user and host find it
    """

    def __init__(self, name: str, descriptor: int) -> None:
        super().__init__(descriptor)
        self.name = name
        self.path = f"/proc/{os.getpid()}/fd/{descriptor}"
        self._descriptor: int | None = descriptor
        self._written_bytes = 0

    @classmethod
    def create(cls) -> "RingWriter | None":
        """A new ring; None where there is no memory to share."""
        if not hasattr(os, "memfd_create"):  # only Linux has it
            return None
        name = f"morphogen-{secrets.token_hex(16)}"
        descriptor = os.memfd_create(name)
        try:
            os.posix_fallocate(descriptor, 0, _HEADER_BYTES + RING_BYTES)
            return cls(name, descriptor)
        except OSError:
            os.close(descriptor)
            return None

    def put(self, payload: bytes) -> int | None:
        """Where the payload lies, for `RingReader.take`; None if there is no room."""
        size_bytes = len(payload)
        position = self._written_bytes
        if position % RING_BYTES + size_bytes > RING_BYTES:
            position += RING_BYTES - position % RING_BYTES  # it has to lie in one piece
        if position + size_bytes - self._taken[0] > RING_BYTES:
            return None
        begin = position % RING_BYTES
        self._data[begin : begin + size_bytes] = payload
        self._written_bytes = position + size_bytes
        return position

    def hide(self) -> None:
        """Nobody else shall find it any more. May be called twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def close(self) -> None:
        """Let go of the memory."""
        self.hide()
        super().close()


class RingReader(_Ring):
    """The gateway's end. Whoever opened it closes it."""

    @classmethod
    def open(cls, path: str, name: str) -> "RingReader | None":
        """The ring of that name at `path`; None if it is not on this host."""
        with contextlib.suppress(OSError, ValueError):
            # On another host, or in another container, this may be anything: looked at before it is opened.
            if str(Path(path).readlink()).startswith(f"/memfd:{name}"):
                descriptor = os.open(path, os.O_RDWR)
                try:
                    return cls(descriptor)
                finally:
                    os.close(descriptor)
        return None

    def take(self, position: int, size_bytes: int) -> bytes:
        """The payload at `position`; what lies before it makes room. Raises ValueError for a place that cannot be."""
        begin = position % RING_BYTES
        if position < self._taken[0] or begin + size_bytes > RING_BYTES:
            raise ValueError("a payload that does not lie in the ring")
        payload = bytes(self._data[begin : begin + size_bytes])
        self._taken[0] = position + size_bytes
        return payload
