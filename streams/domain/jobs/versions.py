"""Versions: what tells the windows of one job of a MediaId from those of another.

A version is the moment at which its job was asked for, in milliseconds, and a little later where that is taken. So it
rises, it needs nothing remembered of a media item that was deleted, and "everything from before now" can be said for
a whole library.
"""

from __future__ import annotations

from schemas.clock import parse_time

__all__ = ["next_version", "version_at"]


def version_at(time: str) -> int:
    """Return the version of a job that is asked for at a time.

    Raises:
        ValueError: The text is no time.
    """
    return int(parse_time(time).timestamp() * 1000)


def next_version(known: int, *, asked: str, now: str) -> int:
    """Return a version above the known one.

    Args:
        known: The newest version of the MediaId, 0 for none.
        asked: When the job was asked for: the same however often the request is delivered. Text from outside.
        now: The time: nothing has been asked for later than this.
    """
    latest = version_at(now)
    try:
        moment = version_at(asked)
    except (ValueError, OverflowError):
        moment = latest
    return max(known + 1, min(moment, latest))
