"""A file on a web server, read block by block."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import TYPE_CHECKING

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.sources.fetch import Part

if TYPE_CHECKING:
    from streams.sources.fetch import Fetcher

__all__ = ["BLOCK_BYTES", "RangedFile"]

#: Bytes that one request reads: some seconds of video, so that the time to an answer counts little.
BLOCK_BYTES = 2**20

#: Blocks that stay in memory: FFmpeg goes to and fro between the index of a file and its media, and between picture
#: and sound. 16 MiB in all.
BLOCKS_KEPT = 16


class RangedFile(io.RawIOBase):
    """Reads ranges through a `Fetcher`, which it owns; the blocks used last stay in memory."""

    def __init__(self, fetcher: Fetcher, first: Part) -> None:
        super().__init__()
        self._fetcher = fetcher
        self._size = first.total
        self._version = first.version
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict({0: first.data})

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
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise ValueError("a file has no bytes before its start")
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # typeshed names it WriteableBuffer
        """Fill the buffer from one block, and return how many bytes that are.

        Raises:
            MediaError: The server does not give them, or the file has changed.
        """
        if self._position >= self._size:
            return 0
        number, offset = divmod(self._position, BLOCK_BYTES)
        data = self._block(number)[offset : offset + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Close the connections."""
        if not self.closed:
            self._fetcher.close()
            self._blocks.clear()
        super().close()

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        part = self._fetcher.part(number * BLOCK_BYTES, BLOCK_BYTES)
        if not isinstance(part, Part) or (part.total, part.version) != (self._size, self._version):
            raise MediaError(
                ErrorCode.RESOURCE_CONTENT_BAD,
                "the media changed on its server while it was being read: submit it again",
            )
        self._blocks[number] = part.data
        while len(self._blocks) > BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return part.data
