"""What the read model knows of airings: when which ad ran in which medium.

Airings are derived: they follow from the newest search of a medium, from what libraries there are and hold, and from
which pairs people have said to be no match. Whenever one of these changes, those of the media that it concerns are
worked out anew, so every worker comes to the same, in whatever order and however often it hears of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from schemas.cases import CaseState, Decision
from schemas.clock import format_time
from schemas.jobs import Job, JobStatus
from schemas.libraries import Library, LibraryItem, Purpose, item_of_key
from streams.domain.airings import airings_of
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from schemas.matches import Match
    from streams.domain.airings import Airing
    from streams.readmodel.projection import Record

__all__ = ["AiringProjection"]

_COLUMNS = (
    "place", "time", "media_id", "library", "ad", "start_s", "end_s", "seconds", "clock_start", "share", "complete",
    "track", "speed", "job_id",
)  # fmt: skip
_STORE = f"INSERT INTO airings ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 (our own words)
#: Of whichever is the input of the two.
_DISMISSED = (
    "SELECT reference AS other FROM decided_pairs WHERE media_id = :media_id AND state = :dismissed "
    "UNION SELECT media_id FROM decided_pairs WHERE reference = :media_id AND state = :dismissed"
)

#: Library and MediaId of an ad.
_Ad = tuple[str, str]


class AiringProjection(Projection):
    """Keeps of each medium when ads ran in it. That is no news: what it follows from is, to those who show it."""

    name = "airings"
    follows = ("jobs", "libraries", "items", "decisions")

    def take_over(self, writer: sqlite3.Connection) -> None:
        """Work out the airings of media that were searched before there were airings."""
        for row in writer.execute("SELECT media_id FROM airing_due").fetchall():
            _derive(writer, row["media_id"])
        writer.execute("DELETE FROM airing_due")

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Work out anew the airings of all media that a message concerns."""
        for media_id in _concerned_by_end(writer, record) if record.is_tombstone else _concerned(writer, record):
            _derive(writer, media_id)
        return []


def _concerned(writer: sqlite3.Connection, record: Record) -> Iterable[str]:
    match record.channel:
        case "jobs" if (job := record.decoded(Job)) is not None:
            return _add_job(writer, job)
        case "libraries" if (library := record.decoded(Library)) is not None:
            return _set_library(writer, library.name, is_of_ads=library.purpose is Purpose.ADS)
        case "items" if (item := record.decoded(LibraryItem)) is not None:
            return _set_item(writer, item.library, item.media_id, item.duration)
        case "decisions" if (decision := record.decoded(Decision)) is not None:
            return decision.media_id, decision.reference
    return ()


def _concerned_by_end(writer: sqlite3.Connection, record: Record) -> Iterable[str]:
    match record.channel:
        case "jobs":
            return _forget_job(writer, record.name)
        case "libraries":
            return _set_library(writer, record.name, is_of_ads=False)
        case "items":
            return _set_item(writer, *item_of_key(record.name), None)
    return ()


def _add_job(writer: sqlite3.Connection, job: Job) -> Iterable[str]:
    if job.status is not JobStatus.SUCCESS or not job.request.save_type.searches:
        return ()
    writer.execute("INSERT OR IGNORE INTO airing_jobs VALUES (?, ?)", (job.job_id, job.media_id))
    return (job.media_id,)


def _forget_job(writer: sqlite3.Connection, job_id: str) -> Iterable[str]:
    rows = writer.execute("DELETE FROM airing_jobs WHERE job_id = ? RETURNING media_id", (job_id,)).fetchall()
    return [row["media_id"] for row in rows]


def _set_library(writer: sqlite3.Connection, name: str, *, is_of_ads: bool) -> Iterable[str]:
    """Note whether a library is one of ads; return the media that this concerns, none where it is no change."""
    add, remove = "INSERT OR IGNORE INTO airing_libraries VALUES (?)", "DELETE FROM airing_libraries WHERE name = ?"
    if not writer.execute(add if is_of_ads else remove, (name,)).rowcount:
        return ()
    rows = writer.execute("SELECT DISTINCT media_id FROM airing_pairs WHERE library = ?", (name,))
    return [row["media_id"] for row in rows.fetchall()]


def _set_item(writer: sqlite3.Connection, library: str, ad: str, duration: float | None) -> Iterable[str]:
    """Return the media that it concerns how long an item is, or that it is gone."""
    rows = writer.execute(
        "SELECT media_id FROM airing_pairs WHERE library = ? AND ad = ? AND duration IS NOT ? "
        "AND EXISTS (SELECT 1 FROM airing_libraries WHERE name = ?)",
        (library, ad, duration, library),
    )
    return [row["media_id"] for row in rows.fetchall()]


