"""Processor time of a task: the kernel ends whatever uses more of it, in this process and in its decoder together."""

from __future__ import annotations

import math
import resource
import signal
from typing import TYPE_CHECKING, Self

from streams.ports.decoder_errors import DecoderEndedError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ProcessorTime"]


class ProcessorTime:
    """So many seconds from now on, as a context manager: this process dies of SIGXCPU in it once they are used up.

    Args:
        seconds: Processor time; the kernel counts it by whole seconds.
    """

    def __init__(self, seconds: float) -> None:
        self._end = _used() + seconds

    def __enter__(self) -> Self:
        """Set the limit."""
        self._set()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lift the limit."""
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._end - _used()

    def charge(self, seconds: float) -> None:
        """Take off seconds that another process has used for the task.

        Raises:
            DecoderEndedError: Nothing is left, as if the kernel had said so there.
        """
        self._end -= seconds
        if self.left() <= 0:
            raise DecoderEndedError(-signal.SIGXCPU)
        self._set()

    def _set(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(self._end), most))


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
