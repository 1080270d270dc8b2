"""The one way in which times are written: UTC, ISO 8601, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["format_time", "utc_now"]


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
