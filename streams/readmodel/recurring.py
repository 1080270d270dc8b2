"""What the read model knows of spans that recur: which there are, by which names, and what was decided on them.

They are derived, as airings are: they follow from the newest search of each medium, from what libraries there are and
hold, and from what people have decided. A message changes what is around the places that it concerns, and nothing else
is looked at. Names are remembered, so that a span keeps its own when what came first of it is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.cases import Decision
from schemas.jobs import Job, JobStatus
from schemas.libraries import Library, LibraryItem, Purpose, item_of_key
from schemas.recurring import RecurringDecision, RecurringState
from streams.domain.recurring import Recurring, recurring
from streams.domain.recurring_links import Place
from streams.domain.recurring_names import Name, renamed
from streams.readmodel.projection import News, Projection
from streams.readmodel.recurring_links import around, places_of, store_links

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from streams.readmodel.projection import Record
    from streams.readmodel.recurring_links import Around

__all__ = ["RecurringProjection"]

#: Digits in which the number of occurrences is written, so that it sorts as text.
COUNT_DIGITS = 9

_STORE = (
    "INSERT INTO recurring VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET founded = excluded.founded, "
    "recurs = excluded.recurs, state = excluded.state, place = excluded.place, duration = excluded.duration, "
    "media = excluded.media, occurrences = excluded.occurrences"
)


class RecurringProjection(Projection):
    """Keeps which spans recur, where, and what was decided on them."""

    name = "recurring"
    topics = ("recurring",)
    follows = ("jobs", "libraries", "items", "decisions")

    def take_over(self, writer: sqlite3.Connection) -> None:
        """Work out what recurs in media that were searched before this was kept."""
        for row in writer.execute("SELECT media_id FROM recurring_due").fetchall():
            _settle(writer, store_links(writer, row["media_id"]))
        writer.execute("DELETE FROM recurring_due")

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Work out anew what recurs around all places that a message concerns."""
        return _settle(writer, _gone(writer, record) if record.is_tombstone else _told(writer, record))


def _told(writer: sqlite3.Connection, record: Record) -> list[Place]:
    match record.channel:
        case "jobs" if (job := record.decoded(Job)) is not None:
            return _add_job(writer, job)
        case "libraries" if (library := record.decoded(Library)) is not None:
            return _set_library(writer, library.name, is_of_ads=library.purpose is Purpose.ADS)
        case "items" if (item := record.decoded(LibraryItem)) is not None:
            return _set_item(writer, item.library, item.media_id)
        case "decisions" if (decision := record.decoded(Decision)) is not None:
            pair = (decision.media_id, decision.reference)
            condition = "media_id = ? AND other = ?"
            return [*places_of(writer, condition, *pair), *places_of(writer, condition, *reversed(pair))]
        case "recurring" if (made := record.decoded(RecurringDecision)) is not None:
            return _decide(writer, made)
    return []


def _gone(writer: sqlite3.Connection, record: Record) -> list[Place]:
    match record.channel:
        case "jobs":
            return _forget_job(writer, record.name)
        case "libraries":
            places = places_of(writer, "library = ?", record.name)
            return [*places, *_set_library(writer, record.name, is_of_ads=False)]
        case "items":
            return _set_item(writer, *item_of_key(record.name))
    return []


def _add_job(writer: sqlite3.Connection, job: Job) -> list[Place]:
    if job.status is not JobStatus.SUCCESS or not job.request.save_type.searches:
        return []
    writer.execute("INSERT OR IGNORE INTO recurring_jobs VALUES (?, ?)", (job.job_id, job.media_id))
    return store_links(writer, job.media_id)


def _forget_job(writer: sqlite3.Connection, job_id: str) -> list[Place]:
    row = writer.execute("DELETE FROM recurring_jobs WHERE job_id = ? RETURNING media_id", (job_id,)).fetchone()
    if row is None:
        return []
    media_id = row["media_id"]
    places = store_links(writer, media_id)
    if writer.execute("SELECT 1 FROM recurring_jobs WHERE media_id = ?", (media_id,)).fetchone() is None:
        _forget_medium(writer, media_id)
    return places


def _forget_medium(writer: sqlite3.Connection, media_id: str) -> None:
    """Forget where in a medium something recurred that does so no more; names with nothing left go too."""
    writer.execute(
        "DELETE FROM recurring_occurrences WHERE media_id = ? AND id IN (SELECT id FROM recurring WHERE NOT recurs)",
        (media_id,),
    )
    writer.execute(
        "DELETE FROM recurring WHERE NOT recurs AND id NOT IN (SELECT id FROM recurring_occurrences) "
        "AND id NOT IN (SELECT id FROM recurring_decisions)"
    )


def _set_library(writer: sqlite3.Connection, name: str, *, is_of_ads: bool) -> list[Place]:
    """Note whether a library is one of ads; return what this concerns, nothing where it is no change."""
    add, remove = "INSERT OR IGNORE INTO recurring_ads VALUES (?)", "DELETE FROM recurring_ads WHERE name = ?"
    if not writer.execute(add if is_of_ads else remove, (name,)).rowcount:
        return []
    of_items = "media_id IN (SELECT media_id FROM jobs WHERE library = ?)"  # what it held may be gone already
    return [*places_of(writer, "library = ?", name), *places_of(writer, of_items, name)]


