"""How lists of jobs are read: from which index, so that a page costs about the same however many jobs there are.

A list is read in its order from one index that holds all that the filter asks about, up to the page's end. Which one
leads is chosen here and not left to SQLite: it knows nothing of how many jobs have which property.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from streams.readmodel.counting import COUNTED, NONE, Count, up_to

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from streams.readmodel.database import Database

__all__ = ["JobFilter", "count_by_status", "listed"]

#: Media whose jobs are collected and sorted where a name is looked for; where more have it in their names, the newest
#: jobs are gone through, and a page of those that have it is soon full.
FEW_MEDIA = 2000
#: Characters that the index of names holds together; shorter parts of a name are looked for at its beginning.
INDEXED = 3
#: Comes behind every name that begins with what stands before it.
LAST_CHARACTER = chr(0x10FFFF)
NO_CHARACTER = "\0"
#: Statuses of jobs that have found something.
MATCHED = {None, JobStatus.SUCCESS}

#: Of a job's row: it matches the reference, or anything, as surely as is asked.
_FINDS = "EXISTS (SELECT 1 FROM matches WHERE matches.job_id = jobs.job_id AND {})"


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs to list; what is None, empty or false does not matter.

    Attributes:
        job_id: The job.
        status: Where they stand.
        library: Where they store.
        media_id: Their media item.
        since: When they were asked for at the earliest.
        until: The first time that is too late.
        copies: Only those that found something that is there still.
        reference: Only those that match this media item.
        similarity: The least similarity of a match; of that with the reference, where one is given.
        code: The error that they ended with; `0`: none, and a success.
        name: A part of the media's name, in whatever case; one or two characters: how it begins.
    """

    job_id: str | None = None
    status: JobStatus | None = None
    library: str | None = None
    media_id: str | None = None
    since: str | None = None
    until: str | None = None
    copies: bool = False
    reference: str | None = None
    similarity: float | None = None
    code: str | None = None
    name: str | None = None

    @property
    def asks_for_matches(self) -> bool:
        """Whether only jobs that have found something pass."""
        return bool(self.copies or self.reference or self.similarity)


class _Condition(NamedTuple):
    text: str
    values: tuple[object, ...] = ()


class _Source(NamedTuple):
    """Where a list is read from.

    Attributes:
        table: The table, with the index that leads.
        conditions: What its rows have to be.
        is_short: Whether it is short enough to be counted as a whole.
    """

    table: str
    conditions: list[_Condition]
    is_short: bool = False


def listed(database: Database, wanted: JobFilter, place: tuple[str, str] | None, limit: int) -> list[sqlite3.Row]:
    """Return creation time and id of the jobs that pass a filter, newest first.

    Args:
        database: Where they are.
        wanted: The filter.
        place: Creation time and id of the job behind which to begin.
        limit: How many at the most.
    """
    if wanted.code == ErrorCode.OK:  # what has not ended has no error yet, and no success either
        if wanted.status not in MATCHED:
            return []
        wanted = msgspec.structs.replace(wanted, code=None, status=JobStatus.SUCCESS)
    return _rows(database, _source(database, wanted, _media_named(database, wanted)), place, limit)


def _rows(database: Database, source: _Source | None, place: tuple[str, str] | None, limit: int) -> list[sqlite3.Row]:
    if source is None:
        return []
    conditions = [*source.conditions, *([_Condition("(created, job_id) < (?, ?)", place)] if place else [])]
    where, values = _where(conditions)
    # A job that matches a reference in two libraries is one job.
    once = "GROUP BY created, job_id" if source.table.startswith("matches") else ""
    return database.all(
        f"SELECT created, job_id FROM {source.table} WHERE {where} {once} "  # noqa: S608 (no user's text)
        "ORDER BY created DESC, job_id DESC LIMIT ?",
        *values,
        limit,
    )


