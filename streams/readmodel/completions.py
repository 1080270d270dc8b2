"""What the read model knows of complete events: those that are on their topic, as they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.events import AIMediaDNAComplete
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["CompletionProjection", "CompletionRows"]


class CompletionRows:
    """Answers about complete events. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, job_id: str) -> bytes | None:
        """Return the job's complete event, as it is on the topic."""
        row = self._database.one("SELECT event FROM completions WHERE job_id = ?", job_id)
        return None if row is None else bytes(row["event"])


class CompletionProjection(Projection):
    """Keeps the first complete event of each job: it is the one that others have seen."""

    name = "completions"
    topics = ("job-complete",)
    follows = ("jobs",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over an event, or that its job is gone."""
        if record.channel == "jobs":
            return _forget(writer, record) if record.is_tombstone else []
        event = record.decoded(AIMediaDNAComplete)
        if event is not None:
            writer.execute("INSERT OR IGNORE INTO completions VALUES (?, ?)", (event.job_id, record.value))
        return []  # the job's state says the same to readers


def _forget(writer: sqlite3.Connection, record: Record) -> list[News]:
    gone = writer.execute("DELETE FROM completions WHERE job_id = ?", (record.name,)).rowcount
    return [News("job", record.name)] if gone else []
