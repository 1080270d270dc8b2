"""The one way in which times are written: UTC, ISO 8601, to the millisecond; and the ways in which they are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["format_time", "is_time", "normal_time", "parse_time", "utc_now", "zoned_time"]

#: ApsaraVideo VOD puts a colon before the milliseconds of some event times: `2017-03-20T07:49:17:025Z`.
_COLON_BEFORE_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d):(?=\d{1,6}(?:$|Z|[+-]))")

#: Characters of a time that a message repeats.
SHOWN = 40


def utc_now() -> str:
    """Return the present time, such as `2026-11-23T08:00:00.123Z`. Such texts sort by time."""
    return format_time(datetime.now(UTC))


def format_time(time: datetime) -> str:
    """Write a time as text.

    Raises:
        ValueError: The time has no zone: nobody could tell what it means.
    """
    if time.tzinfo is None:
        raise ValueError("a time without a zone cannot be written: give it one, such as datetime.UTC")
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read a time: ISO 8601, or VOD's form with a colon before the milliseconds. One without a zone is UTC.

    Raises:
        ValueError: The text is no time.
    """
    time = _read(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _read(text: str) -> datetime:
    return datetime.fromisoformat(_COLON_BEFORE_FRACTION.sub(r"\1.", text.strip()))


def normal_time(text: str) -> str:
    """Bring a time that came from outside into our form. What is no time stays as it came: it is for people only."""
    try:
        return format_time(parse_time(text))
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        return text


def is_time(text: str) -> bool:
    """Whether a text is a time in our form."""
    try:
        return format_time(datetime.fromisoformat(text)) == text
    except (ValueError, OverflowError):
        return False


def zoned_time(text: str) -> str:
    """Bring a time that somebody reckons with into our form: such a one says which zone it is in.

    Raises:
        ValueError: The text is no time, or has no zone; the message, made to follow a name, says what to write.
    """
    wanted = "write ISO 8601 with a zone, as 2026-11-23T20:15:00Z or 2026-11-23T21:15:00+01:00"
    try:
        return format_time(_read(text))
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        raise ValueError(f"{text[:SHOWN]!r} is no time with a zone: {wanted}") from None
