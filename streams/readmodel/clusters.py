"""What the read model keeps of clusters: media that are linked by matches, as these come and go.

Clusters are derived, like traces: from the newest result of each media item, from what libraries hold, from which
pairs people have said to be no match, and from what they say of boilerplate. Whenever one of these changes, the links
of the media that it concerns are worked out anew. A new link joins two clusters, of which the smaller one moves. Where
one goes it is looked whether its two ends are linked through others still; what has come apart moves out. So every
worker comes to the same clusters, in whatever order it hears of things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fingerprint.intervals import union
from schemas.boilerplate import BoilerplateRuling
from schemas.cases import CaseState, Decision
from schemas.jobs import Job, JobStatus
from schemas.libraries import LibraryItem
from streams.domain.clusters import parted
from streams.domain.precedence import Ages, age_order, ages_of, with_job
from streams.domain.rulings import reported
from streams.domain.tracing.links import Medium, Sighting, is_linking
from streams.domain.verdicts import as_overruled
from streams.readmodel.boilerplate import rulings_about
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from fingerprint.intervals import Span
    from streams.readmodel.projection import Record

__all__ = ["ClusterProjection"]

_Spans = tuple[tuple[float, float], ...]

_RESULT = "SELECT doc FROM jobs WHERE media_id = ? AND status = 'success' ORDER BY created DESC, job_id DESC LIMIT 1"
_DUE = "DELETE FROM cluster_due RETURNING media_id"
#: Of whichever is the input of the two.
_DISMISSED = (
    "SELECT reference AS other FROM decided_pairs WHERE media_id = :media_id AND state = :dismissed "
    "UNION SELECT media_id FROM decided_pairs WHERE reference = :media_id AND state = :dismissed"
)
_NEIGHBOURS = (
    "SELECT reference AS other FROM cluster_links WHERE input = :media_id "
    "UNION ALL SELECT input FROM cluster_links WHERE reference = :media_id"
)
#: What a cluster says of its members: the one that was first seen first names it, the oldest one is its root.
_FIRST = "SELECT media_id, first_seen FROM cluster_members WHERE number = ? ORDER BY first_seen, media_id LIMIT 1"
_LAST = "SELECT max(first_seen) AS first_seen FROM cluster_members WHERE number = ?"
_OLDEST = "SELECT media_id FROM cluster_members WHERE number = ? ORDER BY age, media_id LIMIT 1"
#: Between the parts of what members and clusters are sorted by: names hold no control characters, and it sorts before
#: all others, so that a part that is the beginning of another one does.
SEPARATOR = "\x1f"


class ClusterProjection(Projection):
    """Keeps which media are linked to each other. That is no news: what it follows from is, to those who show it."""

    name = "clusters"
    follows = ("jobs", "libraries", "items", "decisions", "boilerplate-rulings")

    def take_over(self, writer: sqlite3.Connection) -> None:
        """Work out the clusters of media that were searched before there were clusters."""
        _derive_what_is_due(writer)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Work out anew the links of all media that a message concerns; of what is gone, triggers have noted them."""
        if not record.is_tombstone:
            _note_due(writer, _concerned(writer, record))
        _derive_what_is_due(writer)
        return []


def _concerned(writer: sqlite3.Connection, record: Record) -> Iterable[str]:
    match record.channel:
        case "jobs" if (job := record.decoded(Job)) is not None:
            is_result = job.status is JobStatus.SUCCESS
            return (job.media_id,) if is_result or _is_member(writer, job.media_id) else ()
        case "items" if (item := record.decoded(LibraryItem)) is not None:
            return (item.media_id,) if _is_member(writer, item.media_id) else ()
        case "decisions" if (decision := record.decoded(Decision)) is not None:
            return decision.media_id, decision.reference
        case "boilerplate-rulings" if (ruling := record.decoded(BoilerplateRuling)) is not None:
            return ruling.media_id, *_inputs_of(writer, ruling.media_id)
    return ()


def _note_due(writer: sqlite3.Connection, media_ids: Iterable[str]) -> None:
    writer.executemany("INSERT OR IGNORE INTO cluster_due VALUES (?)", [(one,) for one in media_ids])


def _derive_what_is_due(writer: sqlite3.Connection) -> None:
    """Work out anew what is noted; what follows for a cluster as a whole once, however many of its members are.

    Where a reference goes that thousands copy, as many media are due, and mostly all in one cluster.
    """
    changed: set[int] = set()
    while due := sorted(row["media_id"] for row in writer.execute(_DUE).fetchall()):
        for media_id in due:
            changed |= _derive(writer, media_id)
    for number in sorted(changed):
        _settle(writer, number)