def count_by_status(database: Database, wanted: JobFilter) -> dict[JobStatus, Count]:
    """Return how many jobs there are in each status that pass a filter, apart from the status that it asks for."""
    if wanted.code == ErrorCode.OK:
        found = count_by_status(database, msgspec.structs.replace(wanted, code=None))
        return {status: found[status] if status in MATCHED else NONE for status in JobStatus}
    wanted = msgspec.structs.replace(wanted, status=None)
    if wanted == JobFilter(library=wanted.library, code=wanted.code):
        found = _kept(database, wanted)
    elif wanted.asks_for_matches:
        found = {JobStatus.SUCCESS: _count(database, _source(database, wanted, _media_named(database, wanted)))}
    else:
        found = _counted(database, wanted)
    return {status: found.get(status, NONE) for status in JobStatus}


def _kept(database: Database, wanted: JobFilter) -> dict[JobStatus, Count]:
    where, values = _where(_equal(wanted, "library", "status", "code"))
    rows = database.all(
        f"SELECT status, sum(jobs) AS jobs FROM job_counts WHERE {where} GROUP BY status",  # noqa: S608 (no user's text)
        *values,
    )
    return {JobStatus(row["status"]): Count(row["jobs"]) for row in rows}


def _counted(database: Database, wanted: JobFilter) -> dict[JobStatus, Count]:
    named = _media_named(database, wanted)
    source = _source(database, wanted, named)
    if source is None:
        return {}
    if not source.is_short:
        of_status = {status: msgspec.structs.replace(wanted, status=status) for status in JobStatus}
        return {status: _count(database, _source(database, one, named)) for status, one in of_status.items()}
    where, values = _where(source.conditions)
    rows = database.all(
        f"SELECT status, count(*) AS jobs FROM {source.table} WHERE {where} GROUP BY status",  # noqa: S608 (no user's text)
        *values,
    )
    return {JobStatus(row["status"]): Count(row["jobs"]) for row in rows}


def _count(database: Database, source: _Source | None) -> Count:
    """Count the jobs of a source one by one, and not all of very many."""
    return up_to(COUNTED, len(_rows(database, source, None, COUNTED + 1)))


def _source(database: Database, wanted: JobFilter, named: list[str] | None) -> _Source | None:
    """Return where to read a list from; None where there is nothing in it.

    Args:
        database: Where jobs are.
        wanted: The filter.
        named: The media items that have the name that it asks for, where it does and those are few.
    """
    if named == []:
        return None
    if wanted.job_id:
        return _Source("jobs", _of_job(wanted), is_short=True)
    if wanted.media_id:
        return _Source("jobs INDEXED BY jobs_by_media", _of_job(wanted), is_short=True)
    if named is not None:
        among = _Condition("media_id IN (SELECT value FROM json_each(?))", (msgspec.json.encode(named).decode(),))
        others = _of_job(msgspec.structs.replace(wanted, name=None))
        return _Source("jobs INDEXED BY jobs_by_media", [among, *others], is_short=True)
    if wanted.asks_for_matches:
        return _matched(wanted)
    if wanted.code:
        return _Source("jobs INDEXED BY jobs_by_code", [_Condition("code <> '0'"), *_of_job(wanted)])
    return _by_fewest(database, wanted)


def _matched(wanted: JobFilter) -> _Source | None:
    """Return where jobs are read from that have found something: they have succeeded."""
    if wanted.status not in MATCHED or wanted.code:
        return None
    conditions = _times(wanted)
    if wanted.similarity:
        conditions.append(_Condition("similarity >= ?", (wanted.similarity,)))
    if wanted.name:
        conditions.append(_name(wanted.name.casefold()))
    if wanted.reference:
        conditions.append(_Condition("reference = ?", (wanted.reference,)))
        if wanted.library:
            conditions.append(_Condition("stores_into = ?", (wanted.library,)))
        return _Source("matches INDEXED BY matches_by_reference_newest", conditions)
    by_library = " INDEXED BY matched_jobs_by_library" if wanted.library else ""
    return _Source(f"matched_jobs{by_library}", [*conditions, *_equal(wanted, "library")])


