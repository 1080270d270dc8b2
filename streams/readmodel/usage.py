"""What is counted of each job that succeeded, and its sums.

Faust's windowed tables are not used for this. A table that adds up is changed once for every delivery of an event, and
Kafka delivers an event again after a crash or a rebalance: the sum would count it twice. A table's windows also expire,
and what the embedded broker holds of them ends with it. So a job is counted under its id, in the transaction that takes
over its newest state: however often that comes, and in whatever order, the sums stay the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog

from schemas.jobs import Job, JobStatus, Metrics
from schemas.limits import LONGEST_MEDIA_S
from streams.domain.billing_periods import Interval, billed_minutes
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["Usage", "UsageLog", "UsageProjection"]

#: Milliseconds of the longest media. An entry with more, or with less than none, was written before that was checked.
LONGEST_MS = round(LONGEST_MEDIA_S * 1000)
#: Comes behind the name of every period.
LAST_PERIOD = "~"

log = structlog.get_logger(__name__)


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The sum over some jobs. Jobs that did not succeed are in none."""

    #: When the period starts, UTC; empty for a sum over all of them.
    start: str = ""
    #: Empty for a sum over all libraries.
    library: str = ""
    jobs: int = 0
    #: Of media. Whole numbers, so that sums are exact.
    milliseconds: int = 0
    #: Of processors.
    cpu_milliseconds: int = 0

    @property
    def billed_minutes(self) -> int:
        """Minutes that are billed for all of it together."""
        return billed_minutes(self.milliseconds)


class UsageLog:
    """Sums of what was counted. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_period(self, since: str, until: str, interval: Interval, library: str | None = None) -> list[Usage]:
        """Return the sum of each period and library that has any, oldest first.

        Args:
            since: First time that counts, as `format_time` writes it. A job counts when it ended.
            until: First time that no longer counts.
            interval: How long each period is.
            library: Only this one; all when not given.
        """
        return [
            msgspec.structs.replace(one, start=interval.start(period))
            for (period, _), one in self._sums(since, until, library, digits=interval.digits).items()
        ]

    def by_library(self, since: str, until: str, library: str | None = None) -> list[Usage]:
        """Return the sum of each library that has any. Arguments as for `by_period`."""
        return list(self._sums(since, until, library, digits=0).values())

    def _sums(self, since: str, until: str, library: str | None, *, digits: int) -> dict[tuple[str, str], Usage]:
        """Return the sums by period, named by so many characters of its time, and library, in this order.

        Whole days and hours are kept as sums; of the first and of the last hour the jobs are read.
        """
        sums: dict[tuple[str, str], Usage] = {}
        for part in _parts(since, until, by_the_hour=digits == Interval.HOUR.digits):
            for row in self._rows(part, library):
                place = (row["period"][:digits], row["library"])
                known = sums.get(place, Usage(library=row["library"]))
                sums[place] = Usage(
                    library=row["library"],
                    jobs=known.jobs + row["jobs"],
                    milliseconds=known.milliseconds + row["milliseconds"],
                    cpu_milliseconds=known.cpu_milliseconds + row["cpu_milliseconds"],
                )
        return dict(sorted(sums.items()))

    def _rows(self, part: _Part, library: str | None) -> list[sqlite3.Row]:
        of_library = "" if library is None else "AND library = ?"
        values = (part.since, part.until, *(() if library is None else (library,)))
        if part.digits:
            return self._database.all(
                "SELECT period, library, jobs, milliseconds, cpu_milliseconds FROM usage_sums "  # noqa: S608 (no user's text)
                f"WHERE unit = ? AND period >= ? AND period < ? {of_library} AND jobs > 0",
                part.digits,
                *values,
            )
        return self._database.all(
            "SELECT substr(completed, 1, ?) AS period, library, count(*) AS jobs, "  # noqa: S608 (no user's text)
            f"sum(CASE WHEN milliseconds BETWEEN 0 AND {LONGEST_MS} THEN milliseconds ELSE 0 END) AS milliseconds, "
            f"sum(cpu_milliseconds) AS cpu_milliseconds FROM usage WHERE completed >= ? AND completed < ? {of_library} "
            "GROUP BY 1, 2",
            Interval.HOUR.digits,
            *values,
        )


class _Part(NamedTuple):
    """A part of a span: of whole days or hours, named by so many characters of their times; 0: of single jobs."""

    digits: int
    since: str
    until: str


def _parts(since: str, until: str, *, by_the_hour: bool) -> Iterator[_Part]:
    """Cut a span into parts whose sums are kept, and what is left of hours at both its ends."""
    hour, day = Interval.HOUR.digits, Interval.DAY.digits
    first, last = _next(since, timedelta(hours=1)), until[:hour]
    if first >= last:  # no whole hour
        yield _Part(0, since, until)
        return
    yield _Part(0, since, first)
    yield _Part(0, last, until)
    first_day, last_day = _next(first, timedelta(days=1)), until[:day]
    if by_the_hour or first_day >= last_day:
        yield _Part(hour, first, last)
        return
    yield _Part(hour, first, first_day)
    yield _Part(day, first_day, last_day)
    yield _Part(hour, last_day, last)


def _next(time: str, period: timedelta) -> str:
    """Return the name of the first hour, or day, that begins at a time or later."""
    digits = Interval.HOUR.digits if period < timedelta(days=1) else Interval.DAY.digits
    begun = time[:digits]
    if time in {begun, f"{begun}:00:00.000Z", f"{begun}T00"}:
        return begun
    start = datetime.fromisoformat(f"{begun}:00" if digits == Interval.HOUR.digits else begun)
    try:
        return (start + period).isoformat()[:digits]
    except OverflowError:  # behind the last year that there is
        return LAST_PERIOD


class UsageProjection(Projection):
    """Counts each job that has succeeded. What is billed stays when the job is forgotten."""

    name = "usage"
    follows = ("jobs",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Count a job that has succeeded."""
        job = None if record.is_tombstone else record.decoded(Job)
        if job is not None and job.status is JobStatus.SUCCESS:
            _count(writer, job)
        return []


def _count(writer: sqlite3.Connection, job: Job) -> None:
    """Count a job at what media can amount to: what a bill adds up is checked where it is added."""
    metrics = job.metrics
    try:
        metrics.check()
    except ValueError as error:  # an old message, or one of a foreign writer: its job counts, its numbers do not
        log.warning("usage_not_counted", job_id=job.job_id, reason=str(error))
        metrics = Metrics()
    writer.execute(
        "INSERT INTO usage VALUES (?, ?, ?, ?, ?) ON CONFLICT (job_id) DO UPDATE SET completed = excluded.completed, "
        "library = excluded.library, milliseconds = excluded.milliseconds, "
        "cpu_milliseconds = excluded.cpu_milliseconds",
        (
            job.job_id,
            job.complete_time or job.update_time,
            job.request.library,
            round(metrics.duration * 1000),
            round(metrics.cpu_seconds * 1000),
        ),
    )
