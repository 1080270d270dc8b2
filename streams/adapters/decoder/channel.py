"""Messages over a socket, each with its length before it, and now and then a file's descriptor."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Channel", "GarbledError"]

_LENGTH = struct.Struct(">I")


class GarbledError(ValueError):
    """What came is no message, or too long to be one."""


class Channel:
    """One end of a conversation.

    Args:
        connection: A connected stream socket.
        expects: The type of what the other end says.
        largest: Bytes of the largest message that is taken.
    """

    def __init__(self, connection: socket.socket, *, expects: Any, largest: int) -> None:
        self._connection = connection
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(expects)
        self._largest = largest

    def send(self, message: msgspec.Struct, files: Sequence[int] = ()) -> None:
        """Send a message, with descriptors of open files.

        Raises:
            OSError: The other end is gone.
        """
        body = msgspec.msgpack.encode(message)
        head = _LENGTH.pack(len(body))
        if files:
            socket.send_fds(self._connection, [head], files)
        else:
            self._connection.sendall(head)
        self._connection.sendall(body)

    def receive(self) -> Any:
        """Return the next message.

        Raises:
            EOFError: The other end is gone.
            GarbledError: What came is no message.
        """
        return self._message(bytes(self._exactly(_LENGTH.size)))

    def receive_with_file(self) -> tuple[Any, int | None]:
        """Return the next message, and the descriptor that came with it.

        Raises:
            EOFError: The other end is gone.
            GarbledError: What came is no message.
        """
        head, files, _, _ = socket.recv_fds(self._connection, _LENGTH.size, 1)
        if not head:
            raise EOFError
        head += bytes(self._exactly(_LENGTH.size - len(head)))
        return self._message(head), next(iter(files), None)

    def close(self) -> None:
        """Close this end."""
        self._connection.close()

    def _message(self, head: bytes) -> Any:
        (length,) = _LENGTH.unpack(head)
        if length > self._largest:
            raise GarbledError(f"a message of {length} bytes, where {self._largest} are the most")
        try:
            return self._decoder.decode(self._exactly(length))
        except msgspec.MsgspecError as error:
            raise GarbledError(f"no message: {error}") from error

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view, got = memoryview(data), 0
        while got < size:
            try:
                count = self._connection.recv_into(view[got:])
            except ConnectionError as error:
                raise EOFError from error
            if not count:
                raise EOFError
            got += count
        return data