def _derive(writer: sqlite3.Connection, media_id: str) -> None:
    """Work out the airings in a medium from all that is known, and put them in the place of those before."""
    job = _newest_search(writer, media_id)
    held = {} if job is None else _held(writer, job.matches)
    _store_pairs(writer, media_id, held)
    shown = [] if job is None else _airings(writer, job, held)
    rows = [] if job is None else list(_rows(job, shown))
    known = writer.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM airings INDEXED BY airings_by_media WHERE media_id = ? ORDER BY place",  # noqa: S608 (our own words)
        (media_id,),
    )
    if list(map(tuple, known.fetchall())) != sorted(rows):
        writer.execute("DELETE FROM airings WHERE media_id = ?", (media_id,))
        writer.executemany(_STORE, rows)


def _newest_search(writer: sqlite3.Connection, media_id: str) -> Job | None:
    """Return the newest job that has looked for what a medium copies."""
    rows = writer.execute(
        "SELECT doc FROM jobs WHERE media_id = ? AND status = 'success' ORDER BY created DESC, job_id DESC", (media_id,)
    )
    jobs = (msgspec.json.decode(row["doc"], type=Job) for row in rows)
    return next((job for job in jobs if job.request.save_type.searches), None)


def _held(writer: sqlite3.Connection, matches: Sequence[Match]) -> dict[_Ad, float | None]:
    """Return how long each matched ad is; None of what is no ad, or no library holds."""
    of_ads = {row["name"] for row in writer.execute("SELECT name FROM airing_libraries")}
    held: dict[_Ad, float | None] = dict.fromkeys((match.library, match.media_id) for match in matches)
    for ad in held:
        if ad[0] not in of_ads:
            continue
        row = writer.execute("SELECT doc FROM items WHERE library = ? AND media_id = ?", ad).fetchone()
        held[ad] = None if row is None else msgspec.json.decode(row["doc"], type=LibraryItem).duration
    return held


def _store_pairs(writer: sqlite3.Connection, media_id: str, held: dict[_Ad, float | None]) -> None:
    known = writer.execute("SELECT library, ad, duration FROM airing_pairs WHERE media_id = ?", (media_id,)).fetchall()
    if {(row["library"], row["ad"]): row["duration"] for row in known} != held:
        writer.execute("DELETE FROM airing_pairs WHERE media_id = ?", (media_id,))
        writer.executemany(
            "INSERT INTO airing_pairs VALUES (?, ?, ?, ?)", [(media_id, *ad, duration) for ad, duration in held.items()]
        )


def _airings(writer: sqlite3.Connection, job: Job, held: dict[_Ad, float | None]) -> list[Airing]:
    """Return the airings that a job has found, of ads that libraries hold and nobody has said to be no match."""
    durations = {ad: duration for ad, duration in held.items() if duration is not None}
    if not durations:
        return []
    values = {"media_id": job.media_id, "dismissed": CaseState.DISMISSED}
    dismissed = {row["other"] for row in writer.execute(_DISMISSED, values)}
    matches = (one for one in job.matches if (one.library, one.media_id) in durations and one.media_id not in dismissed)
    return airings_of(matches, durations)


def _rows(job: Job, airings: Iterable[Airing]) -> Iterator[tuple[object, ...]]:
    for number, one in enumerate(airings):
        clock_start = _by_the_clock(job.request.start_time, one.start)
        values: dict[str, object] = {
            "place": f"{job.media_id}\x1f{number:06}",
            "time": clock_start or job.creation_time,
            "media_id": job.media_id,
            "library": one.library,
            "ad": one.ad,
            "start_s": one.start,
            "end_s": one.end,
            "seconds": one.seconds,
            "clock_start": clock_start,
            "share": one.share,
            "complete": int(one.complete),
            "track": one.track.value,
            "speed": one.speed,
            "job_id": job.job_id,
        }
        yield tuple(values[name] for name in _COLUMNS)


def _by_the_clock(start_time: str, second: float) -> str:
    """Return when a second of a broadcast was, UTC; empty where nobody knows when that began."""
    if not start_time:
        return ""
    try:
        return format_time(datetime.fromisoformat(start_time) + timedelta(seconds=second))
    except (ValueError, OverflowError):  # of a foreign writer, or behind the last year that there is
        return ""
