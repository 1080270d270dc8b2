"""Lists of spans that recur: those with the most occurrences first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.recurring import RecurringDecision, RecurringState
from streams.domain.recurring_links import Place
from streams.readmodel.pagination import page_of, read_cursor

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from streams.readmodel.database import Database

__all__ = ["RecurringFilter", "RecurringItem", "RecurringPage", "RecurringRows"]

#: The list's name, for its cursors.
NAME = "recurring content"


class RecurringFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which spans to list; what is None does not matter.

    Attributes:
        state: What has become of them.
        media_id: A media item in which they are.
        library: A library that holds a media item in which they are.
    """

    state: RecurringState = RecurringState.PROPOSED
    media_id: str | None = None
    library: str | None = None


class RecurringItem(msgspec.Struct, frozen=True, kw_only=True):
    """A span that recurs.

    Attributes:
        id: What it is called by.
        founded: What the id was derived from.
        state: What has become of it.
        duration: Seconds.
        media: In how many media items it is.
        occurrences: Where it is, by media item and time.
        decision: The newest decision on it.
    """

    id: str
    founded: str
    state: RecurringState
    duration: float
    media: int
    occurrences: tuple[Place, ...]
    decision: RecurringDecision | None = None


class RecurringPage(msgspec.Struct, frozen=True):
    """A page of spans that recur, and the cursor of the next one."""

    items: list[RecurringItem]
    next: str | None = None


class RecurringRows:
    """Answers about spans that recur. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> RecurringItem | None:
        """Return one; None where nothing of this name recurs."""
        found = self._items([name])
        return found[0] if found else None

    def decision(self, name: str) -> RecurringDecision | None:
        """Return the newest decision on one."""
        row = self._database.one("SELECT doc FROM recurring_decisions WHERE id = ?", name)
        return None if row is None else msgspec.json.decode(row["doc"], type=RecurringDecision)

    def page(
        self,
        wanted: RecurringFilter = RecurringFilter(),  # noqa: B008 (frozen)
        *,
        cursor: str | None = None,
        limit: int = 100,
    ) -> RecurringPage:
        """Return a page of them, those with the most occurrences first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        conditions: dict[str, Sequence[str]] = {"state = ?": [wanted.state.value]}
        if wanted.media_id is not None:
            conditions["id IN (SELECT id FROM recurring_occurrences WHERE media_id = ?)"] = [wanted.media_id]
        if wanted.library is not None:
            conditions[
                "EXISTS (SELECT 1 FROM recurring_occurrences AS place JOIN items ON items.media_id = place.media_id "
                "WHERE place.id = recurring.id AND items.library = ?)"
            ] = [wanted.library]
        if cursor is not None:
            conditions["(place, id) < (?, ?)"] = read_cursor(NAME, cursor)
        rows = self._database.all(
            "SELECT place, id FROM recurring INDEXED BY recurring_by_place "  # noqa: S608 (no user's text)
            f"WHERE recurs AND {' AND '.join(conditions)} ORDER BY place DESC, id DESC LIMIT ?",
            *(value for values in conditions.values() for value in values),
            limit + 1,
        )
        rows, following = page_of(NAME, rows, limit)
        return RecurringPage(self._items([row["id"] for row in rows]), following)

    def _items(self, names: list[str]) -> list[RecurringItem]:
        """Return those of some names, in their order, without those that have gone meanwhile."""
        wanted = msgspec.json.encode(names).decode()
        rows = self._database.all(
            "SELECT recurring.*, made.doc FROM recurring "
            "LEFT JOIN recurring_decisions AS made ON made.id = recurring.id "
            "WHERE recurs AND recurring.id IN (SELECT value FROM json_each(?))",
            wanted,
        )
        places: dict[str, list[Place]] = {}
        for row in self._database.all(
            "SELECT * FROM recurring_occurrences WHERE id IN (SELECT value FROM json_each(?)) "
            "ORDER BY id, media_id, start_s",
            wanted,
        ):
            places.setdefault(row["id"], []).append(Place(row["media_id"], row["start_s"], row["end_s"]))
        found = {row["id"]: _item(row, places.get(row["id"], [])) for row in rows}
        return [found[name] for name in names if name in found]


def _item(row: sqlite3.Row, places: list[Place]) -> RecurringItem:
    return RecurringItem(
        id=row["id"],
        founded=row["founded"],
        state=RecurringState(row["state"]),
        duration=row["duration"],
        media=row["media"],
        occurrences=tuple(places),
        decision=None if row["doc"] is None else msgspec.json.decode(row["doc"], type=RecurringDecision),
    )