def _set_item(writer: sqlite3.Connection, library: str, media_id: str) -> list[Place]:
    """Return what it concerns that a library holds an item, or holds it no more."""
    places = places_of(writer, "other = ? AND library = ?", media_id, library)
    if writer.execute("SELECT 1 FROM recurring_ads WHERE name = ?", (library,)).fetchone() is not None:
        places += places_of(writer, "media_id = ?", media_id)
    return places


def _decide(writer: sqlite3.Connection, made: RecurringDecision) -> list[Place]:
    """Keep a decision, unless a newer one is known, and the name with what it was given to."""
    doc = msgspec.json.encode(made)
    changed = writer.execute(
        "INSERT INTO recurring_decisions AS known VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "time = excluded.time, doc = excluded.doc WHERE excluded.time >= known.time AND excluded.doc <> known.doc",
        (made.recurring_id, made.when, doc),
    ).rowcount
    if not changed:
        return []
    places = [Place(one.media_id, one.start, one.end) for one in made.places]
    if writer.execute("SELECT 1 FROM recurring WHERE id = ?", (made.recurring_id,)).fetchone() is None:
        _store(writer, Name(made.recurring_id, made.founded, tuple(places), decided=True), None)
    return places


def _settle(writer: sqlite3.Connection, places: list[Place]) -> list[News]:
    """Work out anew what recurs around places, and put it in the place of what was known; return what has changed."""
    if not places:
        return []
    there = around(writer, places)
    found = [one for one in recurring(there.links, there.ads) if _is_in(there, one.occurrences)]
    known = _names(writer, there)
    given = {name.id: (name, one) for name, one in zip(renamed(found, known), found, strict=True)}
    news = []
    for name in known:
        if name.id in given:
            now, one = given.pop(name.id)
            one = Recurring(one.founded, _with_others(one.occurrences, name, there))
            news += _store(writer, now._replace(places=one.occurrences), one)
        elif _is_in(there, name.places):
            news += _store(writer, name, None)
    for name, one in given.values():
        news += _store(writer, name, one)
    return news


def _is_in(there: Around, places: Sequence[Place]) -> bool:
    """Whether most of places were looked at: of what is at the edge of a part of very much, too little is known."""
    return 2 * sum(map(there.holds, places)) > len(places)


def _with_others(occurrences: Sequence[Place], name: Name, there: Around) -> tuple[Place, ...]:
    """Return occurrences together with those that are known and were too many to be looked at again."""
    media: dict[str, list[Place]] = {}
    for place in occurrences:
        media.setdefault(place.media_id, []).append(place)
    kept = [
        place
        for place in name.places
        if not there.holds(place) and not any(place.is_same(one) for one in media.get(place.media_id, ()))
    ]
    return tuple(sorted([*occurrences, *kept]))


def _names(writer: sqlite3.Connection, there: Around) -> list[Name]:
    """Return the names that were given to anything in what was looked at, with all that they were given to."""
    ids = {
        row["id"]
        for media_id, spans in there.spans.items()
        for start, end in spans
        for row in writer.execute(
            "SELECT id FROM recurring_occurrences WHERE media_id = ? AND start_s < ? AND end_s > ?",
            (media_id, end, start),
        )
    }
    return [_name(writer, one) for one in sorted(ids)]


def _name(writer: sqlite3.Connection, name: str) -> Name:
    row = writer.execute(
        "SELECT founded, EXISTS (SELECT 1 FROM recurring_decisions AS made WHERE made.id = recurring.id) AS decided "
        "FROM recurring WHERE id = ?",
        (name,),
    ).fetchone()
    return Name(name, row["founded"], tuple(_places(writer, name)), decided=bool(row["decided"]))


def _places(writer: sqlite3.Connection, name: str) -> list[Place]:
    rows = writer.execute(
        "SELECT media_id, start_s, end_s FROM recurring_occurrences WHERE id = ? ORDER BY media_id, start_s", (name,)
    )
    return [Place(*row) for row in rows.fetchall()]


def _store(writer: sqlite3.Connection, name: Name, one: Recurring | None) -> list[News]:
    """Store a name with what it is given to; None: to nothing now, so what it was given to is remembered."""
    state = _state(writer, name.id)
    count = 0 if one is None else len(one.occurrences)
    row = (
        name.id,
        name.founded,
        int(one is not None),
        state.value,
        f"{count:0{COUNT_DIGITS}}",
        0.0 if one is None else one.duration,
        len({place.media_id for place in name.places}),
        count,
    )
    before = writer.execute("SELECT * FROM recurring WHERE id = ?", (name.id,)).fetchone()
    places = sorted(name.places)
    if before is not None and tuple(before) == row and _places(writer, name.id) == places:
        return []
    writer.execute(_STORE, row)
    writer.execute("DELETE FROM recurring_occurrences WHERE id = ?", (name.id,))
    rows = [(name.id, *place) for place in places]
    writer.executemany("INSERT OR IGNORE INTO recurring_occurrences VALUES (?, ?, ?, ?)", rows)
    was_shown = before is not None and bool(before["recurs"])
    return [News("recurring", name.id, state=state.value if one is not None else "")] if was_shown or one else []


def _state(writer: sqlite3.Connection, name: str) -> RecurringState:
    row = writer.execute("SELECT doc FROM recurring_decisions WHERE id = ?", (name,)).fetchone()
    return RecurringState.PROPOSED if row is None else msgspec.json.decode(row["doc"], type=RecurringDecision).state
