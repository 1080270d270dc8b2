"""An MP4 file that is put together in memory, with its index before its media, so that it plays while it loads."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

import av

from streams.ports.previews import LARGEST_PREVIEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import OutputContainer

__all__ = ["LargerThanMayBeError", "Mp4"]


class LargerThanMayBeError(Exception):
    """The file would be larger than a preview may be."""


class Mp4:
    """A file that grows in memory: the cage has no other place for it."""

    def __init__(self) -> None:
        self._buffer = _Bounded()

    @contextmanager
    def writing(self) -> Iterator[OutputContainer]:
        """Yield FFmpeg's container to write to; the file is whole at the end.

        Raises:
            LargerThanMayBeError: It grew too large.
        """
        container = av.open(
            self._buffer,
            "w",
            format="mp4",
            # The index goes to the front at the end, for which FFmpeg opens the file once more for reading.
            options={"movflags": "faststart"},
            io_open=lambda *_: _Reading(self._buffer),
        )
        try:
            with container:
                yield container
        except Exception:
            if self._buffer.is_full:  # which FFmpeg tells in words of its own
                raise LargerThanMayBeError from None
            raise
        if self._buffer.is_full:
            raise LargerThanMayBeError

    @property
    def data(self) -> memoryview:
        """The file's bytes."""
        return self._buffer.getbuffer()


class _Bounded(io.BytesIO):
    """Memory that takes no more than a preview may have."""

    is_full = False

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # typeshed names it ReadableBuffer
        if self.tell() + len(data) > LARGEST_PREVIEW:
            self.is_full = True
            raise LargerThanMayBeError
        return super().write(data)


class _Reading:
    """Reads what is being written from a position of its own."""

    def __init__(self, buffer: io.BytesIO) -> None:
        self._buffer = buffer
        self._position = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self._buffer.getbuffer() as view:
            origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: view.nbytes}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def read(self, size: int) -> bytes:
        with self._buffer.getbuffer() as view:
            data = bytes(view[self._position : self._position + size])
        self._position += len(data)
        return data

    def close(self) -> None:
        """Do nothing: the buffer is the writer's."""
