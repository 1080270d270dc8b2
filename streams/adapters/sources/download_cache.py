"""The file that was fetched whole last, kept for the next chunk.

Every chunk of a video opens it anew. Servers that cannot serve ranges would send all of it for each; so each process
keeps the newest such file, without a name, so that the disk space goes back whatever ends the process.
"""

from __future__ import annotations

import io
import os
import tempfile
from typing import TYPE_CHECKING, BinaryIO, cast

from streams.ports.seekable import PositionedFile

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
        return io.BufferedReader(_SharedFile(os.dup(self._handle), version="" if key is None else str(key)))

    def clear(self) -> None:
        """Give the disk space back as soon as nobody reads the file."""
        if self._handle is not None:
            os.close(self._handle)
        self._key = self._handle = None


class _SharedFile(PositionedFile):
    """Reads a file whose handle others have too: duplicates of a handle share their position."""

    def __init__(self, handle: int, *, version: str) -> None:
        super().__init__()
        self._handle = handle
        #: What tells this content from others; empty when nothing does.
        self.version = version

    @property
    def size(self) -> int:
        return os.fstat(self._handle).st_size

    def read_at(self, position: int, most: int) -> bytes:
        return os.pread(self._handle, most, position)

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()
