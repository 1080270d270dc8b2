"""Failures of the surroundings, told apart from failures of the work itself.

What a neighbour's absence leads to is waiting, never a verdict: neither the event nor the media is to blame.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "EventTooLargeError",
    "Neighbour",
    "NeighbourAwayError",
    "PublishError",
    "away_from",
    "is_disk_full",
    "store_errors",
]

#: What the system says when nothing more can be written: no space, no quota, or a disk that went read-only on a fault.
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class Neighbour(StrEnum):
    """What the service cannot work without."""

    #: The broker.
    KAFKA = "kafka"
    #: The window index.
    MILVUS = "milvus"
    #: The place of fingerprint files.
    STORE = "store"
    #: This machine's disk, as far as the service writes on it.
    DISK = "disk"
    #: This machine's ability to start worker processes.
    PROCESSES = "processes"


class NeighbourAwayError(OSError):
    """A neighbour does not answer, or cannot take anything. The same work goes well once it is back.

    Attributes:
        neighbour: Who is away.
    """

    def __init__(self, neighbour: Neighbour, message: str) -> None:
        super().__init__(message)
        self.neighbour = neighbour


class EventTooLargeError(ValueError):
    """An event is larger than its topic takes. Sending it again would fail again."""


class PublishError(RuntimeError):
    """The broker refused an event for good. Whether it is on its topic is not known: the worker has to look anew."""


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that nothing more can be written on a disk."""
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return True
    # SQLite and Milvus Lite tell it in words only.
    text = str(error).lower()
    return "disk is full" in text or "no space left on device" in text


def away_from(neighbour: Neighbour, error: BaseException) -> NeighbourAwayError:
    """Say that a neighbour is away; a full disk is called that, whoever noticed it."""
    if is_disk_full(error):
        return NeighbourAwayError(Neighbour.DISK, f"the disk is full ({error}): free some space, and work goes on")
    # An error without a text, such as a time-out's, is told by its name.
    return NeighbourAwayError(neighbour, str(error) or type(error).__name__)


@contextmanager
def store_errors(place: str, *, reading: bool = False) -> Iterator[None]:
    """Tell failures of the fingerprint store at a place as such, whatever its file system raises.

    Args:
        place: Where the store is.
        reading: Whether a missing file is an answer: it then passes through.

    Raises:
        NeighbourAwayError: The store, or its disk, failed.
    """
    try:
        yield
    except NeighbourAwayError:
        raise
    except Exception as error:  # remote file systems raise errors of their clients' own kinds
        if reading and isinstance(error, FileNotFoundError | NotADirectoryError):
            raise
        away = away_from(Neighbour.STORE, error)
        raise NeighbourAwayError(away.neighbour, f"the fingerprint store at {place} failed: {away}") from error
