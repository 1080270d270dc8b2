"""What the read model knows of jobs: the newest state of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.jobs import Job, JobStatus, Lane
from streams.readmodel.job_lists import JobFilter, count_by_status, listed
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.counting import Count
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


_COLUMNS = (
    "job_id", "media_id", "name", "library", "status", "code", "source", "version", "created", "updated", "completed",
    "found", "doc",
)  # fmt: skip
#: Not `OR REPLACE`, of which the triggers that keep counts see half.
_STORE = (
    f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "  # noqa: S608 (our own words)
    f"ON CONFLICT (job_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)


class UnmovedJob(NamedTuple):
    """A job that has not ended, and since when its state is what it is."""

    job_id: str
    media_id: str
    lane: Lane
    update_time: str


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
        place = None if cursor is None else read_cursor("jobs", cursor)
        rows, following = page_of("jobs", listed(self._database, wanted, place, limit + 1), limit)
        return JobPage(self._jobs([row["job_id"] for row in rows]), following)

    def of_media(self, media_id: str) -> list[Job]:
        """Return all jobs of a media item, newest first."""
        rows = self._database.all(
            "SELECT doc FROM jobs WHERE media_id = ? ORDER BY created DESC, job_id DESC", media_id
        )
        return [_job(row) for row in rows]

    def first_asked(self, media_id: str) -> str | None:
        """Return when the first job of a media item was asked for that is known of, UTC."""
        row = self._database.one("SELECT min(created) AS first FROM jobs WHERE media_id = ?", media_id)
        first: str | None = None if row is None else row["first"]
        return first

    def result(self, media_id: str) -> Job | None:
        """Return the newest job of a media item that succeeded."""
        row = self._database.one(
            "SELECT doc FROM jobs WHERE job_id = (SELECT job_id FROM jobs WHERE media_id = ? AND status = 'success' "
            "ORDER BY created DESC, job_id DESC LIMIT 1)",
            media_id,
        )
        return None if row is None else _job(row)

    def newest_copies(self, since: str, *, before: tuple[str, str] | None = None, limit: int) -> list[Job]:
        """Return jobs with matches, newest first, each the newest of its media item that succeeded.

        Args:
            since: Jobs that were asked for earlier are left out.
            before: Creation time and id of the last job of the page before.
            limit: How many at the most.
        """
        rows = self._database.all(
            "SELECT jobs.doc FROM matched_jobs AS found CROSS JOIN jobs ON jobs.job_id = found.job_id "
            "WHERE found.created >= ? AND (found.created, found.job_id) < (?, ?) AND jobs.status = 'success' "
            "AND NOT EXISTS (SELECT 1 FROM jobs AS later WHERE later.media_id = jobs.media_id "
            "AND later.status = 'success' AND (later.created, later.job_id) > (jobs.created, jobs.job_id)) "
            "ORDER BY found.created DESC, found.job_id DESC LIMIT ?",
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

    def oldest_unfinished(self) -> str | None:
        """Return when the oldest job was asked for that has not ended, UTC; None where all have."""
        (row,) = self._database.all(  # each of the two is one look into an index
            "SELECT min(created) AS oldest FROM (SELECT min(created) AS created FROM jobs WHERE status = 'init' "
            "UNION ALL SELECT min(created) FROM jobs WHERE status = 'processing')"
        )
        oldest: str | None = row["oldest"]
        return oldest

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
        return {status.value: count.number for status, count in self.counted().items()}

    def counted(self, wanted: JobFilter = JobFilter()) -> dict[JobStatus, Count]:  # noqa: B008 (frozen)
        """Return how many jobs there are in each status that pass a filter, apart from the status that it asks for.

        Where no number is kept they are counted up to `COUNTED`.
        """
        return count_by_status(self._database, wanted)

    def _jobs(self, job_ids: list[str]) -> list[Job]:
        """Return jobs in a given order, without those that have gone meanwhile."""
        rows = self._database.all(
            "SELECT job_id, doc FROM jobs WHERE job_id IN (SELECT value FROM json_each(?))",
            msgspec.json.encode(job_ids).decode(),
        )
        found = {row["job_id"]: row for row in rows}
        return [_job(found[job_id]) for job_id in job_ids if job_id in found]


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
        if job is None or not _take_over(writer, job):
            return []
        return [News("job", job.job_id, job.request.library, job.status)]


def has_ended(writer: sqlite3.Connection, job_id: str) -> bool:
    """Whether a job is known to have ended."""
    row = writer.execute("SELECT status FROM jobs WHERE job_id = ?", (job_id,)).fetchone()
    return row is not None and JobStatus(row["status"]).ended


def _take_over(writer: sqlite3.Connection, job: Job) -> bool:
    row = writer.execute("SELECT status, updated, doc FROM jobs WHERE job_id = ?", (job.job_id,)).fetchone()
    doc = msgspec.json.encode(job)
    if row is not None and (_is_newer(row, job) or bytes(row["doc"]) == doc):
        return False
    values: dict[str, object] = {
        "job_id": job.job_id,
        "media_id": job.media_id,
        "name": job.media_id.casefold(),
        "library": job.request.library,
        "status": job.status.value,
        "code": job.code,
        "source": job.request.source,
        "version": job.version,
        "created": job.creation_time,
        "updated": job.update_time,
        "completed": (job.complete_time or job.update_time) if job.status.ended else "",
        "found": len(job.matches),
        "doc": doc,
    }
    writer.execute(_STORE, tuple(values[name] for name in _COLUMNS))
    return True


def _is_newer(row: sqlite3.Row, job: Job) -> bool:
    stored_ended = JobStatus(row["status"]).ended
    if stored_ended != job.status.ended:
        return stored_ended
    return bool(row["updated"] > job.update_time)


def _job(row: sqlite3.Row) -> Job:
    return msgspec.json.decode(row["doc"], type=Job)
