"""A file that may change while the service runs: an operator adds a token, or takes one back.

What becomes of access when the file is not as it should be:

- It is gone, or names nobody: everybody's access is taken back, at once. Whoever is in a hurry to shut somebody out
  does just that, and a service that went on with what it remembered would let them in.
- A line is wrong, or the file cannot be read for now: what was read last holds, since a slip of the pen in one line
  must not lock everybody out. It is told until it is mended.
- When the service starts there is nothing that was read last: it does not start, whatever is wrong.
"""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog

from streams.credentials.lines import EmptyFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["AccessFiles", "WatchedFile"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: There is no file to read: gone itself, or a folder on its way, or another thing in its place.
GONE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
#: Bits by which others than its owner read a file.
OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


class WatchedFile(Generic[T]):
    """What a file says now. Used from any thread."""

    def __init__(self, path: Path, read: Callable[[Path], T], nobody: T) -> None:
        """Read the file.

        Args:
            path: The file.
            read: Makes the value of it; raises `EmptyFileError` when it names nobody, and `ValueError` or `OSError`
                when it is otherwise not as it should be.
            nobody: The value of a file that names nobody, or is gone.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not as it should be.
        """
        self._path = path
        self._read = read
        self._nobody = nobody
        self._lock = threading.Lock()
        self._problem = ""
        self._exposed: tuple[int, ...] = ()
        self._state = self._look()
        self._value = read(path)

    @property
    def value(self) -> T:
        """The value, read anew when the file has changed."""
        with self._lock:
            self._follow()
            return self._value

    @property
    def problem(self) -> str:
        """What is wrong with the file now, with its line and without what is secret; empty when all is well."""
        with self._lock:
            self._follow()
            return self._problem

    def _follow(self) -> None:
        state = self._look()
        if state == self._state:
            return
        self._state = state
        try:
            self._value = self._read(self._path)
        except (*GONE, EmptyFileError):
            self._value = self._nobody
            self._tell(f"{self._path} is gone, or names nobody: all access by it is taken back until it is there again")
        except ValueError as error:
            self._tell(f"{error}; until that is mended, what was read before holds")
        except OSError as error:
            self._state = ()  # what does not lie in the file may pass without a change of it
            self._tell(f"{self._path} cannot be read ({error.strerror}): what was read before holds")
        else:
            self._problem = ""
            log.info("access_file_read", path=str(self._path))

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            log.error("access_file_not_usable", path=str(self._path), reason=problem)
        self._problem = problem

    def _look(self) -> tuple[int, ...]:
        """Return what tells one state of the file from another, and warn where others than its owner can read it."""
        try:
            found = self._path.stat()
        except OSError:
            return (0,)
        state = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
        if found.st_mode & OTHERS_READ and state != self._exposed:
            self._exposed = state
            log.warning("access_file_readable_by_others", path=str(self._path), hint=f"chmod 600 {self._path}")
        return state


class AccessFiles:
    """The files that say who may do what, so that one place can tell what is wrong with them."""

    def __init__(self) -> None:
        self._files: dict[str, WatchedFile[Any]] = {}

    def watch(self, name: str, path: Path, read: Callable[[Path], T], nobody: T) -> WatchedFile[T]:
        """Return a file that is followed from now on.

        Args:
            name: What it holds, in a word for metrics.
            path: As for `WatchedFile`; `read` and `nobody` too.
            read: Makes the value of it.
            nobody: The value of a file that names nobody.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not as it should be.
        """
        file = WatchedFile(path, read, nobody)
        self._files[name] = file
        return file

    def problems(self) -> dict[str, str]:
        """Return by name what is wrong with each file; empty where all is well."""
        return {name: file.problem for name, file in self._files.items()}
