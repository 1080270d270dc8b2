"""The one way in which times are written: UTC, ISO 8601, to the millisecond; and the ways in which they are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["format_time", "normal_time", "parse_time", "parse_zoned", "utc_now"]

#: ApsaraVideo VOD puts a colon before the milliseconds of some event times: `2017-03-20T07:49:17:025Z`.
_COLON_BEFORE_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d):(?=\d{1,6}(?:$|Z|[+-]))")


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


def parse_zoned(text: str) -> datetime:
    """Read a time that says in which zone it is, in the forms that `parse_time` reads.

    Raises:
        ValueError: The text is no time, or has no zone.
    """
    time = _read(text)
    if time.tzinfo is None:
        raise ValueError("the time has no zone")
    return time


def _read(text: str) -> datetime:
    return datetime.fromisoformat(_COLON_BEFORE_FRACTION.sub(r"\1.", text.strip()))


def normal_time(text: str) -> str:
    """Bring a time that came from outside into our form. What is no time stays as it came: it is for people only."""
    try:
        return format_time(parse_time(text))
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        return text
