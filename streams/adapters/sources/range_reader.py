"""A file on a web server, read block by block."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.http_fetcher import Part
from streams.ports.seekable import PositionedFile

if TYPE_CHECKING:
    from streams.adapters.sources.http_fetcher import Fetcher

__all__ = ["BLOCK_BYTES", "RangedFile"]

#: Bytes that one request reads: some seconds of video, so that the time to an answer counts little.
BLOCK_BYTES = 2**20

#: Blocks that stay in memory: FFmpeg goes to and fro between the index of a file and its media, and between picture
#: and sound. 16 MiB in all.
BLOCKS_KEPT = 16


class RangedFile(PositionedFile):
    """Reads ranges through a `Fetcher`, which it owns; the blocks used last stay in memory."""

    def __init__(self, fetcher: Fetcher, first: Part) -> None:
        super().__init__()
        self._fetcher = fetcher
        self._size = first.total
        self._version = first.version
        self._blocks: OrderedDict[int, bytes] = OrderedDict({0: first.data})

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._size

    @property
    def version(self) -> str:
        """What the server calls this version of the file; empty when it does not."""
        return self._version

    def read_at(self, position: int, most: int) -> bytes:
        """Return some bytes from a position, of one block at most.

        Raises:
            MediaError: The server does not give them, or the file has changed.
        """
        if position >= self._size:
            return b""
        number, offset = divmod(position, BLOCK_BYTES)
        return self._block(number)[offset : offset + most]

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
