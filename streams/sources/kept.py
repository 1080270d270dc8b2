"""The file that was fetched whole last, kept for the next chunk.

Every chunk of a video opens it anew. Servers that cannot serve ranges would send all of it for each; so each process
keeps the newest such file, without a name, so that the disk space goes back whatever ends the process.
"""

from __future__ import annotations

import io
import os
import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KeptFile"]


class KeptFile:
    """Holds one file by its key, and opens it as often as it is asked for."""

    def __init__(self) -> None:
        self._key: object = None
        self._handle: int | None = None

    def open(self, key: object, fetch: Callable[[BinaryIO], None]) -> BinaryIO:
        """Return the file of that key, open for reading; `fetch` writes it unless it is there.

        Args:
            key: Names the content; None for content that cannot be told from other content, which is not kept.
            fetch: Writes the content into the file that it is given.
        """
        if key is None or key != self._key or self._handle is None:
            with tempfile.TemporaryFile() as file:
                fetch(cast("BinaryIO", file))
                file.flush()
                self.clear()
                self._key, self._handle = key, os.dup(file.fileno())
        return io.BufferedReader(_Positioned(os.dup(self._handle)))

    def clear(self) -> None:
        """Give the disk space back as soon as nobody reads the file."""
        if self._handle is not None:
            os.close(self._handle)
        self._key = self._handle = None


class _Positioned(io.RawIOBase):
    """Reads a file from a position of its own: duplicates of a handle share theirs."""

    def __init__(self, handle: int) -> None:
        super().__init__()
        self._handle = handle
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: os.fstat(self._handle).st_size}[whence]
        if origin + offset < 0:
            raise ValueError("a file has no bytes before its start")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed names it WriteableBuffer
        data = os.pread(self._handle, len(buffer), self._position)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()
