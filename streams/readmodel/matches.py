"""What the read model knows of matches: those seen while a job is under way, and what ended jobs found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.jobs import Job, JobStatus, LiveMatch
from schemas.libraries import item_of_key
from streams.readmodel.jobs import has_ended
from streams.readmodel.pagination import BadCursor, page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["MatchPage", "MatchProjection", "MatchRows", "MatchedBy"]


#: Between job, reference and library where a cursor names a match; none of them holds control characters.
SEPARATOR = "\x1f"
#: By what a list is read and sorted, whichever of the two it is of.
_REFERENCE, _INPUT = (
    "matches INDEXED BY matches_by_reference_newest",
    "matches INDEXED BY matches_by_media_newest",
)


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


class MatchRows:
    """Answers about matches. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self, job_id: str) -> list[LiveMatch]:
        """Return the matches seen so far of a job that is under way."""
        rows = self._database.all("SELECT doc FROM live_matches WHERE job_id = ? ORDER BY chunk", job_id)
        return [msgspec.json.decode(row["doc"], type=LiveMatch) for row in rows]

    def references(self, job_id: str) -> frozenset[tuple[str, str]]:
        """Return library and MediaId of what an ended job has matched, as far as it is there still."""
        rows = self._database.all("SELECT library, reference FROM matches WHERE job_id = ?", job_id)
        return frozenset((row["library"], row["reference"]) for row in rows)

    def inputs_of(self, reference: str, *, limit: int) -> list[str]:
        """Return the input of each match with a reference, newest first; dismissed pairs are left out.

        Args:
            reference: The reference, in whichever libraries.
            limit: How many at the most; an input that was searched often, or matched in two libraries, is there often.
        """
        rows = self._database.all(
            f"SELECT media_id FROM {_REFERENCE} WHERE reference = ? AND NOT dismissed "  # noqa: S608 (no user's text)
            "ORDER BY created DESC, job_id DESC, library DESC LIMIT ?",
            reference,
            limit,
        )
        return [row["media_id"] for row in rows]

    def page(
        self,
        *,
        reference: str | None = None,
        media_id: str | None = None,
        suppressed: bool = False,
        cursor: str | None = None,
        limit: int = 100,
    ) -> MatchPage:
        """Return a page of who copies a reference, or of what an input copies, newest first.

        Args:
            reference: The reference; None: any.
            media_id: The input; None: any. At least one of the two is given.
            suppressed: Whether pairs that were dismissed, whichever of the two was the input then, are shown as well.
            cursor: Where the page before has ended.
            limit: How many matches the page has at the most.

        Raises:
            BadCursor: The cursor is none of this list's.
            ValueError: Neither reference nor input is given.
        """
        if reference is None and media_id is None:
            raise ValueError("a list of matches is of a reference or of an input: name one of them")
        conditions: dict[str, list[str]] = {}
        order: tuple[str, ...]
        if media_id is not None:
            table, order = _INPUT, ("created", "job_id", "reference", "library")
            conditions["media_id = ?"] = [media_id]
            # The plus sign keeps the order that the index has: there is more than one column behind this one.
            conditions["+reference = ?"] = [] if reference is None else [reference]
        else:
            table, order = _REFERENCE, ("created", "job_id", "library")
            conditions["reference = ?"] = [reference or ""]
        if cursor is not None:
            place = _place_of(cursor)
            conditions[f"({', '.join(order)}) < ({', '.join('?' * len(order))})"] = [place[name] for name in order]
        used = [condition for condition, values in conditions.items() if values]
        used += [] if suppressed else ["NOT dismissed"]
        rows = self._database.all(
            "SELECT created, job_id || char(31) || reference || char(31) || library AS place, * "  # noqa: S608 (no user's text)
            f"FROM {table} WHERE {' AND '.join(used)} ORDER BY {', '.join(f'{name} DESC' for name in order)} LIMIT ?",
            *(value for values in conditions.values() for value in values),
            limit + 1,
        )
        rows, following = page_of("matches", rows, limit)
        return MatchPage(
            [MatchedBy(**{name: row[name] for name in MatchedBy.__struct_fields__}) for row in rows], following
        )

    def count_media(self, library: str, reference: str, *, after: str, until: str) -> int:
        """Return how many media items copy a reference, of those that were asked for after a time and up to another.

        What backward searches have found does not count.
        """
        row = self._database.one(
            "SELECT count(DISTINCT media_id) AS media FROM matches "
            "WHERE library = ? AND reference = ? AND created > ? AND created <= ? AND NOT retroactive",
            library,
            reference,
            after,
            until,
        )
        return 0 if row is None else int(row["media"])


class MatchProjection(Projection):
    """Keeps a job's live matches until it ends, and from then on its own; they go with the job, item or library."""

    name = "matches"
    topics = ("matches",)
    follows = ("jobs", "libraries", "items")

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a live match, what an ended job found, or that something is gone."""
        if record.channel == "matches":
            live = record.decoded(LiveMatch)
            return [News("match", live.job_id)] if live is not None and _take_over(writer, live) else []
        if record.is_tombstone:
            return _forget(writer, record)
        if record.channel == "jobs" and (job := record.decoded(Job)) is not None and job.status.ended:
            _end(writer, job)
        return []


def _take_over(writer: sqlite3.Connection, live: LiveMatch) -> bool:
    """Store a live match unless its job has ended; tell whether it is news."""
    if has_ended(writer, live.job_id):
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


def _end(writer: sqlite3.Connection, job: Job) -> None:
    """Put what a job has found in the place of what was seen on the way."""
    writer.execute("DELETE FROM live_matches WHERE job_id = ?", (job.job_id,))
    writer.execute("DELETE FROM matches WHERE job_id = ?", (job.job_id,))
    if job.status is not JobStatus.SUCCESS:
        return
    later = {(one.library, one.reference) for one in job.rulings if one.retroactive}
    found = {(one.library, one.media_id): one.similarity for one in job.matches}
    writer.executemany(
        "INSERT INTO matches "
        "(library, reference, job_id, media_id, created, similarity, retroactive, stores_into, name) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *pair,
                job.job_id,
                job.media_id,
                job.creation_time,
                similarity,
                pair in later,
                job.request.library,
                job.media_id.casefold(),
            )
            for pair, similarity in found.items()
        ],
    )


def _forget(writer: sqlite3.Connection, record: Record) -> list[News]:
    """Forget the matches of a job, of a library, or of an item that is gone."""
    name = record.name
    if record.channel == "jobs":
        gone = writer.execute("DELETE FROM live_matches WHERE job_id = ?", (name,)).rowcount
        gone += writer.execute("DELETE FROM matches WHERE job_id = ?", (name,)).rowcount
        return [News("job", name)] if gone else []
    if record.channel == "libraries":
        gone = writer.execute("DELETE FROM matches WHERE library = ?", (name,)).rowcount
        return [News("library", name)] if gone else []
    library, media_id = item_of_key(name)
    gone = writer.execute("DELETE FROM matches WHERE library = ? AND reference = ?", (library, media_id)).rowcount
    return [News("item", library)] if gone else []


def _place_of(cursor: str) -> dict[str, str]:
    """Return where a cursor stands: the columns that a list of matches is sorted by.

    Raises:
        BadCursor: The cursor is none of this list's.
    """
    created, place = read_cursor("matches", cursor)
    parts = place.split(SEPARATOR)
    if len(parts) != len(("job_id", "reference", "library")):
        raise BadCursor("this cursor is none of this list's: leave it out to start from the newest entry")
    return dict(zip(("created", "job_id", "reference", "library"), (created, *parts), strict=True))
