"""What is counted of each job that succeeded, and its sums.

Faust's windowed tables are not used for this. A table that adds up is changed once for every delivery of an event, and
Kafka delivers an event again after a crash or a rebalance: the sum would count it twice. A table's windows also expire,
and what the embedded broker holds of them ends with it. So a job is counted under its id, in the transaction that takes
over its newest state: however often that comes, and in whatever order, the sums stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import structlog

from schemas.jobs import Job, JobStatus, Metrics
from schemas.limits import LONGEST_MEDIA_S
from streams.domain.billing_periods import Interval, billed_minutes
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["Usage", "UsageLog", "UsageProjection"]

#: Milliseconds of the longest media. An entry with more, or with less than none, was written before that was checked.
LONGEST_MS = round(LONGEST_MEDIA_S * 1000)

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
        rows = self._sums(f"substr(completed, 1, {interval.digits})", since, until, library)
        return [
            Usage(
                start=interval.start(row["period"]),
                library=row["library"],
                jobs=row["jobs"],
                milliseconds=row["milliseconds"],
                cpu_milliseconds=row["cpu_milliseconds"],
            )
            for row in rows
        ]

    def by_library(self, since: str, until: str, library: str | None = None) -> list[Usage]:
        """Return the sum of each library that has any. Arguments as for `by_period`."""
        rows = self._sums("''", since, until, library)
        return [
            Usage(
                library=row["library"],
                jobs=row["jobs"],
                milliseconds=row["milliseconds"],
                cpu_milliseconds=row["cpu_milliseconds"],
            )
            for row in rows
        ]

    def _sums(self, period: str, since: str, until: str, library: str | None) -> list[sqlite3.Row]:
        query = f"""
            SELECT {period} AS period, library, count(*) AS jobs,
                sum(CASE WHEN milliseconds BETWEEN 0 AND {LONGEST_MS} THEN milliseconds ELSE 0 END) AS milliseconds,
                sum(cpu_milliseconds) AS cpu_milliseconds
            FROM usage WHERE completed >= ? AND completed < ? AND (? IS NULL OR library = ?)
            GROUP BY 1, 2 ORDER BY 1, 2
        """  # noqa: S608 (no user's text)
        return self._database.all(query, since, until, library, library)


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
        "INSERT OR REPLACE INTO usage VALUES (?, ?, ?, ?, ?)",
        (
            job.job_id,
            job.complete_time or job.update_time,
            job.request.library,
            round(metrics.duration * 1000),
            round(metrics.cpu_seconds * 1000),
        ),
    )
