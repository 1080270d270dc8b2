"""A media file whose bytes another process reads: it has the network and the keys, this one has neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.adapters.decoder.messages import LARGEST_READ, Block, Read
from streams.ports.seekable import PositionedFile

if TYPE_CHECKING:
    from streams.adapters.decoder.channel import Channel

__all__ = ["NotServedError", "ServedFile"]


class NotServedError(Exception):
    """The other process cannot read the media, and knows why."""


class ServedFile(PositionedFile):
    """Reads by asking for bytes, in the middle of a task.

    Args:
        channel: Whom to ask.
        size: Bytes of the file.
    """

    def __init__(self, channel: Channel, size: int) -> None:
        super().__init__()
        self._channel = channel
        self._size = size

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._size

    def read_at(self, position: int, most: int) -> bytes:
        """Return some bytes from a position.

        Raises:
            NotServedError: They cannot be had.
        """
        if position >= self._size or most <= 0:
            return b""
        self._channel.send(Read(offset=position, size=min(most, LARGEST_READ, self._size - position)))
        answer = self._channel.receive()
        if not isinstance(answer, Block):
            raise NotServedError
        return answer.data
