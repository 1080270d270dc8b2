"""What the read model answers, and how events change it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.jobs import Job, JobStatus, LiveMatch
from schemas.keys import NONCE, expired_before
from streams.readmodel.changelog import log_id_of
from streams.readmodel.database import Database
from streams.readmodel.dead_letters import Letter, LetterRows, apply_letter, apply_replay
from streams.readmodel.deliveries import DeliveryLog, GoneDelivery, apply_delivery, expect_delivery
from streams.readmodel.libraries import GoneItem, GoneLibrary, LibraryRows, apply_item, apply_library
from streams.readmodel.pagination import BadCursor, page_of, read_cursor
from streams.readmodel.reconciliation import ReconciliationRows
from streams.readmodel.usage import UsageLog, record_usage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from schemas.deadletter import DeadLetterReplay
    from schemas.deliveries import Delivery
    from schemas.keys import KeyClaim
    from schemas.libraries import Library, LibraryItem
    from schemas.matches import Match

__all__ = [
    "BadCursor",
    "Change",
    "JobFilter",
    "JobPage",
    "JobTombstone",
    "MatchPage",
    "MatchedBy",
    "ReadModel",
    "UnmovedJob",
]

#: Changes that are kept for readers that were away; who was away longer reads the lists anew.
KEPT_CHANGES = 10_000


class Change(msgspec.Struct, frozen=True):
    """Something that readers may want to show.

    Attributes:
        id: Rises with each change.
        kind: "job", "match", "library", "item" or "letter".
        subject: Id of the job or the dead letter, or name of the library.
    """

    id: int
    kind: str
    subject: str


class JobTombstone(NamedTuple):
    """A job that is forgotten."""

    job_id: str


class UnmovedJob(NamedTuple):
    """A job that has not ended, and since when its state is what it is."""

    job_id: str
    media_id: str
    source: str
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


class MatchedBy(msgspec.Struct, frozen=True, kw_only=True):
    """An input that was found to copy a reference."""

    library: str
    reference: str
    job_id: str
    media_id: str
    created: str
    similarity: float


class MatchPage(msgspec.Struct, frozen=True):
    """A page of matches, newest first; `next` is the cursor of the page that follows."""

    matches: list[MatchedBy]
    next: str | None = None


class ReadModel:
    """The newest state of every job. Every method may be called from any thread; applying is idempotent."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        #: Names the log that changes are numbered in: each file has its own, so their numbers mean nothing elsewhere.
        self.log_id = log_id_of(self._database)
        self.usage = UsageLog(self._database)
        self.deliveries = DeliveryLog(self._database)
        self.libraries = LibraryRows(self._database)
        self.letters = LetterRows(self._database)
        self.reconciliation = ReconciliationRows(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def apply(
        self,
        *,
        jobs: Sequence[Job | JobTombstone] = (),
        claims: Sequence[KeyClaim] = (),
        live: Sequence[LiveMatch] = (),
        completions: Sequence[tuple[str, bytes]] = (),
        deliveries: Sequence[Delivery | GoneDelivery] = (),
        libraries: Sequence[Library | GoneLibrary] = (),
        items: Sequence[LibraryItem | GoneItem] = (),
        letters: Sequence[Letter] = (),
        replays: Sequence[DeadLetterReplay] = (),
        offsets: dict[tuple[str, int], int] | None = None,
    ) -> list[Change]:
        """Take over a batch of events and how far it was read, all or nothing; return what changed.

        What is known already is no change: topics that are read again do not push out what readers have yet to see.
        """
        changes: list[Change] = []
        with self._database.write() as writer:
            writer.executemany("INSERT OR IGNORE INTO completions VALUES (?, ?)", completions)
            of_keys = [(claim.job_id, claim.request_digest) for claim in claims]
            writer.executemany("INSERT OR IGNORE INTO key_claims VALUES (?, ?)", of_keys)
            if any(claim.job_id.startswith(NONCE) for claim in claims):
                expired = "DELETE FROM key_claims WHERE job_id >= ? AND job_id < ?"
                writer.execute(expired, expired_before(time.time()))
            changes += [_change(writer, "job", job.job_id) for job in jobs if _apply_job(writer, job)]
            changes += [_change(writer, "match", match.job_id) for match in live if _apply_live(writer, match)]
            for delivery in deliveries:
                apply_delivery(writer, delivery)
            changes += [_change(writer, "library", one.name) for one in libraries if apply_library(writer, one)]
            changes += [_change(writer, "item", item.library) for item in items if apply_item(writer, item)]
            known = (apply_letter(writer, letter) for letter in letters)
            changes += [_change(writer, "letter", letter_id) for letter_id in known if letter_id is not None]
            changes += [_change(writer, "letter", one.letter_id) for one in replays if apply_replay(writer, one)]
            rows = [(topic, partition, offset) for (topic, partition), offset in (offsets or {}).items()]
            writer.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)", rows)
            if changes:
                writer.execute("DELETE FROM changes WHERE id <= ?", (changes[-1].id - KEPT_CHANGES,))
        return changes

    def job(self, job_id: str) -> Job | None:
        """Return a job."""
        row = self._database.one("SELECT doc FROM jobs WHERE job_id = ?", job_id)
        return None if row is None else _job(row)

    def jobs(self, wanted: JobFilter = JobFilter(), *, cursor: str | None = None, limit: int = 50) -> JobPage:  # noqa: B008 (frozen)
        """Return a page of jobs, newest first.

        Raises:
            BadCursor: The cursor is none of ours.
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

    def jobs_of(self, media_id: str) -> list[Job]:
        """Return all jobs of a media item, newest first."""
        rows = self._database.all(
            "SELECT doc FROM jobs WHERE media_id = ? ORDER BY created DESC, job_id DESC", media_id
        )
        return [_job(row) for row in rows]

    def result(self, media_id: str) -> Job | None:
        """Return the newest job of a media item that succeeded."""
        return next((job for job in self.jobs_of(media_id) if job.status is JobStatus.SUCCESS), None)

    def unfinished(self) -> list[Job]:
        """Return the jobs that have not ended, oldest first."""
        rows = self._database.all(
            "SELECT doc FROM jobs WHERE status IN ('init', 'processing') ORDER BY created, job_id"
        )
        return [_job(row) for row in rows]

    def unmoved(self, since: str) -> list[UnmovedJob]:
        """Return the jobs that have not ended and whose state is older than a time, the oldest state first."""
        rows = self._database.all(
            "SELECT job_id, media_id, source, updated FROM jobs "
            "WHERE status IN ('init', 'processing') AND updated < ? ORDER BY updated, job_id",
            since,
        )
        return [UnmovedJob(*row) for row in rows]

    def live_matches(self, job_id: str) -> list[LiveMatch]:
        """Return the matches seen so far of a job that is under way."""
        rows = self._database.all("SELECT doc FROM live_matches WHERE job_id = ? ORDER BY chunk", job_id)
        return [msgspec.json.decode(row["doc"], type=LiveMatch) for row in rows]

    def matches(
        self, *, reference: str | None = None, media_id: str | None = None, cursor: str | None = None, limit: int = 100
    ) -> MatchPage:
        """Return a page of who copies a reference, or of what an input copies, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        after = read_cursor("matches", cursor) if cursor is not None else None
        conditions = {
            "reference = ?": [reference] if reference is not None else [],
            "media_id = ?": [media_id] if media_id is not None else [],
            "(created, place) < (?, ?)": list(after) if after else [],
        }
        used = [condition for condition, values in conditions.items() if values]
        rows = self._database.all(
            "SELECT created, place, * FROM "  # noqa: S608 (no user's text)
            "(SELECT *, job_id || char(31) || reference || char(31) || library AS place FROM matches) "
            f"WHERE {' AND '.join(used) or 'true'} ORDER BY created DESC, place DESC LIMIT ?",
            *(value for values in conditions.values() for value in values),
            limit + 1,
        )
        rows, following = page_of("matches", rows, limit)
        return MatchPage(
            [MatchedBy(**{name: row[name] for name in MatchedBy.__struct_fields__}) for row in rows], following
        )

    def is_complete(self, job_id: str) -> bool:
        """Whether the job's complete event has been read from its topic."""
        return self._database.one("SELECT 1 FROM completions WHERE job_id = ?", job_id) is not None

    def completion(self, job_id: str) -> bytes | None:
        """Return the job's complete event, as it is on the topic."""
        row = self._database.one("SELECT event FROM completions WHERE job_id = ?", job_id)
        return None if row is None else bytes(row["event"])

    def key_digest(self, job_id: str) -> str | None:
        """Return the digest of the request that first claimed the key that leads to a job's id."""
        row = self._database.one("SELECT request_digest FROM key_claims WHERE job_id = ?", job_id)
        return None if row is None else row["request_digest"]

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are in each status."""
        rows = self._database.all("SELECT status, count(*) AS jobs FROM jobs GROUP BY status")
        found = {row["status"]: row["jobs"] for row in rows}
        return {status.value: found.get(status.value, 0) for status in JobStatus}

    def offset(self, topic: str, partition: int) -> int | None:
        """Return the next offset to read; None when nothing was read yet."""
        row = self._database.one("SELECT next FROM offsets WHERE topic = ? AND partition = ?", topic, partition)
        return None if row is None else row["next"]

    def forget_offsets(self) -> None:
        """Read all topics from their beginning: their broker is a new one, which counts from 0 again."""
        with self._database.write() as writer:
            writer.execute("DELETE FROM offsets")

    def changes_since(self, change_id: int, *, limit: int = 1000) -> list[Change] | None:
        """Return a page of the changes after the given one, oldest first; None when some of them are no longer kept.

        A page that is empty says that there are no more; one that is not may have others behind it.
        """
        # Numbers leave no gap. So a page that does not begin with the next one lacks changes; to ask for the oldest one
        # first would miss those that are dropped between the two questions.
        rows = self._database.all("SELECT * FROM changes WHERE id > ? ORDER BY id LIMIT ?", change_id, limit)
        if rows and rows[0]["id"] != change_id + 1:
            return None
        return [Change(row["id"], row["kind"], row["subject"]) for row in rows]

    def last_change(self) -> int:
        """Return the id of the newest change; 0 when there is none."""
        row = self._database.one("SELECT max(id) AS id FROM changes")
        return 0 if row is None or row["id"] is None else row["id"]


def _apply_job(writer: sqlite3.Connection, job: Job | JobTombstone) -> bool:
    """Store a job's state unless a newer one, or this very one, is there; an ended job does not start again."""
    if isinstance(job, JobTombstone):
        return _forget_job(writer, job)
    row = writer.execute("SELECT status, updated, doc FROM jobs WHERE job_id = ?", (job.job_id,)).fetchone()
    doc = msgspec.json.encode(job)
    if row is not None and (_is_newer(row, job) or bytes(row["doc"]) == doc):
        return False
    request = job.request
    writer.execute(
        "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            job.job_id,
            job.media_id,
            request.library,
            job.status.value,
            request.source,
            job.version,
            job.creation_time,
            job.update_time,
            doc,
        ),
    )
    if job.status.ended:
        writer.execute("DELETE FROM live_matches WHERE job_id = ?", (job.job_id,))
        writer.execute("DELETE FROM matches WHERE job_id = ?", (job.job_id,))
        writer.executemany("INSERT OR REPLACE INTO matches VALUES (?, ?, ?, ?, ?, ?)", _match_rows(job, job.matches))
        record_usage(writer, job)
        expect_delivery(writer, job)
    return True


