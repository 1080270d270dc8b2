"""One deadline over a whole exchange with a server: name, connection, headers, redirects and body together.

A time limit on each read alone lets a server that sends one byte of its headers at a time hold a worker for ever.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

__all__ = ["Deadline", "TimedStream"]


class Deadline:
    """How long an exchange may still take. One is kept for all exchanges over a connection, and set anew for each.

    Args:
        seconds: What the first one may take.
        clock: Tells seconds, and never goes back.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.start(seconds)

    def start(self, seconds: float) -> None:
        """Begin an exchange that may take so many seconds."""
        self._end = self._clock() + seconds

    def extend(self, seconds: float) -> None:
        """Give it so many more: its server sends what was asked for."""
        self._end += seconds

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return self._clock() >= self._end

    def bounded(self, seconds: float | None) -> float:
        """Return how many seconds a step may take that has a limit of its own; never 0, which would mean no limit.

        Raises:
            httpcore.TimeoutException: The time is over.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the whole exchange is over")
        return left if seconds is None else min(left, seconds)


class TimedStream(httpcore.NetworkStream):
    """A connection each of whose steps ends when the exchange's time is over.

    Args:
        stream: The connection.
        deadline: The time of the exchange that it serves at present.
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come, in the time that is left."""
        return self._stream.read(max_bytes, self._deadline.bounded(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, in the time that is left."""
        self._stream.write(buffer, self._deadline.bounded(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Agree on TLS, in the time that is left."""
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.bounded(timeout))
        return TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection tells of itself."""
        return self._stream.get_extra_info(info)