def _derive(writer: sqlite3.Connection, media_id: str) -> set[int]:
    """Work out what the newest result of a media item links it to, and when it was first seen.

    Returns:
        The clusters that this has changed: what they say of their members is yet to be worked out.
    """
    job = _overruled(writer, _result(writer, media_id))
    spans = () if job is None else tuple(union((one.start, one.end) for one in job.boilerplate))
    if _store_boilerplate(writer, media_id, spans):
        _note_due(writer, _inputs_of(writer, media_id))
    linked = set() if job is None else set(_linked(writer, job, spans))
    rows = writer.execute("SELECT reference FROM cluster_links WHERE input = ?", (media_id,)).fetchall()
    known = {row["reference"] for row in rows}
    changed: set[int] = set()
    for other in sorted(known - linked):
        changed |= _unlink(writer, media_id, other)
    changed |= _set_age(writer, media_id)
    for other in sorted(linked - known):
        changed |= _link(writer, media_id, other)
    return changed


def _result(writer: sqlite3.Connection, media_id: str) -> Job | None:
    """Return the newest job of a media item that succeeded."""
    row = writer.execute(_RESULT, (media_id,)).fetchone()
    return None if row is None else msgspec.json.decode(row["doc"], type=Job)


def _overruled(writer: sqlite3.Connection, job: Job | None) -> Job | None:
    """Return a result as traces are told of it: with the boilerplate that people leave of it now."""
    if job is None or not job.matches:
        return job
    said = rulings_about(writer, [job.media_id, *(match.media_id for match in job.matches)])
    if not said and job.counted_boilerplate is None:
        return job
    return as_overruled(reported(job, dismissed=_dismissed_with(writer, job.media_id), allowed=()), said)


def _inputs_of(writer: sqlite3.Connection, media_id: str) -> list[str]:
    """Return the media items that copy a reference."""
    rows = writer.execute("SELECT DISTINCT media_id FROM matches WHERE reference = ?", (media_id,)).fetchall()
    return [row["media_id"] for row in rows]


def _dismissed_with(writer: sqlite3.Connection, media_id: str) -> set[str]:
    """Return the media items that form no match with this one, as people say."""
    values = {"media_id": media_id, "dismissed": CaseState.DISMISSED}
    return {row["other"] for row in writer.execute(_DISMISSED, values).fetchall()}


def _store_boilerplate(writer: sqlite3.Connection, media_id: str, spans: _Spans) -> bool:
    """Store the spans of a media item that link nothing; tell whether they are others than before."""
    if _boilerplate(writer, media_id) == spans:
        return False
    writer.execute("DELETE FROM cluster_boilerplate WHERE media_id = ?", (media_id,))
    if spans:
        writer.execute("INSERT INTO cluster_boilerplate VALUES (?, ?)", (media_id, msgspec.json.encode(spans)))
    return True


def _boilerplate(writer: sqlite3.Connection, media_id: str) -> _Spans:
    row = writer.execute("SELECT spans FROM cluster_boilerplate WHERE media_id = ?", (media_id,)).fetchone()
    return () if row is None else msgspec.json.decode(row["spans"], type=_Spans)


def _linked(writer: sqlite3.Connection, job: Job, spans: tuple[Span, ...]) -> Iterator[str]:
    """Yield the references that a result links its media item to."""
    if not job.matches:
        return
    rows = writer.execute("SELECT library, reference FROM matches WHERE job_id = ?", (job.job_id,)).fetchall()
    there = {(row["library"], row["reference"]) for row in rows}
    if not there:
        return
    dismissed = _dismissed_with(writer, job.media_id)
    medium = Medium(Ages(job.media_id), boilerplate=spans)
    for match in job.matches:
        other = match.media_id
        if other == job.media_id or other in dismissed or (match.library, other) not in there:
            continue
        sighting = Sighting(job.media_id, other, match.similarity, match.intervals)
        if is_linking(sighting, medium, Medium(Ages(other), boilerplate=_boilerplate(writer, other))):
            yield other


