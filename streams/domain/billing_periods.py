"""The periods that usage is summed over, and minutes as they are billed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from schemas.clock import format_time

__all__ = ["Interval", "billed_minutes", "checked_span"]

#: Milliseconds of a minute.
MINUTE_MS = 60_000


class Interval(StrEnum):
    """How long each period is."""

    HOUR = "hour"
    DAY = "day"

    @property
    def digits(self) -> int:
        """How many characters of a time name its period: `2026-11-23T08`, or `2026-11-23`."""
        return len("2026-11-23T08") if self is Interval.HOUR else len("2026-11-23")

    @property
    def longest(self) -> timedelta:
        """The longest span that is summed in such periods: an answer stays of a size that a client can draw."""
        return timedelta(days=31) if self is Interval.HOUR else timedelta(days=1100)

    def start(self, period: str) -> str:
        """Return when a period starts that is named by its first characters."""
        time = datetime.fromisoformat(f"{period}:00" if self is Interval.HOUR else period)
        return format_time(time.replace(tzinfo=UTC))


def billed_minutes(milliseconds: int) -> int:
    """Return the minutes that are billed: all media together, and only whole minutes."""
    return milliseconds // MINUTE_MS


def checked_span(since: datetime, until: datetime, interval: Interval) -> tuple[str, str]:
    """Return a span of time as texts that compare with the times of jobs.

    Raises:
        ValueError: The span is empty, or too long for such periods.
    """
    if since >= until:
        raise ValueError(f"there is no time between {format_time(since)} and {format_time(until)}: from lies before to")
    if until - since > interval.longest:
        longer = ", or ask by the day" if interval is Interval.HOUR else ""
        raise ValueError(f"usage by the {interval} goes over {interval.longest.days} days: ask for less{longer}")
    return format_time(since), format_time(until)
