"""What the read model knows of jobs: the newest state of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.jobs import Job, JobStatus, Lane
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["JobFilter", "JobPage", "JobProjection", "JobRows", "UnmovedJob", "has_ended"]


#: Comes behind the creation time and the id of every job: both are of ASCII.
LAST_PLACE = ("\x7f", "")
#: The lane of a row of `jobs`. States that were kept before there were lanes say it by the job's source.
_LANE = (
    "coalesce(json_extract(CAST(doc AS TEXT), '$.Request.Lane'), "
    "CASE source WHEN 'import' THEN 'import' ELSE 'live' END)"
)


class UnmovedJob(NamedTuple):
    """A job that has not ended, and since when its state is what it is."""

    job_id: str
    media_id: str
    lane: Lane
    update_time: str


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to list; what is None, empty or false does not matter.

    `copies` asks for jobs that ended with a match.
    """

    job_id: str | None = None
    status: JobStatus | None = None
    library: str | None = None
    media_id: str | None = None
    since: str | None = None
    until: str | None = None
    copies: bool = False


class JobPage(msgspec.Struct, frozen=True):
    """A page of jobs, newest first, and the cursor of the next one."""

    jobs: list[Job]
    next: str | None = None


class JobRows:
    """Answers about jobs. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, job_id: str) -> Job | None:
        """Return a job."""
        row = self._database.one("SELECT doc FROM jobs WHERE job_id = ?", job_id)
        return None if row is None else _job(row)

    def page(self, wanted: JobFilter = JobFilter(), *, cursor: str | None = None, limit: int = 50) -> JobPage:  # noqa: B008 (frozen)
        """Return a page of jobs, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        conditions, values = _conditions(wanted)
        if cursor is not None:
            conditions.append("(created, job_id) < (?, ?)")
            values += read_cursor("jobs", cursor)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = self._database.all(
            f"SELECT created, job_id, doc FROM jobs {where} ORDER BY created DESC, job_id DESC LIMIT ?",  # noqa: S608 (no user's text)
            *values,
            limit + 1,
        )
        rows, following = page_of("jobs", rows, limit)
        return JobPage([_job(row) for row in rows], following)

    def of_media(self, media_id: str) -> list[Job]:
        """Return all jobs of a media item, newest first."""
        rows = self._database.all(
            "SELECT doc FROM jobs WHERE media_id = ? ORDER BY created DESC, job_id DESC", media_id
        )
        return [_job(row) for row in rows]

    def result(self, media_id: str) -> Job | None:
        """Return the newest job of a media item that succeeded."""
        return next((job for job in self.of_media(media_id) if job.status is JobStatus.SUCCESS), None)

    def newest_copies(self, since: str, *, before: tuple[str, str] | None = None, limit: int) -> list[Job]:
        """Return jobs with matches, newest first, each the newest of its media item that succeeded.

        Args:
            since: Jobs that were asked for earlier are left out.
            before: Creation time and id of the last job of the page before.
            limit: How many at the most.
        """
        rows = self._database.all(
            "SELECT doc FROM jobs WHERE status = 'success' AND created >= ? AND (created, job_id) < (?, ?) "
            "AND EXISTS (SELECT 1 FROM matches WHERE matches.job_id = jobs.job_id) "
            "AND NOT EXISTS (SELECT 1 FROM jobs AS later WHERE later.media_id = jobs.media_id "
            "AND later.status = 'success' AND (later.created, later.job_id) > (jobs.created, jobs.job_id)) "
            "ORDER BY created DESC, job_id DESC LIMIT ?",
            since,
            *(before or LAST_PLACE),
            limit,
        )
        return [_job(row) for row in rows]

    def unfinished(self) -> list[Job]:
        """Return the jobs that have not ended, oldest first."""
        rows = self._database.all(
            "SELECT doc FROM jobs WHERE status IN ('init', 'processing') ORDER BY created, job_id"
        )
        return [_job(row) for row in rows]

    def unmoved(self, since: str) -> list[UnmovedJob]:
        """Return the jobs that have not ended and whose state is older than a time, the oldest state first."""
        rows = self._database.all(
            f"SELECT job_id, media_id, {_LANE}, updated FROM jobs "  # noqa: S608 (our own words)
            "WHERE status IN ('init', 'processing') AND updated < ? ORDER BY updated, job_id",
            since,
        )
        return [UnmovedJob(job_id, media_id, Lane(lane), updated) for job_id, media_id, lane, updated in rows]

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are in each status."""
        rows = self._database.all("SELECT status, count(*) AS jobs FROM jobs GROUP BY status")
        found = {row["status"]: row["jobs"] for row in rows}
        return {status.value: found.get(status.value, 0) for status in JobStatus}


class JobProjection(Projection):
    """Keeps the newest state of each job."""

    name = "jobs"
    topics = ("jobs",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Store a state unless a newer one, or this very one, is there; an ended job does not start again."""
        if record.is_tombstone:
            gone = writer.execute("DELETE FROM jobs WHERE job_id = ?", (record.name,)).rowcount
            return [News("job", record.name)] if gone else []
        job = record.decoded(Job)
        return [News("job", job.job_id)] if job is not None and _take_over(writer, job) else []


def has_ended(writer: sqlite3.Connection, job_id: str) -> bool:
    """Whether a job is known to have ended."""
    row = writer.execute("SELECT status FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
    return row is not None and JobStatus(row["status"]).ended


def _take_over(writer: sqlite3.Connection, job: Job) -> bool:
    row = writer.execute("SELECT status, updated, doc FROM jobs WHERE job_id = ?", (job.job_id,)).fetchone()
    doc = msgspec.json.encode(job)
    if row is not None and (_is_newer(row, job) or bytes(row["doc"]) == doc):
        return False
    writer.execute(
        "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            job.job_id,
            job.media_id,
            job.request.library,
            job.status.value,
            job.request.source,
            job.version,
            job.creation_time,
            job.update_time,
            doc,
        ),
    )
    return True


def _is_newer(row: sqlite3.Row, job: Job) -> bool:
    stored_ended = JobStatus(row["status"]).ended
    if stored_ended != job.status.ended:
        return stored_ended
    return bool(row["updated"] > job.update_time)


def _conditions(wanted: JobFilter) -> tuple[list[str], list[object]]:
    columns = {
        "job_id = ?": wanted.job_id,
        "status = ?": wanted.status.value if wanted.status else None,
        "library = ?": wanted.library,
        "media_id = ?": wanted.media_id,
        "created >= ?": wanted.since,
        "created < ?": wanted.until,
    }
    used = {condition: value for condition, value in columns.items() if value}
    conditions = list(used)
    if wanted.copies:
        conditions.append("EXISTS (SELECT 1 FROM matches WHERE matches.job_id = jobs.job_id)")
    return conditions, list(used.values())


def _job(row: sqlite3.Row) -> Job:
    return msgspec.json.decode(row["doc"], type=Job)
