"""What the read model knows of outcomes: the newest one of each media item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.policies import Outcome
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from schemas.policies import Action
    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["OutcomePage", "OutcomeProjection", "OutcomeRows"]


class OutcomePage(msgspec.Struct, frozen=True):
    """A page of outcomes, newest first, and the cursor of the next one."""

    outcomes: list[Outcome]
    next: str | None = None


class OutcomeRows:
    """Answers about outcomes. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, media_id: str) -> Outcome | None:
        """Return a media item's newest outcome."""
        row = self._database.one("SELECT doc FROM outcomes WHERE media_id = ?", media_id)
        return None if row is None else msgspec.json.decode(row["doc"], type=Outcome)

    def newest(self, action: Action, *, cursor: str | None = None, limit: int = 50) -> OutcomePage:
        """Return a page of the outcomes with an action, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        name = f"outcomes with {action}"
        place = () if cursor is None else read_cursor(name, cursor)
        rows = self._database.all(
            "SELECT updated, media_id, doc FROM outcomes WHERE action = ? "  # noqa: S608 (no user's text)
            f"{'AND (updated, media_id) < (?, ?)' if place else ''} ORDER BY updated DESC, media_id DESC LIMIT ?",
            action,
            *place,
            limit + 1,
        )
        rows, following = page_of(name, rows, limit)
        return OutcomePage([msgspec.json.decode(row["doc"], type=Outcome) for row in rows], following)


class OutcomeProjection(Projection):
    """Keeps the newest outcome of each media item."""

    name = "outcomes"
    topics = ("outcomes",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over an outcome, or that its media item is gone."""
        if record.is_tombstone:
            gone = writer.execute("DELETE FROM outcomes WHERE media_id = ?", (record.name,)).rowcount
            return [News("outcome", record.name)] if gone else []
        outcome = record.decoded(Outcome)
        if outcome is None:
            return []
        known = writer.execute("SELECT updated, doc FROM outcomes WHERE media_id = ?", (outcome.media_id,)).fetchone()
        doc = msgspec.json.encode(outcome)
        if known is not None and (known["updated"] > outcome.event_time or bytes(known["doc"]) == doc):
            return []
        writer.execute(
            "INSERT INTO outcomes VALUES (?, ?, ?, ?) ON CONFLICT (media_id) DO UPDATE SET "
            "action = excluded.action, updated = excluded.updated, doc = excluded.doc",
            (outcome.media_id, outcome.action, outcome.event_time, doc),
        )
        return [News("outcome", outcome.media_id, state=outcome.action)]
