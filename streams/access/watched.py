"""A file that may change while the service runs: an operator adds a token, or takes one back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["WatchedFile"]

log = structlog.get_logger(__name__)

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """What a file says now. Used from any thread."""

    def __init__(self, path: Path, read: Callable[[Path], T]) -> None:
        """Read the file.

        Args:
            path: The file.
            read: Makes the value of it; raises `ValueError` or `OSError` when it is not as it should be.
        """
        self._path = path
        self._read = read
        self._lock = threading.Lock()
        self._state = self._look()
        self._value = read(path)

    @property
    def value(self) -> T:
        """The value, read anew when the file has changed; of a file that became unusable, the last good one."""
        with self._lock:
            state = self._look()
            if state != self._state:
                self._state = state
                self._read_anew()
            return self._value

    def _read_anew(self) -> None:
        try:
            self._value = self._read(self._path)
        except (OSError, ValueError) as error:
            log.error("access_file_not_usable", path=str(self._path), error=str(error))  # noqa: TRY400 (no trace needed)
        else:
            log.info("access_file_read", path=str(self._path))

    def _look(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return 0, 0, 0
        return found.st_mtime_ns, found.st_size, found.st_ino
