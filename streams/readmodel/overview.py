"""What has happened lately, by the minute or by the hour: what the overview shows.

It is read from sums that triggers keep (`migrations/overview`), so a look costs the same however many jobs there are.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from schemas.clock import format_time
from schemas.jobs import JobStatus
from schemas.policies import Action, Outcome
from streams.readmodel.jobs import JobRows
from streams.readmodel.outcomes import OutcomeRows
from streams.readmodel.projection import Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import News, Record

__all__ = ["Bucket", "Failure", "Latency", "Overview", "OverviewProjection", "OverviewRows", "Span"]

#: Outcomes that are shown of those with the strongest action.
BLOCKS = 10
#: The share of jobs that the second number of a latency holds for.
MOST = 0.95
MS_PER_S, MS_PER_MINUTE = 1000.0, 60_000.0


class Span(StrEnum):
    """How far back the overview goes."""

    #: By the minute.
    HOUR = "hour"
    #: By the hour.
    DAY = "day"

    @property
    def step(self) -> timedelta:
        """How long each part of it is."""
        return timedelta(minutes=1) if self is Span.HOUR else timedelta(hours=1)

    @property
    def parts(self) -> int:
        """How many parts it has."""
        return 60 if self is Span.HOUR else 24

    @property
    def digits(self) -> int:
        """How many characters of a time name a part of it: `2026-11-23T08:00`, or `2026-11-23T08`."""
        return len("2026-11-23T08:00") if self is Span.HOUR else len("2026-11-23T08")

    @property
    def kept(self) -> timedelta:
        """How long its parts are kept: somewhat longer than they are shown, since clocks differ."""
        return 3 * self.parts * self.step


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened in one minute, or in one hour."""

    #: When it begins, UTC.
    start: str
    #: Minutes of media of the jobs that have succeeded.
    media_minutes: float
    #: Jobs that have ended, by status.
    ended: dict[str, int]
    #: What those have found.
    matches: int
    #: Media items by action: each counts once, where its newest outcome is from.
    outcomes: dict[str, int]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs have failed with one error code."""

    code: str
    jobs: int


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How long it was from when jobs were asked for to when they succeeded: good to five percent."""

    #: Jobs that have succeeded.
    jobs: int
    #: Half of them took no longer, seconds; null where there are none.
    median_s: float | None
    #: 95 of 100 took no longer, seconds; null where there are none.
    p95_s: float | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened in the last hour, or on the last day."""

    span: Span
    #: When its first part begins, UTC.
    since: str
    #: When its last part, which is the present one, ends, UTC.
    until: str
    #: Jobs by status, now.
    jobs: dict[str, int]
    #: Its parts, oldest first.
    buckets: list[Bucket]
    #: Failures by code, the most frequent first.
    failures: list[Failure]
    latency: Latency
    #: The newest outcomes of media that is not to be published.
    blocks: list[Outcome]


class OverviewRows:
    """Answers what has happened lately. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = JobRows(database)
        self._outcomes = OutcomeRows(database)

    def over(self, span: Span, now: datetime) -> Overview:
        """Return what has happened in the last hour or on the last day.

        Args:
            span: Which of the two.
            now: The present time, with a zone.
        """
        starts = _starts(span, now)
        names = [start[: span.digits] for start in starts]
        range_of = (span.digits, names[0], names[-1])
        sums: dict[tuple[str, str], dict[str, int]] = {}
        for row in self._database.all(
            "SELECT start, what, label, amount FROM activity "
            "WHERE digits = ? AND start >= ? AND start <= ? AND what <> 'latency' AND amount > 0",
            *range_of,
        ):
            sums.setdefault((row["start"], row["what"]), {})[row["label"]] = row["amount"]
        latencies = self._database.all(
            "SELECT label, sum(amount) AS jobs FROM activity "
            "WHERE digits = ? AND start >= ? AND start <= ? AND what = 'latency' AND amount > 0 GROUP BY label",
            *range_of,
        )
        return Overview(
            span=span,
            since=starts[0],
            until=_starts(span, now + span.step)[-1],
            jobs=self._jobs.counts(),
            buckets=[_bucket(start, name, sums) for start, name in zip(starts, names, strict=True)],
            failures=_failures([sums.get((name, "failed"), {}) for name in names]),
            latency=_latency([(float(row["label"]), row["jobs"]) for row in latencies]),
            blocks=self._outcomes.newest(Action.BLOCK, limit=BLOCKS).outcomes,
        )


class OverviewProjection(Projection):
    """Drops what is too old to be shown; what is newer, triggers keep."""

    name = "overview"
    follows = ("jobs", "outcomes")

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Drop minutes and hours that nobody looks at any more."""
        _ = record
        now = datetime.now(UTC)
        writer.executemany(
            "DELETE FROM activity WHERE digits = ? AND start < ?",
            [(span.digits, format_time(now - span.kept)[: span.digits]) for span in Span],
        )
        return []


def _starts(span: Span, now: datetime) -> list[str]:
    """Return when each part of a span begins, oldest first; the last one is under way."""
    now = now.astimezone(UTC).replace(second=0, microsecond=0)
    last = now if span is Span.HOUR else now.replace(minute=0)
    return [format_time(last - back * span.step) for back in reversed(range(span.parts))]


def _bucket(start: str, name: str, sums: dict[tuple[str, str], dict[str, int]]) -> Bucket:
    ended, outcomes = sums.get((name, "ended"), {}), sums.get((name, "outcome"), {})
    return Bucket(
        start=start,
        media_minutes=round(sum(sums.get((name, "media"), {}).values()) / MS_PER_MINUTE, 3),
        ended={status.value: ended.get(status.value, 0) for status in JobStatus if status.ended},
        matches=sum(sums.get((name, "found"), {}).values()),
        outcomes={action.value: outcomes.get(action.value, 0) for action in Action},
    )


def _failures(parts: list[dict[str, int]]) -> list[Failure]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    most_first = sorted(total.items(), key=lambda one: (-one[1], one[0]))
    return [Failure(code=code, jobs=jobs) for code, jobs in most_first]


def _latency(taken: list[tuple[float, int]]) -> Latency:
    """Return what the sums say: how many jobs took so many milliseconds, to two digits."""
    taken = sorted(taken)
    jobs = sum(number for _, number in taken)
    return Latency(jobs=jobs, median_s=_quantile(taken, 0.5 * jobs), p95_s=_quantile(taken, MOST * jobs))


def _quantile(taken: list[tuple[float, int]], place: float) -> float | None:
    passed = 0
    for milliseconds, jobs in taken:
        passed += jobs
        if passed >= place:
            return milliseconds / MS_PER_S
    return None