def _forget_job(writer: sqlite3.Connection, job: JobTombstone) -> bool:
    """Forget all that tells of a job, but for its seconds, which are billed; tell whether there was anything."""
    gone = 0
    for table in ("deliveries", "live_matches", "matches", "completions", "key_claims", "jobs"):
        gone += writer.execute(f"DELETE FROM {table} WHERE job_id = ?", job).rowcount  # noqa: S608 (our own names)
    return bool(gone)


def _is_newer(row: sqlite3.Row, job: Job) -> bool:
    stored_ended = JobStatus(row["status"]).ended
    if stored_ended != job.status.ended:
        return stored_ended
    return bool(row["updated"] > job.update_time)


def _match_rows(job: Job, matches: Iterable[Match]) -> list[tuple[Any, ...]]:
    return [(m.library, m.media_id, job.job_id, job.media_id, job.creation_time, m.similarity) for m in matches]


def _apply_live(writer: sqlite3.Connection, live: LiveMatch) -> bool:
    """Store a live match unless its job has ended; tell whether it is news."""
    row = writer.execute("SELECT status FROM jobs WHERE job_id = ?", (live.job_id,)).fetchone()
    if row is not None and JobStatus(row["status"]).ended:
        return False
    key = (live.job_id, live.chunk, live.match.library, live.match.media_id)
    doc = msgspec.json.encode(live)
    known = writer.execute(
        "SELECT 1 FROM live_matches WHERE (job_id, chunk, library, reference) = (?, ?, ?, ?) AND doc = ?", (*key, doc)
    ).fetchone()
    if known is not None:
        return False
    writer.execute("INSERT OR REPLACE INTO live_matches VALUES (?, ?, ?, ?, ?)", (*key, doc))
    return True


def _change(writer: sqlite3.Connection, kind: str, subject: str) -> Change:
    cursor = writer.execute("INSERT INTO changes (kind, subject) VALUES (?, ?)", (kind, subject))
    return Change(cursor.lastrowid or 0, kind, subject)


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