def _by_fewest(database: Database, wanted: JobFilter) -> _Source | None:
    """Return the source that leads by status or by library, whichever has fewer jobs; without either, by time."""
    numbers = {
        name: _number(database, one)
        for name, one in (("status", JobFilter(status=wanted.status)), ("library", JobFilter(library=wanted.library)))
        if getattr(wanted, name)
    }
    if len(numbers) > 1 and not _number(database, JobFilter(status=wanted.status, library=wanted.library)):
        return None
    leading = min(numbers, key=lambda name: numbers[name], default="time")
    return _Source(f"jobs INDEXED BY jobs_by_{leading}", _of_job(wanted))


def _number(database: Database, wanted: JobFilter) -> int:
    return sum(count.number for count in _kept(database, wanted).values())


def _media_named(database: Database, wanted: JobFilter) -> list[str] | None:
    """Return the media items that have the name that a filter asks for; None where those are many, or it asks for none.

    What somebody types is no expression: each three of its characters is looked for as it stands.
    """
    if not wanted.name:
        return None
    part = wanted.name.casefold()
    if NO_CHARACTER in part:  # ends what SQLite reads of a text, and is in no name
        return []
    if len(part) < INDEXED:
        rows = database.all(
            "SELECT media_id FROM media_names WHERE name >= ? AND name < ? LIMIT ?",
            part,
            part + LAST_CHARACTER,
            FEW_MEDIA + 1,
        )
        return None if len(rows) > FEW_MEDIA else [row["media_id"] for row in rows]
    threes = dict.fromkeys(part[start : start + INDEXED] for start in range(len(part) - INDEXED + 1))
    quoted = " AND ".join('"{}"'.format(three.replace('"', '""')) for three in threes)
    near = database.all(
        "SELECT rowid FROM media_name_parts WHERE media_name_parts MATCH ? LIMIT ?", quoted, FEW_MEDIA + 1
    )
    if len(near) > FEW_MEDIA:
        return None
    rows = database.all(
        "SELECT media_id FROM media_names WHERE id IN (SELECT value FROM json_each(?)) AND instr(name, ?)",
        msgspec.json.encode([row["rowid"] for row in near]).decode(),
        part,
    )
    return [row["media_id"] for row in rows]


def _of_job(wanted: JobFilter) -> list[_Condition]:
    """Return the conditions on a row of `jobs`."""
    conditions = [*_equal(wanted, "job_id", "status", "library", "media_id", "code"), *_times(wanted)]
    if wanted.name:
        conditions.append(_name(wanted.name.casefold()))
    if wanted.asks_for_matches:
        asked = {"reference = ?": wanted.reference, "similarity >= ?": wanted.similarity}
        given = {text: value for text, value in asked.items() if value}
        conditions.append(_Condition(_FINDS.format(" AND ".join(given) or "true"), tuple(given.values())))
    return conditions


def _equal(wanted: JobFilter, *columns: str) -> list[_Condition]:
    return [_Condition(f"{column} = ?", (value,)) for column in columns if (value := getattr(wanted, column))]


def _times(wanted: JobFilter) -> list[_Condition]:
    limits = {"created >= ?": wanted.since, "created < ?": wanted.until}
    return [_Condition(text, (value,)) for text, value in limits.items() if value]


def _name(part: str) -> _Condition:
    """Return that a name has a part, both of them folded; a short part is to be how it begins."""
    if len(part) < INDEXED:
        return _Condition("substr(name, 1, ?) = ?", (len(part), part))
    return _Condition("instr(name, ?) > 0", (part,))


def _where(conditions: Sequence[_Condition]) -> tuple[str, list[object]]:
    text = " AND ".join(condition.text for condition in conditions) or "true"
    return text, [value for condition in conditions for value in condition.values]