def _link(writer: sqlite3.Connection, one: str, other: str) -> set[int]:
    """Link two media items, and join the clusters that they are in; return those that this has changed."""
    writer.execute("INSERT INTO cluster_links VALUES (?, ?)", (one, other))
    numbers = {name: _number_of(writer, name) for name in (one, other)}
    known = {number for number in numbers.values() if number is not None}
    if None not in numbers.values() and len(known) == 1:
        return set()
    kept = max(known, key=lambda number: _size(writer, number)) if known else _new_cluster(writer)
    for name, number in numbers.items():
        if number is None:
            row = (name, kept, *_age(writer, name))
            writer.execute("INSERT INTO cluster_members VALUES (?, ?, ?, ?)", row)
        elif number != kept:
            writer.execute("UPDATE cluster_members SET number = ? WHERE number = ?", (kept, number))
    return {kept, *known}


def _unlink(writer: sqlite3.Connection, one: str, other: str) -> set[int]:
    """Take a link away; what has come apart by that becomes a cluster of its own, or of a single one none.

    Returns:
        The clusters that this has changed.
    """
    writer.execute("DELETE FROM cluster_links WHERE input = ? AND reference = ?", (one, other))
    part = parted(one, other, lambda name: _neighbours(writer, name))
    number = _number_of(writer, one)
    if part is None or number is None:
        return set()
    if len(part) == 1:
        writer.execute("DELETE FROM cluster_members WHERE media_id = ?", tuple(part))
        return {number}
    moved = _new_cluster(writer)
    writer.executemany("UPDATE cluster_members SET number = ? WHERE media_id = ?", [(moved, name) for name in part])
    return {number, moved}


def _neighbours(writer: sqlite3.Connection, media_id: str) -> Iterator[str]:
    return (row["other"] for row in writer.execute(_NEIGHBOURS, {"media_id": media_id}))


def _set_age(writer: sqlite3.Connection, media_id: str) -> set[int]:
    """Note when a member was first seen and how old it is; return the cluster where that has changed."""
    number = _number_of(writer, media_id)
    if number is None:
        return set()
    first_seen, age = _age(writer, media_id)
    changed = writer.execute(
        "UPDATE cluster_members SET first_seen = ?, age = ? WHERE media_id = ? AND (first_seen, age) <> (?, ?)",
        (first_seen, age, media_id, first_seen, age),
    ).rowcount
    return {number} if changed else set()


def _age(writer: sqlite3.Connection, media_id: str) -> tuple[str, str]:
    """Return when a media item was first seen, and what sorts it by age."""
    docs = writer.execute("SELECT doc FROM items WHERE media_id = ?", (media_id,)).fetchall()
    items = [msgspec.json.decode(row["doc"], type=LibraryItem) for row in docs]
    asked = writer.execute("SELECT min(created) AS first FROM jobs WHERE media_id = ?", (media_id,)).fetchone()
    ages = ages_of(media_id, items, asked=asked["first"])
    job = _result(writer, media_id)
    ages = ages if job is None else with_job(ages, job)
    time, is_not_stored, stored, name = age_order(ages)
    return ages.seen, SEPARATOR.join((time, str(int(is_not_stored)), stored, name))


def _settle(writer: sqlite3.Connection, number: int) -> None:
    """Say of a cluster what follows from its members; one of fewer than two is none."""
    if _size(writer, number) < len(("copy", "source")):
        writer.execute("DELETE FROM cluster_members WHERE number = ?", (number,))
        writer.execute("DELETE FROM clusters WHERE number = ?", (number,))
        return
    first, last, oldest = (writer.execute(query, (number,)).fetchone() for query in (_FIRST, _LAST, _OLDEST))
    writer.execute(
        "UPDATE clusters SET cluster_id = ?, root = ?, first_seen = ?, last_seen = ?, place = ? WHERE number = ?",
        (
            first["media_id"],
            oldest["media_id"],
            first["first_seen"],
            last["first_seen"],
            f"{last['first_seen']}{SEPARATOR}{first['media_id']}",
            number,
        ),
    )


def _new_cluster(writer: sqlite3.Connection) -> int:
    return int(writer.execute("INSERT INTO clusters DEFAULT VALUES RETURNING number").fetchone()["number"])


def _number_of(writer: sqlite3.Connection, media_id: str) -> int | None:
    row = writer.execute("SELECT number FROM cluster_members WHERE media_id = ?", (media_id,)).fetchone()
    return None if row is None else int(row["number"])


def _is_member(writer: sqlite3.Connection, media_id: str) -> bool:
    return _number_of(writer, media_id) is not None


def _size(writer: sqlite3.Connection, number: int) -> int:
    row = writer.execute("SELECT size FROM clusters WHERE number = ?", (number,)).fetchone()
    return 0 if row is None else int(row["size"])
