"""How far the read model has read each partition of the topics that it follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from streams.readmodel.database import Database

__all__ = ["Positions", "store_positions"]


class Positions:
    """Answers how far the topics have been read. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_offset(self, topic: str, partition: int) -> int | None:
        """Return the next offset to read; None when nothing was read yet."""
        row = self._database.one("SELECT next FROM offsets WHERE topic = ? AND partition = ?", topic, partition)
        return None if row is None else row["next"]

    def forget(self) -> None:
        """Read all topics from their beginning: their broker is a new one, which counts from 0 again."""
        with self._database.write() as writer:
            writer.execute("DELETE FROM offsets")


def store_positions(writer: sqlite3.Connection, reached: Mapping[tuple[str, int], int]) -> None:
    """Store the next offset to read of partitions, each named by its topic and its number."""
    rows = [(topic, partition, offset) for (topic, partition), offset in reached.items()]
    writer.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)", rows)
