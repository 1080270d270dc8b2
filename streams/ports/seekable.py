"""What files that are read from somewhere else have in common: a position of their own."""

from __future__ import annotations

import abc
import io

__all__ = ["PositionedFile"]


class PositionedFile(io.RawIOBase, abc.ABC):
    """A file for reading, from any position, whose bytes a subclass brings."""

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """Bytes of the file."""

    @abc.abstractmethod
    def read_at(self, position: int, most: int) -> bytes:
        """Return some bytes from a position, as many as are at hand; none at the end of the file."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next read starts."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position; it may lie behind the end, where reads give nothing."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise ValueError("a file has no bytes before its start")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed names it WriteableBuffer
        """Fill the buffer with what is at hand, and return how many bytes that are."""
        data = self.read_at(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
