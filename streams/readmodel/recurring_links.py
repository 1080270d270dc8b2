"""Links between media as the read model keeps them, and all of them around a place."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from fingerprint.intervals import overlap_s, union
from schemas.cases import CaseState
from schemas.jobs import Job
from schemas.libraries import LibraryItem
from schemas.limits import LONGEST_MEDIA_S
from streams.domain.recurring import LONGEST_S
from streams.domain.recurring_links import BOUNDS_S, Held, Link, Place, joined

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from fingerprint.intervals import Span
    from schemas.matches import Interval, Match

__all__ = ["Around", "around", "places_of", "store_links"]

#: Links of one medium that are followed from a place, those to ads and then the oldest first. The engine tells fewer
#: for one search.
FAN_OUT = 100
#: Links that are followed in all when something is worked out anew: what a new medium costs stays bounded, however many
#: have what it has. Of what recurs in more places than these lead to, the others stay as they are known.
MOST_LINKS = 2000

_COLUMNS = "media_id, start_s, end_s, other, other_start_s, other_end_s, founded"
#: Links in both directions that hold at a place: the other one is what a library holds, and nobody has said that the
#: two are no match.
_THERE = (
    f"SELECT {_COLUMNS}, library IN (SELECT name FROM recurring_ads) AS is_ad FROM recurring_links AS link "  # noqa: S608 (our own words)
    "WHERE {here} = :media_id AND {start} < :end AND {end} > :start AND EXISTS ("
    "SELECT 1 FROM items WHERE items.library = link.library AND items.media_id = link.other) "
    "AND NOT EXISTS (SELECT 1 FROM decided_pairs AS pair WHERE pair.state = :dismissed AND "
    "pair.media_id = link.media_id AND pair.reference = link.other) "
    "AND NOT EXISTS (SELECT 1 FROM decided_pairs AS pair WHERE pair.state = :dismissed AND "
    "pair.media_id = link.other AND pair.reference = link.media_id) "
)
_LINKS = (
    _THERE.format(here="media_id", start="start_s", end="end_s")
    + "UNION ALL "
    + _THERE.format(here="other", start="other_start_s", end="other_end_s")
    + f"ORDER BY is_ad DESC, founded LIMIT {FAN_OUT}"
)


@dataclass
class Around:
    """What there is around some places.

    Attributes:
        links: The links that lead there, one through the other.
        spans: Of each media item what they lead to.
        ads: Which of it is known to be ads.
    """

    links: set[Link] = field(default_factory=set)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    ads: dict[str, list[Span]] = field(default_factory=dict)

    def holds(self, place: Place) -> bool:
        """Whether a place is for the most part in what was looked at."""
        return overlap_s(place.span, self.spans.get(place.media_id, ())) > place.seconds / 2

    def add(self, place: Place) -> bool:
        """Add a place; return False where it is in what was looked at already."""
        before = self.spans.get(place.media_id, [])
        if before and place.seconds - overlap_s(place.span, before) <= BOUNDS_S:
            return False
        self.spans[place.media_id] = union([*before, place.span])
        return True


def around(writer: sqlite3.Connection, places: Iterable[Place]) -> Around:
    """Return what there is around places: the same content in whatever media, and what goes on with it there."""
    found = Around()
    due = deque(dict.fromkeys(places))
    noted = set(due)  # the same place is come to from many others, and need not be looked at for each
    while due:
        place = due.popleft()
        if not found.add(place) or len(found.links) > MOST_LINKS:
            continue
        for link in _links(writer, place):
            found.links.add(link)
            following = [one for one in _next(link, place) if one not in noted]
            noted.update(following)
            due += following
    for media_id in found.spans:
        if _is_ad(writer, media_id):
            found.ads[media_id] = [(0.0, LONGEST_MEDIA_S)]
    return found


def _next(link: Link, place: Place) -> Iterator[Place]:
    """Yield where a link leads: to all of what may be a span that recurs, and of more to what is here alone."""
    for here, there in ((link.one, link.other), (link.other, link.one)):
        if here.media_id != place.media_id or min(here.end, place.end) <= max(here.start, place.start):
            continue
        if here.seconds <= LONGEST_S:
            yield here
            yield there
        elif (carried := Held(here.start, here.end, there, link.founded).carried(place)) is not None:
            yield carried


def _links(writer: sqlite3.Connection, place: Place) -> list[Link]:
    values = {
        "media_id": place.media_id,
        "start": place.start,
        "end": place.end,
        "dismissed": CaseState.DISMISSED,
    }
    return [_link(row) for row in writer.execute(_LINKS, values)]


def _link(row: sqlite3.Row) -> Link:
    return Link(
        Place(row["media_id"], row["start_s"], row["end_s"]),
        Place(row["other"], row["other_start_s"], row["other_end_s"]),
        row["founded"],
    )


def _is_ad(writer: sqlite3.Connection, media_id: str) -> bool:
    row = writer.execute(
        "SELECT 1 FROM items WHERE media_id = ? AND library IN (SELECT name FROM recurring_ads)", (media_id,)
    ).fetchone()
    return row is not None


def places_of(writer: sqlite3.Connection, condition: str, *values: str) -> list[Place]:
    """Return both sides of the links that pass a condition, whether they hold or not."""
    rows = writer.execute(f"SELECT {_COLUMNS} FROM recurring_links WHERE {condition}", values)  # noqa: S608 (our own words)
    return [place for row in rows.fetchall() for place in _link(row)[:2]]


def store_links(writer: sqlite3.Connection, media_id: str) -> list[Place]:
    """Put what the newest search of a medium has found in the place of what was found before.

    Returns:
        Where that changes anything: both sides of all links that were there, and that are there now.
    """
    job = _newest_search(writer, media_id)
    links = [] if job is None else list(_links_of(writer, job))
    columns = "start_s, end_s, library, other, other_start_s, other_end_s, founded"
    known = writer.execute(
        f"SELECT {columns} FROM recurring_links WHERE media_id = ? ORDER BY number",  # noqa: S608 (our own words)
        (media_id,),
    )
    if list(map(tuple, known.fetchall())) == links:
        return []
    places = places_of(writer, "media_id = ?", media_id)
    writer.execute("DELETE FROM recurring_links WHERE media_id = ?", (media_id,))
    writer.executemany(
        f"INSERT INTO recurring_links (media_id, number, {columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (our own words)
        [(media_id, number, *link) for number, link in enumerate(links)],
    )
    return [*places, *places_of(writer, "media_id = ?", media_id)]


def _newest_search(writer: sqlite3.Connection, media_id: str) -> Job | None:
    """Return the newest job that has looked for what a medium copies."""
    rows = writer.execute(
        "SELECT doc FROM jobs WHERE media_id = ? AND status = 'success' ORDER BY created DESC, job_id DESC", (media_id,)
    )
    jobs = (msgspec.json.decode(row["doc"], type=Job) for row in rows)
    return next((job for job in jobs if job.request.save_type.searches), None)


def _links_of(writer: sqlite3.Connection, job: Job) -> Iterator[tuple[object, ...]]:
    for match in job.matches:
        since = max(job.creation_time, _first_stored(writer, match))
        yield from _as_links(job, match.library, match.media_id, match.intervals, since)
    yield from _as_links(job, job.request.library, job.media_id, job.repeats, job.creation_time)


def _as_links(
    job: Job, library: str, other: str, intervals: Iterable[Interval], since: str
) -> Iterator[tuple[object, ...]]:
    for (start, end), (begin, finish) in joined(intervals):
        founded = "\x1f".join((since, job.media_id, other, f"{start:09.2f}", f"{begin:09.2f}"))
        yield start, end, library, other, begin, finish, founded


def _first_stored(writer: sqlite3.Connection, match: Match) -> str:
    """Return when a reference was first stored: what a backward search finds is no older than that."""
    row = writer.execute(
        "SELECT doc FROM items WHERE library = ? AND media_id = ?", (match.library, match.media_id)
    ).fetchone()
    return "" if row is None else msgspec.json.decode(row["doc"], type=LibraryItem).creation_time
