"""The SQLite file of the read model: its connections, its locking. What is in it is for the migrations to say."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streams.readmodel.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Database"]


class Database:
    """One writer and any number of readers on one file, from any thread."""

    def __init__(self, path: Path, schemas: Mapping[str, Mapping[int, str]]) -> None:
        """Open the file; make it where there is none, and take it over where an earlier version made it.

        Args:
            path: The file.
            schemas: The migrations of each feature that has tables in it, by the version that they lead to.

        Raises:
            RuntimeError: It is of a version that is not known here; it stays as it is.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._writer = self._open()
        migrate(self._writer, path, schemas)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Hold the writer in one transaction, which is undone when the block raises."""
        with self._lock, self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer

    def read(self) -> sqlite3.Connection:
        """Return this thread's connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
        return connection

    def one(self, query: str, *values: object) -> sqlite3.Row | None:
        """Return the first row that a query finds."""
        row: sqlite3.Row | None = self.read().execute(query, values).fetchone()
        return row

    def all(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows that a query finds."""
        return self.read().execute(query, values).fetchall()

    def close(self) -> None:
        """Close every connection."""
        for connection in self._opened:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may take the last transactions, never the file; Kafka has them still.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 10000")
        # What `lower` of SQLite does not do for letters beyond ASCII.
        connection.create_function("casefold", 1, str.casefold, deterministic=True)
        self._opened.append(connection)
        return connection
