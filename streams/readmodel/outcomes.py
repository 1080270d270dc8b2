"""What the read model knows of outcomes: the newest one of each media item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.policies import Outcome
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["OutcomeProjection", "OutcomeRows"]


class OutcomeRows:
    """Answers about outcomes. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, media_id: str) -> Outcome | None:
        """Return a media item's newest outcome."""
        row = self._database.one("SELECT doc FROM outcomes WHERE media_id = ?", media_id)
        return None if row is None else msgspec.json.decode(row["doc"], type=Outcome)


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
            "INSERT OR REPLACE INTO outcomes VALUES (?, ?, ?, ?)",
            (outcome.media_id, outcome.action, outcome.event_time, doc),
        )
        return [News("outcome", outcome.media_id)]
